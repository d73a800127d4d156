"""Adds the bot to servers: the link, and the permissions that it asks for (README, *Run it for real*)."""

from typing import Final

import discord

from bot.texts.console_start import PERMISSION_NAMES

SCOPES: Final = ("bot", "applications.commands")
_OPTIONAL: Final = frozenset({"view_audit_log"})

WANTED: Final = discord.Permissions(**dict.fromkeys(PERMISSION_NAMES, True))


def invite_link(application_id: int) -> str:
    """Return the address that adds the bot to a server, with all the permissions that it can use."""
    return discord.utils.oauth_url(application_id, permissions=WANTED, scopes=SCOPES)


def missing_permissions(granted: int) -> tuple[str, ...]:
    """Return the names of the permissions that the bot needs and does not have among these bits."""
    own = discord.Permissions(granted)
    if own.administrator:
        return ()
    return tuple(
        name for flag, name in PERMISSION_NAMES.items() if flag not in _OPTIONAL and not getattr(own, flag)
    )
