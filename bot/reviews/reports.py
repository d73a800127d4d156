"""Reports of videos: counted, and moderators asked; what they look at before they decide."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Final

import structlog

from bot.jobs.job import Job, JobState
from bot.jobs.store import JobStore
from bot.moderation.audit.entries import AuditAction, AuditEntry
from bot.moderation.audit.log import AuditLog
from bot.moderation.gatekeeper import ModerationCaches
from bot.moderation.policy import Person, Place
from bot.moderation.rights import may_moderate
from bot.reviews.case import VideoMessage
from bot.reviews.questions import Questions
from bot.reviews.report_store import Report, ReportStore
from bot.reviews.review import Outstanding, Review, ReviewState, ReviewSubject
from bot.reviews.store import ReviewStore
from bot.reviews.takedowns import Takedowns
from bot.video import Preset

log: Final = structlog.get_logger(__name__)


class ReportResult(StrEnum):
    """Result of a report."""

    COUNTED = "counted"
    HIDDEN = "hidden"
    TO_BE_HIDDEN = "to_be_hidden"
    """Discord has not hidden it yet."""
    BEFORE = "before"
    """The user reported this video before."""
    GONE = "gone"


class ViewRefusal(StrEnum):
    """Reason why a user may not see a hidden video."""

    NOT_ALLOWED = "not_allowed"
    ELSEWHERE = "elsewhere"
    """The video is spicy, and the channel is not age-restricted."""
    GONE = "gone"


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Reports:
    """Counts reports and has videos hidden. Methods raise `bot.storage.StorageError`."""

    jobs: JobStore
    reports: ReportStore
    reviews: ReviewStore
    questions: Questions
    takedowns: Takedowns
    caches: ModerationCaches
    audit: AuditLog
    now: Callable[[], datetime]

    async def report(self, report: Report, person: Person, shown: VideoMessage | None) -> ReportResult:
        """Count a report, and hide the video if it is reported often enough.

        Args:
            report: The report, which counts once for each user and video.
            person: The user who reports.
            shown: The message with the video, or None if the bot cannot change it.
        """
        job = await self.jobs.find(report.job_id)
        if job is None:
            return ReportResult.GONE
        entry = self._entry(job, AuditAction.VIDEO_REPORTED, person.id, report.reason.value)
        new = await self.reports.add(report, entry)
        # A repeated report is checked as well: the database may have failed right after the first was stored.
        if shown is not None and await self._is_to_be_hidden(job, person):
            async with self.takedowns.exclusively(job.id):
                result = await self._ask_and_hide(job, shown)
            if result is ReportResult.TO_BE_HIDDEN and not self._moderates(job, person):
                return ReportResult.COUNTED  # what Discord does not do is for moderators to know
            if result is not None:
                return result
        return ReportResult.COUNTED if new else ReportResult.BEFORE

    async def is_hidden(self, job_id: str) -> bool:
        """Return True if a video is hidden or was removed because of reports."""
        review = await self.reviews.latest(job_id, ReviewSubject.REPORT)
        return review is not None and review.state is not ReviewState.APPROVED

    async def view(self, review: Review, person: Person, place: Place) -> Path | ViewRefusal:
        """Return the file of a hidden video for a moderator, and log the view.

        A spicy video is shown in age-restricted channels only.
        """
        if not may_moderate(person, self.caches.rules.of(review.guild_id), review.guild_id):
            return ViewRefusal.NOT_ALLOWED
        asked = review.subject is ReviewSubject.REPORT and review.state is ReviewState.OPEN
        job = await self.jobs.find(review.job_id) if asked else None
        if job is None:
            return ViewRefusal.GONE
        if job.request.preset is Preset.SPICY and place is not Place.AGE_RESTRICTED_CHANNEL:
            return ViewRefusal.ELSEWHERE
        async with self.takedowns.exclusively(job.id):
            if not await self.takedowns.copies.ensure(job):
                return ViewRefusal.GONE
        await self.audit.append(self._entry(job, AuditAction.HIDDEN_VIDEO_VIEWED, person.id, ""))
        return self.takedowns.copies.path(job.id)

    async def _is_to_be_hidden(self, job: Job, person: Person) -> bool:
        """Return True if a moderator reports a server's video, or if there are as many reports as its rules say."""
        if job.guild_id is None or job.state is not JobState.DELIVERED or job.reply.private:
            return False
        members = self.caches.members
        rules = self.caches.rules.of(job.guild_id)
        if self._moderates(job, person) and not members.of(job.guild_id, person.id).reports_muted:
            return True
        reporters = await self.reports.reporters(job.id)
        counted = sum(not members.of(job.guild_id, one).reports_muted for one in reporters)
        return counted >= rules.reports_to_hide

    def _moderates(self, job: Job, person: Person) -> bool:
        guild_id = job.guild_id
        return guild_id is not None and may_moderate(person, self.caches.rules.of(guild_id), guild_id)

    async def _ask_and_hide(self, job: Job, shown: VideoMessage) -> ReportResult | None:
        """Ask moderators about a video and hide it. Returns None if it was hidden or decided about before."""
        before = await self.reviews.latest(job.id, ReviewSubject.REPORT)
        if before is not None and before.state is not ReviewState.OPEN:
            return None  # moderators restored or removed it
        # The question comes first: it expires, so that a crash in between leaves nothing hidden for good.
        review = await self.questions.ask(job, ReviewSubject.REPORT, shown)
        if review.state is ReviewState.OPEN:
            await self.questions.present(review, job)
        if await self.takedowns.hide(review, job):
            return ReportResult.HIDDEN
        current = await self.reviews.get(review.id)
        waits = current is not None and current.outstanding is Outstanding.HIDE
        return ReportResult.TO_BE_HIDDEN if waits else None

    def _entry(self, job: Job, action: AuditAction, actor_id: int | None, reason: str) -> AuditEntry:
        return AuditEntry(
            job.guild_id or 0, self.now(), action, actor_id, job.reply.person_id, job.id, reason
        )
