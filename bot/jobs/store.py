"""Where jobs are kept: the interface, and a first store that keeps them in memory."""

from typing import Protocol

from bot.jobs.job import TERMINAL, Job, JobState


class UnknownJobError(Exception):
    """No job has this id."""


class StaleJobError(Exception):
    """The job is no longer in the state from which it was to be moved: somebody else moved it first."""


class JobStore(Protocol):
    """Keeps jobs. What a method returned from is kept; callers touch the outside only after that."""

    async def add(self, job: Job) -> None:
        """Keep a new job."""
        ...

    async def get(self, job_id: str) -> Job:
        """The job as it stands. Raises `UnknownJobError`."""
        ...

    async def save(self, job: Job, *, moved_from: JobState) -> None:
        """Replace the job if it still is `moved_from`. Raises `StaleJobError` or `UnknownJobError`."""
        ...

    async def unfinished(self) -> tuple[Job, ...]:
        """Every job that has not ended, oldest first."""
        ...


class MemoryJobStore:
    """A `JobStore` that forgets everything when the process ends, and ended jobs at once."""

    def __init__(self) -> None:
        self._jobs: dict[str, Job] = {}

    async def add(self, job: Job) -> None:
        """Keep a new job."""
        self._jobs[job.id] = job

    async def get(self, job_id: str) -> Job:
        """The job as it stands. Raises `UnknownJobError`."""
        try:
            return self._jobs[job_id]
        except KeyError:
            raise UnknownJobError(job_id) from None

    async def save(self, job: Job, *, moved_from: JobState) -> None:
        """Replace the job if it still is `moved_from`. Raises `StaleJobError` or `UnknownJobError`."""
        current = await self.get(job.id)
        if current.state is not moved_from:
            raise StaleJobError(f"{job.id} is {current.state}, not {moved_from}")
        if job.state in TERMINAL:
            del self._jobs[job.id]
        else:
            self._jobs[job.id] = job

    async def unfinished(self) -> tuple[Job, ...]:
        """Every job that has not ended, oldest first."""
        return tuple(sorted(self._jobs.values(), key=lambda job: job.created_at))
