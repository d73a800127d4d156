"""Has jobs run by other processes: what a gateway has in the place of a runner."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import structlog

from bot.jobs.run_rows import RunRows
from bot.lifecycle.run_queue import RunQueue
from bot.storage.errors import StorageError

log: Final = structlog.get_logger(__name__)

_AGAIN_AFTER_S: Final = 1.0
_TRIES: Final = 3
"""A run that is about to end may still have its entry, and not have seen what changed."""
_LOOK_EVERY_S: Final = 0.2
_END_WITHIN_S: Final = 2.0


@dataclass(eq=False)
class _DueEntry:
    """A job that has to be entered. Each call of `start` makes another, as it tells of another change."""

    tries_left: int = _TRIES


class JobDispatcher:
    """Enters jobs that want to run into the queue. `run` belongs to one task."""

    def __init__(self, rows: RunRows, queue: RunQueue) -> None:
        self.superseded = asyncio.Event()
        """Set when another process was seen to do what this one does: this one has to exit."""
        self._rows = rows
        self._queue = queue
        self._due: dict[str, _DueEntry] = {}
        self._messages: dict[str, int] = {}
        self._woken = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self._closed = False

    @property
    def running(self) -> int:
        """Number of jobs that this process has not entered yet."""
        return len(self._due)

    def start(self, job_id: str, *, message_id: int | None = None) -> bool:
        """Enter a job; as `bot.lifecycle.runner.JobStarter.start`."""
        if self._closed:
            return False
        if message_id is not None:
            self._messages[job_id] = message_id
        self._due[job_id] = _DueEntry()
        self._idle.clear()
        self._woken.set()
        return True

    def restart(self, job_id: str) -> None:
        """Have the job run anew from the state in which it is stored. Who runs it now sees that its row changed."""
        self.start(job_id)

    async def ended(self, job_ids: Iterable[str], *, within_s: float) -> None:
        """Return once none of these jobs runs, or after `within_s` seconds."""
        wanted = tuple(job_ids)
        loop = asyncio.get_running_loop()
        until_s = loop.time() + within_s
        # Other processes' runs ring no bell.
        while loop.time() < until_s and (self._due.keys() & wanted or await self._queue.present(wanted)):  # noqa: ASYNC110
            await asyncio.sleep(_LOOK_EVERY_S)

    async def resume(self) -> int:
        """Do nothing: workers look for jobs without an entry."""
        return 0

    async def run(self) -> None:
        """Enter what is due, until cancelled."""
        while True:
            await self._woken.wait()
            self._woken.clear()
            try:
                await self._enter()
            except StorageError as error:
                log.warning("jobs_not_entered", jobs=len(self._due), reason=str(error))
            if self._due:
                await asyncio.sleep(_AGAIN_AFTER_S)
                self._woken.set()
            else:
                self._idle.set()

    async def close(self, *, grace_s: float) -> None:
        """Take no more jobs, and enter those that are due; workers find what does not get there."""
        del grace_s  # nothing is uploaded here
        self._closed = True
        try:
            async with asyncio.timeout(_END_WITHIN_S):
                await self._idle.wait()
        except TimeoutError:
            log.info("jobs_left_to_workers", jobs=len(self._due))

    async def _enter(self) -> None:
        due = dict(self._due)
        for job_id in due:
            message_id = self._messages.get(job_id)
            if message_id is not None:
                await self._rows.note_message(job_id, message_id)
                self._messages.pop(job_id, None)
        entered = await self._queue.put(tuple(due))
        running = [job_id for job_id in due if job_id not in entered]
        if running:
            await self._rows.announce(running)
        for job_id, entry in due.items():
            entry.tries_left -= 1
            if self._due.get(job_id) is entry and (job_id in entered or not entry.tries_left):
                del self._due[job_id]
