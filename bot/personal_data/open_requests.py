"""Open requests of a user whose data is deleted: they end, whatever state they are in."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import structlog
from sqlalchemy import RowMapping, Select, and_, select

from bot.jobs.job import TERMINAL, Failure, FailureReason, Job, JobState, advance
from bot.jobs.reservations import update_ledger
from bot.jobs.rows import job_from, named
from bot.jobs.store import JobStore, StaleJobError
from bot.moderation.audit.log import AuditLog
from bot.personal_data.deletion_store import DeletionRequest
from bot.quota.ledger import Ledger
from bot.reviews.review import CLOSING_ACTIONS, Review, ReviewState, ReviewSubject, entry_about
from bot.reviews.store import ReviewStore
from bot.storage.database import Database
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
    reviews: ReviewStore
    audit: AuditLog
    ledger: Ledger
    spool_dir: Path
    restart: Callable[[str], None]
    """Runs a job anew from the state in which it is stored, which tells its user."""
    carry_out: Callable[[Review], Awaitable[None]]
    """Shows a closed question as it stands (`Decisions.carry_out`)."""
    now: Callable[[], datetime]

    async def of(self, person_id: int) -> Sequence[Job]:
        """Return a user's requests that are not settled, oldest first."""
        chosen = select(jobs).where(jobs.c.person_id == person_id, jobs.c.settled_at.is_(None))
        return await self._read(chosen.order_by(jobs.c.created_at))

    async def end(self, request: DeletionRequest) -> EndedRequests:
        """End what a user has open since before the wish.

        What was bought stays charged, and its video is thrown away. What is just being handed to the video service
        cannot be called back: a later call ends it.
        """
        for _ in range(_TRIES):
            try:
                ended, closed = await self._end(request)
            except StaleJobError:
                continue  # a run wrote to one of the jobs just now: read them again
            break
        else:
            log.warning("requests_not_ended", person=request.person_id)
            return EndedRequests()
        for job in ended:
            update_ledger(self.ledger, job)
            self.restart(job.id)
        for review in closed:
            await self.carry_out(review)
        return EndedRequests([job.id for job in ended], sum(job.bought for job in ended))

    async def _end(self, request: DeletionRequest) -> tuple[list[Job], list[Review]]:
        now = self.now()
        ended: list[Job] = []
        closed: list[Review] = []
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
                asked = await self.reviews.open_about(before.id)
                if asked is None or asked.subject is ReviewSubject.REPORT:
                    continue
                withdrawn = await self.reviews.close(within, asked.id, ReviewState.WITHDRAWN, now)
                if withdrawn is not None:
                    action = CLOSING_ACTIONS[ReviewState.WITHDRAWN]
                    await within.record(entry_about(withdrawn, action, now))
                    closed.append(withdrawn)
        return ended, closed

    async def _read(self, chosen: Select[Any]) -> Sequence[Job]:
        async with self.database.read() as connection:
            return await read_rows(
                connection, chosen, self._job, keys=(jobs.c.id,), alarms=self.database.alarms
            )

    def _job(self, row: RowMapping) -> Job:
        return job_from(named(row), self.spool_dir)


def _ended(job: Job, now: datetime) -> Job:
    """Return an open job as it is once its user's data is deleted: over, and with nothing to fetch or look for."""
    changes = {"ended_at": now, "review_id": None, "undelivered_since": None, "ask_again_since": None}
    if not job.bought:
        return advance(job, JobState.CANCELLED, **changes)
    return advance(job, JobState.FAILED, failure=Failure(FailureReason.DELETED_BY_OWNER), **changes)
