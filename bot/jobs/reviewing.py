"""Approvals: a job that waits, the question to the moderators, their votes, and what comes of them."""

import asyncio
import itertools
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

import structlog

from bot.jobs.hiding import Shown
from bot.jobs.job import Failure, FailureReason, Job, JobState, advance, new_job_id
from bot.jobs.review_model import Case, Extra, ReviewParts, Sitting
from bot.jobs.store import StaleJobError, UnknownJobError
from bot.moderation.audit import Deed, Detail, Entry
from bot.moderation.members import Listed, Strike
from bot.moderation.policy import Person, may_moderate, may_review
from bot.moderation.reviews import Review, ReviewState, ReviewSubject, Vote
from bot.moderation.rules import ReviewStage
from bot.storage import StorageError, settled
from bot.texts.jobs import day
from bot.texts.moderation import Record

log: Final = structlog.get_logger(__name__)

_TEND_EVERY_S: Final = 30.0
_ASK_AGAIN_EVERY: Final = 20
"""Rounds: Discord was away, or the server has a review channel now."""
_RECORD_LIMIT: Final = 500
_PUT_WITHIN_S: Final = 10.0


class ReviewDesk:
    """Asks, counts and decides. Methods raise `bot.storage.StorageError`, and then nothing has changed."""

    def __init__(self, parts: ReviewParts) -> None:
        self._parts = parts
        self._restart: Callable[[str], None] | None = None
        self._unshown: dict[str, Review] = {}
        self._resumed = asyncio.Event()

    def start_with(self, restart: Callable[[str], None]) -> None:
        """Have decided jobs run anew by this; given once, because it needs this desk."""
        self._restart = restart

    async def ask(self, job: Job, subject: ReviewSubject, shown: Shown | None = None) -> Review:
        """The question about a job, kept if it was not yet; it may be decided already. `present` shows it."""
        parts = self._parts
        if job.guild_id is None:
            raise ValueError("only servers have moderators")
        found = await parts.reviews.latest(job.id, subject)
        if found is None or found.state is ReviewState.WITHDRAWN:
            now = parts.now()
            rules = parts.books.rules.of(job.guild_id)
            hours = rules.hidden_hours if subject is ReviewSubject.REPORT else rules.review_hours
            found = Review(
                new_job_id(),
                job.id,
                job.guild_id,
                job.reply.person_id,
                subject,
                ReviewState.OPEN,
                now,
                now + timedelta(hours=hours),
                shown_channel_id=shown.channel_id if shown is not None else None,
                shown_message_id=shown.message_id if shown is not None else None,
            )
            if not await parts.reviews.add(found):
                return await parts.reviews.latest(job.id, subject) or found
            if subject is not ReviewSubject.REPORT:
                await self._log_held(found, job.request.prompt)
        return found

    async def present(self, review: Review, job: Job) -> bool:
        """Show a question to those who can answer it; whether anybody sees it now.

        Where it is seen is noted even if the job is started anew meanwhile, by an answer that came at once.
        """
        if review.message_id is not None:
            return True
        return await settled(self._put(review, job), within_s=_PUT_WITHIN_S)

    async def _put(self, review: Review, job: Job) -> bool:
        placed = await self._parts.board.put(await self._case(review, job))
        if placed is not None:
            await self._parts.reviews.place(review.id, *placed)
        return placed is not None

    async def vote(
        self, review_id: str, person: Person, *, approves: bool, reason: str, extra: Extra = Extra.NONE
    ) -> Sitting:
        """Count somebody's vote, and carry out what it decides."""
        parts = self._parts
        review = await parts.reviews.get(review_id)
        if review is None:
            return Sitting.CLOSED
        refused = self._refused(review, person)
        if refused is not None:
            return refused
        vote = Vote(person.id, approves, reason, parts.now())
        counted = await parts.reviews.vote(review_id, vote, self._quorum(review))
        if counted is None:
            await self._show_closed(review_id)
            return Sitting.CLOSED
        await self._log(counted, Deed.VOTE_CAST, person.id, reason=reason, approves=approves)
        if counted.state is ReviewState.OPEN:
            await self._show(counted)
            return Sitting.COUNTED
        await self._log(counted, _DEEDS[counted.state], person.id, reason=reason)
        if extra is not Extra.NONE:
            await self._also(counted, person, extra, reason)
        await self.settle(counted)
        return Sitting.DECIDED

    async def take_back(self, review_id: str, person: Person) -> Sitting:
        """Take a vote back while the question is open."""
        review = await self._parts.reviews.get(review_id)
        if review is None or review.state is not ReviewState.OPEN:
            return Sitting.CLOSED
        refused = self._refused(review, person)
        if refused is not None:
            return refused
        left = await self._parts.reviews.take_back(review_id, person.id)
        if left is None:
            return Sitting.NO_VOTE
        await self._log(left, Deed.VOTE_TAKEN_BACK, person.id)
        await self._show(left)
        return Sitting.TAKEN_BACK

    async def withdraw(self, job_id: str) -> None:
        """End the open question about a job that ended by itself."""
        open_one = await self._parts.reviews.open_about(job_id)
        if open_one is not None:
            await self._close(open_one, ReviewState.WITHDRAWN)

    async def banned(self, guild_id: int, person_id: int) -> int:
        """End everything that waits for somebody who was banned; how much that was."""
        waiting = await self._parts.reviews.open_of(guild_id, person_id)
        if waiting:
            entry = Entry(guild_id, self._parts.now(), Deed.BANNED, None, person_id)
            await self._parts.audit.append(entry)
        for review in waiting:
            await self._close(review, ReviewState.DENIED)
        return len(waiting)

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
                    await self.ask_again()
                await self._show_late()
                await self._parts.finish_reports()
            except StorageError as error:
                log.warning("reviews_not_tended", reason=str(error))
            await asyncio.sleep(_TEND_EVERY_S)

    async def expire(self) -> None:
        """End questions that nobody decided in time."""
        for review in await self._parts.reviews.overdue(self._parts.now()):
            await self._close(review, ReviewState.EXPIRED)

    async def resume(self) -> None:
        """Carry out decisions that were made and not carried out, as by a process that was killed.

        Waits for nothing but the disk: the cards are brought up to date by `run`.
        """
        self._resumed.set()
        for job in await self._parts.jobs.under_review():
            review = await self._parts.reviews.get(job.review_id) if job.review_id is not None else None
            if review is not None and review.state is not ReviewState.OPEN:
                self._unshown[review.id] = review
                await self._move(review)

    async def ask_again(self) -> None:
        """Show the questions that nobody could be shown when they came up."""
        closed: set[int] = set()
        for review in await self._parts.reviews.unplaced():
            if review.guild_id in closed:
                continue
            try:
                job = await self._parts.jobs.get(review.job_id)
            except UnknownJobError:
                continue
            if not await self.present(review, job):
                # Refused requests count towards Discord's ban for invalid ones: one a server has to do.
                closed.add(review.guild_id)

    async def settle(self, review: Review) -> None:
        """Carry a decision out: the job goes on, or ends. Done twice it does nothing more."""
        # If the job itself calls this, starting it anew breaks off what comes after.
        self._unshown[review.id] = review
        match review.subject:
            case ReviewSubject.SUBMISSION | ReviewSubject.POSTING:
                await self._move(review)
            case ReviewSubject.REPORT:
                await self._parts.after_report(review)
        await self._show(review)
        self._unshown.pop(review.id, None)

    async def case(self, review: Review) -> Case | None:
        """A question with all that its card shows; None when its job is no longer known."""
        try:
            job = await self._parts.jobs.get(review.job_id)
        except UnknownJobError:
            return None
        return await self._case(review, job)

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

    async def _close(self, review: Review, state: ReviewState) -> None:
        closed = await self._parts.reviews.close(review.id, state, self._parts.now())
        if closed is not None:
            await self._log(closed, _DEEDS[state], None)
            await self.settle(closed)

    def _quorum(self, review: Review) -> int:
        """How many votes decide: one about a video that is hidden already."""
        if review.subject is ReviewSubject.REPORT:
            return 1
        return self._parts.books.rules.of(review.guild_id).quorum

    def _refused(self, review: Review, person: Person) -> Sitting | None:
        rules = self._parts.books.rules.of(review.guild_id)
        if not may_moderate(person, rules, review.guild_id):
            return Sitting.NOT_ALLOWED
        if not may_review(person, rules, review.guild_id, owner_id=review.person_id):
            return Sitting.OWN
        return None

    async def _also(self, review: Review, person: Person, extra: Extra, reason: str) -> None:
        parts, guild_id, owner = self._parts, review.guild_id, review.person_id
        if extra is Extra.TRUST:
            await parts.books.members.list_as(guild_id, owner, Listed.TRUSTED)
            await self._log(review, Deed.TRUSTED, person.id)
            return
        rules, now = parts.books.rules.of(guild_id), parts.now()
        if extra is Extra.SUSPEND:
            until = now + timedelta(hours=rules.suspend_hours)
            await parts.books.members.suspend(guild_id, owner, until=until, by=person.id, reason=reason)
            suspended = True
        else:
            strike = Strike(guild_id, owner, now, person.id, reason, review.job_id)
            suspended = await parts.books.members.strike(strike, rules) is not None
            await self._log(review, Deed.STRIKE_GIVEN, person.id, reason=reason)
        if suspended:
            await self._log(review, Deed.SUSPENDED, person.id, reason=reason)

    async def _show_late(self) -> None:
        for review in tuple(self._unshown.values()):
            await self._show(review)
            self._unshown.pop(review.id, None)

    async def _show_closed(self, review_id: str) -> None:
        """Take the buttons away that a process left which was killed before it did."""
        closed = await self._parts.reviews.get(review_id)
        if closed is not None:
            await self._show(closed)

    async def _show(self, review: Review) -> None:
        case = await self.case(review)
        if case is not None:
            await self._parts.board.update(case)

    async def _case(self, review: Review, job: Job) -> Case:
        waits = review.subject is ReviewSubject.POSTING and job.video_name is not None
        video = self._parts.media_dir / job.video_name if waits and job.video_name else None
        record = await self.record(review.guild_id, review.person_id)
        return Case(review, job, record, self._quorum(review), video)

    async def record(self, guild_id: int, person_id: int) -> Record:
        """Somebody's record in a server."""
        parts, now = self._parts, self._parts.now()
        rules = parts.books.rules.of(guild_id)
        asked = await parts.reviews.of_person(guild_id, person_id, _RECORD_LIMIT)
        strikes = await parts.books.members.strikes(guild_id, person_id, rules, now)
        member = parts.books.members.of(guild_id, person_id)
        return Record(
            await parts.jobs.made_in(guild_id, person_id),
            sum(one.state is ReviewState.APPROVED for one in asked),
            sum(one.state is ReviewState.DENIED for one in asked),
            len(strikes),
            member.listed is Listed.TRUSTED,
            day(member.suspended_until) if member.suspended_until and member.is_suspended(now) else None,
        )

    async def _log(
        self,
        review: Review,
        deed: Deed,
        actor_id: int | None,
        *,
        reason: str = "",
        approves: bool | None = None,
    ) -> None:
        details = _details(review)
        if approves is not None:
            details["approves"] = approves
        entry = Entry(
            review.guild_id,
            self._parts.now(),
            deed,
            actor_id,
            review.person_id,
            review.job_id,
            reason,
            details,
        )
        await self._parts.audit.append(entry)

    async def _log_held(self, review: Review, prompt: str) -> None:
        """That a request waits, and the listed words in it: moderators read them, the person never does."""
        details = _details(review) | {"terms": self._parts.books.listed_in(review.guild_id, prompt)}
        entry = Entry(
            review.guild_id,
            self._parts.now(),
            Deed.REQUEST_HELD,
            None,
            review.person_id,
            review.job_id,
            details=details,
            prompt=prompt,
        )
        await self._parts.audit.append(entry)


def _details(review: Review) -> dict[str, Detail]:
    return {"review": review.id, "subject": review.subject.value}


_DEEDS: Final = {
    ReviewState.APPROVED: Deed.REQUEST_APPROVED,
    ReviewState.DENIED: Deed.REQUEST_DENIED,
    ReviewState.EXPIRED: Deed.REQUEST_EXPIRED,
    ReviewState.WITHDRAWN: Deed.REQUEST_EXPIRED,
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
