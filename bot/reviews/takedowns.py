"""Takedowns: messages with reported videos are hidden, restored and emptied, until Discord has done it.

What is still to be done is stored with the question (`Review.outstanding`). The entry in the log says that it was
done, and is written in the transaction that stores so.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Final
from weakref import WeakValueDictionary

import stamina
import structlog

from bot.delivery.allowed_words import send_in_allowed_words
from bot.delivery.messages import (
    DeliveryError,
    DiscordUnavailableError,
    Messages,
    Post,
    ReplyAddress,
    ReplyUnreachableError,
)
from bot.delivery.upload_limits import UploadLimits
from bot.dimilinks import DimiLinksError, TaskAbsentError, VideoMissingError
from bot.files.store import FilesUnavailableError
from bot.jobs import cards
from bot.jobs.job import Job, new_job_id
from bot.jobs.postable_files import PostableFile, PostableFiles
from bot.jobs.request_facts import shows_spicy, stored_request
from bot.jobs.shown_video import video_file_of
from bot.jobs.store import JobStore
from bot.moderation.audit.entries import AuditAction
from bot.moderation.audit.log import AuditedTransaction, AuditLog
from bot.moderation.gatekeeper import Gatekeeper
from bot.moderation.members.news import News, NewsKind, NewsStore
from bot.reviews.case import VideoMessage, address_of, message_of
from bot.reviews.hidden_copies import HiddenCopies
from bot.reviews.questions import Questions
from bot.reviews.report_store import ReportOutcome, ReportStore
from bot.reviews.report_waits import ReportWaits
from bot.reviews.review import Outstanding, Review, ReviewState, ReviewSubject, entry_about
from bot.reviews.store import ReviewStore
from bot.storage.advisory_locks import SoleWork
from bot.storage.errors import UnreadableRowError

log: Final = structlog.get_logger(__name__)


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Takedowns:
    """Changes messages with reported videos. Methods raise `bot.storage.errors.StorageError`."""

    jobs: JobStore
    reviews: ReviewStore
    reports: ReportStore
    questions: Questions
    gatekeeper: Gatekeeper
    audit: AuditLog
    messages: Messages
    copies: HiddenCopies
    files: PostableFiles
    limits: UploadLimits
    news: NewsStore
    waits: ReportWaits
    now: Callable[[], datetime]
    _locks: WeakValueDictionary[str, asyncio.Lock] = field(
        default_factory=WeakValueDictionary[str, asyncio.Lock], init=False
    )
    _away_until_s: list[float] = field(default_factory=lambda: [0.0], init=False)
    _absent: set[str] = field(default_factory=set[str], init=False)

    @asynccontextmanager
    async def exclusively(self, job_id: str) -> AsyncGenerator[None]:
        """Hold the lock under which a video is hidden, viewed and restored, also by other processes."""
        async with (
            self._locks.setdefault(job_id, asyncio.Lock()),
            self.reviews.alone(SoleWork.TAKEDOWN, job_id),
        ):
            yield

    async def decide(
        self, within: AuditedTransaction, job: Job, message: VideoMessage, *, by: int, reason: str = ""
    ) -> Review | None:
        """Store that one moderator removes a video, which may have been reported or not.

        A removed video has the standing of a reported one that moderators did not restore: nobody builds upon it,
        and only moderators look for it again.

        Returns:
            The decision, for `apply`; None if the video is removed already.
        """
        before, now = await self.reviews.latest(job.id, ReviewSubject.REPORT), self.now()
        denied = ReviewState.DENIED
        if before is not None and before.state is ReviewState.OPEN:
            closed = await self.reviews.close(within, before.id, denied, now, by=by, reason=reason)
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
            denied,
            now,
            now,
            decided_at=now,
            decided_by=by,
            reason=reason,
            shown_channel_id=message.channel_id,
            shown_message_id=message.message_id,
            outstanding=Outstanding.REMOVE,
        )
        return review if await self.reviews.add(within, review) else None

    async def hide(self, review: Review, job: Job) -> bool:
        """Hide a video while its question is open. Returns True if this call hid it.

        The caller holds the lock of the job. Where Discord refuses, `finish` tries again.
        """
        current, shown = await self.reviews.get(review.id), message_of(review)
        if current is None or shown is None or current.outstanding is not Outstanding.HIDE:
            return False  # hidden before, or decided meanwhile
        try:
            await self._keep_original(job)  # at once, whatever Discord says to the edit
            there = await self._edit(address_of(job, shown), Post(cards.hidden_card(job)))
        except (DeliveryError, OSError) as error:
            await self._defer(current, error)
            return False
        await self.copies.ensure(job)
        await self._store_done(current, AuditAction.VIDEO_HIDDEN, there=there)
        return True

    async def _keep_original(self, job: Job) -> None:
        try:
            await self.copies.take_original(job)
        except FilesUnavailableError as error:
            # The video is hidden all the same; the original stays where it is, and nobody is given it.
            log.warning("original_not_taken", job=job.id, reason=str(error))

    async def apply(self, review: Review) -> None:
        """Restore a hidden video or remove it for good, as its closed question says. May be repeated.

        While Discord or the video service is away or refuses, the file stays, and `finish` tries again.
        """
        shown, job = message_of(review), await self.jobs.find(review.job_id)
        if job is None or shown is None:
            return
        async with self.exclusively(job.id):
            current = await self.reviews.get(review.id)
            if current is None or current.outstanding is None or await self._is_stopped(job, current):
                return
            address, there = address_of(job, shown), True
            restores = current.outstanding is Outstanding.RESTORE
            if not restores:
                await self.copies.originals.drop_of(job)
            try:
                restored = restores and await self._restore(replace(job, reply=address))
                if not restored:
                    there = await self._edit(address, Post(cards.removed_card(job)))
            except (DeliveryError, DimiLinksError, OSError) as error:
                await self._defer(current, error)
                return
            action = AuditAction.VIDEO_RESTORED if restored else AuditAction.VIDEO_REMOVED
            await self._store_done(current, action, there=there)
            await self.copies.drop(job.id)

    async def deleted(self, review: Review, by: int) -> None:
        """Store that the message with a removed video was deleted by a moderator."""
        async with self.exclusively(review.job_id):
            await self._store_done(review, AuditAction.VIDEO_DELETED, there=True, by=by)
            await self.copies.drop(review.job_id)

    async def finish(self) -> None:
        """Make the changes of messages that could not be made: Discord was away or refused, or a process ended.

        Waits for Discord: not called before the client is connected.
        """
        for review in await self.reviews.outstanding():
            if asyncio.get_running_loop().time() < self._away_until_s[0]:
                return
            if self._is_paused(review):
                continue
            if review.state is not ReviewState.OPEN:
                await self.apply(review)
            elif (job := await self.jobs.find(review.job_id)) is not None:
                async with self.exclusively(job.id):
                    await self.hide(review, job)
        await self._remove_leftovers()

    def _is_paused(self, review: Review) -> bool:
        if review.refused_at is None:
            return False
        # A clock that was set back must not lengthen the pause.
        return timedelta() <= self.now() - review.refused_at < timedelta(seconds=self.waits.refused_s)

    async def _is_stopped(self, job: Job, review: Review) -> bool:
        """Return True if a video cannot be restored while spicy is stopped."""
        if review.state is not ReviewState.APPROVED or not shows_spicy(job):
            return False
        return (await self.gatekeeper.caches.rules.current(review.guild_id)).spicy_stopped

    async def _store_done(
        self, review: Review, action: AuditAction, *, there: bool, by: int | None = None
    ) -> None:
        """Store that the change of a message was made, log it and have the user told, unless that was done."""
        if review.outstanding is None:
            return
        details = {} if there else {"message_gone": True}
        hid = action is AuditAction.VIDEO_HIDDEN
        actor, reason = (by, "") if hid else (by or review.decided_by, review.reason)
        entry = entry_about(review, action, self.now(), actor_id=actor, reason=reason, details=details)
        async with self.audit.transaction() as within:
            # A video may be hidden while moderators decide: it was hidden all the same.
            done, stays = await self.reviews.done(within, review.id, review.outstanding), hid
            if done or hid:
                await within.record(entry)
            if not hid:
                stays = action is AuditAction.VIDEO_RESTORED
                outcome = ReportOutcome.STAYS if stays else ReportOutcome.REMOVED
                await self.reports.decide(within, review.job_id, outcome, self.now())
            if done and there and not stays:
                await self.news.add(within, self._news(review))
        if review.refused_at is not None:
            self.questions.show_later(review.id)

    def _news(self, review: Review) -> News:
        guild_id, owner_id, kind = review.guild_id, review.person_id, NewsKind.REMOVED
        at, reason, job_id = self.now(), review.reason, review.job_id
        return News(guild_id=guild_id, person_id=owner_id, kind=kind, at=at, reason=reason, job_id=job_id)

    async def _defer(self, review: Review, error: Exception) -> None:
        """Leave a video to a later call of `finish`, and its card to say so."""
        log.warning(
            "reported_video_not_changed",
            job=review.job_id,
            error=type(error).__name__,
            reason=str(error),
        )
        if isinstance(error, DiscordUnavailableError):
            self._away_until_s[0] = asyncio.get_running_loop().time() + self.waits.away_s
            return
        await self.reviews.refused(review.id, self.now())
        if review.refused_at is None:
            self.questions.show_later(review.id)

    async def _restore(self, job: Job) -> bool:
        """Show a hidden video again if the rules allow it now. Returns True if the message shows it.

        Raises:
            DeliveryError: The message cannot show it at present.
            DimiLinksError: There is no copy, and none can be fetched at present.
            OSError: As `DimiLinksError`.
        """
        decision = await self.gatekeeper.decide_again(stored_request(job))
        if not decision.allowed:
            if decision.untold:
                raise DeliveryError("Discord does not tell what a rule needs to know")
            log.info("hidden_video_not_allowed", job=job.id, verdict=decision.verdict)
            return False
        try:
            path = await self.copies.fetch(job)
        except (TaskAbsentError, VideoMissingError):
            if job.id in self._absent:
                return False
            # A service that answers oddly may have it after all: the second answer is believed.
            self._absent.add(job.id)
            raise

        async def show(file: PostableFile) -> bool:
            posted = replace(job, posted_file=file.posted, file_facts=file.facts or job.file_facts)
            card = cards.delivered_card(posted, now=job.ready_at or self.now())
            post = Post(card, video_file_of(posted, file.path))
            return await send_in_allowed_words(partial(self._edit, job.reply), post)

        limit_bytes = await self.limits.of_reply(job.reply, by_token=False)
        return await self.files.post(job, path, limit_bytes, show)

    async def _edit(self, address: ReplyAddress, post: Post) -> bool:
        """Change the message with a video. Returns False if Discord has no such message any more.

        Raises:
            DeliveryError: It cannot be changed at present.
        """
        try:
            async for attempt in stamina.retry_context(
                on=DiscordUnavailableError, attempts=None, timeout=self.waits.edit_s, wait_max=10.0
            ):
                with attempt:
                    await self.messages.edit_as_bot(address, post)
        except ReplyUnreachableError as error:
            if not error.unknown:
                raise
            log.info("reported_video_gone", job=post.card.job_id)
            return False
        return True

    async def _remove_leftovers(self) -> None:
        """Delete copies of videos whose decision was carried out by a process that was killed then."""
        for job_id in await self.copies.job_ids():
            try:
                review = await self.reviews.latest(job_id, ReviewSubject.REPORT)
            except UnreadableRowError:
                continue
            if review is not None and review.state is not ReviewState.OPEN and review.outstanding is None:
                await self.copies.drop(job_id)
