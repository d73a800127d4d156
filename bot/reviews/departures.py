"""Members who leave a server, are thrown out or are silenced there: their open requests end at once."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

import structlog

from bot.jobs.job import Failure, FailureReason, Job, JobState, advance
from bot.jobs.server_jobs import ServerJobs
from bot.jobs.store import JobStore, StaleJobError
from bot.moderation.audit.entries import AuditAction, AuditEntry, Detail
from bot.moderation.audit.log import AuditedTransaction, AuditLog
from bot.moderation.audit.rows import UnreadableEntryError
from bot.moderation.audit.store import AuditFilter, AuditStore
from bot.reviews.review import Review, ReviewState, ReviewSubject, entry_about
from bot.reviews.store import ReviewStore

log: Final = structlog.get_logger(__name__)

_TRIES: Final = 3
_HANDED_OVER: Final = "handed_over"
"""Detail of an entry: the ids of the requests that were being handed to the video service at that moment."""
_ENTRIES: Final = 100
"""Newest entries about a user's departures that are read."""


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


@dataclass(frozen=True, eq=False, repr=False)
class NotedDepartures:
    """Departures during which a request was being handed to the video service, as the audit log keeps them.

    Such a request cannot be called back, and its row belongs to the run that waits for the answer. The run looks
    here once it has the answer, and so does one that goes on with the job after a restart.
    """

    store: AuditStore

    async def end(self, job: Job) -> bool:
        """Return True if the job has to end, because its user departed while it was being handed over.

        Raises:
            StorageUnavailableError: It cannot be told.
        """
        if job.guild_id is None:
            return False
        try:
            return job.id in await self.handed_over(job.guild_id, job.reply.person_id)
        except UnreadableEntryError as error:
            log.warning("departures_not_read", job=job.id, reason=str(error))
            return False  # the rules are asked again before the video is posted

    async def handed_over(self, guild_id: int, person_id: int) -> frozenset[str]:
        """Return the ids of the requests that a user's departures from a server named. Raises `StorageError`."""
        chosen = AuditFilter(guild_id=guild_id, actions=frozenset(_ACTIONS.values()), person_id=person_id)
        entries = await self.store.read(chosen, limit=_ENTRIES)
        named = (entry.details.get(_HANDED_OVER) for entry in entries)
        return frozenset(str(one) for ids in named if isinstance(ids, list) for one in ids)


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Departures:
    """Ends requests. The end of all of them and its entries in the log are one transaction."""

    store: JobStore
    jobs: ServerJobs
    reviews: ReviewStore
    audit: AuditLog
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
        service right now ends once that has answered (`NotedDepartures`). With a ban, questions about reported
        videos are closed too, and those videos removed.

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
                ended, closed, handed_over = await self._end(guild_id, person_id, departure, by)
            except StaleJobError:
                continue  # a run wrote to one of the jobs just now: read them again
            break
        else:
            log.warning("departure_not_followed", guild=guild_id, departure=departure)
            return 0
        for job in ended:
            self.restart(job.id)
        for review in closed:
            await self.carry_out(review)
        if ended or closed:
            log.info("requests_ended", guild=guild_id, departure=departure, jobs=len(ended))
        return len({job.id for job in ended} | {review.job_id for review in closed} | handed_over)

    async def _end(
        self, guild_id: int, person_id: int, departure: Departure, by: int | None
    ) -> tuple[list[Job], list[Review], frozenset[str]]:
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
            handed_over = await self._newly_handed_over(guild_id, person_id)
            if jobs or reviews or handed_over:
                details: dict[str, Detail] = {"requests": len(jobs) + len(handed_over)}
                details |= {_HANDED_OVER: sorted(handed_over)} if handed_over else {}
                action = _ACTIONS[departure]
                await within.record(AuditEntry(guild_id, now, action, by, person_id, details=details))
            for before in jobs:
                job = ended_by_departure(before, now)
                await self.store.save_within(within.connection, job, before=before)
                ended.append(job)
            for review in reviews:
                denied = await self._deny(within, review, now)
                closed += [denied] if denied is not None else []
        return ended, closed, handed_over

    async def _newly_handed_over(self, guild_id: int, person_id: int) -> frozenset[str]:
        """Return the requests that are being handed over now and that no entry names: a ban comes twice."""
        now = await self.jobs.handed_over(guild_id, person_id)
        return now - await NotedDepartures(self.audit.store).handed_over(guild_id, person_id) if now else now

    async def _deny(self, within: AuditedTransaction, review: Review, now: datetime) -> Review | None:
        denied = await self.reviews.close(within, review.id, ReviewState.DENIED, now)
        if denied is not None:
            await within.record(entry_about(denied, AuditAction.REQUEST_DENIED, now))
        return denied


def ended_by_departure(job: Job, now: datetime) -> Job:
    """Return an open job as it is after its user's departure: over, and with nothing to fetch."""
    failure = Failure(FailureReason.PERSON_GONE)
    changes = {"failure": failure, "ended_at": now, "review_id": None, "undelivered_since": None}
    return advance(job, JobState.DENIED if job.state is JobState.HELD else JobState.FAILED, **changes)
