"""Channels and threads that are deleted with questions to moderators in them."""

from typing import Final

import discord
import structlog
from discord.ext import commands

from bot.reviews.questions import Questions
from bot.storage.errors import StorageError

log: Final = structlog.get_logger(__name__)


class DeletedChannelsCog(commands.Cog):
    """Has the questions asked elsewhere that were in a deleted channel."""

    def __init__(self, questions: Questions) -> None:
        self._questions = questions

    @commands.Cog.listener()
    async def on_guild_channel_delete(self, channel: discord.abc.GuildChannel) -> None:
        """Follow the end of a channel."""
        await self._follow(channel.id)

    @commands.Cog.listener()
    async def on_raw_thread_delete(self, event: discord.RawThreadDeleteEvent) -> None:
        """Follow the end of a thread."""
        await self._follow(event.thread_id)

    async def _follow(self, channel_id: int) -> None:
        try:
            await self._questions.channel_gone(channel_id)
        except StorageError as error:
            log.warning("deleted_channel_not_followed", channel=channel_id, reason=str(error))
