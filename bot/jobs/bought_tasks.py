"""Jobs by the task that they bought or look for: what *Look again* reads and writes."""

from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import RowMapping, and_, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.jobs.job import Failure, FailureReason, Job, JobState
from bot.jobs.rows import job_from, named, row_of, stored_failure
from bot.jobs.store import DuplicateJobError
from bot.storage.database import Database
from bot.storage.errors import UnreadableRowError
from bot.storage.reading import read_rows
from bot.storage.tables import jobs


class BoughtTasks:
    """Finds all jobs of one bought task.

    Methods raise `bot.storage.errors.StorageError`, also if only one of the task's rows cannot be read.
    """

    def __init__(self, database: Database, spool_dir: Path) -> None:
        self._database = database
        self._spool_dir = spool_dir

    async def jobs_of(self, task_id: str) -> tuple[Job, ...]:
        """Return the job that bought the task and those that looked for it, oldest first."""
        async with self._database.read() as connection:
            return await self._jobs_of(connection, task_id)

    async def add_lookup(self, connection: AsyncConnection, job: Job, *, seen: Sequence[Job]) -> None:
        """Store a job that looks for a task, in the caller's transaction of `Database.write`.

        Args:
            connection: The transaction.
            job: The new job.
            seen: The task's jobs by which it was decided that the job may look.

        Raises:
            DuplicateJobError: Meanwhile another job looks for the task, or the video was deleted.
        """
        if job.task_id is None:
            raise ValueError("a job that looks for a task has its id")
        found = await self._jobs_of(connection, job.task_id)
        if [(one.id, one.failure) for one in found] != [(one.id, one.failure) for one in seen]:
            raise DuplicateJobError(job.id)
        try:
            await connection.execute(jobs.insert().values(row_of(job)))
        except IntegrityError:
            raise DuplicateJobError(job.id) from None

    async def note_deletion(self, connection: AsyncConnection, job_id: str, by: FailureReason) -> None:
        """Note who deletes the message of a delivered video, in the caller's transaction of `Database.write`.

        What the owner decided stays, whoever deletes the message afterwards.
        """
        condition = and_(jobs.c.id == job_id, jobs.c.state == JobState.DELIVERED.value)
        if by is not FailureReason.DELETED_BY_OWNER:
            condition = and_(condition, jobs.c.failure.is_(None))
        await connection.execute(update(jobs).where(condition).values(failure=stored_failure(Failure(by))))

    async def _jobs_of(self, connection: AsyncConnection, task_id: str) -> tuple[Job, ...]:
        # Jobs that look for a task have the moment of the one that bought it.
        chosen = select(jobs).where(jobs.c.task_id == task_id)
        chosen = chosen.order_by(jobs.c.lookup, jobs.c.answered_at, jobs.c.id)
        found = await read_rows(
            connection, chosen, self._job_from, keys=(jobs.c.id,), alarms=self._database.alarms
        )
        exist = await connection.execute(select(func.count()).where(jobs.c.task_id == task_id))
        if len(found) < exist.scalar_one():
            # It may hold a decision by which the video must not be shown.
            raise UnreadableRowError(jobs.name)
        return tuple(found)

    def _job_from(self, row: RowMapping) -> Job:
        return job_from(named(row), self._spool_dir)
