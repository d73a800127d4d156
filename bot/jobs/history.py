"""Earlier jobs: their durations, read once at each start, and their prompts."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import BigInteger, RowMapping, and_, func, select, type_coerce

from bot.jobs.job import JobState
from bot.jobs.queue.durations import FinishedJob
from bot.storage.database import Database
from bot.storage.reading import read_rows
from bot.storage.tables import jobs
from bot.video import Resolution, Seconds

_KEY: Final = (jobs.c.id,)


@dataclass(frozen=True)
class RecentPrompt:
    """Earlier prompt of a user, and the last job with it."""

    job_id: str
    prompt: str


class JobHistory:
    """Reads earlier jobs. Every method raises `bot.storage.errors.StorageUnavailableError`."""

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
        chosen = select(*columns).where(condition).order_by(jobs.c.ready_at.desc()).limit(limit)
        async with self._database.read() as connection:
            found = await read_rows(connection, chosen, _finished, keys=_KEY, alarms=self._database.alarms)
        return found[::-1]

    async def recent_prompts(self, person_id: int, limit: int) -> Sequence[RecentPrompt]:
        """Return a user's latest prompts, each once, the newest first."""
        # As it is stored: it only sorts, and one that cannot be read must not hide the others.
        created = type_coerce(jobs.c.created_at, BigInteger)
        later = func.row_number().over(partition_by=jobs.c.prompt, order_by=(created.desc(), jobs.c.id))
        theirs = (
            select(jobs.c.prompt, jobs.c.id, created.label("created"), later.label("place"))
            .where(jobs.c.person_id == person_id, jobs.c.lookup.is_(False))
            .subquery()
        )
        chosen = (
            select(theirs.c.prompt, theirs.c.id)
            .where(theirs.c.place == 1)
            .order_by(theirs.c.created.desc())
            .limit(limit)
        )
        async with self._database.read() as connection:
            return [RecentPrompt(row.id, row.prompt) for row in await connection.execute(chosen)]

    async def made_in(self, guild_id: int, person_id: int) -> int:
        """Return how many videos a user was given in a server. One that was fetched again counts once."""
        condition = and_(
            jobs.c.person_id == person_id,
            jobs.c.guild_id == guild_id,
            jobs.c.state == JobState.DELIVERED.value,
        )
        async with self._database.read() as connection:
            counted = select(func.count(jobs.c.task_id.distinct())).where(condition)
            return (await connection.execute(counted)).scalar_one()

    async def prompt_of(self, job_id: str, person_id: int) -> str | None:
        """Return the prompt of a user's own job, or None if there is no such job."""
        condition = and_(jobs.c.id == job_id, jobs.c.person_id == person_id)
        async with self._database.read() as connection:
            return (await connection.execute(select(jobs.c.prompt).where(condition))).scalar()


def _finished(row: RowMapping) -> FinishedJob:
    return FinishedJob(
        Seconds(str(row["seconds"])),
        Resolution(row["resolution"]),
        int(row["reference_count"]),
        (row["ready_at"] - row["submitted_at"]).total_seconds(),
    )
