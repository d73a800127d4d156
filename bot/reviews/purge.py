"""Removing what a user posted in a server lately: for moderators, after a raid or an attack."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import structlog

from bot.delivery.messages import DeliveryError, Messages
from bot.delivery.routes import Route
from bot.jobs.being_posted import found_answer, is_being_posted, settled_as_posted, wait_while
from bot.jobs.job import Job, JobState
from bot.jobs.server_jobs import ServerJobs
from bot.jobs.store import JobStore
from bot.moderation.audit.entries import AuditAction, AuditEntry
from bot.moderation.audit.log import AuditLog
from bot.reviews.case import VideoMessage
from bot.reviews.review import Review
from bot.reviews.store import ReviewStore
from bot.reviews.takedowns import Takedowns

log: Final = structlog.get_logger(__name__)

PURGED_SPAN: Final = timedelta(days=1)
_WITHIN_S: Final = 60.0
"""Longer than this the moderator does not wait; `Takedowns.finish` removes what is left."""


@dataclass(frozen=True)
class PurgeResult:
    """Number of videos that were chosen for removal, and of those whose message shows them no more."""

    chosen: int
    removed: int


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Purge:
    """Removes videos. The decision about all of them is one transaction, and is carried out until it is done.

    Each is a decision of its own as well (`Takedowns.decide`), and `bot/reviews/takedowns.py` removes it.
    """

    store: JobStore
    messages: Messages
    jobs: ServerJobs
    reviews: ReviewStore
    takedowns: Takedowns
    audit: AuditLog
    carry_out: Callable[[Review], Awaitable[None]]
    """Applies a decision (`Decisions.carry_out`). It never raises; what fails is repeated."""
    now: Callable[[], datetime]

    async def purge(self, guild_id: int, person_id: int, *, by: int) -> PurgeResult:
        """Remove what a user posted in a server's channels within the last day.

        Private videos, which nobody else sees, and those that were removed already stay as they are.

        Raises:
            StorageError: Nothing has changed.
        """
        await self._until_posted(guild_id, person_id)
        since = self.now() - PURGED_SPAN
        shown = [
            (job, message)
            for job in await self.jobs.delivered_since(guild_id, person_id, since)
            if (message := _message_of(job)) is not None
        ]
        decided: list[Review] = []
        async with self.audit.transaction() as within:
            for job, message in shown:
                review = await self.takedowns.decide(within, job, message, by=by)
                decided += [review] if review is not None else []
            if decided:
                details = {"videos": len(decided)}
                action = AuditAction.VIDEOS_PURGED
                await within.record(AuditEntry(guild_id, self.now(), action, by, person_id, details=details))
        log.info("videos_purged", guild=guild_id, videos=len(decided))
        return PurgeResult(len(decided), await self._remove(decided))

    async def _until_posted(self, guild_id: int, person_id: int) -> None:
        """Wait for the user's videos that are being posted: they may be seen before that is stored.

        What may be seen after that as well, since Discord's answer to a post was lost, counts as posted.
        """

        async def being_posted() -> bool:
            return any(is_being_posted(job) for job in await self.jobs.open_of(guild_id, person_id))

        await wait_while(being_posted)
        for job in await self.jobs.open_of(guild_id, person_id):
            if _may_be_seen(job, guild_id):
                await settled_as_posted(self.store, job, self.now(), await self._new_message(job))

    async def _new_message(self, job: Job) -> int | None:
        """Return the new message that a job's video may have come by, where Discord tells of one."""
        try:
            return await found_answer(self.messages, job, self.now())
        except DeliveryError as error:
            log.warning("purged_video_not_looked_up", job=job.id, reason=str(error))
            return None

    async def _remove(self, decided: list[Review]) -> int:
        loop = asyncio.get_running_loop()
        until_s = loop.time() + _WITHIN_S
        for review in decided:
            if loop.time() >= until_s:
                break
            await self.carry_out(review)
        left = {review.id for review in await self.reviews.outstanding()}
        return sum(review.id not in left for review in decided)


def _may_be_seen(job: Job, guild_id: int) -> bool:
    if job.attempt is None or job.posted_file is None or job.undelivered_since is not None:
        return False
    begun = job.state is JobState.DELIVERING and job.attempt.by_public_route
    return begun and job.review_id is None and not job.reply.private and job.reply.guild_id == guild_id


def _message_of(job: Job) -> VideoMessage | None:
    """Return the message that shows a video in a channel; None where there is none."""
    route, reply = job.attempt.route if job.attempt is not None else Route.TOKEN, job.reply
    if route is Route.DIRECT_MESSAGE or reply.channel_id is None or reply.message_id is None:
        return None
    return VideoMessage(reply.channel_id, reply.message_id)
