"""Jobs of which nobody knows what they bought: what the operator sees of them, and how one is resolved."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, RowMapping, and_, exists, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.jobs.job import Job, JobState, advance
from bot.jobs.rows import course_columns
from bot.jobs.store import StaleJobError
from bot.storage.database import Database
from bot.storage.reading import read_rows
from bot.storage.tables import jobs


@dataclass(frozen=True)
class UnknownJob:
    """Facts of one of them. Times are aware and in UTC."""

    id: str
    asked_at: datetime
    submitted_at: datetime | None
    person_id: int
    guild_id: int | None
    prompt: str
    raw_answer: str | None
    task_id: str | None
    """Where the answer seemed to name one, of which the service has told nothing."""


_SHOWN: Final = (
    jobs.c.id,
    jobs.c.created_at,
    jobs.c.submitted_at,
    jobs.c.person_id,
    jobs.c.guild_id,
    jobs.c.prompt,
    jobs.c.raw_answer,
    jobs.c.task_id,
)
_IS_UNKNOWN: Final = jobs.c.state == JobState.UNKNOWN.value
_LOOKED_FOR: Final = jobs.alias()
_NEVER_TOLD: Final = and_(
    jobs.c.state.in_((JobState.FAILED.value, JobState.EXPIRED.value)),
    jobs.c.task_id.is_not(None),
    jobs.c.raw_answer.is_not(None),
    # Its user may have looked for it again since, and found it.
    ~exists().where(_LOOKED_FOR.c.task_id == jobs.c.task_id, _LOOKED_FOR.c.ready_at.is_not(None)),
)
_AS_BEFORE_THE_END: Final[Mapping[str, Any]] = {
    "ended_at": None,
    "settled_at": None,
    "failure": None,
    # What was posted is that the outcome is unknown. The video is another post, with a journal of its own.
    "attempt": None,
    "starts": 0,
}


class UnknownJobs:
    """Reads and resolves them. Every method raises `bot.storage.errors.StorageUnavailableError`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def all(self) -> tuple[UnknownJob, ...]:
        """Return every unknown job, oldest first. One whose row cannot be read is reported as such."""
        return await self._which(_IS_UNKNOWN)

    async def never_told(self) -> tuple[UnknownJob, ...]:
        """Return every job that ended while the service had told nothing of its task, oldest first; as `all`."""
        return await self._which(_NEVER_TOLD)

    async def _which(self, condition: ColumnElement[bool]) -> tuple[UnknownJob, ...]:
        chosen = select(*_SHOWN).where(condition).order_by(jobs.c.created_at)
        async with self._database.read() as connection:
            return tuple(
                await read_rows(connection, chosen, _shown, keys=(jobs.c.id,), alarms=self._database.alarms)
            )

    async def named(self, beginning: str) -> Sequence[str]:
        """Return the ids that begin so: those of unknown jobs, or of all jobs where no unknown one does.

        An id that is given in full is the only one.
        """
        begins = jobs.c.id.startswith(beginning, autoescape=True)
        async with self._database.read() as connection:
            for condition in (jobs.c.id == beginning, and_(begins, _IS_UNKNOWN), begins):
                found = (await connection.execute(select(jobs.c.id).where(condition))).scalars().all()
                if found:
                    return found
        return ()

    async def resolve(self, within: AsyncConnection, job: Job, *, before: Job) -> None:
        """Keep what an unknown job has become. Raises `StaleJobError` unless its row is as it was `before`."""
        condition = and_(
            jobs.c.id == job.id,
            _IS_UNKNOWN,
            jobs.c.claim == before.claim,
            jobs.c.task_id.is_(None),
            jobs.c.settled_at.is_not_distinct_from(before.settled_at),
        )
        changed = await within.execute(update(jobs).where(condition).values(course_columns(job)))
        if changed.rowcount == 0:
            raise StaleJobError(f"{job.id} was changed meanwhile")


def _shown(row: RowMapping) -> UnknownJob:
    return UnknownJob(*(row[column] for column in _SHOWN))


def bought_after_all(job: Job, task_id: str, expires_at: datetime) -> Job:
    """Return the job, submitting or unknown, as it is once its task was found: it is watched again."""
    return advance(job, JobState.GENERATING, task_id=task_id, expires_at=expires_at, **_AS_BEFORE_THE_END)
