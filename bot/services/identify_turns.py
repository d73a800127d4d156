"""Turns of IDENTIFY over all gateways: in each of Discord's buckets one at a time, five seconds apart."""

import asyncio
from typing import Final

import structlog

from bot.storage.errors import StorageUnavailableError
from bot.storage.shard_locks import ShardLocks

log: Final = structlog.get_logger(__name__)

APART_S: Final = 5.25
"""Discord, *Rate Limiting* of sharded bots: one IDENTIFY in five seconds for each bucket, which is the rest of the
shard's number divided by `max_concurrency`."""
_ASK_EVERY_S: Final = 0.5


class IdentifyTurns:
    """Gives turns to this process's shards. `close` at the end."""

    def __init__(self, locks: ShardLocks, apart_s: float = APART_S) -> None:
        self.max_concurrency = 1
        self._locks = locks
        self._apart_s = apart_s
        # A session has the same lock twice if it asks twice.
        self._own: dict[int, asyncio.Lock] = {}
        self._ending: set[asyncio.Task[None]] = set()

    async def wait(self, shard_id: int) -> None:
        """Return when a shard may identify, which it then does at once."""
        bucket = shard_id % self.max_concurrency
        own = self._own.setdefault(bucket, asyncio.Lock())
        await own.acquire()
        kept_s = 0.0
        try:
            while not await self._taken(bucket):  # noqa: ASYNC110 - others' locks ring no bell
                await asyncio.sleep(_ASK_EVERY_S)
            kept_s = self._apart_s
        finally:
            # Also after a cancellation: the server may have given the lock all the same.
            ending = asyncio.create_task(self._end(bucket, own, kept_s), name="identify-turn")
            self._ending.add(ending)
            ending.add_done_callback(self._ending.discard)

    async def close(self) -> None:
        """Give back all turns."""
        for task in tuple(self._ending):
            task.cancel()
        if self._ending:
            await asyncio.wait(self._ending)

    async def _taken(self, bucket: int) -> bool:
        try:
            return await self._locks.take_bucket(bucket)
        except StorageUnavailableError as error:
            log.info("identify_turn_not_taken", reason=str(error))
            return False

    async def _end(self, bucket: int, own: asyncio.Lock, after_s: float) -> None:
        try:
            await asyncio.sleep(after_s)
            await self._locks.release_bucket(bucket)
        except StorageUnavailableError as error:
            # The session is lost, and with it the lock.
            log.info("identify_turn_not_given_back", reason=str(error))
        finally:
            own.release()
