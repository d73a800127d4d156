"""Actions of users on their jobs, by buttons and in `/jobs`; `look_again.py` has the one that starts a job."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Final

import structlog

from bot.delivery.allowed_words import send_in_allowed_words
from bot.delivery.card import Card
from bot.delivery.messages import DeliveryError, Messages, Post, ReplyAddress
from bot.jobs import cards
from bot.jobs.being_posted import found_posted, settled_as_posted
from bot.jobs.bought_tasks import BoughtTasks
from bot.jobs.job import TERMINAL, FailureReason, Job, JobState, advance
from bot.jobs.originals import Originals
from bot.jobs.public_words import may_read_prompt
from bot.jobs.request_facts import shows_spicy
from bot.jobs.store import JobStore, StaleJobError, UnknownJobError
from bot.lifecycle.lifecycle import Lifecycle
from bot.lifecycle.reply_look import ReplyLook
from bot.lifecycle.runner import JobRuns
from bot.moderation.audit.log import AuditLog
from bot.moderation.policy import Person
from bot.moderation.rights import Reuse, may_cancel, reuse_of
from bot.reviews.case import VideoMessage
from bot.reviews.decisions import Decisions
from bot.reviews.review import Review, cancellation_entry
from bot.reviews.store import ReviewStore
from bot.reviews.takedowns import Takedowns
from bot.services.action_results import ActionResult, Deletion
from bot.storage.errors import StorageError

log: Final = structlog.get_logger(__name__)


_TOO_LATE: Final[Mapping[JobState, ActionResult]] = {
    JobState.SUBMITTING: ActionResult.HANDING_OVER,
    JobState.GENERATING: ActionResult.ASK,
    JobState.READY: ActionResult.ALREADY_READY,
    JobState.DELIVERING: ActionResult.ALREADY_READY,
    **dict.fromkeys(TERMINAL, ActionResult.ALREADY_ENDED),
}
"""Answers to users who would cancel a job in a state in which it can no longer simply be ended."""

_CANCELLABLE: Final = frozenset({JobState.HELD, JobState.QUEUED})
"""States in which nothing was spent."""


class JobActions:
    """Serves presses. Every method asks again who may do what; none buys anything.

    Methods raise `bot.storage.errors.StorageError` when nothing could be stored; then nothing has changed.
    """

    def __init__(
        self,
        *,
        store: JobStore,
        runner: JobRuns,
        lifecycle: Lifecycle,
        decisions: Decisions,
        takedowns: Takedowns,
        reviews: ReviewStore,
        messages: Messages,
        tasks: BoughtTasks,
        originals: Originals,
        audit: AuditLog,
        replies: ReplyLook,
        is_hidden: Callable[[str], Awaitable[bool]],
        now: Callable[[], datetime],
    ) -> None:
        """Args: `is_hidden` tells if a job's video is hidden."""
        self._store = store
        self._runner = runner
        self._lifecycle = lifecycle
        self._decisions = decisions
        self._takedowns = takedowns
        self._reviews = reviews
        self._messages = messages
        self._tasks = tasks
        self._originals = originals
        self._audit = audit
        self._replies = replies
        self._is_hidden = is_hidden
        self._now = now

    async def refresh(self, job_id: str, reply: ReplyAddress) -> None:
        """Renew the token of a job's reply, whoever pressed, and show at once how the job stands."""
        job = await self._store.find(job_id)
        if job is None:
            return
        renewed = replace(reply, person_id=job.reply.person_id, private=job.reply.private)
        if not job.at_rest:
            await self._store.save_reply(job_id, renewed)
            self._lifecycle.renew_token(job_id, renewed)
            self._runner.start(job_id)
        elif job.review_id is not None:
            await self._store.save_reply(job_id, renewed)
            await self._show(job, cards.held_card(job, None), renewed)
        elif job.asks_again:
            await self._store.save_reply(job_id, renewed)
            self._runner.start(job_id)
        elif job.state is not JobState.DELIVERED and not await self._store.looked_for(job_id):
            await self._show_end(job, renewed)

    async def make(self, job_id: str, person: Person, reply: ReplyAddress) -> ActionResult:
        """Begin a job whose user was asked if the video is still wanted, unless its reply shows what became of it.

        Args:
            job_id: The job.
            person: The user who pressed, which only the job's own may.
            reply: The message with the button. Its token reaches the job's reply if it is that.
        """
        job = await self._store.find(job_id)
        if job is None:
            return ActionResult.GONE
        if person.id != job.reply.person_id:
            return ActionResult.NOT_ALLOWED
        if job.asks_again and await self._replies.shows_more(job):
            # That run ends the job by what is there. One that began during the look may be buying, and goes on.
            self._runner.start(job_id)
            return ActionResult.NOT_ASKED
        while job.asks_again:
            # First: once the answer is stored, nothing may fail before the job runs.
            if reply.message_id == job.reply.message_id:
                renewed = replace(reply, person_id=job.reply.person_id, private=job.reply.private)
                await self._store.save_reply(job_id, renewed)
            try:
                # The noted attempt belongs to the card that asked.
                await self._store.save(
                    replace(job, ask_again_since=None, may_be_bought=False, attempt=None), before=job
                )
            except StaleJobError:
                # Another run may have begun to ask, which changes nothing for whoever answers.
                job = await self._store.get(job_id)
                continue
            self._runner.restart(job_id)
            return ActionResult.DONE
        return ActionResult.NOT_ASKED

    async def cancel(self, job_id: str, person: Person) -> ActionResult:
        """End a job that nothing was spent on; for a bought one, ask what to do."""
        job = await self._store.find(job_id)
        if job is None:
            return ActionResult.GONE
        if not may_cancel(person, owner_id=job.reply.person_id, channel_id=job.reply.channel_id):
            return ActionResult.NOT_ALLOWED
        return await self._end(job, _CANCELLABLE, person)

    async def stop_watching(self, job_id: str, person: Person) -> ActionResult:
        """End a bought job without waiting for its video."""
        job = await self._store.find(job_id)
        if job is None:
            return ActionResult.GONE
        if not may_cancel(person, owner_id=job.reply.person_id, channel_id=job.reply.channel_id):
            return ActionResult.NOT_ALLOWED
        return await self._end(job, frozenset({JobState.GENERATING}), person)

    async def keep_waiting(self, job_id: str, person: Person) -> ActionResult:
        """Let a bought job go on, which changes nothing: it may have ended since its user was asked."""
        job = await self._store.find(job_id)
        if job is None:
            return ActionResult.GONE
        if not may_cancel(person, owner_id=job.reply.person_id, channel_id=job.reply.channel_id):
            return ActionResult.NOT_ALLOWED
        found = _TOO_LATE.get(job.state, ActionResult.HANDING_OVER)
        return ActionResult.DONE if found is ActionResult.ASK else found

    async def original(self, job_id: str, person: Person) -> Job | ActionResult:
        """Return the job that a user tries again, if it is the user's own, has ended, and was not repeated yet."""
        job = await self._store.find(job_id)
        if job is None or job.is_nobodys:
            return ActionResult.GONE
        if person.id != job.reply.person_id:
            return ActionResult.NOT_ALLOWED
        if job.state not in TERMINAL:
            return ActionResult.ALREADY_FETCHED
        if await self._store.repeated_by(job_id) is not None:
            return ActionResult.ALREADY_REPEATED
        return job

    async def model(self, job_id: str, person: Person) -> Job | ActionResult:
        """Return the job of a video that a user builds upon. A private video is its owner's alone."""
        found = await self.shown(job_id, person)
        if isinstance(found, Job) and not may_read_prompt(found, person.id):
            return ActionResult.NOT_ALLOWED  # no form tells others what the reply does not say
        # Nothing is left to build upon, and a request without its prompt would be bought.
        return ActionResult.GONE if isinstance(found, Job) and found.is_nobodys else found

    async def shown(self, job_id: str, person: Person) -> Job | ActionResult:
        """Return the job of a video that a user sees, also of one that is nobody's any more."""
        job = await self._store.find(job_id)
        if job is None:
            return ActionResult.GONE
        if job.reply.private and person.id != job.reply.person_id:
            return ActionResult.NOT_ALLOWED
        # What was looked for again is put away with the message that brought it first.
        jobs = await self._tasks.jobs_of(job.task_id) if job.lookup and job.task_id is not None else (job,)
        for one in jobs:
            if await self._is_hidden(one.id):
                return ActionResult.PUT_AWAY
        return job

    async def reuse_of(self, job: Job, person: Person, channel_id: int | None) -> Reuse:
        """Return what of a job comes along if a user asks for the same again, or builds upon it."""
        owner = job
        while owner.lookup and owner.parent_id is not None:
            # A moderator who looked for a video has it as their own job; it is still another user's request.
            before = await self._store.find(owner.parent_id)
            if before is None:
                break
            owner = before
        return reuse_of(
            person,
            owner_id=owner.reply.person_id,
            spicy=shows_spicy(job),
            public_in=[picture.public_in for picture in job.known_pictures],
            channel_id=channel_id,
        )

    async def note_deletion(
        self, job_id: str, person: Person, shown: VideoMessage
    ) -> Deletion | ActionResult:
        """Store that a user deletes the message with a video, before it goes: then it is not looked for again.

        If a moderator deletes another user's video, that is a decision, which is carried out until it is done.

        Returns:
            What `deleted` or `not_deleted` takes, or why nothing was stored.
        """
        job = await found_posted(self._store, job_id)
        if job is None:
            return ActionResult.GONE
        owner_id = job.reply.person_id
        if not may_cancel(person, owner_id=owner_id, channel_id=job.reply.channel_id):
            return ActionResult.NOT_ALLOWED
        job = await settled_as_posted(self._store, job, self._now(), shown.message_id)
        if job is None:
            return ActionResult.GONE
        owns = person.id == owner_id
        by = FailureReason.DELETED_BY_OWNER if owns else FailureReason.DELETED_BY_MODERATOR
        review: Review | None = None
        async with self._audit.transaction() as within:
            await self._tasks.note_deletion(within.connection, job_id, by)
            if not owns and job.guild_id is not None:
                review = await self._takedowns.decide(within, job, shown, by=person.id)
        try:
            await self._originals.drop_of(job)
        except StorageError as error:
            # What is stored is carried out. The original goes with its day.
            log.warning("original_left", job=job_id, reason=str(error))
        return Deletion(job, person.id, review)

    async def deleted(self, deletion: Deletion) -> None:
        """Log a deletion by a moderator that Discord has made."""
        if deletion.review is not None:
            await self._takedowns.deleted(deletion.review, deletion.by)
            await self._decisions.carry_out(deletion.review)

    async def not_deleted(self, deletion: Deletion) -> bool:
        """Take the video out of a message that Discord does not delete. Returns False if that fails as well.

        Then it is tried again for as long as it takes, if a moderator deleted another user's video.
        """
        if deletion.review is None:
            return False
        await self._decisions.carry_out(deletion.review)
        return deletion.review.id not in {one.id for one in await self._reviews.outstanding()}

    async def _end(self, job: Job, states: frozenset[JobState], person: Person) -> ActionResult:
        """Cancel the job if it is in one of these states; the run that carries it then tells its user."""
        by = person.id if person.id != job.reply.person_id else None
        current: Job | None = job
        while current is not None and current.state in states:
            changes = {"ended_at": self._now(), "review_id": None, "undelivered_since": None}
            ended = advance(current, JobState.CANCELLED, **changes)
            try:
                asked = await self._store_end(ended, before=current, by=by)
            except (StaleJobError, UnknownJobError):
                # It moved, or no more than a run raised its claim: the row says what can be done now.
                current = await self._store.find(job.id)
                continue
            log.info("job_cancelled", job=job.id, bought=ended.bought)
            self._runner.restart(job.id)
            if asked is not None:
                await self._decisions.carry_out(asked)
            return ActionResult.CANCELLED_IN_DOUBT if ended.may_be_bought else ActionResult.DONE
        return (
            ActionResult.GONE if current is None else _TOO_LATE.get(current.state, ActionResult.HANDING_OVER)
        )

    async def _store_end(self, ended: Job, *, before: Job, by: int | None) -> Review | None:
        """Store an ended job, and close the question about a held one. Returns that question, if there was one.

        `by` is the moderator who ends another user's job; that is logged in the same transaction.
        """
        if before.state is JobState.HELD:
            return await self._decisions.withdraw(ended, before=before, by=by)
        async with self._audit.transaction() as within:
            await self._store.save_within(within.connection, ended, before=before)
            if by is not None:
                await within.record(cancellation_entry(ended, self._now(), by=by))
        return None

    async def _show_end(self, job: Job, reply: ReplyAddress) -> None:
        parked = job.undelivered_since is not None and job.failure is not None
        card = cards.undelivered_card(job, job.failure) if parked and job.failure else cards.ended_card(job)
        await self._show(job, card, reply)

    async def _show(self, job: Job, card: Card, reply: ReplyAddress) -> None:
        try:
            await send_in_allowed_words(partial(self._messages.edit_by_token, reply), Post(card))
        except DeliveryError as error:
            log.info("end_not_shown", job=job.id, reason=str(error))
