"""The desk: what people have done to their jobs afterwards, by buttons and in `/jobs`."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

import structlog

from bot.delivery.card import Card
from bot.delivery.messages import DeliveryError, Messages, Post, ReplyAddress
from bot.images.model import Reference
from bot.images.spool import ReferenceSpool
from bot.jobs import cards
from bot.jobs.job import TERMINAL, Job, JobState, advance, new_job_id
from bot.jobs.store import DuplicateJobError, JobStore, StaleJobError, UnknownJobError
from bot.lifecycle.lifecycle import Lifecycle
from bot.lifecycle.runner import JobRunner
from bot.moderation.policy import Person, may_cancel
from bot.quota.ledger import Ledger
from bot.reviews.decisions import Decisions
from bot.reviews.review import Review

log: Final = structlog.get_logger(__name__)


class ActionResult(StrEnum):
    """What came of a press."""

    DONE = "done"
    ASK = "ask"
    """The video is bought: stop watching, or let it finish?"""
    HANDING_OVER = "handing_over"
    ALREADY_READY = "already_ready"
    ALREADY_ENDED = "already_ended"
    ALREADY_REPEATED = "already_repeated"
    ALREADY_FETCHED = "already_fetched"
    NOTHING_TO_FETCH = "nothing_to_fetch"
    NOT_ASKED = "not_asked"
    NOT_ALLOWED = "not_allowed"
    GONE = "gone"
    PUT_AWAY = "put_away"
    """Hidden because of reports, or removed by moderators."""


_TOO_LATE: Final[Mapping[JobState, ActionResult]] = {
    JobState.SUBMITTING: ActionResult.HANDING_OVER,
    JobState.GENERATING: ActionResult.ASK,
    JobState.READY: ActionResult.ALREADY_READY,
    JobState.DELIVERING: ActionResult.ALREADY_READY,
    **dict.fromkeys(TERMINAL, ActionResult.ALREADY_ENDED),
}
"""The answer to somebody who would cancel a job that something may have been spent on."""


class JobActions:
    """Serves presses. Every method asks again who may do what; none buys anything.

    Methods raise `bot.storage.StorageError` when nothing could be stored, and then nothing has changed.
    """

    def __init__(
        self,
        *,
        store: JobStore,
        runner: JobRunner,
        lifecycle: Lifecycle,
        decisions: Decisions,
        messages: Messages,
        spool: ReferenceSpool,
        ledger: Ledger,
        look_again_s: float,
        is_hidden: Callable[[str], Awaitable[bool]],
        now: Callable[[], datetime],
    ) -> None:
        """Args: `look_again_s` is how long a task is looked for; `is_hidden` tells if a job's video is hidden."""
        self._store = store
        self._runner = runner
        self._lifecycle = lifecycle
        self._decisions = decisions
        self._messages = messages
        self._spool = spool
        self._ledger = ledger
        self._look_again_s = look_again_s
        self._is_hidden = is_hidden
        self._now = now

    async def refresh(self, job_id: str, reply: ReplyAddress) -> None:
        """Renew the token of a job's reply, whoever pressed, and show at once how the job stands."""
        try:
            job = await self._store.get(job_id)
        except UnknownJobError:
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
        """Begin a job whose user was asked if the video is still wanted.

        Args:
            job_id: The job.
            person: The user who pressed, which only the job's own may.
            reply: The message with the button. Its token reaches the job's reply if it is that.
        """
        job = await self._job(job_id)
        if job is None:
            return ActionResult.GONE
        if person.id != job.reply.person_id:
            return ActionResult.NOT_ALLOWED
        while job.asks_again:
            try:
                # The noted attempt belongs to the card that asked.
                await self._store.save(replace(job, ask_again_since=None, attempt=None), before=job)
            except StaleJobError:
                # Another run may have begun to ask, which changes nothing for whoever answers.
                job = await self._store.get(job_id)
                continue
            if reply.message_id == job.reply.message_id:
                renewed = replace(reply, person_id=job.reply.person_id, private=job.reply.private)
                await self._store.save_reply(job_id, renewed)
            self._runner.restart(job_id)
            return ActionResult.DONE
        return ActionResult.NOT_ASKED

    async def cancel(self, job_id: str, person: Person) -> ActionResult:
        """End a job that nothing was spent on; for a bought one, ask what to do."""
        job = await self._job(job_id)
        if job is None:
            return ActionResult.GONE
        if not may_cancel(person, owner_id=job.reply.person_id, guild_id=job.guild_id):
            return ActionResult.NOT_ALLOWED
        if job.state in {JobState.HELD, JobState.QUEUED}:
            return await self._end(job)
        return _TOO_LATE[job.state]

    async def stop_watching(self, job_id: str, person: Person) -> ActionResult:
        """End a bought job without waiting for its video."""
        job = await self._job(job_id)
        if job is None:
            return ActionResult.GONE
        if not may_cancel(person, owner_id=job.reply.person_id, guild_id=job.guild_id):
            return ActionResult.NOT_ALLOWED
        if job.state is JobState.GENERATING:
            return await self._end(job)
        return ActionResult.ALREADY_ENDED if job.state in TERMINAL else ActionResult.ALREADY_READY

    async def look_again(self, job_id: str, person: Person, reply: ReplyAddress) -> ActionResult:
        """Ask once more for the task of an ended job, where that was pressed; costs nothing.

        What was asked for in private stays private; so does what is looked for from a private message.
        """
        parent = await self._job(job_id)
        if parent is None or parent.task_id is None:
            return ActionResult.GONE
        if not may_cancel(person, owner_id=parent.reply.person_id, guild_id=parent.guild_id):
            return ActionResult.NOT_ALLOWED
        if parent.state not in TERMINAL or parent.state is JobState.DELIVERED:
            return ActionResult.ALREADY_FETCHED
        now = self._now()
        job_id = new_job_id()
        job = Job(
            id=job_id,
            request=parent.request,
            sources=(),
            reply=replace(
                reply, person_id=parent.reply.person_id, private=parent.reply.private or reply.private
            ),
            guild_id=parent.guild_id,
            state=JobState.GENERATING,
            created_at=parent.created_at,
            pictures=await self._shared(parent, job_id),
            task_id=parent.task_id,
            submitted_at=parent.submitted_at,
            expires_at=now + timedelta(seconds=self._look_again_s),
            parent_id=parent.id,
            lookup=True,
            role_ids=parent.role_ids,
            approved=parent.approved,
        )
        try:
            await self._store.add(job)
        except DuplicateJobError:
            await self._spool.discard(job_id)
            return ActionResult.ALREADY_FETCHED
        self._runner.start(job.id)
        return ActionResult.DONE

    async def fetch(self, job_id: str, person: Person, reply: ReplyAddress) -> ActionResult:
        """Deliver a finished video that was laid aside, to where it was asked for now."""
        job = await self._job(job_id)
        if job is None:
            return ActionResult.GONE
        if person.id != job.reply.person_id:
            return ActionResult.NOT_ALLOWED
        if not await self._store.take_up_undelivered(job_id, reply):
            return ActionResult.NOTHING_TO_FETCH if job.at_rest else ActionResult.ALREADY_FETCHED
        self._runner.start(job_id)
        return ActionResult.DONE

    async def original(self, job_id: str, person: Person) -> Job | ActionResult:
        """The job that somebody wants to try again, if it is theirs, has ended, and was not repeated yet."""
        job = await self._job(job_id)
        if job is None:
            return ActionResult.GONE
        if person.id != job.reply.person_id:
            return ActionResult.NOT_ALLOWED
        if job.state not in TERMINAL:
            return ActionResult.ALREADY_FETCHED
        if await self._store.repeated_by(job_id) is not None:
            return ActionResult.ALREADY_REPEATED
        return job

    async def model(self, job_id: str, person: Person) -> Job | ActionResult:
        """The job of a result that somebody wants to build upon; what was made in private is its owner's."""
        job = await self._job(job_id)
        if job is None:
            return ActionResult.GONE
        if job.reply.private and person.id != job.reply.person_id:
            return ActionResult.NOT_ALLOWED
        if await self._is_hidden(job_id):
            return ActionResult.PUT_AWAY
        return job

    async def has_pictures(self, job: Job) -> bool:
        """Whether the job's pictures are still to be had: here, or, if it never fetched them, from Discord."""
        pictures = job.pictures
        if pictures is None:
            return bool(job.sources)
        return bool(pictures) and await asyncio.to_thread(
            lambda: all(picture.path.exists() for picture in pictures)
        )

    async def deletable(self, job_id: str, person: Person) -> ActionResult:
        """Whether somebody may take a result away."""
        job = await self._job(job_id)
        if job is None:
            return ActionResult.GONE
        allowed = may_cancel(person, owner_id=job.reply.person_id, guild_id=job.guild_id)
        return ActionResult.DONE if allowed else ActionResult.NOT_ALLOWED

    async def _shared(self, parent: Job, job_id: str) -> tuple[Reference, ...] | None:
        """The parent's pictures, so that the video that is found can be built upon; not needed to find it."""
        if not parent.pictures:
            return parent.pictures
        try:
            return await self._spool.share(parent.pictures, job_id)
        except OSError as error:
            log.info("pictures_not_shared", job=job_id, reason=type(error).__name__)
            return parent.pictures

    async def _job(self, job_id: str) -> Job | None:
        try:
            return await self._store.get(job_id)
        except UnknownJobError:
            return None

    async def _end(self, job: Job) -> ActionResult:
        """Cancel the job unless it has moved on meanwhile; whoever carries it then tells its user."""
        state = job.state
        while job.state is state:
            ended = advance(job, JobState.CANCELLED, ended_at=self._now(), review_id=None)
            try:
                asked = await self._store_end(ended, before=job)
            except StaleJobError:
                # Another run may have begun, which changes nothing for whoever cancels.
                moved = await self._job(job.id)
                if moved is None:
                    return ActionResult.GONE
                job = moved
            else:
                return await self._ended(ended, asked)
        return _TOO_LATE.get(job.state, ActionResult.HANDING_OVER)

    async def _store_end(self, ended: Job, *, before: Job) -> Review | None:
        if before.state is JobState.HELD:
            return await self._decisions.withdraw(ended, before=before)
        await self._store.save(ended, before=before)
        return None

    async def _ended(self, ended: Job, asked: Review | None) -> ActionResult:
        if not ended.bought:
            self._ledger.release(ended.id)
        log.info("job_cancelled", job=ended.id, bought=ended.bought)
        self._runner.restart(ended.id)
        if asked is not None:
            await self._decisions.carry_out(asked)
        return ActionResult.DONE

    async def _show_end(self, job: Job, reply: ReplyAddress) -> None:
        parked = job.undelivered_since is not None and job.failure is not None
        card = cards.undelivered_card(job, job.failure) if parked and job.failure else cards.ended_card(job)
        await self._show(job, card, reply)

    async def _show(self, job: Job, card: Card, reply: ReplyAddress) -> None:
        try:
            await self._messages.edit_by_token(reply, Post(card))
        except DeliveryError as error:
            log.info("end_not_shown", job=job.id, reason=str(error))
