"""Takedowns: messages with reported videos are hidden, restored and emptied, until Discord has done it.

What is still to be done is stored with the question (`Review.outstanding`). The entry in the log says that it was
done, and is written in the transaction that stores so.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Final
from weakref import WeakValueDictionary

import stamina
import structlog

from bot.delivery.messages import (
    DeliveryError,
    DiscordUnavailableError,
    Messages,
    Post,
    ReplyAddress,
    ReplyUnreachableError,
)
from bot.dimilinks import DimiLinksError
from bot.files.store import FilesUnavailableError
from bot.jobs import cards
from bot.jobs.job import Job, new_job_id
from bot.jobs.store import JobStore
from bot.moderation.audit.entries import AuditAction
from bot.moderation.audit.log import AuditedTransaction, AuditLog
from bot.moderation.members.news import News, NewsKind, NewsStore
from bot.reviews.case import VideoMessage, address_of, message_of
from bot.reviews.hidden_copies import HiddenCopies
from bot.reviews.questions import Questions
from bot.reviews.report_store import ReportOutcome, ReportStore
from bot.reviews.report_waits import ReportWaits
from bot.reviews.restoring import Ask, RestorePutOffError, Restoring, RuleUntoldError
from bot.reviews.review import Outstanding, Review, ReviewState, ReviewSubject, entry_about
from bot.reviews.store import ReviewStore
from bot.storage.advisory_locks import SoleWork
from bot.storage.backend import Confirm
from bot.storage.errors import NotAloneError, UnreadableRowError

log: Final = structlog.get_logger(__name__)


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Takedowns:
    """Changes messages with reported videos. Methods raise `bot.storage.errors.StorageError`."""

    jobs: JobStore
    reviews: ReviewStore
    reports: ReportStore
    questions: Questions
    restoring: Restoring
    audit: AuditLog
    messages: Messages
    copies: HiddenCopies
    news: NewsStore
    waits: ReportWaits
    now: Callable[[], datetime]
    _locks: WeakValueDictionary[str, asyncio.Lock] = field(
        default_factory=WeakValueDictionary[str, asyncio.Lock], init=False
    )
    _confirms: dict[str, Confirm] = field(default_factory=dict[str, Confirm], init=False)
    _away_until_s: list[float] = field(default_factory=lambda: [0.0], init=False)

    @asynccontextmanager
    async def exclusively(self, job_id: str) -> AsyncGenerator[None]:
        """Hold the lock under which a video is hidden, viewed and restored, also by other processes."""
        async with (
            self._locks.setdefault(job_id, asyncio.Lock()),
            self.reviews.alone(SoleWork.TAKEDOWN, job_id) as confirm,
        ):
            self._confirms[job_id] = confirm
            try:
                yield
            finally:
                del self._confirms[job_id]

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
        if before is not None and before.outstanding is not None:
            await self.reviews.done(within, before.id, before.outstanding)  # it is not restored any more
            self.questions.show_later(before.id)
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
        current, shown = await self._due(review), message_of(review)
        if current is None or shown is None or current.outstanding is not Outstanding.HIDE:
            return False  # hidden before, or decided meanwhile
        try:
            kept = await self._keep_original(job)  # at once, whatever Discord says to the edit
            there = await self._edit(address_of(job, shown), Post(cards.hidden_card(job)))
        except (DeliveryError, OSError) as error:
            await self._defer(current, error)
            return False
        await self._store_done(current, AuditAction.VIDEO_HIDDEN, there=there)
        if not kept:
            # The reporter and the next decision wait for this; who wants to see the video fetches it then.
            with suppress(TimeoutError):
                async with asyncio.timeout(self.waits.edit_s):
                    await self.copies.ensure(job)
        return True

    async def _keep_original(self, job: Job) -> bool:
        """Make the original moderators' copy. Returns False if there is none.

        While a store is away it stays as it is: nobody is given it, and it is kept until they have decided. On a
        slow disk it would go when its time is over, so there it counts as none.
        """
        try:
            async with asyncio.timeout(self.waits.original_s):
                return await self.copies.take_original(job)
        except (FilesUnavailableError, TimeoutError) as error:
            log.warning("original_not_taken", job=job.id, reason=str(error) or type(error).__name__)
            return self.copies.videos.is_copied

    async def apply(self, review: Review) -> None:
        """Restore a hidden video or remove it for good, as its closed question says. May be repeated.

        While Discord or the video service is away or refuses, the file stays, and `finish` tries again.
        """
        shown, job = message_of(review), await self.jobs.find(review.job_id)
        if job is None or shown is None:
            return
        async with self.exclusively(job.id):
            current = await self._due(review)
            if current is None:
                return
            address, there = address_of(job, shown), True
            restores = current.outstanding is Outstanding.RESTORE
            if not restores:
                await self.copies.originals.drop_of(job)
            try:
                restored = restores and await self.restoring.restore(
                    current, replace(job, reply=address), partial(self._edit, address)
                )
                if not restored:
                    there = await self._edit(address, Post(cards.removed_card(job)))
            except RestorePutOffError:
                return
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
            # A later round sees to it; or nobody can tell what was decided since.
            with suppress(NotAloneError, UnreadableRowError):
                await self._finish(review)
        await self._remove_leftovers()

    async def _finish(self, review: Review) -> None:
        if review.state is not ReviewState.OPEN:
            await self.apply(review)
        elif (job := await self.jobs.find(review.job_id)) is not None:
            async with self.exclusively(job.id):
                await self.hide(review, job)

    async def _due(self, review: Review) -> Review | None:
        """Return a question as it is stored, if its change of the message is still to be made.

        A newer one about the same video alone says what is to be done: the older one's change is dropped. After a
        backup was put back there may be both.
        """
        latest = await self.reviews.latest(review.job_id, ReviewSubject.REPORT)
        if latest is None or latest.id == review.id:
            return latest if latest is not None and latest.outstanding is not None else None
        if review.outstanding is not None:
            log.info("older_decision_dropped", job=review.job_id, review=review.id)
            async with self.audit.transaction() as within:
                await self.reviews.done(within, review.id, review.outstanding)
        return None

    def _is_paused(self, review: Review) -> bool:
        if review.refused_at is None:
            return False
        # A clock that was set back must not lengthen the pause.
        return timedelta() <= self.now() - review.refused_at < timedelta(seconds=self.waits.refused_s)

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
            if done and not hid:
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

    async def _edit(self, address: ReplyAddress, post: Post, ask: Ask | None = None) -> bool:
        """Change the message with a video. Returns False if Discord has no such message any more.

        Args:
            address: The message.
            post: Its new content.
            ask: Called right before every try, where one has to ask.

        Raises:
            DeliveryError: It cannot be changed at present.
            NotAloneError: Another process may have changed it since `exclusively` began.
        """
        passing = (DiscordUnavailableError, RuleUntoldError)
        try:
            async for attempt in stamina.retry_context(
                on=passing, attempts=None, timeout=self.waits.edit_s, wait_max=10.0
            ):
                with attempt:
                    if ask is not None:
                        await ask()
                    await self._confirms[post.card.job_id]()
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
