"""Decisions of moderators: votes, ends without a vote, and what comes of them for jobs and reported videos."""

import asyncio
import itertools
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

import structlog

from bot.jobs.job import Failure, FailureReason, Job, JobState, advance
from bot.jobs.store import JobStore, StaleJobError, UnknownJobError
from bot.moderation.audit.entries import AuditAction, AuditEntry
from bot.moderation.audit.log import AuditedTransaction, AuditLog
from bot.moderation.gatekeeper import ModerationCaches
from bot.moderation.members.member import ListStatus, Strike
from bot.moderation.policy import Person, may_moderate, may_review
from bot.moderation.rules import ReviewStage
from bot.quota.ledger import Ledger
from bot.reviews.case import ExtraAction, VoteResult, details_of, quorum_of
from bot.reviews.questions import Questions
from bot.reviews.review import Review, ReviewState, ReviewSubject, Vote
from bot.reviews.store import ReviewStore
from bot.storage.errors import StorageError

log: Final = structlog.get_logger(__name__)

_TEND_EVERY_S: Final = 30.0
_ASK_AGAIN_EVERY: Final = 20
"""Rounds: Discord was away, or the server has a review channel now."""


@dataclass(frozen=True)
class DecisionParts:
    """What deciding needs."""

    jobs: JobStore
    reviews: ReviewStore
    questions: Questions
    audit: AuditLog
    caches: ModerationCaches
    ledger: Ledger
    after_report: Callable[[Review], Awaitable[None]]
    """Brings a hidden video back, or removes it for good."""
    finish_reports: Callable[[], Awaitable[None]]
    """Does so for what was decided and not carried out; waits for the gateway."""
    now: Callable[[], datetime]


