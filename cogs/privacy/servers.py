"""Servers that the bot joins and leaves: what is stored about one goes some time after it was left."""

from collections.abc import Collection
from typing import Final

import discord
import structlog
from discord.ext import commands

from bot.services.personal_data import PersonalData
from bot.storage.errors import StorageError
from cogs.client import Stillmotion
from cogs.gateway import shard_of

log: Final = structlog.get_logger(__name__)


class ServersCog(commands.Cog):
    """Notes departures. A server that is unavailable was not left: Discord lists it, and the library keeps it."""

    def __init__(self, bot: Stillmotion, personal_data: PersonalData) -> None:
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
        await self._note([guild.id], None)

    @commands.Cog.listener()
    async def on_shard_ready(self, shard_id: int) -> None:
        """Compare the servers of a shard with those that are stored: some may have been left meanwhile.

        Of other shards other processes may be told.
        """
        if self._bot.serves(shard_id):  # else its servers are in memory no more
            await self._note([guild.id for guild in self._bot.guilds if guild.shard_id == shard_id], shard_id)

    async def _note(self, present: Collection[int], shard_id: int | None) -> None:
        shards = self._bot.shard_count or 1
        try:
            await self._personal_data.servers_seen(present, lambda one: shard_of(one, shards) == shard_id)
        except StorageError as error:
            log.warning("departures_not_noted", reason=str(error))
