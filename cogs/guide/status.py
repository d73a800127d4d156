"""The bot's status on the Discord client, for each of its shards."""

from typing import Final

import discord
import structlog
from discord.ext import commands

from cogs.shared.attempt import NETWORK_ERRORS

log: Final = structlog.get_logger(__name__)


class StatusCog(commands.Cog):
    """Shows a status on every shard that is connected, and on others as soon as they are.

    A new session begins with the status of the last login, and one that is resumed keeps what it had.
    """

    def __init__(self, client: discord.AutoShardedClient) -> None:
        self._client = client
        self._text: str | None = None
        self._shown: dict[int, str | None] = {}
        self._open: set[int] = set()

    async def show(self, text: str) -> None:
        """Show a text on every connected shard that shows another one."""
        self._text = text
        for shard_id in sorted(self._open):
            await self._update(shard_id)

    @commands.Cog.listener()
    async def on_shard_ready(self, shard_id: int) -> None:
        """Show the status in a new session."""
        self._open.add(shard_id)
        self._shown[shard_id] = None
        await self._update(shard_id)

    @commands.Cog.listener()
    async def on_shard_resumed(self, shard_id: int) -> None:
        """Bring a session up to date that went on."""
        self._open.add(shard_id)
        await self._update(shard_id)

    @commands.Cog.listener()
    async def on_shard_disconnect(self, shard_id: int) -> None:
        """Send nothing to a shard that has no connection."""
        self._open.discard(shard_id)

    async def _update(self, shard_id: int) -> None:
        text = self._text
        if text is None or self._shown.get(shard_id) == text or self._client.is_closed():
            return
        # Noted before: the text may change again while Discord takes it.
        before, self._shown[shard_id] = self._shown.get(shard_id), text
        try:
            await self._client.change_presence(activity=discord.CustomActivity(text), shard_id=shard_id)
        except (discord.DiscordException, *NETWORK_ERRORS) as error:
            self._shown[shard_id] = before
            log.info("status_not_shown", shard=shard_id, error=type(error).__name__)
