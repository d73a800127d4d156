"""Costs and durations of earlier jobs, read once at each start."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import and_, or_, select

from bot.jobs.job import JobState
from bot.jobs.queue.durations import FinishedJob
from bot.quota.ledger import Claim
from bot.storage.database import Database
from bot.storage.tables import jobs
from bot.video import Resolution, Seconds


class JobHistory:
    """Reads earlier jobs. Every method raises `bot.storage.StorageUnavailableError`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def finished(self, limit: int) -> Sequence[FinishedJob]:
        """Return how long the newest finished jobs took from submission to completion, oldest first."""
        columns = (
            jobs.c.seconds,
            jobs.c.resolution,
            jobs.c.reference_count,
            jobs.c.submitted_at,
            jobs.c.ready_at,
        )
        condition = and_(
            jobs.c.ready_at.is_not(None), jobs.c.submitted_at.is_not(None), jobs.c.lookup.is_(False)
        )
        async with self._database.read() as connection:
            rows = await connection.execute(
                select(*columns).where(condition).order_by(jobs.c.ready_at.desc()).limit(limit)
            )
            return [
                FinishedJob(
                    Seconds(str(row.seconds)),
                    Resolution(row.resolution),
                    row.reference_count,
                    (row.ready_at - row.submitted_at).total_seconds(),
                )
                for row in reversed(rows.all())
            ]

    async def claims(self, since: datetime) -> Sequence[Claim]:
        """Return the claims on the allowances: of jobs bought since then, and of those that may still be bought."""
        waiting = jobs.c.state.in_((JobState.HELD.value, JobState.QUEUED.value))
        bought = and_(
            jobs.c.submitted_at >= since,
            or_(
                jobs.c.task_id.is_not(None),
                jobs.c.state.in_((JobState.SUBMITTING.value, JobState.UNKNOWN.value)),
            ),
        )
        condition = and_(jobs.c.lookup.is_(False), or_(waiting, bought))
        columns = (jobs.c.id, jobs.c.person_id, jobs.c.seconds, jobs.c.submitted_at, jobs.c.state)
        async with self._database.read() as connection:
            rows = await connection.execute(select(*columns).where(condition))
            return [
                Claim(
                    row.id,
                    row.person_id,
                    row.seconds,
                    None if row.state in {JobState.HELD.value, JobState.QUEUED.value} else row.submitted_at,
                )
                for row in rows
            ]
