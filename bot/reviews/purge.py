"""Removing what a user posted in a server lately: for moderators, after a raid or an attack."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

import structlog

from bot.delivery.messages import DeliveryError, Messages, Post
from bot.delivery.routes import Route
from bot.jobs import cards
from bot.jobs.job import Job, new_job_id
from bot.jobs.server_jobs import ServerJobs
from bot.moderation.audit.entries import AuditAction, AuditEntry
from bot.moderation.audit.log import AuditedTransaction, AuditLog
from bot.reviews.case import VideoMessage
from bot.reviews.review import Review, ReviewState, ReviewSubject, entry_about
from bot.reviews.store import ReviewStore

log: Final = structlog.get_logger(__name__)

PURGED_SPAN: Final = timedelta(days=1)
_WITHIN_S: Final = 60.0
"""Longer than this the moderator does not wait; `Reports.finish` removes what is left."""


@dataclass(frozen=True)
class PurgeResult:
    """Number of videos that were chosen for removal, and of those whose message shows them no more."""

    chosen: int
    removed: int


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Purge:
    """Removes videos. The decision about all of them is one transaction, and is carried out until it is done.

    A purged video has the standing of a reported one that moderators did not restore: nobody builds upon it, only
    moderators look for it again, and `bot/reviews/reports.py` removes it.
    """

    jobs: ServerJobs
    reviews: ReviewStore
    audit: AuditLog
    messages: Messages
    carry_out: Callable[[Review], Awaitable[None]]
    """Applies a decision (`Decisions.carry_out`). It never raises; what fails is repeated."""
    now: Callable[[], datetime]

    async def purge(self, guild_id: int, person_id: int, *, by: int) -> PurgeResult:
        """Remove what a user posted in a server's channels within the last day.

        Private videos, which nobody else sees, and those that were removed already stay as they are.

        Raises:
            StorageError: Nothing has changed.
        """
        since = self.now() - PURGED_SPAN
        shown = [
            (job, message)
            for job in await self.jobs.delivered_since(guild_id, person_id, since)
            if (message := await self._message_of(job)) is not None
        ]
        decided: list[Review] = []
        async with self.audit.transaction() as within:
            for job, message in shown:
                review = await self._decide(within, job, message, by)
                decided += [review] if review is not None else []
            if decided:
                details = {"videos": len(decided)}
                action = AuditAction.VIDEOS_PURGED
                await within.record(AuditEntry(guild_id, self.now(), action, by, person_id, details=details))
        log.info("videos_purged", guild=guild_id, videos=len(decided))
        return PurgeResult(len(decided), await self._remove(decided))

    async def _decide(
        self, within: AuditedTransaction, job: Job, message: VideoMessage, by: int
    ) -> Review | None:
        """Store the decision about one video. Returns None if it is removed already."""
        before = await self.reviews.latest(job.id, ReviewSubject.REPORT)
        now = self.now()
        if before is not None and before.state is ReviewState.OPEN:
            closed = await self.reviews.close(within, before.id, ReviewState.DENIED, now, by=by)
            if closed is not None:
                await within.record(entry_about(closed, AuditAction.REQUEST_DENIED, now, actor_id=by))
            return closed
        if before is not None and before.state is not ReviewState.APPROVED:
            return None
        review = Review(
            new_job_id(),
            job.id,
            job.guild_id or 0,
            job.reply.person_id,
            ReviewSubject.REPORT,
            ReviewState.DENIED,
            now,
            now,
            decided_at=now,
            decided_by=by,
            shown_channel_id=message.channel_id,
            shown_message_id=message.message_id,
        )
        return review if await self.reviews.add(within, review) else None

    async def _remove(self, decided: list[Review]) -> int:
        loop = asyncio.get_running_loop()
        until_s = loop.time() + _WITHIN_S
        for review in decided:
            if loop.time() >= until_s:
                break
            await self.carry_out(review)
        left = {review.id for review in await self.reviews.unfinished_reports()}
        return sum(review.id not in left for review in decided)

    async def _message_of(self, job: Job) -> VideoMessage | None:
        """Return the message that shows a video in a channel; None where there is none that is known."""
        route, reply = job.attempt.route if job.attempt is not None else Route.TOKEN, job.reply
        if route is Route.DIRECT_MESSAGE or reply.channel_id is None:
            return None
        message_id = reply.message_id
        if route is Route.ANSWER_IN_CHANNEL:
            since = job.attempt.started_at if job.attempt is not None else job.created_at
            post = Post(cards.delivered_card(replace(job, failure=None), now=self.now()))
            try:
                message_id = await self.messages.find_answer(reply, post, since)
            except DeliveryError as error:
                log.warning("video_to_purge_not_found", job=job.id, reason=str(error))
                return None
        return VideoMessage(reply.channel_id, message_id) if message_id is not None else None
