"""*Fetch* and *Look again*: bring a bought video to the user who asked for it, or show it to moderators.

Both are free. What keeps a video from being looked for is a message that still shows it, a decision of its owner,
or a decision of moderators, who then look for it themselves.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

import structlog

from bot.delivery.messages import DeliveryError, DiscordUnavailableError, Messages, Post, ReplyAddress
from bot.delivery.routes import Route
from bot.images.model import Reference
from bot.images.spool import ReferenceSpool
from bot.jobs import cards
from bot.jobs.being_posted import found_answer, settled_as_posted
from bot.jobs.bought_tasks import BoughtTasks
from bot.jobs.job import TERMINAL, FailureReason, Job, JobState
from bot.jobs.public_words import quotes_prompt
from bot.jobs.request_facts import shows_spicy
from bot.jobs.shown_video import ending_of
from bot.jobs.store import DuplicateJobError, JobStore
from bot.lifecycle.runner import JobStarter
from bot.moderation.audit.entries import AuditAction, AuditEntry
from bot.moderation.audit.log import AuditLog
from bot.moderation.places import Place
from bot.moderation.policy import Person
from bot.moderation.rights import may_cancel, may_moderate
from bot.moderation.rules import ReviewStage
from bot.moderation.servers.cache import RuleCache
from bot.services.held_back import HELD_BACK_WORDS, HeldBack, HeldBackVideos
from bot.services.requests import job_id_of
from bot.texts import jobs as words
from bot.texts import refusals
from bot.texts.messages import Message

log: Final = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Look:
    """A look for a bought video that is allowed and has not begun."""

    parent: Job
    """The job whose button was pressed."""
    bought: Job
    """The job that bought the video."""
    jobs: tuple[Job, ...]
    """All jobs of the task, oldest first."""
    person: Person
    by_moderator: bool
    """True if the video is for the eyes of this moderator alone, not for its owner."""
    delivered: Job | None
    """The last job that brought the video to its owner."""

    @property
    def in_own_reply(self) -> bool:
        """True if the video goes into a new private reply to the press.

        A lost message may have been deleted by a moderator with Discord's own means, so what was delivered once
        does not come back into a channel.
        """
        return self.by_moderator or self.delivered is not None


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class LookAgain:
    """Starts jobs that look for bought videos.

    Methods raise `bot.storage.errors.StorageError` when nothing could be read or stored; then nothing has changed.
    """

    store: JobStore
    tasks: BoughtTasks
    runner: JobStarter
    audit: AuditLog
    rules: RuleCache
    held_back: HeldBackVideos
    messages: Messages
    spool: ReferenceSpool
    look_again_s: float
    """Seconds for which a task is looked for."""
    now: Callable[[], datetime]

    async def permit(self, job_id: str, person: Person, place: Place) -> Look | Message:
        """Decide who may look for a job's video. Called before the press is acknowledged.

        Args:
            job_id: The job whose button was pressed.
            person: The user who pressed.
            place: The kind of channel in which.

        Returns:
            The look, for `begin`, or the words for the user who may not.
        """
        parent = await self.store.find(job_id)
        if parent is None or parent.task_id is None or parent.is_nobodys:
            return words.GONE
        jobs = await self.tasks.jobs_of(parent.task_id)
        bought = next((job for job in jobs if not job.lookup), parent)
        if bought.is_nobodys:
            return words.GONE
        own = tuple(job for job in jobs if job.reply.person_id == bought.reply.person_id)
        owns = person.id == bought.reply.person_id
        if not owns and not await self._moderates(person, bought):
            return words.NOT_YOURS
        failures = {job.failure.reason for job in own if job.failure is not None}
        if FailureReason.DELETED_BY_OWNER in failures:
            return refusals.DELETED_BY_OWNER.in_a_row
        held_back = await self.held_back.reason_for(own, person)
        refused = _refusal(parent, held_back, person, place, owns=owns) or _under_way(jobs, bought)
        if refused is not None:
            return refused
        delivered = next((job for job in reversed(own) if job.state is JobState.DELIVERED), None)
        # What ended because its owner went is not posted for the owner by anybody else.
        gone = FailureReason.PERSON_GONE in failures
        by_moderator = not owns and (gone or held_back is not None or delivered is not None)
        return Look(parent, bought, jobs, person, by_moderator, delivered)

    async def fetch(self, job_id: str, person: Person, reply: ReplyAddress) -> Message | None:
        """Deliver a video that waits for its user into the reply to the press.

        Returns:
            None if that was begun; else the words for the user.
        """
        job = await self.store.find(job_id)
        if job is None:
            return words.GONE
        if person.id != job.reply.person_id:
            return words.NOT_YOURS
        waits = job.undelivered_since is not None
        if waits and (held_back := await self._held_back(job, person)) is not None:
            return held_back
        if waits and (still_there := await self._arrived(job)) is not None:
            return still_there
        if not (waits and await self._take_up(job_id, reply)):
            return words.NOTHING_TO_FETCH if job.at_rest and not waits else words.ALREADY_FETCHED
        self.runner.start(job_id)
        return None

    async def _arrived(self, job: Job) -> Message | None:
        """Return where a video is whose post was in doubt, if it arrived: a second one would stand beside it."""
        if job.attempt is None or job.posted_file is None:
            return None
        found = await self._found(job, by_moderator=False)
        if isinstance(found, int):
            is_new = job.attempt.route is Route.ANSWER_IN_CHANNEL
            await settled_as_posted(self.store, job, self.now(), found if is_new else None)
        return _told_where(job, found)

    async def _take_up(self, job_id: str, reply: ReplyAddress) -> bool:
        try:
            return await self.store.take_up_undelivered(job_id, reply)
        except DuplicateJobError:
            return False

    async def _held_back(self, job: Job, person: Person) -> Message | None:
        """Return why a video is kept from its user by what was decided about it or about the user."""
        same = (job,) if job.task_id is None else await self.tasks.jobs_of(job.task_id)
        bought = next((one for one in same if not one.lookup), job)
        if bought.reply.person_id != person.id:
            return None  # a moderator's look at what may be held back from its user
        own = [one for one in same if one.reply.person_id == person.id]
        failures = {one.failure.reason for one in own if one.failure is not None}
        if FailureReason.DELETED_BY_OWNER in failures:
            return refusals.DELETED_BY_OWNER.in_a_row
        reason = await self.held_back.reason_for(own, person)
        return HELD_BACK_WORDS[reason] if reason is not None else None

    async def begin(self, look: Look, reply: ReplyAddress, event: str) -> Message | None:
        """Start the job that looks, after the acknowledgement.

        Args:
            look: What `permit` returned.
            reply: The message that becomes the video: a private one of its own where the look says so.
            event: The name of the press, the same if Discord delivers it twice.

        Returns:
            None if the job was started, by this press or by the same one before; else the words for the user.
        """
        job_id = job_id_of(event)
        if await self.store.find(job_id) is not None:
            return None
        delivered = look.delivered
        if delivered is not None:
            found = await self._found(delivered, by_moderator=look.by_moderator)
            if found is not None:
                return _told_where(delivered, found)
        job = self._lookup_of(look, reply, job_id)
        job = replace(job, pictures=await self._shared(look.parent, job_id))
        try:
            async with self.audit.transaction() as within:
                await self.tasks.add_lookup(within.connection, job, seen=look.jobs)
                if look.by_moderator:
                    await within.record(self._entry(look))
        except DuplicateJobError:
            if await self.store.find(job_id) is None:
                await self.spool.discard(job_id)
                return words.ALREADY_FETCHED
            return None
        log.info("look_again", job=job.id, task=job.task_id, by_moderator=look.by_moderator)
        self.runner.start(job.id)
        return None

    def _lookup_of(self, look: Look, reply: ReplyAddress, job_id: str) -> Job:
        parent, bought = look.parent, look.bought
        if not look.by_moderator:
            # What was asked for in private stays private; so does what is looked for from a private message.
            private = parent.reply.private or reply.private
            reply = replace(reply, person_id=bought.reply.person_id, private=private)
        return Job(
            id=job_id,
            request=parent.request,
            sources=(),
            reply=reply,
            guild_id=bought.guild_id,
            state=JobState.GENERATING,
            created_at=bought.created_at,
            task_id=parent.task_id,
            submitted_at=bought.submitted_at,
            expires_at=self.now() + timedelta(seconds=self.look_again_s),
            parent_id=bought.id if look.by_moderator else parent.id,
            lookup=True,
            role_ids=look.person.role_ids if look.by_moderator else parent.role_ids,
            # A moderator who looks is the approval; nobody else sees it.
            approved=dict.fromkeys(ReviewStage, self.now()) if look.by_moderator else parent.approved,
            awaits_posting=not quotes_prompt(parent),
            had_flags=parent.had_flags,
            from_people=parent.from_people,
        )

    async def _found(self, job: Job, *, by_moderator: bool) -> int | Message | None:
        """Return the id of the message that brought the video to its owner, if it still shows it.

        None if none does; the words for it where Discord does not tell.
        """
        route = job.attempt.route if job.attempt is not None else Route.TOKEN
        try:
            match route:
                case Route.DIRECT_MESSAGE:
                    return None if by_moderator else await self._find_direct(job)
                case Route.ANSWER_IN_CHANNEL:
                    return await found_answer(self.messages, job, self.now())
                case Route.TOKEN | Route.EDIT_AS_BOT:
                    return await self._find_reply(job)
        except DiscordUnavailableError as error:
            log.info("delivered_video_not_looked_up", job=job.id, reason=str(error))
            return words.NOT_LOOKED_UP
        except DeliveryError as error:
            log.info("delivered_video_lost", job=job.id, reason=str(error))
            return None

    async def _find_reply(self, job: Job) -> int | None:
        if job.reply.private:
            return None  # Discord shows it to its user alone, who says that it is gone
        return await self.messages.find_video(job.reply, ending_of(job), by_token=False)

    async def _find_direct(self, job: Job) -> int | None:
        post, since = Post(cards.delivered_card(job, now=self.now())), _posted_since(job)
        return await self.messages.find_direct(job.reply, post, since)

    async def _shared(self, parent: Job, job_id: str) -> tuple[Reference, ...] | None:
        """Return the parent's pictures, so that the video can be built upon; finding it needs none of them."""
        if not parent.pictures:
            return parent.pictures
        try:
            return await self.spool.share(parent.pictures, job_id)
        except OSError as error:
            log.info("pictures_not_shared", job=job_id, reason=type(error).__name__)
            return parent.pictures

    async def _moderates(self, person: Person, job: Job) -> bool:
        guild_id = job.guild_id
        if guild_id is None:
            return False
        return may_moderate(person, await self.rules.current(guild_id), guild_id)

    def _entry(self, look: Look) -> AuditEntry:
        job = look.bought
        action, guild_id = AuditAction.HIDDEN_VIDEO_VIEWED, job.guild_id or 0
        return AuditEntry(guild_id, self.now(), action, look.person.id, job.reply.person_id, job.id)


