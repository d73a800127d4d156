"""Moderators' decisions about reported videos that are still in sight, and what reporters hear of any decision."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

import structlog

from bot.delivery.messages import DeliveryError, DiscordUnavailableError
from bot.jobs.job import Job
from bot.jobs.store import JobStore
from bot.moderation.audit.entries import PARTS, AuditAction, AuditEntry, Detail
from bot.moderation.audit.log import AuditedTransaction, AuditLog
from bot.moderation.members.cache import MemberCache
from bot.moderation.members.member import Strike
from bot.moderation.members.news import NewsStore
from bot.moderation.policy import Person
from bot.moderation.rights import may_moderate, may_review
from bot.moderation.servers.cache import RuleCache
from bot.reviews.case import VideoMessage
from bot.reviews.report_store import ReportedVideo, ReportOutcome, ReportStore
from bot.reviews.review import Review, entry_about
from bot.reviews.store import ReviewStore
from bot.reviews.takedowns import Takedowns
from bot.reviews.vote_record import give_strike
from bot.texts import moderation

log: Final = structlog.get_logger(__name__)

_TOLD_AT_ONCE: Final = 50


class ReportDecision(StrEnum):
    """Result of a moderator's decision about a reported video."""

    DONE = "done"
    NOT_DONE = "not_done"
    """Decided, but Discord has not changed the message yet."""
    CLOSED = "closed"
    NOT_ALLOWED = "not_allowed"
    OWN = "own"


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class ReportDecisions:
    """Removes reported videos or leaves them.

    Methods raise `bot.storage.errors.StorageError`, and then nothing has changed.
    """

    jobs: JobStore
    reports: ReportStore
    reviews: ReviewStore
    takedowns: Takedowns
    rules: RuleCache
    members: MemberCache
    news: NewsStore
    audit: AuditLog
    carry_out: Callable[[Review], Awaitable[None]]
    """Applies a decision (`Decisions.carry_out`). It never raises; what fails is repeated."""
    now: Callable[[], datetime]

    async def remove(
        self, job_id: str, person: Person, reason: str, *, strikes: bool = False
    ) -> ReportDecision:
        """Remove a reported video; `strikes` gives its user a strike as well."""
        job, refused = await self._begin(job_id, person)
        if job is None:
            return refused
        found = [one for one in await self.reports.of(job_id) if one.outcome is None]
        shown = ReportedVideo(job_id, job.guild_id or 0, found).message
        if shown is None:
            return ReportDecision.CLOSED
        async with self.audit.transaction() as within:
            message = VideoMessage(*shown)
            review = await self.takedowns.decide(within, job, message, by=person.id, reason=reason)
            if review is not None and strikes and not job.is_nobodys:
                await self._strike(within, review, person.id)
        if review is None:
            return ReportDecision.CLOSED
        await self.carry_out(review)
        left = {one.id for one in await self.reviews.outstanding()}
        return ReportDecision.NOT_DONE if review.id in left else ReportDecision.DONE

    async def _strike(self, within: AuditedTransaction, review: Review, by: int) -> None:
        guild_id, owner_id, now, reason = review.guild_id, review.person_id, self.now(), review.reason
        strike = Strike(guild_id, owner_id, now, by, reason, review.job_id)
        rules = await self.rules.as_stored(within.connection, guild_id)
        parts = await give_strike(within, strike, members=self.members, news=self.news, rules=rules)
        details: dict[str, Detail] = {PARTS: [part.value for part in parts]}
        entry = entry_about(
            review, AuditAction.STRIKE_GIVEN, now, actor_id=by, reason=reason, details=details
        )
        await within.record(entry)

    async def dismiss(self, job_id: str, person: Person) -> ReportDecision:
        """Leave a reported video as it is."""
        job, refused = await self._begin(job_id, person)
        if job is None:
            return refused
        async with self.audit.transaction() as within:
            # A video that is hidden has a question of its own, which closes its reports.
            if await self.reviews.open_about(job_id) is not None:
                return ReportDecision.CLOSED
            now = self.now()
            dismissed = await self.reports.decide(within, job_id, ReportOutcome.STAYS, now)
            if not dismissed:
                return ReportDecision.CLOSED
            details = {"reports": dismissed}
            action, owner_id = AuditAction.REPORTS_DISMISSED, job.reply.person_id or None
            guild_id = job.guild_id or 0
            entry = AuditEntry(guild_id, now, action, person.id, owner_id, job.id, details=details)
            await within.record(entry)
        return ReportDecision.DONE

    async def _begin(self, job_id: str, person: Person) -> tuple[Job | None, ReportDecision]:
        """Return the job of a reported video, or None and why the user cannot decide about it."""
        job = await self.jobs.find(job_id)
        if job is None or job.guild_id is None:
            return None, ReportDecision.CLOSED
        rules = await self.rules.current(job.guild_id)
        if not may_moderate(person, rules, job.guild_id):
            return None, ReportDecision.NOT_ALLOWED
        if not may_review(person, rules, job.guild_id, owner_id=job.reply.person_id):
            return None, ReportDecision.OWN
        return job, ReportDecision.DONE


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class ReporterNews:
    """Tells users what came of their reports, each once."""

    reports: ReportStore
    send_directly: Callable[[int, str], Awaitable[None]]
    """Sends a text to one user. Raises `DeliveryError`."""
    now: Callable[[], datetime]

    async def tell(self) -> None:
        """Tell those who have not heard it yet. Raises `bot.storage.errors.StorageError`."""
        for report in await self.reports.untold(_TOLD_AT_ONCE):
            if report.outcome is None:
                continue
            text = moderation.REPORT_OUTCOMES[report.outcome].in_language(report.language)
            try:
                await self.send_directly(report.person_id, text)
            except DiscordUnavailableError:
                return
            except DeliveryError as error:
                log.info("reporter_not_told", person=report.person_id, reason=type(error).__name__)
            await self.reports.told(report, self.now())
