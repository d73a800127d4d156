"""Reported videos: hidden once there are enough reports, then restored or removed as moderators decide."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from pathlib import Path
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
    VideoFile,
)
from bot.dimilinks import DimiLinks, DimiLinksError, TaskAbsentError, VideoMissingError
from bot.jobs import cards
from bot.jobs.job import Job, JobState, shown_video_name_of
from bot.jobs.request_facts import stored_request
from bot.jobs.store import JobStore
from bot.moderation.audit.entries import AuditAction, AuditEntry
from bot.moderation.audit.log import AuditLog
from bot.moderation.gatekeeper import Gatekeeper
from bot.moderation.policy import Person, Place
from bot.moderation.rights import may_moderate
from bot.reviews.case import VideoMessage, address_of, message_of
from bot.reviews.questions import Questions
from bot.reviews.report_store import Report, ReportStore
from bot.reviews.report_waits import ReportWaits
from bot.reviews.review import Review, ReviewState, ReviewSubject
from bot.reviews.store import ReviewStore
from bot.storage.errors import UnreadableRowError
from bot.video import Preset

log: Final = structlog.get_logger(__name__)

HIDDEN_PREFIX: Final = "hidden-"
"""Prefix of the file names of hidden videos. The clean-up leaves these files alone."""
_APPLIED: Final = frozenset({AuditAction.VIDEO_RESTORED, AuditAction.VIDEO_REMOVED})
"""Entries of which one says that a decision about a hidden video was carried out."""


class ReportResult(StrEnum):
    """Result of a report."""

    COUNTED = "counted"
    HIDDEN = "hidden"
    BEFORE = "before"
    """The user reported this video before."""
    GONE = "gone"


class ViewRefusal(StrEnum):
    """Reason why a user may not see a hidden video."""

    NOT_ALLOWED = "not_allowed"
    ELSEWHERE = "elsewhere"
    """The video is spicy, and the channel is not age-restricted."""
    GONE = "gone"


class Reports:
    """Counts reports, hides videos and applies the decisions about them.

    Methods raise `bot.storage.StorageError`.
    """

    def __init__(
        self,
        *,
        jobs: JobStore,
        reports: ReportStore,
        reviews: ReviewStore,
        questions: Questions,
        gatekeeper: Gatekeeper,
        audit: AuditLog,
        messages: Messages,
        api: DimiLinks,
        media_dir: Path,
        waits: ReportWaits,
        now: Callable[[], datetime],
    ) -> None:
        self._jobs = jobs
        self._reports = reports
        self._reviews = reviews
        self._questions = questions
        self._gatekeeper = gatekeeper
        self._audit = audit
        self._messages = messages
        self._api = api
        self._media_dir = media_dir
        self._waits = waits
        self._now = now
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._away_until_s = 0.0
        self._not_before_s: dict[str, float] = {}
        self._absent: set[str] = set()

    async def report(self, report: Report, person: Person, shown: VideoMessage | None) -> ReportResult:
        """Count a report, and hide the video if it is reported often enough.

        Args:
            report: The report, which counts once for each user and video.
            person: The user who reports.
            shown: The message with the video, or None if the bot cannot change it.
        """
        job = await self._jobs.find(report.job_id)
        if job is None:
            return ReportResult.GONE
        entry = self._entry(job, AuditAction.VIDEO_REPORTED, person.id, report.reason.value)
        new = await self._reports.add(report, entry)
        # A repeated report is checked as well: the database may have failed right after the first was stored.
        if shown is not None and await self._is_to_be_hidden(job, person):
            async with self._lock(job.id):
                if await self._ask_and_hide(job, shown):
                    return ReportResult.HIDDEN
        return ReportResult.COUNTED if new else ReportResult.BEFORE

    async def apply(self, review: Review) -> None:
        """Restore a hidden video or remove it for good, as its closed question says. May be repeated.

        While Discord or the video service is away or refuses, the file stays, and `finish` tries again.
        """
        shown, job = message_of(review), await self._jobs.find(review.job_id)
        if job is None or shown is None:
            return
        async with self._lock(job.id):
            naming = review.id if review.asked_nobody else None
            logged = await self._audit.store.actions_about(job.id, review.person_id, naming=naming)
            if _APPLIED & logged or self._is_stopped(job, review):
                return
            address = address_of(job, shown)
            try:
                restored = review.state is ReviewState.APPROVED and await self._restore(
                    replace(job, reply=address)
                )
                if not restored:
                    await self._edit(address, Post(cards.removed_card(job)))
            except (DeliveryError, DimiLinksError, OSError) as error:
                self._defer(review.job_id, error)
                return
            action = AuditAction.VIDEO_RESTORED if restored else AuditAction.VIDEO_REMOVED
            entry = self._entry(job, action, review.decided_by, review.reason)
            entries = [replace(entry, details={"review": review.id})]
            if not review.asked_nobody and AuditAction.VIDEO_HIDDEN not in logged:
                entries.insert(0, self._entry(job, AuditAction.VIDEO_HIDDEN, None, "reports"))
            await self._audit.append(*entries)
            await asyncio.to_thread(self._copy_path(job.id).unlink, missing_ok=True)

    def _is_stopped(self, job: Job, review: Review) -> bool:
        """Return True if a video cannot be restored while spicy is stopped."""
        spicy = review.state is ReviewState.APPROVED and job.request.preset is Preset.SPICY
        return spicy and self._gatekeeper.caches.rules.of(review.guild_id).spicy_stopped

    async def finish(self) -> None:
        """Carry out what was not: decisions, and the hiding of videos that moderators are asked about.

        Discord was away, or the process was killed. Waits for Discord: not called before the client is connected.
        """
        for review in await self._reviews.unfinished_reports():
            time_s = asyncio.get_running_loop().time()
            if time_s < self._away_until_s:
                return
            if time_s < self._not_before_s.get(review.job_id, 0.0):
                continue
            if review.state is not ReviewState.OPEN:
                await self.apply(review)
            elif (shown := message_of(review)) is not None and (
                job := await self._jobs.find(review.job_id)
            ) is not None:
                async with self._lock(job.id):
                    await self._hide(review, job, shown)
        await self._remove_leftovers()

    async def _remove_leftovers(self) -> None:
        """Delete copies of videos whose decision was carried out by a process that was killed then."""
        for path in await asyncio.to_thread(lambda: [*self._media_dir.glob(f"{HIDDEN_PREFIX}*.mp4")]):
            job_id = path.stem.removeprefix(HIDDEN_PREFIX)
            try:
                review = await self._reviews.latest(job_id, ReviewSubject.REPORT)
            except UnreadableRowError:
                continue
            if review is not None and _APPLIED & await self._audit.store.actions_about(
                job_id, review.person_id
            ):
                await asyncio.to_thread(path.unlink, missing_ok=True)

    async def is_hidden(self, job_id: str) -> bool:
        """Return True if a video is hidden or was removed because of reports."""
        review = await self._reviews.latest(job_id, ReviewSubject.REPORT)
        return review is not None and review.state is not ReviewState.APPROVED

    async def view(self, review: Review, person: Person, place: Place) -> Path | ViewRefusal:
        """Return the file of a hidden video for a moderator, and log the view.

        A spicy video is shown in age-restricted channels only.
        """
        if not may_moderate(person, self._gatekeeper.caches.rules.of(review.guild_id), review.guild_id):
            return ViewRefusal.NOT_ALLOWED
        asked = review.subject is ReviewSubject.REPORT and review.state is ReviewState.OPEN
        job = await self._jobs.find(review.job_id) if asked else None
        if job is None:
            return ViewRefusal.GONE
        if job.request.preset is Preset.SPICY and place is not Place.AGE_RESTRICTED_CHANNEL:
            return ViewRefusal.ELSEWHERE
        async with self._lock(job.id):
            if not await self._ensure_copy(job):
                return ViewRefusal.GONE
        await self._audit.append(self._entry(job, AuditAction.HIDDEN_VIDEO_VIEWED, person.id, ""))
        return self._copy_path(job.id)

    async def _is_to_be_hidden(self, job: Job, person: Person) -> bool:
        """Return True if a moderator reports a server's video, or if there are as many reports as its rules say."""
        if job.guild_id is None or job.state is not JobState.DELIVERED or job.reply.private:
            return False
        members = self._gatekeeper.caches.members
        rules = self._gatekeeper.caches.rules.of(job.guild_id)
        if (
            may_moderate(person, rules, job.guild_id)
            and not members.of(job.guild_id, person.id).reports_muted
        ):
            return True
        reporters = await self._reports.reporters(job.id)
        counted = sum(not members.of(job.guild_id, one).reports_muted for one in reporters)
        return counted >= rules.reports_to_hide

    async def _ask_and_hide(self, job: Job, shown: VideoMessage) -> bool:
        """Ask moderators about a video and hide it. Returns True if it was not hidden before."""
        before = await self._reviews.latest(job.id, ReviewSubject.REPORT)
        if before is not None and before.state is not ReviewState.OPEN:
            return False  # moderators restored or removed it
        # The question comes first: it expires, so that a crash in between leaves nothing hidden for good.
        review = await self._questions.ask(job, ReviewSubject.REPORT, shown)
        if review.state is ReviewState.OPEN:
            await self._questions.present(review, job)
        return await self._hide(review, job, shown)

    async def _hide(self, review: Review, job: Job, shown: VideoMessage) -> bool:
        """Hide a video while its question is open. Returns True if it was not hidden before.

        The entry in the log says that it is done: without one `finish` does it again.
        """
        current = await self._reviews.get(review.id)
        if current is None or current.state is not ReviewState.OPEN:
            return False  # decided meanwhile; `apply` shows the result
        try:
            await self._edit(address_of(job, shown), Post(cards.hidden_card(job)))
        except DeliveryError as error:
            self._defer(job.id, error)
            return False
        await self._ensure_copy(job)
        if AuditAction.VIDEO_HIDDEN in await self._audit.store.actions_about(job.id, review.person_id):
            return False
        await self._audit.append(self._entry(job, AuditAction.VIDEO_HIDDEN, None, "reports"))
        return True

    def _defer(self, job_id: str, error: Exception) -> None:
        """Leave a video to a later call of `finish`."""
        log.warning("reported_video_not_changed", job=job_id, error=type(error).__name__, reason=str(error))
        time_s = asyncio.get_running_loop().time()
        if isinstance(error, DiscordUnavailableError):
            self._away_until_s = time_s + self._waits.away_s
        else:
            self._not_before_s[job_id] = time_s + self._waits.refused_s

    def _copy_path(self, job_id: str) -> Path:
        return self._media_dir / f"{HIDDEN_PREFIX}{job_id}.mp4"

    async def _ensure_copy(self, job: Job) -> bool:
        """Have a copy of a hidden video for the moderators. Returns False if it could not be fetched."""
        try:
            await self._fetch_copy(job)
        except (DimiLinksError, OSError) as error:
            log.warning("hidden_video_not_kept", job=job.id, error=type(error).__name__)
            return False
        return True

    async def _fetch_copy(self, job: Job) -> None:
        path = self._copy_path(job.id)
        if await asyncio.to_thread(path.exists):
            return
        if job.task_id is None:
            raise VideoMissingError("never bought")
        # Downloading the video of a bought task once more is not charged.
        await self._api.download(job.task_id, path)

    async def _restore(self, job: Job) -> bool:
        """Show a hidden video again if the rules allow it now. Returns True if the message shows it.

        Raises:
            DeliveryError: The message cannot show it at present.
            DimiLinksError: There is no copy, and none can be fetched at present.
            OSError: As `DimiLinksError`.
        """
        decision = await self._gatekeeper.decide_again(stored_request(job))
        if not decision.allowed:
            log.info("hidden_video_not_allowed", job=job.id, verdict=decision.verdict)
            return False
        try:
            await self._fetch_copy(job)
        except (TaskAbsentError, VideoMissingError):
            if job.id in self._absent:
                return False
            # A service that answers oddly may have it after all: the second answer is believed.
            self._absent.add(job.id)
            raise
        path = self._copy_path(job.id)
        size_bytes = path.stat().st_size
        spoiler = job.request.preset is Preset.SPICY
        video = VideoFile(path, shown_video_name_of(job), size_bytes, spoiler)
        card = cards.delivered_card(job, now=job.ready_at or self._now())
        return await self._edit(job.reply, Post(card, video))

    async def _edit(self, address: ReplyAddress, post: Post) -> bool:
        """Change the message with a video. Returns False if Discord has no such message any more.

        Raises:
            DeliveryError: It cannot be changed at present.
        """
        try:
            async for attempt in stamina.retry_context(
                on=DiscordUnavailableError, attempts=None, timeout=self._waits.edit_s, wait_max=10.0
            ):
                with attempt:
                    await self._messages.edit_as_bot(address, post)
        except ReplyUnreachableError as error:
            if not error.unknown:
                raise
            log.info("reported_video_gone", job=post.card.job_id)
            return False
        return True

    def _lock(self, job_id: str) -> asyncio.Lock:
        """Return the lock under which a video is hidden, viewed and restored."""
        return self._locks.setdefault(job_id, asyncio.Lock())

    def _entry(self, job: Job, action: AuditAction, actor_id: int | None, reason: str) -> AuditEntry:
        return AuditEntry(
            job.guild_id or 0, self._now(), action, actor_id, job.reply.person_id, job.id, reason
        )
