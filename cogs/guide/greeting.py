"""The greeting in the system channel of a server that the bot has joined, once ever."""

from typing import Final

import discord
import structlog
from discord.ext import commands

from bot.services.greetings import Greetings
from bot.services.guide import CommandMention, Guide
from bot.storage.errors import StorageError
from bot.texts.messages import Language
from cogs.shared.attempt import FailedCall, attempt

log: Final = structlog.get_logger(__name__)


class GreetingCog(commands.Cog):
    """Greets where it may write. The library calls it for servers that are new, not for those that come back."""

    def __init__(self, guide: Guide, greetings: Greetings, mention: CommandMention) -> None:
        self._guide = guide
        self._greetings = greetings
        self._mention = mention

    @commands.Cog.listener()
    async def on_guild_join(self, guild: discord.Guild) -> None:
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
    allowed = channel.permissions_for(channel.guild.me)
    return allowed.view_channel and allowed.send_messages
