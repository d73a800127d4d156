"""Turns of IDENTIFY over all gateways: in each of Discord's buckets one at a time, five seconds apart."""

import asyncio
import random
from collections.abc import Coroutine
from typing import Any, Final, TypeVar

import structlog

from bot.storage.errors import StorageUnavailableError
from bot.storage.shard_locks import ShardLocks

log: Final = structlog.get_logger(__name__)
_Answer = TypeVar("_Answer")

APART_S: Final = 5.25
"""Discord, *Rate Limiting* of sharded bots: one IDENTIFY in five seconds for each bucket, which is the rest of the
shard's number divided by `max_concurrency`."""
_ASK_EVERY_S: Final = 0.5
_LEFT_TO_OTHERS_S: Final = 0.75
"""Between the end of a turn and the next question of the same process: all others have asked once meanwhile."""
UNANSWERED_S: Final = 5.0
"""Without an answer of the database for so long, a shard identifies all the same: resumptions of the other
shards of this process would wait behind it. Discord refuses what comes too early, by opcode 9."""


class IdentifyTurns:
    """Gives turns to this process's shards. `close` at the end."""

    def __init__(
        self, locks: ShardLocks, apart_s: float = APART_S, unanswered_s: float = UNANSWERED_S
    ) -> None:
        self.max_concurrency = 1
        self._locks = locks
        self._apart_s = apart_s
        self._unanswered_s = unanswered_s
        # A session has the same lock twice if it asks twice.
        self._own: dict[int, asyncio.Lock] = {}
        self._tasks: set[asyncio.Task[Any]] = set()

    async def wait(self, shard_id: int) -> None:
        """Return when a shard may identify, which it then does at once."""
        bucket = shard_id % self.max_concurrency
        own = self._own.setdefault(bucket, asyncio.Lock())
        await own.acquire()
        kept_s = 0.0
        try:
            if not await self._has_turn(bucket):
                log.warning("identify_without_turn", shard=shard_id)
                # Other processes may do so as well.
                await asyncio.sleep(random.uniform(0.0, self._apart_s))  # noqa: S311 - guards nothing
            kept_s = self._apart_s
        finally:
            # Also after a cancellation: the server may have given the lock all the same.
            self._begin(self._end(bucket, own, kept_s), "identify-turn")

    async def close(self) -> None:
        """Give back all turns."""
        for task in tuple(self._tasks):
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)

    def _begin(self, work: Coroutine[Any, Any, _Answer], name: str) -> asyncio.Task[_Answer]:
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _has_turn(self, bucket: int) -> bool:
        """Wait for a turn. Returns False if the database gives no answer."""
        loop = asyncio.get_running_loop()
        ends_s = loop.time() + self._unanswered_s
        while (left_s := ends_s - loop.time()) > 0:
            # A task, which goes on: the session carries out one statement after another, and `_end` gives back
            # what this one may take yet.
            asked = self._begin(self._taken(bucket), "identify-question")
            answered, _ = await asyncio.wait({asked}, timeout=left_s)
            taken = asked.result() if answered else None
            if taken:
                return True
            if taken is not None:
                ends_s = loop.time() + self._unanswered_s
            await asyncio.sleep(_ASK_EVERY_S)
        return False

    async def _taken(self, bucket: int) -> bool | None:
        """Take a bucket. Returns False if another process has it, and None if that cannot be told."""
        try:
            return await self._locks.take_bucket(bucket)
        except StorageUnavailableError as error:
            log.info("identify_turn_not_taken", reason=str(error))
            return None

    async def _end(self, bucket: int, own: asyncio.Lock, after_s: float) -> None:
        try:
            await asyncio.sleep(after_s)
            given = self._begin(self._give_back(bucket), "identify-end")
            await asyncio.wait({given}, timeout=_LEFT_TO_OTHERS_S)
            if after_s:
                await asyncio.sleep(_LEFT_TO_OTHERS_S)
        finally:
            own.release()

    async def _give_back(self, bucket: int) -> None:
        try:
            await self._locks.release_bucket(bucket)
        except StorageUnavailableError as error:
            # The session is lost, and with it the lock.
            log.info("identify_turn_not_given_back", reason=str(error))