def _refusal(
    job: Job, held_back: HeldBack | None, person: Person, place: Place, *, owns: bool
) -> Message | None:
    """Return why the owner or a moderator may not look, in words for that user."""
    if held_back is None:
        return None if owns or _may_act_for(person, job) else words.NOT_YOURS
    if owns:
        return HELD_BACK_WORDS[held_back]
    elsewhere = shows_spicy(job) and place is not Place.AGE_RESTRICTED_CHANNEL
    return words.LOOK_ELSEWHERE if elsewhere else None


def _may_act_for(person: Person, job: Job) -> bool:
    """Return True if a moderator may have a video fetched for its owner, where everybody sees the press."""
    return not job.reply.private and may_cancel(
        person, owner_id=job.reply.person_id, channel_id=job.reply.channel_id
    )


def _under_way(jobs: Sequence[Job], bought: Job) -> Message | None:
    """Say what still brings the video, if a job does; one that a moderator laid aside does not count."""
    owner_id = bought.reply.person_id
    for job in jobs:
        parked = job.undelivered_since is not None
        if job.state in TERMINAL or (parked and job.reply.person_id != owner_id):
            continue
        if parked:
            return words.LOOK_WAITS_IN_LIST
        return words.LOOK_WAITS_FOR_MODERATORS if job.review_id is not None else words.ALREADY_FETCHED
    return None


def _posted_since(job: Job) -> datetime:
    return job.attempt.started_at if job.attempt is not None else job.created_at


def _told_where(job: Job, found: int | Message | None) -> Message | None:
    """Return where the message is that shows a video, for its user; None if none does."""
    if not isinstance(found, int):
        return found
    by_direct_message = job.attempt is not None and job.attempt.route is Route.DIRECT_MESSAGE
    return words.STILL_IN_DIRECT_MESSAGES if by_direct_message else words.still_there(_link(job.reply, found))


def _link(address: ReplyAddress, message_id: int) -> str:
    where = address.guild_id if address.guild_id is not None else "@me"
    return f"https://discord.com/channels/{where}/{address.channel_id}/{message_id}"
