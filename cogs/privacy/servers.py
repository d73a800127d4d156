"""Servers that the bot joins and leaves: what is stored about one goes some time after it was left."""

from typing import Final

import discord
import structlog
from discord.ext import commands

from bot.services.personal_data import PersonalData
from bot.storage.errors import StorageError

log: Final = structlog.get_logger(__name__)


class ServersCog(commands.Cog):
    """Notes departures. A server that is unavailable was not left: Discord lists it, and the library keeps it."""

    def __init__(self, bot: commands.AutoShardedBot, personal_data: PersonalData) -> None:
        self._bot = bot
        self._personal_data = personal_data

    @commands.Cog.listener()
    async def on_guild_remove(self, guild: discord.Guild) -> None:
        """Note that the bot was removed from a server, or that the server is gone."""
        try:
            await self._personal_data.server_left(guild.id)
        except StorageError as error:
            log.warning("departure_not_noted", guild=guild.id, reason=str(error))

    @commands.Cog.listener()
    async def on_guild_join(self, guild: discord.Guild) -> None:
        """Note that the bot is back in a server."""
        del guild
        await self._look()

    @commands.Cog.listener()
    async def on_ready(self) -> None:
        """Compare the servers of all shards with those that are stored: some may have been left meanwhile."""
        await self._look()

    def _is_told_of(self, guild_id: int) -> bool:
        """Return True if Discord tells this process of a server: by its shard (Discord, *Sharding*)."""
        shard_ids, shards = self._bot.shard_ids, self._bot.shard_count
        return shard_ids is None or not shards or (guild_id >> 22) % shards in shard_ids

    async def _look(self) -> None:
        try:
            present = {guild.id for guild in self._bot.guilds}
            await self._personal_data.servers_seen(present, self._is_told_of)
        except StorageError as error:
            log.warning("departures_not_noted", reason=str(error))