class Decisions:
    """Counts votes, decides, and carries out what was decided.

    What one press decides is one transaction with its entries in the audit log. Methods raise
    `bot.storage.StorageError` when that could not be kept, and then nothing has changed. What is kept is carried
    out at once, or by `run` if the disk fails only then.
    """

    def __init__(self, parts: DecisionParts) -> None:
        self._parts = parts
        self._restart: Callable[[str], None] | None = None
        self._unshown: set[str] = set()
        self._resumed = asyncio.Event()

    def start_with(self, restart: Callable[[str], None]) -> None:
        """Have decided jobs run anew by this; given once, because it needs these decisions."""
        self._restart = restart

    async def vote(
        self,
        review_id: str,
        person: Person,
        *,
        approves: bool,
        reason: str,
        extra: ExtraAction = ExtraAction.NONE,
    ) -> VoteResult:
        """Count a moderator's vote, and carry out what it decides."""
        parts = self._parts
        review = await parts.reviews.get(review_id)
        if review is None:
            return VoteResult.CLOSED
        refused = self._refused(review, person)
        if refused is not None:
            return refused
        vote = Vote(person.id, approves, reason, parts.now())
        quorum = quorum_of(review, parts.caches.rules.of(review.guild_id))
        async with parts.audit.transaction() as within:
            counted = await parts.reviews.vote(within, review_id, vote, quorum)
            if counted is not None:
                await self._record_vote(within, counted, person, vote, extra)
        if counted is None:
            await self._show_anew(review_id)
            return VoteResult.CLOSED
        if counted.state is ReviewState.OPEN:
            await self._show_kept(counted)
            return VoteResult.COUNTED
        await self.carry_out(counted)
        return VoteResult.DECIDED

    async def take_back(self, review_id: str, person: Person) -> VoteResult:
        """Take a vote back while the question is open."""
        parts = self._parts
        review = await parts.reviews.get(review_id)
        if review is None or review.state is not ReviewState.OPEN:
            return VoteResult.CLOSED
        refused = self._refused(review, person)
        if refused is not None:
            return refused
        async with parts.audit.transaction() as within:
            left = await parts.reviews.take_back(within, review_id, person.id)
            if left is not None:
                await within.record(self._entry(left, AuditAction.VOTE_TAKEN_BACK, person.id))
        if left is None:
            return VoteResult.NO_VOTE
        await self._show_kept(left)
        return VoteResult.TAKEN_BACK

    async def withdraw(self, ended: Job, *, before: Job) -> Review | None:
        """Keep that a held job ended by itself, and with it the end of the open question about it.

        Returns:
            The question that ended, for `carry_out`; None if there was none.

        Raises:
            StaleJobError: As `JobStore.save`; so does `UnknownJobError`.
        """
        parts = self._parts
        async with parts.audit.transaction() as within:
            await parts.jobs.save_within(within.connection, ended, before=before)
            asked = await parts.reviews.open_about(ended.id)
            return await self._close(within, asked, ReviewState.WITHDRAWN) if asked is not None else None

    async def banned(self, guild_id: int, person_id: int) -> int:
        """Deny everything that waits for a user who was banned; how much that was."""
        parts = self._parts
        denied: list[Review] = []
        async with parts.audit.transaction() as within:
            waiting = await parts.reviews.open_of(guild_id, person_id)
            if waiting:
                await within.record(AuditEntry(guild_id, parts.now(), AuditAction.BANNED, None, person_id))
            for review in waiting:
                closed = await self._close(within, review, ReviewState.DENIED)
                denied += [closed] if closed is not None else []
        for review in denied:
            await self.carry_out(review)
        return len(denied)

    async def run(self) -> None:
        """Do what is due again and again, until cancelled. A disk that fails is left for the next time.

        Begins once `resume` was called for the first time: before the bot has logged in no job may run.
        """
        await self._resumed.wait()
        for number in itertools.count(1):
            try:
                await self.expire()
                await self.resume()
                if (
                    number % _ASK_AGAIN_EVERY == 1
                ):  # at the start as well: a process may have ended before it asked
                    await self._parts.questions.ask_again()
                await self._show_late()
                await self._parts.finish_reports()
            except StorageError as error:
                log.warning("reviews_not_tended", reason=str(error))
            await asyncio.sleep(_TEND_EVERY_S)

    async def expire(self) -> None:
        """End questions that nobody decided in time."""
        for review in await self._parts.reviews.overdue(self._parts.now()):
            async with self._parts.audit.transaction() as within:
                closed = await self._close(within, review, ReviewState.EXPIRED)
            if closed is not None:
                await self.carry_out(closed)

    async def resume(self) -> None:
        """Carry out decisions that were made and not carried out, as by a process that was killed.

        Waits for nothing but the disk: the cards are brought up to date by `run`.
        """
        self._resumed.set()
        for job in await self._parts.jobs.under_review():
            review = await self._parts.reviews.get(job.review_id) if job.review_id is not None else None
            if review is not None and review.state is not ReviewState.OPEN:
                self._unshown.add(review.id)
                await self._move(review)

    async def settle(self, review: Review) -> None:
        """Carry a decision out: the job goes on, or ends. Done twice it does nothing more.

        Raises `bot.storage.StorageError`; the decision stands, and `run` carries it out.
        """
        # If the job itself calls this, starting it anew breaks off what comes after.
        self._unshown.add(review.id)
        match review.subject:
            case ReviewSubject.SUBMISSION | ReviewSubject.POSTING:
                await self._move(review)
            case ReviewSubject.REPORT:
                await self._parts.after_report(review)
        await self._parts.questions.show(review)
        self._unshown.discard(review.id)

    async def carry_out(self, review: Review) -> None:
        """`settle` what is decided and kept: whoever decided it is not to read that it was not."""
        try:
            await self.settle(review)
        except StorageError as error:
            log.warning("review_not_carried_out", review=review.id, reason=str(error))

    async def _show_kept(self, review: Review) -> None:
        """Show votes that are kept, if need be later."""
        try:
            await self._parts.questions.show(review)
        except StorageError as error:
            self._unshown.add(review.id)
            log.warning("review_not_shown", review=review.id, reason=str(error))

    async def _show_late(self) -> None:
        for review_id in tuple(self._unshown):
            await self._show_anew(review_id)
            self._unshown.discard(review_id)

    async def _show_anew(self, review_id: str) -> None:
        """Show how a question stands; takes the buttons away that a killed process left on a closed one."""
        found = await self._parts.reviews.get(review_id)
        if found is not None:
            await self._parts.questions.show(found)

    async def _move(self, review: Review) -> None:
        parts = self._parts
        try:
            job = await parts.jobs.get(review.job_id)
        except UnknownJobError:
            return
        moved = _decided(job, review, parts.now())
        if moved is None:
            return
        try:
            await parts.jobs.save(moved, before=job)
        except StaleJobError:
            log.info("review_came_too_late", job=job.id, review=review.id)
            return
        if not moved.bought and moved.state is not JobState.QUEUED:
            parts.ledger.release(job.id)
        log.info("review_settled", job=job.id, review=review.id, state=review.state)
        if self._restart is not None:
            self._restart(job.id)

    async def _close(self, within: AuditedTransaction, review: Review, state: ReviewState) -> Review | None:
        """End a question without a vote; None if it is open no more."""
        closed = await self._parts.reviews.close(within, review.id, state, self._parts.now())
        if closed is not None:
            await within.record(self._entry(closed, _DEEDS[state], None))
        return closed

    def _refused(self, review: Review, person: Person) -> VoteResult | None:
        rules = self._parts.caches.rules.of(review.guild_id)
        if not may_moderate(person, rules, review.guild_id):
            return VoteResult.NOT_ALLOWED
        if not may_review(person, rules, review.guild_id, owner_id=review.person_id):
            return VoteResult.OWN
        return None

    async def _record_vote(
        self, within: AuditedTransaction, review: Review, person: Person, vote: Vote, extra: ExtraAction
    ) -> None:
        """Log a vote and, if it decided, the decision and what the moderator wanted besides."""
        cast = self._entry(review, AuditAction.VOTE_CAST, person.id, vote.reason)
        await within.record(replace(cast, details={**cast.details, "approves": vote.approves}))
        if review.state is ReviewState.OPEN:
            return
        await within.record(self._entry(review, _DEEDS[review.state], person.id, vote.reason))
        for action in await self._also(within, review, person, vote.reason, extra):
            reason = "" if action is AuditAction.TRUSTED else vote.reason
            await within.record(self._entry(review, action, person.id, reason))

    async def _also(
        self, within: AuditedTransaction, review: Review, person: Person, reason: str, extra: ExtraAction
    ) -> tuple[AuditAction, ...]:
        """Do what a deciding vote does besides; what was done."""
        members, guild_id, owner = self._parts.caches.members, review.guild_id, review.person_id
        rules, now = self._parts.caches.rules.of(guild_id), self._parts.now()
        match extra:
            case ExtraAction.NONE:
                return ()
            case ExtraAction.TRUST:
                await members.list_as(within, guild_id, owner, ListStatus.TRUSTED)
                return (AuditAction.TRUSTED,)
            case ExtraAction.SUSPEND:
                until = now + timedelta(hours=rules.suspend_hours)
                await members.suspend(within, guild_id, owner, until=until, by=person.id, reason=reason)
                return (AuditAction.SUSPENDED,)
            case ExtraAction.STRIKE:
                strike = Strike(guild_id, owner, now, person.id, reason, review.job_id)
                suspends = await members.strike(within, strike, rules) is not None
                return (
                    (AuditAction.STRIKE_GIVEN, AuditAction.SUSPENDED)
                    if suspends
                    else (AuditAction.STRIKE_GIVEN,)
                )

    def _entry(
        self, review: Review, action: AuditAction, actor_id: int | None, reason: str = ""
    ) -> AuditEntry:
        return AuditEntry(
            review.guild_id,
            self._parts.now(),
            action,
            actor_id,
            review.person_id,
            review.job_id,
            reason,
            details_of(review),
        )


