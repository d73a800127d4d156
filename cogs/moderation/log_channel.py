"""A server's audit log, mirrored line by line to the channel that the server chose for it."""

import asyncio
from collections import deque
from http import HTTPStatus
from typing import Final

import discord
import stamina
import structlog

from bot.moderation.audit.checkpoint import SHOWN_DIGITS
from bot.moderation.audit.entries import RecordedEntry
from bot.moderation.servers.cache import RuleCache
from bot.storage.errors import StorageError
from bot.texts.messages import Language
from bot.texts.quoting import units_of
from cogs.moderation.audit_line import line_of
from cogs.shared.attempt import NETWORK_ERRORS
from cogs.shared.channels import ChannelNotToldError, channel_in, guild_of, has_bot

log: Final = structlog.get_logger(__name__)

_LONGEST_BACKLOG: Final = 1000
"""Of one server: Discord takes five messages in five seconds for each channel."""
_MESSAGE_CHARS: Final = 2000
"""Discord, *Create Message*."""
_LINES_CHARS: Final = _MESSAGE_CHARS - 40
"""Beside the line with the digest."""
_TIMEOUT_S: Final = 30.0
_TRIES: Final = 3
_CLOSED: Final = frozenset({HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND})
_CLOSED_FOR_S: Final = 60.0
"""Pause for a channel that refused a line."""
_READ_AGAIN_AFTER_S: Final = 5.0
"""Pause while it cannot be told where a server's lines belong: by the rules, or by Discord."""


class LogChannel:
    """Backlogs of the servers. `run` is the body of the one task that sends them."""

    def __init__(self, client: discord.Client, rules: RuleCache) -> None:
        self._client = client
        self._rules = rules
        self._backlogs: dict[int, deque[RecordedEntry]] = {}
        self._told = asyncio.Event()
        self._closed_until: dict[int, float] = {}

    def tell(self, recorded: RecordedEntry) -> None:
        """Have an entry sent soon, if its server wants that. Never waits."""
        if self._rules.of(recorded.guild_id).log_channel_id is None:
            return
        backlog = self._backlogs.setdefault(recorded.guild_id, deque())
        if len(backlog) >= _LONGEST_BACKLOG:
            log.warning("log_not_mirrored", number=recorded.number)
            return
        backlog.append(recorded)
        self._told.set()

    async def run(self) -> None:
        """Send what there is to send, a message of each server in turn, until cancelled."""
        while True:
            await self._told.wait()
            self._told.clear()
            are_told = True
            for guild_id in [*self._backlogs]:
                try:
                    await self._send_some(guild_id)
                except (StorageError, ChannelNotToldError) as error:
                    log.warning("log_waits", guild=guild_id, error=type(error).__name__)
                    are_told = False
            if not are_told:
                await asyncio.sleep(_READ_AGAIN_AFTER_S)
            if self._backlogs:
                self._told.set()

    async def _send_some(self, guild_id: int) -> None:
        backlog = self._backlogs[guild_id]
        guild = await guild_of(self._client, guild_id)
        channel_id = (await self._rules.current(guild_id)).log_channel_id
        if guild is None and channel_id is not None and await has_bot(self._client, guild_id) is not False:
            raise ChannelNotToldError
        if channel_id is None or guild is None or not await self._may_write(guild, channel_id):
            del self._backlogs[guild_id]
            return
        first, text = backlog[0].number, _taken(backlog, Language.of(guild.preferred_locale.value))
        if not backlog:
            del self._backlogs[guild_id]
        try:
            await self._send(guild, channel_id, text, nonce=f"log-{first}")
        except discord.HTTPException as error:
            if error.status in _CLOSED:
                self._close(channel_id)
            log.info("log_not_mirrored", status=error.status, code=error.code)
        except (discord.DiscordException, *NETWORK_ERRORS) as error:
            log.info("log_not_mirrored", error=type(error).__name__)

    async def _send(self, guild: discord.Guild, channel_id: int, text: str, *, nonce: str) -> None:
        channel = self._client.get_partial_messageable(channel_id, guild_id=guild.id)
        async for attempt in stamina.retry_context(
            on=_passes, attempts=_TRIES, wait_initial=0.5, wait_max=5.0
        ):
            with attempt:
                async with asyncio.timeout(_TIMEOUT_S):
                    await channel.send(text, nonce=nonce, allowed_mentions=discord.AllowedMentions.none())

    async def _may_write(self, guild: discord.Guild, channel_id: int) -> bool:
        """Return True if a line may arrive: refused requests count towards Discord's ban for invalid ones."""
        if asyncio.get_running_loop().time() < self._closed_until.get(channel_id, 0.0):
            return False
        self._closed_until.pop(channel_id, None)
        channel = await channel_in(guild, channel_id)
        if channel is None:
            self._close(channel_id)
            return False
        allowed = channel.permissions_for(guild.me)
        in_thread = isinstance(channel, discord.Thread)
        may_send = allowed.send_messages_in_threads if in_thread else allowed.send_messages
        return bool(allowed.view_channel and may_send)

    def _close(self, channel_id: int) -> None:
        self._closed_until[channel_id] = asyncio.get_running_loop().time() + _CLOSED_FOR_S


def _taken(backlog: deque[RecordedEntry], language: Language) -> str:
    """Remove the oldest entries whose lines fit into one message, and return the lines.

    Below them is the digest of the last one, by which it can be told later that it stood in the log.
    """
    last = backlog.popleft()
    lines = [line_of(last, language)[:_LINES_CHARS]]
    while backlog:
        following = line_of(backlog[0], language)
        if sum(units_of(line) + 1 for line in lines) + units_of(following) > _LINES_CHARS:
            break
        lines.append(following)
        last = backlog.popleft()
    return "\n".join([*lines, f"-# {last.number} · {last.sha256[:SHOWN_DIGITS]}"])


def _passes(error: Exception) -> bool:
    """Return True if another try may succeed."""
    if isinstance(error, discord.HTTPException):
        return error.status >= HTTPStatus.INTERNAL_SERVER_ERROR
    return isinstance(error, NETWORK_ERRORS)
