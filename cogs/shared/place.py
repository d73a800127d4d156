"""Channels in the terms of the rules, and the permissions of the bot in them."""

from typing import Any, Final

import discord

from bot.moderation.policy import Place, Right
from cogs.shared.interactions import Interaction, is_in_foreign_server

_FLAGGED: Final = (
    discord.TextChannel,
    discord.VoiceChannel,
    discord.StageChannel,
    discord.ForumChannel,
    discord.Thread,
)


def place_of(interaction: Interaction) -> Place:
    """Return the kind of the channel of an interaction. One that is not known to be restricted is open.

    The flag comes with the interaction. A thread has none of its own: discord.py asks its parent, and says
    "not restricted" where the parent is not known.
    """
    if interaction.guild_id is None:
        return Place.DIRECT_MESSAGE
    if is_in_foreign_server(interaction):
        return Place.FOREIGN_SERVER
    return place_of_channel(interaction.channel)


def place_of_channel(channel: Any) -> Place:  # noqa: ANN401 - discord.py's many kinds of channels
    """Return the kind of a channel in a server of which the bot is a member."""
    if isinstance(channel, _FLAGGED) and channel.is_nsfw():
        return Place.AGE_RESTRICTED_CHANNEL
    return Place.OPEN_CHANNEL


def channel_of(interaction: Interaction) -> int | None:
    """Return the channel whose rules count: of a thread, its parent."""
    return parent_of(interaction.channel) or interaction.channel_id


def missing_for_reply(interaction: Interaction) -> tuple[Right, ...]:
    """Return the permissions that the bot lacks to post a video as the reply to an interaction.

    Where the bot is no member it acts for the user, and what Discord says of the bot's own permissions there is
    not documented: then the user's suffice.
    """
    allowed = interaction.app_permissions.attach_files or (
        interaction.guild_id is not None
        and not interaction.is_guild_integration()
        and interaction.permissions.attach_files
    )
    return () if allowed else (Right.ATTACH_FILES,)


def missing_for_message(permissions: discord.Permissions, *, thread: bool) -> tuple[Right, ...]:
    """Return the permissions that the bot lacks to answer a message with a video, in Discord's order."""
    needed = {
        Right.VIEW_CHANNEL: permissions.view_channel,
        (Right.SEND_MESSAGES_IN_THREADS if thread else Right.SEND_MESSAGES): (
            permissions.send_messages_in_threads if thread else permissions.send_messages
        ),
        Right.READ_MESSAGE_HISTORY: permissions.read_message_history,
        Right.ATTACH_FILES: permissions.attach_files,
    }
    return tuple(right for right, allowed in needed.items() if not allowed)


def parent_of(channel: Any) -> int | None:  # noqa: ANN401 - discord.py's many kinds of channels
    """Return the channel whose rules count: a thread's parent, else the channel itself."""
    if isinstance(channel, discord.Thread):
        return channel.parent_id
    found = getattr(channel, "id", None)
    return found if isinstance(found, int) else None
