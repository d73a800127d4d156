"""Open requests of a user whose data is deleted: they end, whatever state they are in.

Questions to moderators about them stay open. A denial may suspend the user (*Deny and suspend*), before a video is
made and before it is posted alike: nobody is to escape that by deleting. An approval makes and posts nothing, since
the request has ended. `JobErasure` deletes what such a question needs once it has ended, in whatever way.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import structlog
from sqlalchemy import RowMapping, Select, and_, select

from bot.jobs.job import TERMINAL, Failure, FailureReason, Job, JobState, advance
from bot.jobs.open_questions import is_asked_about
from bot.jobs.rows import job_from, named
from bot.jobs.store import JobStore, StaleJobError
from bot.moderation.audit.log import AuditLog
from bot.personal_data.deletion_store import DeletionRequest
from bot.reviews.review import ReviewState
from bot.storage.database import Database
from bot.storage.moderation_tables import reviews
from bot.storage.reading import read_rows
from bot.storage.tables import jobs

log: Final = structlog.get_logger(__name__)

_TRIES: Final = 5
_NOT_HERE: Final = frozenset({*TERMINAL, JobState.SUBMITTING})
"""States of jobs that are not ended: they have ended, or the video service is just answering."""


@dataclass(frozen=True)
class EndedRequests:
    """Ids of requests that were ended, and the number of those among them that had been bought."""

    ids: Sequence[str] = ()
    bought: int = 0


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class OpenRequests:
    """Finds them and ends them. Methods raise `bot.storage.errors.StorageError`."""

    database: Database
    store: JobStore
    audit: AuditLog
    spool_dir: Path
    restart: Callable[[str], None]
    """Runs a job anew from the state in which it is stored, which tells its user."""
    show_later: Callable[[str], None]
    """Has the card of a question say how it stands, soon (`Questions.show_later`)."""
    now: Callable[[], datetime]
    _shown: set[str] = field(default_factory=set[str], init=False)
    """Questions whose cards this process had say that the request has ended."""

    async def of(self, person_id: int) -> Sequence[Job]:
        """Return a user's requests that are not settled, oldest first."""
        chosen = select(jobs).where(jobs.c.person_id == person_id, jobs.c.settled_at.is_(None))
        return await self._read(chosen.order_by(jobs.c.created_at))

    async def end(self, request: DeletionRequest) -> EndedRequests:
        """End what a user has open since before the wish.

        What was bought stays charged, and its video is thrown away; where moderators are asked about it, once they
        have decided. What is just being handed to the video service cannot be called back: a later call ends it.
        """
        for _ in range(_TRIES):
            try:
                ended = await self._end(request)
            except StaleJobError:
                continue  # a run wrote to one of the jobs just now: read them again
            break
        else:
            log.warning("requests_not_ended", person=request.person_id)
            return EndedRequests()
        for job in ended:
            self.restart(job.id)
        for review_id in await self._asked(request):
            if review_id not in self._shown:
                self._shown.add(review_id)
                self.show_later(review_id)
        return EndedRequests([job.id for job in ended], sum(job.bought for job in ended))

    async def _end(self, request: DeletionRequest) -> list[Job]:
        now = self.now()
        ended: list[Job] = []
        async with self.audit.transaction() as within:
            open_ = and_(
                jobs.c.person_id == request.person_id,
                jobs.c.created_at <= request.asked_at,
                jobs.c.settled_at.is_(None),
                jobs.c.state.not_in([state.value for state in _NOT_HERE]),
            )
            for before in await self._read(select(jobs).where(open_)):
                after = _ended(before, now)
                await self.store.save_within(within.connection, after, before=before)
                ended.append(after)
        return ended

    async def _asked(self, request: DeletionRequest) -> Sequence[str]:
        """Return the ids of the questions that stay open about requests that have ended."""
        ended = and_(
            jobs.c.person_id == request.person_id,
            jobs.c.created_at <= request.asked_at,
            jobs.c.state.in_([state.value for state in TERMINAL]),
            is_asked_about(),
        )
        chosen = select(reviews.c.id).where(
            reviews.c.job_id.in_(select(jobs.c.id).where(ended)), reviews.c.state == ReviewState.OPEN.value
        )
        async with self.database.read() as connection:
            return (await connection.execute(chosen)).scalars().all()

    async def _read(self, chosen: Select[Any]) -> Sequence[Job]:
        async with self.database.read() as connection:
            return await read_rows(
                connection, chosen, self._job, keys=(jobs.c.id,), alarms=self.database.alarms
            )

    def _job(self, row: RowMapping) -> Job:
        return job_from(named(row), self.spool_dir)


def _ended(job: Job, now: datetime) -> Job:
    """Return an open job as it is once its user's data is deleted: over, and with nothing to fetch or look for."""
    changes = {"ended_at": now, "review_id": None, "undelivered_since": None}
    if not job.bought:
        return advance(job, JobState.CANCELLED, **changes)
    return advance(job, JobState.FAILED, failure=Failure(FailureReason.DELETED_BY_OWNER), **changes)
