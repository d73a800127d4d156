"""Reported videos: counted, hidden when there are enough reports, and brought back or removed by moderators."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
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
    VideoFile,
)
from bot.dimilinks import DimiLinks, DimiLinksError
from bot.jobs import cards
from bot.jobs.job import Job, JobState
from bot.jobs.request_facts import stored_request
from bot.jobs.store import JobStore, UnknownJobError
from bot.moderation.audit.entries import AuditAction, AuditEntry
from bot.moderation.audit.log import AuditLog
from bot.moderation.gatekeeper import Gatekeeper
from bot.moderation.policy import Person, Place, may_moderate
from bot.reviews.case import VideoMessage
from bot.reviews.questions import Questions
from bot.reviews.report_store import Report, ReportStore
from bot.reviews.review import Review, ReviewState, ReviewSubject
from bot.reviews.store import ReviewStore
from bot.video import Preset

log: Final = structlog.get_logger(__name__)

HIDDEN_PREFIX: Final = "hidden-"
"""How the files of hidden videos are called; housekeeping leaves them alone."""
_SHOW_WITHIN_S: Final = 120.0
"""How long Discord may stay away before a video is left as it is seen."""


class ReportResult(StrEnum):
    """What came of a report."""

    COUNTED = "counted"
    HIDDEN = "hidden"
    BEFORE = "before"
    GONE = "gone"


class ViewRefusal(StrEnum):
    """Why somebody does not get to see a hidden video."""

    NOT_ALLOWED = "not_allowed"
    ELSEWHERE = "elsewhere"
    """It is spicy, and this is no age-restricted channel."""
    GONE = "gone"


@dataclass(frozen=True)
class ReportParts:
    """What reports need."""

    jobs: JobStore
    reports: ReportStore
    reviews: ReviewStore
    questions: Questions
    gatekeeper: Gatekeeper
    audit: AuditLog
    messages: Messages
    api: DimiLinks
    media_dir: Path
    now: Callable[[], datetime]


class Reports:
    """Receives reports. Methods raise `bot.storage.StorageError`."""

    def __init__(self, parts: ReportParts) -> None:
        self._parts = parts
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._settled: set[str] = set()

    async def report(self, report: Report, person: Person, shown: VideoMessage | None) -> ReportResult:
        """Count a report, and hide the video if that suffices."""
        parts = self._parts
        job = await self._job(report.job_id)
        if job is None:
            return ReportResult.GONE
        entry = self._entry(job, AuditAction.VIDEO_REPORTED, person.id, report.reason.value)
        new = await parts.reports.add(report, entry)
        # One made before may have been kept just before the disk failed, so what it calls for is looked at again.
        if shown is not None and await self._is_to_be_hidden(job, person):
            async with self._alone_with(job.id):
                if await self._hide(job, shown):
                    return ReportResult.HIDDEN
        return ReportResult.COUNTED if new else ReportResult.BEFORE

    async def settle(self, review: Review) -> None:
        """Bring a hidden video back, or remove it for good, as moderators decided or nobody did.

        Done twice it does nothing more.
        """
        job = await self._job(review.job_id)
        if job is None or review.shown_channel_id is None or review.shown_message_id is None:
            return
        async with self._alone_with(job.id):
            if review.id in self._settled:
                return
            address = self._address(job, VideoMessage(review.shown_channel_id, review.shown_message_id))
            restored = review.state is ReviewState.APPROVED and await self._bring_back(
                replace(job, reply=address)
            )
            if not restored:
                await self._show(address, Post(cards.removed_card(job)))
            action = AuditAction.VIDEO_RESTORED if restored else AuditAction.VIDEO_REMOVED
            await self._parts.audit.append(self._entry(job, action, review.decided_by, review.reason))
            await asyncio.to_thread(self.kept(job.id).unlink, missing_ok=True)
            self._settled.add(review.id)

    async def finish(self) -> None:
        """Settle what was decided and not carried out, as when an earlier process ended in between.

        Needs the gateway, so it is not to be waited for before the client is connected.
        """
        found = await asyncio.to_thread(lambda: [*self._parts.media_dir.glob(f"{HIDDEN_PREFIX}*.mp4")])
        for path in found:
            job_id = path.stem.removeprefix(HIDDEN_PREFIX)
            review = await self._parts.reviews.latest(job_id, ReviewSubject.REPORT)
            if review is not None and review.state is not ReviewState.OPEN:
                await self.settle(review)

    def kept(self, job_id: str) -> Path:
        """Where a hidden video lies."""
        return self._parts.media_dir / f"{HIDDEN_PREFIX}{job_id}.mp4"

    async def is_hidden(self, job_id: str) -> bool:
        """Whether a video is hidden, or was removed."""
        review = await self._parts.reviews.latest(job_id, ReviewSubject.REPORT)
        return review is not None and review.state is not ReviewState.APPROVED

    async def view(self, review: Review, person: Person, place: Place) -> Path | ViewRefusal:
        """The hidden video for a moderator to look at, which is logged, or why they do not see it.

        What is spicy is looked at in age-restricted channels only.
        """
        if not may_moderate(person, self._parts.gatekeeper.caches.rules.of(review.guild_id), review.guild_id):
            return ViewRefusal.NOT_ALLOWED
        asked = review.subject is ReviewSubject.REPORT and review.state is ReviewState.OPEN
        job = await self._job(review.job_id) if asked else None
        if job is None:
            return ViewRefusal.GONE
        if job.request.preset is Preset.SPICY and place is not Place.AGE_RESTRICTED_CHANNEL:
            return ViewRefusal.ELSEWHERE
        async with self._alone_with(job.id):
            if not await self._keep(job):
                return ViewRefusal.GONE
        await self._parts.audit.append(self._entry(job, AuditAction.HIDDEN_VIDEO_VIEWED, person.id, ""))
        return self.kept(job.id)

    async def _is_to_be_hidden(self, job: Job, person: Person) -> bool:
        if job.guild_id is None or job.state is not JobState.DELIVERED or job.reply.private:
            return False
        caches = self._parts.gatekeeper.caches
        rules = caches.rules.of(job.guild_id)
        muted = caches.members.of(job.guild_id, person.id).reports_muted
        if may_moderate(person, rules, job.guild_id) and not muted:
            return True
        return await self._count(job) >= rules.reports_to_hide

    async def _hide(self, job: Job, shown: VideoMessage) -> bool:
        """Whether the video was there until now, and moderators are asked about it."""
        parts = self._parts
        before = await parts.reviews.latest(job.id, ReviewSubject.REPORT)
        if before is not None and before.state is not ReviewState.OPEN:
            return False  # moderators brought it back, or removed it
        # The question comes first: it ends by itself, so that nothing stays hidden for good by a crash.
        review = await parts.questions.ask(job, ReviewSubject.REPORT, shown)
        if review.state is ReviewState.OPEN:
            await parts.questions.present(review, job)
        still = await parts.reviews.get(review.id)
        if still is None or still.state is not ReviewState.OPEN:
            return False  # decided meanwhile, and then `settle` shows what came of it
        await self._show(self._address(job, shown), Post(cards.hidden_card(job)))
        await self._keep(job)
        if before is not None:
            return False
        await parts.audit.append(self._entry(job, AuditAction.VIDEO_HIDDEN, None, "reports"))
        return True

    async def _keep(self, job: Job) -> bool:
        """Whether there is a copy for the moderators; fetching it once more costs nothing."""
        path = self.kept(job.id)
        if await asyncio.to_thread(path.exists):
            return True
        if job.task_id is None:
            return False
        try:
            await self._parts.api.download(job.task_id, path)
        except (DimiLinksError, OSError) as error:
            log.warning("hidden_video_not_kept", job=job.id, error=type(error).__name__)
            return False
        return True

    async def _bring_back(self, job: Job) -> bool:
        if not await self._keep(job):
            return False
        decision = await self._parts.gatekeeper.decide_again(stored_request(job))
        if not decision.allowed:
            log.info("hidden_video_not_allowed", job=job.id, verdict=decision.verdict)
            return False
        path = self.kept(job.id)
        size_bytes = path.stat().st_size
        spoiler = job.request.preset is Preset.SPICY
        video = VideoFile(path, f"stillmotion-{job.id[:8]}.mp4", size_bytes, spoiler)
        return await self._show(
            job.reply, Post(cards.delivered_card(job, now=job.ready_at or self._parts.now()), video)
        )

    async def _show(self, address: ReplyAddress, post: Post) -> bool:
        """Whether the message shows it now; Discord is waited for, as nobody tries again later."""
        try:
            async for attempt in stamina.retry_context(
                on=DiscordUnavailableError, attempts=None, timeout=_SHOW_WITHIN_S, wait_max=10.0
            ):
                with attempt:
                    await self._parts.messages.edit_as_bot(address, post)
        except DeliveryError as error:
            log.warning("reported_video_not_changed", job=post.card.job_id, reason=str(error))
            return False
        return True

    def _alone_with(self, job_id: str) -> asyncio.Lock:
        """Keeps others from the same video meanwhile."""
        return self._locks.setdefault(job_id, asyncio.Lock())

    def _address(self, job: Job, shown: VideoMessage) -> ReplyAddress:
        return replace(job.reply, token=None, channel_id=shown.channel_id, message_id=shown.message_id)

    async def _count(self, job: Job) -> int:
        members = self._parts.gatekeeper.caches.members
        reporters = await self._parts.reports.reporters(job.id)
        return sum(not members.of(job.guild_id, one).reports_muted for one in reporters)

    async def _job(self, job_id: str) -> Job | None:
        try:
            return await self._parts.jobs.get(job_id)
        except UnknownJobError:
            return None

    def _entry(self, job: Job, action: AuditAction, actor_id: int | None, reason: str) -> AuditEntry:
        return AuditEntry(
            job.guild_id or 0, self._parts.now(), action, actor_id, job.reply.person_id, job.id, reason
        )
