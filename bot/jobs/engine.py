"""What makes jobs run. The seam has one verb, *start this job*; here it is a task in this process."""

import asyncio
from typing import Final, Protocol

import structlog

from bot.jobs.job import FailureReason, JobState
from bot.jobs.lifecycle import Lifecycle
from bot.jobs.store import JobStore, UnknownJobError

log: Final = structlog.get_logger(__name__)


class Engine(Protocol):
    """Starts jobs."""

    def start(self, job_id: str) -> None:
        """Have the job run soon, somewhere. Returns at once."""
        ...


class TaskEngine:
    """Runs every job as a task of this process, and owns those tasks."""

    def __init__(self, lifecycle: Lifecycle, store: JobStore) -> None:
        self._lifecycle = lifecycle
        self._store = store
        self._tasks: dict[str, asyncio.Task[None]] = {}

    @property
    def running(self) -> int:
        """How many jobs run now."""
        return len(self._tasks)

    async def idle(self) -> None:
        """Return once no job runs."""
        while self._tasks:
            await asyncio.wait(self._tasks.values())

    def start(self, job_id: str) -> None:
        """Run the job, unless it runs already."""
        if job_id in self._tasks:
            return
        task = asyncio.create_task(self._carry(job_id), name=f"job-{job_id}")
        self._tasks[job_id] = task
        task.add_done_callback(lambda _: self._tasks.pop(job_id, None))

    async def close(self, *, grace_s: float) -> None:
        """Stop all jobs. Uploads under way get `grace_s` seconds to end; the rest are told within as many."""
        await self._finish_uploads(grace_s)
        tasks = dict(self._tasks)
        for task in tasks.values():
            task.cancel()
        if not tasks:
            return
        await asyncio.wait(tasks.values())
        try:
            async with asyncio.timeout(grace_s), asyncio.TaskGroup() as farewells:
                for job_id in tasks:
                    farewells.create_task(self._break_off(job_id, FailureReason.INTERRUPTED))
        except TimeoutError:
            log.warning("jobs_not_told_of_stop", jobs=len(tasks))

    async def _finish_uploads(self, grace_s: float) -> None:
        unfinished = await self._store.unfinished()
        uploading = [
            self._tasks[job.id]
            for job in unfinished
            if job.state in {JobState.READY, JobState.DELIVERING} and job.id in self._tasks
        ]
        if uploading:
            await asyncio.wait(uploading, timeout=grace_s)

    async def _carry(self, job_id: str) -> None:
        try:
            await self._lifecycle.run(job_id)
        except Exception:  # the one place where a bug in a job is kept from the other jobs
            log.exception("job_broke", job=job_id)
            await self._break_off(job_id, FailureReason.BROKE)

    async def _break_off(self, job_id: str, reason: FailureReason) -> None:
        try:
            await self._lifecycle.break_off(job_id, reason)
        except UnknownJobError:
            log.debug("job_already_ended", job=job_id)
