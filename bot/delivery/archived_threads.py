"""Messages in archived threads: Discord lets nobody change them before the thread is open.

Sending a message opens an archived thread, editing one does not (Discord, *Threads*; its pull request 2855). Where
moderators locked it, opening it takes *Manage Threads*; so does archiving it again. Threads that are archived are
not in discord.py's memory.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar
from weakref import WeakValueDictionary

import aiohttp
import discord
import structlog

from bot.delivery.discord_errors import THREAD_ARCHIVED_CODE
from bot.delivery.messages import ThreadClosedError

log: Final = structlog.get_logger(__name__)

_ARCHIVE_WITHIN_S: Final = 10.0
_NOT_OPENED: Final = frozenset({400, 403})
"""Such as for a lock, or because the server has as many open threads as it may."""

_Result = TypeVar("_Result")
_changing: Final[WeakValueDictionary[int, asyncio.Lock]] = WeakValueDictionary()
"""Archived threads that are open for a change now, by their ids."""


async def with_open_thread(
    client: discord.Client, channel_id: int, change: Callable[[], Awaitable[_Result]]
) -> _Result:
    """Change a message. In an archived thread the change is made once more while the thread is open.

    Raises:
        discord.HTTPException: The change is refused; with code 50083 if the bot may not open the thread.
    """
    try:
        return await change()
    except discord.HTTPException as error:
        if error.code != THREAD_ARCHIVED_CODE:
            raise
        refused = error
    # One change at a time: the end of another would archive the thread in the middle of this one.
    async with _changing.setdefault(channel_id, asyncio.Lock()):
        thread = await client.fetch_channel(channel_id)
        if not isinstance(thread, discord.Thread):
            raise refused
        try:
            await thread.edit(archived=False)
        except discord.HTTPException as error:
            if error.status not in _NOT_OPENED:
                raise
            log.info("thread_not_opened", channel=channel_id, code=error.code)
            raise refused from None
        try:
            return await change()
        finally:
            await _archive(thread)


async def _archive(thread: discord.Thread) -> None:
    try:
        async with asyncio.timeout(_ARCHIVE_WITHIN_S):
            await thread.edit(archived=True)
    except (discord.HTTPException, aiohttp.ClientError, OSError, TimeoutError) as error:
        # Discord archives it by itself after a time without messages.
        log.info("thread_left_open", channel=thread.id, error=type(error).__name__)


async def check_not_archived(client: discord.Client, channel_id: int, *, locked: bool) -> None:
    """Check before a new message that it would not open a thread which is archived.

    Args:
        client: The client that sends the message.
        channel_id: The channel of the message, in a server.
        locked: True to check for locked threads alone: who archives without a lock lets any message open it.

    Raises:
        ThreadClosedError: It would.
        discord.HTTPException: Discord does not show the channel.
    """
    if client.get_channel(channel_id) is not None:
        return
    found = await client.fetch_channel(channel_id)
    if isinstance(found, discord.Thread) and found.archived and (found.locked or not locked):
        raise ThreadClosedError("a new message would open the thread")
