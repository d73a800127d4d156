"""The greeting in the system channel of a server that the bot has joined, once ever."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final

import discord
import structlog
from discord.ext import commands

from bot.services.greetings import Greetings
from bot.services.guide import CommandMention, Guide
from bot.storage.errors import StorageError
from bot.texts.messages import Language
from cogs.shared.attempt import FailedCall, attempt

log: Final = structlog.get_logger(__name__)
_NEW_FOR: Final = timedelta(minutes=15)
"""Of a server that the bot joined while it was away or starting the library says only that it is there. A moment
further in the future tells of a wrong clock, by which every server would be new."""


class GreetingCog(commands.Cog):
    """Greets where it may write, in servers that the bot has just joined."""

    def __init__(
        self, guide: Guide, greetings: Greetings, mention: CommandMention, now: Callable[[], datetime]
    ) -> None:
        self._guide = guide
        self._greetings = greetings
        self._mention = mention
        self._now = now

    @commands.Cog.listener()
    async def on_guild_join(self, guild: discord.Guild) -> None:
        """Greet a server that is new."""
        await self._greet(guild)

    @commands.Cog.listener()
    async def on_guild_available(self, guild: discord.Guild) -> None:
        """Greet a server that is there, if the bot joined it a few minutes ago."""
        joined_at = getattr(guild.me, "joined_at", None)
        if joined_at is not None and abs(self._now() - joined_at) < _NEW_FOR:
            await self._greet(guild)

    async def _greet(self, guild: discord.Guild) -> None:
        """Say in the server's language what the bot does and what to do next."""
        channel = guild.system_channel
        if channel is None or not _may_write(channel):
            log.info("greeting_has_no_place", guild=guild.id)
            return
        try:
            if not await self._greetings.begin(guild.id):
                return
        except StorageError as error:
            log.warning("greeting_not_noted", guild=guild.id, reason=str(error))
            return
        language = Language.of(guild.preferred_locale.value)
        told = self._guide.greeting(guild.id, self._mention)
        text = "\n".join(one.in_language(language) for one in told)
        sent = await attempt(channel.send(text, allowed_mentions=discord.AllowedMentions.none()))
        if isinstance(sent, FailedCall):
            log.warning("greeting_not_sent", guild=guild.id, **sent.facts)
        else:
            log.info("greeting_sent", guild=guild.id)


def _may_write(channel: discord.TextChannel) -> bool:
    me: Any = channel.guild.me  # None, against its type, in a server that Discord described without the bot
    if me is None:
        return False
    allowed = channel.permissions_for(me)
    return allowed.view_channel and allowed.send_messages
