"""Reports of videos: counted, and moderators asked; what they look at before they decide."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Final

import structlog

from bot.dimilinks import DimiLinksError, TaskAbsentError, VideoMissingError
from bot.files.store import FileStore
from bot.jobs.being_posted import found_posted, settled_as_posted
from bot.jobs.job import Job, JobState
from bot.jobs.request_facts import origin_of_job, shows_spicy
from bot.jobs.store import JobStore
from bot.moderation.audit.entries import AuditAction, AuditEntry, Detail
from bot.moderation.audit.log import AuditedTransaction, AuditLog
from bot.moderation.gatekeeper import ModerationCaches
from bot.moderation.members.member import ListStatus, Member
from bot.moderation.places import Place
from bot.moderation.policy import Person
from bot.moderation.reporting import Reporter, hides_alone
from bot.moderation.rights import may_moderate
from bot.reviews.case import VideoMessage
from bot.reviews.questions import Questions
from bot.reviews.report_store import Report, ReportStore
from bot.reviews.review import Outstanding, Review, ReviewState, ReviewSubject, entry_about
from bot.reviews.store import ReviewStore
from bot.reviews.takedowns import Takedowns

log: Final = structlog.get_logger(__name__)


class ReportResult(StrEnum):
    """Result of a report."""

    COUNTED = "counted"
    HIDDEN = "hidden"
    TO_BE_HIDDEN = "to_be_hidden"
    """Discord has not hidden it yet."""
    HIDES_NOTHING = "hides_nothing"
    """Counted, but the grave report of a user who is suspended or blocked does not hide by itself."""
    BEFORE = "before"
    """The user reported this video before."""
    GONE = "gone"


class ViewRefusal(StrEnum):
    """Reason why a user may not see a video under review."""

    NOT_ALLOWED = "not_allowed"
    ELSEWHERE = "elsewhere"
    """What would be shown is spicy, and the channel is not age-restricted."""
    GONE = "gone"
    AWAY = "away"
    """It cannot be fetched now."""


@dataclass(frozen=True)
class ViewedVideo:
    """A video that a moderator looks at: its file, and the job that made it."""

    path: Path
    job: Job


@dataclass(frozen=True)
class ViewedFrame:
    """The frame of a spicy video with which a request begins, at which a moderator looks."""

    path: Path
    job: Job


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Reports:
    """Counts reports and has videos hidden. Methods raise `bot.storage.errors.StorageError`."""

    jobs: JobStore
    reports: ReportStore
    reviews: ReviewStore
    questions: Questions
    takedowns: Takedowns
    caches: ModerationCaches
    audit: AuditLog
    videos: FileStore
    now: Callable[[], datetime]

    async def report(
        self, report: Report, person: Person, shown: VideoMessage | None, *, joined_at: datetime | None = None
    ) -> ReportResult:
        """Count a report, and hide the video if it is reported often enough, or for a grave reason.

        Args:
            report: The report, which counts once for each user and video.
            person: The user who reports.
            shown: The message with the video, or None if the bot cannot change it.
            joined_at: Moment at which the user joined the server, where Discord says so.
        """
        job = await found_posted(self.jobs, report.job_id)
        if job is not None and shown is not None:
            job = await settled_as_posted(self.jobs, job, self.now(), shown.message_id)
        if job is None:
            return ReportResult.GONE
        new = await self._store(job, report, shown, joined_at)
        # A repeated report is checked as well: the database may have failed right after the first was stored.
        if shown is not None and await self._is_to_be_hidden(job, person):
            async with self.takedowns.exclusively(job.id):
                result = await self._ask_and_hide(job, shown)
            if result is ReportResult.TO_BE_HIDDEN and not self._moderates(job, person):
                return ReportResult.COUNTED  # what Discord does not do is for moderators to know
            if result is not None:
                return result
        if not new:
            return ReportResult.BEFORE
        await self._show_anew(job.id)
        member = self.caches.members.of(job.guild_id, person.id)
        barred = job.guild_id is not None and self._is_barred(member)
        hides_nothing = report.reason.is_grave and barred
        return ReportResult.HIDES_NOTHING if hides_nothing else ReportResult.COUNTED

    async def _store(
        self, job: Job, report: Report, shown: VideoMessage | None, joined_at: datetime | None
    ) -> bool:
        """Store a report with its entry. Returns False if the user reported the video before."""
        guild_id = job.guild_id if _is_seen_by_others(job) else None
        placed = replace(report, guild_id=guild_id)
        if shown is not None:
            placed = replace(placed, channel_id=shown.channel_id, message_id=shown.message_id)
        entry = self._entry(job, AuditAction.VIDEO_REPORTED, report.person_id, report.reason.value)
        async with self.audit.transaction() as within:
            if guild_id is not None and shown is not None:
                # Within the transaction: of reports at the same moment no more hide than may.
                reporter = await self._reporter(within, guild_id, report.person_id, joined_at)
                rules = await self.caches.rules.as_stored(within.connection, guild_id)
                placed = replace(placed, hides=hides_alone(report.reason, reporter, rules, self.now()))
            new = await self.reports.add(within, placed)
            if new:
                details: dict[str, Detail] = {"hides": True} if placed.hides else {}
                if shown is not None:
                    details |= {"channel": str(shown.channel_id), "message": str(shown.message_id)}
                await within.record(replace(entry, details=details))
        return new

    async def _reporter(
        self, within: AuditedTransaction, guild_id: int, person_id: int, joined_at: datetime | None
    ) -> Reporter:
        member = await self.caches.members.as_stored(within.connection, guild_id, person_id)
        return Reporter(
            joined_at,
            member.reports_muted,
            self._is_barred(member),
            await self.reports.open_hidings(within, guild_id, person_id),
            await self.reports.dismissed_at(within, guild_id, person_id),
        )

    def _is_barred(self, member: Member) -> bool:
        blocked_people = self.caches.operator.blocked_people
        blocked = member.listed is ListStatus.BLOCKED or member.person_id in blocked_people
        return blocked or member.is_suspended(self.now())

    async def _show_anew(self, job_id: str) -> None:
        """Have the card of a reported video tell of another report."""
        review = await self.reviews.latest(job_id, ReviewSubject.REPORT)
        if review is not None and review.state is ReviewState.OPEN:
            self.questions.show_later(review.id)

    async def is_hidden(self, job_id: str) -> bool:
        """Return True if a video is hidden or was removed because of reports."""
        review = await self.reviews.latest(job_id, ReviewSubject.REPORT)
        return review is not None and review.state is not ReviewState.APPROVED

    async def view(
        self, review: Review, person: Person, place: Place
    ) -> ViewedVideo | ViewedFrame | ViewRefusal:
        """Return a video under review for a moderator, or the spicy frame of a request, and log the view.

        What is spicy is shown in age-restricted channels only.
        """
        if not may_moderate(person, await self.caches.rules.current(review.guild_id), review.guild_id):
            return ViewRefusal.NOT_ALLOWED
        job = await self.jobs.find(review.job_id) if review.state is ReviewState.OPEN else None
        asks_to_buy = review.subject is ReviewSubject.SUBMISSION
        if job is None or (asks_to_buy and not origin_of_job(job).continues_spicy):
            return ViewRefusal.GONE
        if shows_spicy(job) and place is not Place.AGE_RESTRICTED_CHANNEL:
            return ViewRefusal.ELSEWHERE
        try:
            path = await (self._frame_of(job) if asks_to_buy else self._file_of(job, review))
        except (FileNotFoundError, TaskAbsentError, VideoMissingError) as error:
            return _unseen(job, ViewRefusal.GONE, error)
        except (OSError, DimiLinksError) as error:
            return _unseen(job, ViewRefusal.AWAY, error)
        viewed = AuditAction.HIDDEN_PICTURE_VIEWED if asks_to_buy else AuditAction.HIDDEN_VIDEO_VIEWED
        await self.audit.append(entry_about(review, viewed, self.now(), actor_id=person.id))
        return ViewedFrame(path, job) if asks_to_buy else ViewedVideo(path, job)

    async def _frame_of(self, job: Job) -> Path:
        frames = [picture for picture in job.pictures or () if picture.own_spicy_video]
        if not frames:
            raise FileNotFoundError("no such frame")
        return await self.questions.files.pictures.fetch(frames[0].stored_name)

    async def _file_of(self, job: Job, review: Review) -> Path:
        if review.subject is ReviewSubject.POSTING and job.video_name is not None:
            return await self.videos.fetch(job.video_name)
        async with self.takedowns.exclusively(job.id):
            return await self.takedowns.copies.fetch(job)

    async def _is_to_be_hidden(self, job: Job, person: Person) -> bool:
        """Return True if a moderator reports a server's video, or if there are as many reports as its rules say."""
        if job.guild_id is None or not _is_seen_by_others(job):
            return False
        members = self.caches.members
        rules = await self.caches.rules.current(job.guild_id)
        moderates = may_moderate(person, rules, job.guild_id)
        if moderates and not (await members.current(job.guild_id, person.id)).reports_muted:
            return True
        counted = [
            one
            for one in await self.reports.of(job.id)
            if not (await members.current(job.guild_id, one.person_id)).reports_muted
        ]
        return len(counted) >= rules.reports_to_hide or any(one.hides for one in counted)

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
            job.guild_id or 0, self.now(), action, actor_id, job.reply.person_id or None, job.id, reason
        )


def _unseen(job: Job, refusal: ViewRefusal, error: Exception) -> ViewRefusal:
    """Log why a moderator does not see something."""
    log.warning("review_not_viewed", job=job.id, error=type(error).__name__, reason=str(error))
    return refusal


def _is_seen_by_others(job: Job) -> bool:
    return job.may_be_in_sight or (job.state is JobState.DELIVERED and not job.reply.private)
