"""Takes up purchases whose task ids were noted beside the database, because their rows could not be written."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Final

import structlog

from bot.jobs.job import Failure, FailureReason, Job, JobState, advance
from bot.jobs.purchase_notes import PurchaseNotes
from bot.jobs.store import JobStore, UnknownJobError
from bot.jobs.task_owners import TaskTakenError
from bot.jobs.unknown_jobs import bought_after_all

log: Final = structlog.get_logger(__name__)


class NotedPurchases:
    """Brings the rows up to date with the notes. Belongs to the start, before any job runs."""

    def __init__(
        self, notes: PurchaseNotes, store: JobStore, *, watch_s: float, now: Callable[[], datetime]
    ) -> None:
        """Args: `watch_s` is how long a task is watched."""
        self._notes = notes
        self._store = store
        self._watch_s = watch_s
        self._now = now

    async def take_up(self) -> Sequence[str]:
        """Give every noted task to its job, which then is watched. Raises `StorageError`.

        A note goes only when the row has its task. One that fits no row stays, and is logged at each start.

        Returns:
            The jobs of those that stay.
        """
        left: list[str] = []
        try:
            for job_id, task_id in (await self._notes.read_all()).items():
                if await self._is_recorded(job_id, task_id):
                    await self._notes.forget(job_id)
                else:
                    log.critical("purchase_note_left", job=job_id, task=task_id)
                    left.append(job_id)
        except OSError as error:
            # The start goes on: what is `submitting` becomes unknown, and a later start finds the notes.
            log.critical("purchase_notes_not_read", reason=type(error).__name__)
        return left

    async def _is_recorded(self, job_id: str, task_id: str) -> bool:
        """Write the task into the row, if it lacks one. Returns True if the row has it."""
        try:
            job = await self._store.get(job_id)
            if job.task_id is not None:
                return job.task_id == task_id
            found = self._bought(job, task_id)
            if found is None:
                return False
            await self._store.record_purchase(found)
        except (UnknownJobError, TaskTakenError):
            return False
        log.warning("purchase_found_in_notes", job=job_id, task=task_id)
        return True

    def _bought(self, job: Job, task_id: str) -> Job | None:
        now = self._now()
        if job.state is JobState.QUEUED:
            # The database was put back from a copy that is older than the purchase.
            job = advance(job, JobState.SUBMITTING, submitted_at=now)
        if job.state not in {JobState.SUBMITTING, JobState.UNKNOWN}:
            return None
        if job.is_nobodys:  # nobody is left to have it
            failure = Failure(FailureReason.DELETED_BY_OWNER)
            return advance(job, JobState.FAILED, failure=failure, task_id=task_id)
        return bought_after_all(job, task_id, now + timedelta(seconds=self._watch_s))
