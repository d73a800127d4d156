"""Look-ups of servers' members on the Discord client."""

from http import HTTPStatus
from typing import Final

import discord
import structlog

from cogs.shared.attempt import FailedCall, attempt

log: Final = structlog.get_logger(__name__)


class DiscordMemberships:
    """Asks Discord itself: without a privileged intent the client does not know a server's members."""

    def __init__(self, client: discord.Client) -> None:
        self._client = client

    async def has_left(self, guild_id: int, person_id: int) -> bool | None:
        """Return True if a user is no member of a server that the bot is in; None if Discord does not say."""
        guild = self._client.get_guild(guild_id)
        if guild is None:
            return False  # it has no moderators for the bot
        found = await attempt(guild.fetch_member(person_id))
        if not isinstance(found, FailedCall):
            return False
        if found.status == HTTPStatus.NOT_FOUND:
            return True
        log.info("member_not_seen", **found.facts)
        return None
