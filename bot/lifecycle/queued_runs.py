"""Runs jobs that the queue hands to this process, and sees when another process took them or changed them."""

import asyncio
import math
from typing import Final

import structlog

from bot.boot_clock import since_boot_s
from bot.jobs.job import TERMINAL, Job, JobState
from bot.jobs.run_rows import RowState, RunRows
from bot.jobs.store import JobStore, UnknownJobError
from bot.lifecycle.lifecycle import Lifecycle
from bot.lifecycle.run_queue import RunQueue
from bot.lifecycle.runner import JobRunner
from bot.lifecycle.shared_slots import SharedSlots
from bot.storage.errors import StorageError

log: Final = structlog.get_logger(__name__)

_COMPARE_EVERY_S: Final = 2.0
CONFIRMED_FOR_S: Final = 5.0
"""Less than what is left of an entry's time when its heartbeat is the oldest."""
_SWEEP_EVERY_S: Final = 4.0
"""More often than the queue takes for a silence of its server, also once nothing else is asked of it."""
_UNSEEN_FOR_S: Final = 10.0
"""A request that was just stored is entered by the process that acknowledges it, within three seconds."""
_ENTERED_AT_ONCE: Final = 1000
"""The oldest first. Each is run, if only to find its place in line."""
_TRIM_EVERY_S: Final = 3600.0
_NOT_BEGUN: Final = frozenset({JobState.HELD, JobState.QUEUED})


