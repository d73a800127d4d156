"""Decisions about questions: votes, take-backs, expiry, withdrawal, and what follows from each.

Called by moderators' presses (`cogs/moderation/reviews.py`), and by its own task `run` for expiry.
`bot/services/job_actions.py` withdraws the question about a job that its user cancels. A job that runs asks through
`questions.py` instead.
"""

import asyncio
import itertools
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

import structlog

from bot.jobs.deadline_clock import DeadlineClock
from bot.jobs.job import Job
from bot.jobs.request_facts import shows_spicy
from bot.jobs.store import JobStore, StaleJobError
from bot.moderation.audit.entries import AuditAction
from bot.moderation.audit.log import AuditedTransaction, AuditLog
from bot.moderation.gatekeeper import ModerationCaches
from bot.moderation.integrations import Access
from bot.moderation.members.member import ListStatus
from bot.moderation.members.news import NewsStore
from bot.moderation.memberships import Memberships
from bot.moderation.policy import Person
from bot.moderation.presence import Presence
from bot.moderation.rights import may_review
from bot.moderation.rules import ServerRules
from bot.reviews.person_news import SuspensionEnds, news_of_decision
from bot.reviews.questions import Questions
from bot.reviews.report_decisions import ReporterNews
from bot.reviews.review import (
    CLOSING_ACTIONS,
    Review,
    ReviewState,
    ReviewSubject,
    Vote,
    VoterDoubts,
    attempt_kept,
    cancellation_entry,
    entry_about,
    is_overtaken,
    job_after_decision,
    quorum_of,
)
from bot.reviews.store import ReviewStore
from bot.reviews.takedowns import Takedowns
from bot.reviews.vote_record import ExtraAction, record_lapsed, record_vote
from bot.reviews.vote_results import VoteResult, why_refused
from bot.storage.errors import StorageError, UnreadableRowError

log: Final = structlog.get_logger(__name__)