_DEEDS: Final = {
    ReviewState.APPROVED: AuditAction.REQUEST_APPROVED,
    ReviewState.DENIED: AuditAction.REQUEST_DENIED,
    ReviewState.EXPIRED: AuditAction.REQUEST_EXPIRED,
    ReviewState.WITHDRAWN: AuditAction.REQUEST_EXPIRED,
}

_REASONS: Final = {
    (ReviewSubject.SUBMISSION, ReviewState.DENIED): FailureReason.DENIED,
    (ReviewSubject.SUBMISSION, ReviewState.EXPIRED): FailureReason.REVIEW_EXPIRED,
    (ReviewSubject.SUBMISSION, ReviewState.WITHDRAWN): FailureReason.REVIEW_WITHDRAWN,
    (ReviewSubject.POSTING, ReviewState.DENIED): FailureReason.POSTING_DENIED,
    (ReviewSubject.POSTING, ReviewState.EXPIRED): FailureReason.POSTING_EXPIRED,
    (ReviewSubject.POSTING, ReviewState.WITHDRAWN): FailureReason.POSTING_EXPIRED,
}


def _decided(job: Job, review: Review, now: datetime) -> Job | None:
    """The job after a decision; None for one that no longer waits for it."""
    waiting = JobState.HELD if review.subject is ReviewSubject.SUBMISSION else JobState.DELIVERING
    if job.state is not waiting:
        return None
    if review.state is ReviewState.APPROVED:
        stage = ReviewStage(review.subject.value)
        if stage in job.approved:
            return None
        # What was noted of an attempt was about the card that says that it waits.
        went_on = replace(job, review_id=None, attempt=None, approved=job.approved | {stage})
        return advance(went_on, JobState.QUEUED) if waiting is JobState.HELD else went_on
    failure = Failure(_REASONS[review.subject, review.state], review.reason)
    to = JobState.DENIED if waiting is JobState.HELD else JobState.FAILED
    return advance(job, to, review_id=None, failure=failure, ended_at=now)