class QueuedRuns:
    """Connects the queue with this process's runner. `run` belongs to one task."""

    def __init__(
        self,
        *,
        runner: JobRunner,
        lifecycle: Lifecycle,
        store: JobStore,
        rows: RunRows,
        queue: RunQueue,
        slots: SharedSlots,
        owner: str,
    ) -> None:
        """Args: `owner` names this process in the claims of its runs."""
        self._runner = runner
        self._lifecycle = lifecycle
        self._store = store
        self._rows = rows
        self._queue = queue
        self._slots = slots
        self._owner = owner
        self._confirmed_at_s = -math.inf
        self._changed: dict[str, RowState] = {}

    @property
    def is_current(self) -> bool:
        """True if no other process can have taken over what runs here, however long this one stood still."""
        # After an outage of the database others may take entries whose heartbeats were not renewed in time. What
        # was compared before that tells nothing.
        is_fresh = since_boot_s() - self._confirmed_at_s < CONFIRMED_FOR_S
        return is_fresh and self._confirmed_at_s >= self._queue.renewed_at_s

    async def run(self) -> None:
        """Run what the queue hands out, until `stop_taking` of the queue and the end of the last run."""
        tasks = (
            asyncio.create_task(self._queue.work(self._carry), name="queue"),
            asyncio.create_task(self._compare_again_and_again(), name="rows"),
            asyncio.create_task(self._sweep_again_and_again(), name="sweep"),
            asyncio.create_task(self._enter_what_is_near(), name="near"),
        )
        try:
            # A watch ends by a bug alone, and the process with it: it would hold jobs and do nothing.
            ended, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in ended:
                task.result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)

    async def _carry(self, job_id: str) -> bool:
        if not self._runner.start(job_id):
            return False
        await self._runner.ended([job_id], within_s=math.inf)
        # A run that ends right after this process stood still may have ended beside its successor's.
        if not self.is_current and not await self._queue.holds(job_id):
            log.error("entry_lost", job=job_id)
            self._runner.superseded.set()
        if self._runner.superseded.is_set():
            # Another process has the entry, which it would lose.
            self._queue.give_up()
        return not self._runner.closed

    async def look_at(self, job_id: str | None) -> None:
        """Look at the row of a job that another process changed; with None, at all. Raises `StorageError`."""
        if job_id is None or any(job.id == job_id for job in self._lifecycle.carried()):
            await self.compare(told=job_id)

    async def compare(self, told: str | None = None) -> None:
        """Compare the jobs that run here with their rows; `told` is one that was changed. Raises `StorageError`."""
        began_s = since_boot_s()
        carried = self._lifecycle.carried()
        rows = await self._rows.states([job.id for job in carried])
        changed: dict[str, RowState] = {}
        for job in carried:
            row = rows.get(job.id)
            if row is None:
                continue
            if row.claim > job.claim and row.claimed_by != self._owner:
                log.error("claim_lost", job=job.id, owner=row.claimed_by)
                self._runner.superseded.set()
                self._queue.give_up()
                return
            # A run that wrote since may have begun to buy: stopped, it could not tell if it did. What else changed
            # its next write finds out.
            was_moved = _was_moved(job, row) and self._lifecycle.carries_still(job)
            if row.claim == job.claim and (was_moved or _has_ended(job, row)):
                # Seen twice, as a run may be about to take its own change over.
                if job.id == told or self._changed.get(job.id) == row:
                    log.info("job_changed_by_another_process", job=job.id, state=row.state)
                    self._runner.restart(job.id)
                else:
                    changed[job.id] = row
            if row.answered_at > job.reply.created_at:
                await self._renew_token(job.id)
        self._changed = changed
        self._confirmed_at_s = began_s

    async def _renew_token(self, job_id: str) -> None:
        try:
            found = await self._store.get(job_id)
        except UnknownJobError:
            return
        self._lifecycle.renew_token(job_id, found.reply)

    async def _compare_again_and_again(self) -> None:
        while True:
            try:
                await self.compare()
            except StorageError as error:
                log.info("rows_not_compared", reason=str(error))
            await asyncio.sleep(_COMPARE_EVERY_S)

    async def _enter_what_is_near(self) -> None:
        """Enter jobs that rested in line, once their turn is near."""
        while True:
            near = await self._slots.next_near()
            try:
                await self._queue.put(near)
            except StorageError as error:
                log.info("near_jobs_not_entered", jobs=len(near), reason=str(error))  # named again soon

    async def _sweep_again_and_again(self) -> None:
        """Enter jobs that go on by themselves and have no entry, once that was so for a while.

        Those that do no more than ask their users again are entered once, as at every start.
        """
        loop = asyncio.get_running_loop()
        seen_at_s: dict[str, float] = {}
        trimmed_at_s, first = -math.inf, True
        while True:
            try:
                missing = await self._queue.missing()
                now_s = loop.time()
                waited = {
                    job_id for job_id, asks in missing.items() if first or not asks or job_id in seen_at_s
                }
                seen_at_s = {job_id: seen_at_s.get(job_id, now_s) for job_id in waited}
                due = [job_id for job_id, at_s in seen_at_s.items() if now_s - at_s >= _UNSEEN_FOR_S]
                due = due[:_ENTERED_AT_ONCE]
                if due:
                    log.info("jobs_resumed", jobs=len(await self._queue.put(due)))
                for job_id in due:
                    del seen_at_s[job_id]
                first = False
                if now_s - trimmed_at_s >= _TRIM_EVERY_S:
                    await self._queue.trim()
                    trimmed_at_s = now_s
            except StorageError as error:
                log.info("queue_not_swept", reason=str(error))
            await asyncio.sleep(_SWEEP_EVERY_S)


def _has_ended(job: Job, row: RowState) -> bool:
    return row.state in TERMINAL and row.state is not job.state


def _was_moved(job: Job, row: RowState) -> bool:
    """Return True if a job of which nothing was bought is to go on from elsewhere than its run does.

    It waits for hours without a write: in line, or for the service. A write that begins a purchase is refused now.
    """
    if job.state not in _NOT_BEGUN or row.state not in _NOT_BEGUN:
        return False
    asks_otherwise = job.state is JobState.QUEUED and row.ask_again_since != job.ask_again_since
    return asks_otherwise or row.state is not job.state