_CHECK_EVERY_S: Final = 30.0
_ASK_AGAIN_EVERY: Final = 20
"""Rounds of `run` between two attempts to show questions that could be shown to no moderator."""


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Decisions:
    """Counts votes, closes questions, and carries decisions out.

    A decision and its entries in the audit log are one transaction. Methods raise
    `bot.storage.errors.StorageError` when it could not be committed, and then nothing has changed. A decision that
    was committed is carried out at once, or by `run` if the database fails only then.
    """

    jobs: JobStore
    reviews: ReviewStore
    questions: Questions
    takedowns: Takedowns
    reporter_news: ReporterNews
    news: NewsStore
    suspension_ends: SuspensionEnds
    audit: AuditLog
    caches: ModerationCaches
    memberships: Memberships
    restart: Callable[[str], None]
    """Runs a job anew from the state in which it is stored."""
    now: Callable[[], datetime]
    deadlines: DeadlineClock
    _resumed: asyncio.Event = field(default_factory=asyncio.Event, init=False)

    async def vote(
        self,
        review_id: str,
        person: Person,
        *,
        approves: bool,
        reason: str,
        extra: ExtraAction = ExtraAction.NONE,
        saw_video: bool = False,
        unblocks: bool = False,
    ) -> VoteResult:
        """Count a moderator's vote, and carry out what it decides.

        Args:
            review_id: The question.
            person: The moderator.
            approves: True for a vote in favour.
            reason: The moderator's reason for a denial.
            extra: What is done to the user if the vote decides.
            saw_video: True if the message with the pressed button shows the video.
            unblocks: True if the moderator said that a blocked user is to be trusted.
        """
        review = await self.reviews.get(review_id)
        if review is None:
            return VoteResult.CLOSED
        rules = await self.caches.rules.current(review.guild_id)
        refused = why_refused(review, person, rules, extra)
        asks_to_post = review.subject is ReviewSubject.POSTING and review.state is ReviewState.OPEN
        if refused is None and approves and asks_to_post and not saw_video:
            refused = VoteResult.UNSEEN
        if refused is not None:
            return refused
        doubts = await self._doubts(review, person, rules)
        async with self.audit.transaction() as within:
            rules = await self.caches.rules.as_stored(within.connection, review.guild_id)
            # Within the transaction, as a stop is one too: an approval comes before it or is refused.
            refused = why_refused(review, person, rules, extra)
            if approves and rules.spicy_stopped and await self._is_spicy(review):
                refused = refused or VoteResult.STOPPED
            elif extra is ExtraAction.TRUST and not unblocks and await self._blocks(within, review):
                refused = refused or VoteResult.BLOCKED
            if refused is not None:
                return refused
            vote, quorum = Vote(person.id, approves, reason, self.now()), quorum_of(review, rules)
            counted = await self.reviews.vote(within, review_id, vote, quorum, doubts)
            if counted is not None:
                await record_lapsed(within, counted, doubts, self.now())
                members, news = self.caches.members, self.news
                await record_vote(within, counted, vote, extra, members=members, news=news, rules=rules)
        if counted is None:
            await self.questions.show_current(review_id)
            return VoteResult.CLOSED
        if counted.state is ReviewState.OPEN:
            await self.questions.show(counted)
            return VoteResult.COUNTED
        await self.carry_out(counted)
        return VoteResult.DECIDED

    async def take_back(self, review_id: str, person: Person) -> VoteResult:
        """Take back a moderator's vote while the question is open."""
        review = await self.reviews.get(review_id)
        if review is None or review.state is not ReviewState.OPEN:
            return VoteResult.CLOSED
        async with self.audit.transaction() as within:
            rules = await self.caches.rules.as_stored(within.connection, review.guild_id)
            refused = why_refused(review, person, rules)
            if refused is not None:
                return refused
            left = await self.reviews.take_back(within, review_id, person.id)
            if left is not None:
                entry = entry_about(left, AuditAction.VOTE_TAKEN_BACK, self.now(), actor_id=person.id)
                await within.record(entry)
        if left is None:
            return VoteResult.NO_VOTE
        await self.questions.show(left)
        return VoteResult.TAKEN_BACK

    async def withdraw(self, ended: Job, *, before: Job, by: int | None = None) -> Review | None:
        """Store that a held job was cancelled and close the open question about it, in one transaction.

        Args:
            ended: The job as it is to be stored.
            before: The job as the caller read it.
            by: The moderator who cancelled another user's request, which is logged as such.

        Returns:
            The question that was closed, for `carry_out`; None if there was none.

        Raises:
            StaleJobError: As `JobStore.save`; so does `UnknownJobError`.
        """
        async with self.audit.transaction() as within:
            await self.jobs.save_within(within.connection, ended, before=before)
            asked = await self.reviews.open_about(ended.id)
            if by is None:
                return await self._close(within, asked, ReviewState.WITHDRAWN) if asked is not None else None
            await within.record(cancellation_entry(ended, self.now(), by=by, review=asked))
            if asked is None:
                return None
            return await self.reviews.close(within, asked.id, ReviewState.WITHDRAWN, self.now(), by=by)

    async def run(self) -> None:
        """Expire questions and repeat what failed, every 30 seconds, until cancelled.

        Begins with the first call of `resume`: before the bot has logged in no job may run.
        """
        await self._resumed.wait()
        for number in itertools.count():
            try:
                await self.expire_due()
                await self.resume()
                # In the first round as well: an earlier process may have ended before it showed its question.
                if number == 0:
                    await self.questions.find_lost()
                elif number % _ASK_AGAIN_EVERY == 0:
                    await self.questions.ask_again()
                await self.takedowns.finish()
                await self.reporter_news.tell()
                await self.suspension_ends.tell()
                await self.questions.show_outdated()
            except StorageError as error:
                log.warning("reviews_not_tended", reason=str(error))
            await asyncio.sleep(_CHECK_EVERY_S)

    async def expire_due(self) -> None:
        """Close the questions whose time is surely over by now."""
        now = self.deadlines.look()
        if now is not None:
            await self.expire(now)

    async def expire(self, now: datetime) -> None:
        """Close the questions that were not decided by a moment that has surely come, and carry that out."""
        for review in await self.reviews.overdue(now):
            async with self.audit.transaction() as within:
                closed = await self._close(within, review, ReviewState.EXPIRED)
            if closed is not None:
                await self.carry_out(closed)

    async def resume(self) -> None:
        """Apply decisions that were committed but not applied to their jobs, as by a process that was killed.

        Waits for the database alone; `run` updates the cards.
        """
        self._resumed.set()
        for job in await self.jobs.under_review():
            try:
                review = await self.reviews.get(job.review_id) if job.review_id is not None else None
            except UnreadableRowError:
                continue  # nobody can tell what was decided: the job waits for the operator
            if review is not None and review.state is not ReviewState.OPEN:
                self.questions.show_later(review.id)
                await self._apply_to_job(review)

    async def carry_out(self, review: Review) -> None:
        """Apply a committed decision to its job or video, and show it. Repeating it changes nothing.

        Never raises: the moderator must not read that the decision failed. `run` repeats what the database refused.
        """
        self.questions.show_later(review.id)
        try:
            match review.subject:
                case ReviewSubject.SUBMISSION | ReviewSubject.POSTING:
                    await self._apply_to_job(review)
                case ReviewSubject.REPORT:
                    await self.takedowns.apply(review)
        except StorageError as error:
            log.warning("review_not_carried_out", review=review.id, reason=str(error))
            return
        await self.questions.show_current(review.id)

    async def _apply_to_job(self, review: Review) -> None:
        """Move the job that waited for a decision and restart it, unless something else moved it first."""
        job = await self.jobs.find(review.job_id)
        moved = job_after_decision(job, review, self.now()) if job is not None else None
        if job is None or moved is None or moved is job or job.review_id not in {None, review.id}:
            return
        news = news_of_decision(moved, review, self.now())
        try:
            async with self.audit.transaction() as within:
                # Within a transaction, as a stop is one too: what it overtook, moderators are asked once more.
                rules = await self.caches.rules.as_stored(within.connection, review.guild_id)
                asks_anew = is_overtaken(review, job, rules)
                if asks_anew:
                    moved = replace(job, review_id=None, attempt=attempt_kept(job))
                await self.jobs.save_within(within.connection, moved, before=job)
                if news is not None and not asks_anew:
                    await self.news.add(within, news)
        except StaleJobError:
            log.info("review_came_too_late", job=job.id, review=review.id)
            return
        if asks_anew:
            log.info("approval_overtaken_by_stop", job=job.id, review=review.id)
            self.restart(job.id)
            return
        log.info("review_settled", job=job.id, review=review.id, state=review.state)
        self.restart(job.id)

    async def _close(self, within: AuditedTransaction, review: Review, state: ReviewState) -> Review | None:
        """Close a question without a vote, and log it. Returns None if it is closed already."""
        closed = await self.reviews.close(within, review.id, state, self.now())
        if closed is not None:
            await within.record(entry_about(closed, CLOSING_ACTIONS[state], self.now()))
        return closed

    async def _blocks(self, within: AuditedTransaction, review: Review) -> bool:
        member = await self.caches.members.as_stored(within.connection, review.guild_id, review.person_id)
        return member.listed is ListStatus.BLOCKED

    def is_blocked(self, review: Review) -> bool:
        """Return True if the user of a request is on the server's blocked list."""
        return self.caches.members.of(review.guild_id, review.person_id).listed is ListStatus.BLOCKED

    async def _is_spicy(self, review: Review) -> bool:
        job = await self.jobs.find(review.job_id)
        return job is None or shows_spicy(job)

    async def _doubts(self, review: Review, voting: Person, rules: ServerRules) -> VoterDoubts:
        """Ask Discord which of the earlier voters may still vote: some may have been demoted, or have left."""
        lapsed, unknown = set[int](), set[int]()
        for voter_id in {vote.person_id for vote in review.votes} - {voting.id}:
            member = await self.memberships.look(review.guild_id, voter_id)
            voter, present = member.person, member.presence is Presence.MEMBER
            requested = review.subject is not ReviewSubject.REPORT
            owner_id = review.person_id
            if present and may_review(voter, rules, review.guild_id, owner_id=owner_id, requested=requested):
                continue
            untold = not member.presence.is_told or (present and voter.spicy_access is Access.UNKNOWN)
            (unknown if untold else lapsed).add(voter_id)
        return VoterDoubts(frozenset(lapsed), frozenset(unknown))
