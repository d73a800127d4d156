"""Members who leave a server, are thrown out or are silenced there: their open requests end at once."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

import structlog

from bot.jobs.job import Failure, FailureReason, Job, JobState, advance
from bot.jobs.reservations import update_ledger
from bot.jobs.server_jobs import ServerJobs
from bot.jobs.store import JobStore, StaleJobError
from bot.moderation.audit.entries import AuditAction, AuditEntry
from bot.moderation.audit.log import AuditedTransaction, AuditLog
from bot.quota.ledger import Ledger
from bot.reviews.review import Review, ReviewState, ReviewSubject, entry_about
from bot.reviews.store import ReviewStore

log: Final = structlog.get_logger(__name__)

_TRIES: Final = 3


class Departure(StrEnum):
    """Why a member's requests end."""

    BANNED = "banned"
    KICKED = "kicked"
    LEFT = "left"
    TIMED_OUT = "timed_out"


_ACTIONS: Final[Mapping[Departure, AuditAction]] = {
    Departure.BANNED: AuditAction.BANNED,
    Departure.KICKED: AuditAction.KICKED,
    Departure.LEFT: AuditAction.LEFT,
    Departure.TIMED_OUT: AuditAction.TIMED_OUT,
}


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Departures:
    """Ends requests. The end of all of them and its entries in the log are one transaction."""

    store: JobStore
    jobs: ServerJobs
    reviews: ReviewStore
    audit: AuditLog
    ledger: Ledger
    restart: Callable[[str], None]
    """Runs a job anew from the state in which it is stored, which tells its user."""
    carry_out: Callable[[Review], Awaitable[None]]
    """Shows a closed question as it stands (`Decisions.carry_out`)."""
    now: Callable[[], datetime]

    async def end_requests(
        self, guild_id: int, person_id: int, departure: Departure, *, by: int | None = None
    ) -> int:
        """End what a user has open in a server: requests that wait, and videos that are not posted yet.

        What was bought stays known, and moderators can look for it. A request that is being handed to the video
        service right now goes on, and is judged again before its video is posted. With a ban, questions about
        reported videos are closed too, and those videos removed.

        Args:
            guild_id: The server.
            person_id: The user.
            departure: What happened.
            by: The moderator who did it, where Discord says so.

        Returns:
            The number of requests and questions that were open.

        Raises:
            StorageError: Nothing has changed.
        """
        for _ in range(_TRIES):
            try:
                ended, closed = await self._end(guild_id, person_id, departure, by)
            except StaleJobError:
                continue  # a run wrote to one of the jobs just now: read them again
            break
        else:
            log.warning("departure_not_followed", guild=guild_id, departure=departure)
            return 0
        for job in ended:
            update_ledger(self.ledger, job)
            self.restart(job.id)
        for review in closed:
            await self.carry_out(review)
        if ended or closed:
            log.info("requests_ended", guild=guild_id, departure=departure, jobs=len(ended))
        return len({job.id for job in ended} | {review.job_id for review in closed})

    async def _end(
        self, guild_id: int, person_id: int, departure: Departure, by: int | None
    ) -> tuple[list[Job], list[Review]]:
        now = self.now()
        ended: list[Job] = []
        closed: list[Review] = []
        async with self.audit.transaction() as within:
            jobs = await self.jobs.open_of(guild_id, person_id)
            reviews = [
                review
                for review in await self.reviews.open_of(guild_id, person_id)
                if departure is Departure.BANNED or review.subject is not ReviewSubject.REPORT
            ]
            if jobs or reviews:
                details = {"requests": len(jobs)}
                action = _ACTIONS[departure]
                await within.record(AuditEntry(guild_id, now, action, by, person_id, details=details))
            for before in jobs:
                job = _ended(before, now)
                await self.store.save_within(within.connection, job, before=before)
                ended.append(job)
            for review in reviews:
                denied = await self._deny(within, review, now)
                closed += [denied] if denied is not None else []
        return ended, closed

    async def _deny(self, within: AuditedTransaction, review: Review, now: datetime) -> Review | None:
        denied = await self.reviews.close(within, review.id, ReviewState.DENIED, now)
        if denied is not None:
            await within.record(entry_about(denied, AuditAction.REQUEST_DENIED, now))
        return denied


def _ended(job: Job, now: datetime) -> Job:
    failure = Failure(FailureReason.PERSON_GONE)
    changes = {"failure": failure, "ended_at": now, "review_id": None, "undelivered_since": None}
    return advance(job, JobState.DENIED if job.state is JobState.HELD else JobState.FAILED, **changes)
