"""Questions to a server's moderators: kept, shown to those who can answer them, and what their cards say."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from bot.jobs.job import Job, new_job_id
from bot.jobs.store import JobStore, UnknownJobError
from bot.moderation.audit.entries import AuditAction, AuditEntry
from bot.moderation.audit.log import AuditLog
from bot.moderation.gatekeeper import ModerationCaches
from bot.moderation.members.member import ListStatus
from bot.reviews.case import ReviewCase, ReviewChannel, VideoMessage, details_of, quorum_of
from bot.reviews.review import Review, ReviewState, ReviewSubject
from bot.reviews.store import ReviewStore
from bot.storage.shielding import shield_until_done
from bot.texts.jobs import day
from bot.texts.moderation import Record

_RECORD_LIMIT: Final = 500
_PUT_WITHIN_S: Final = 10.0


@dataclass(frozen=True)
class QuestionParts:
    """What asking needs."""

    jobs: JobStore
    reviews: ReviewStore
    audit: AuditLog
    caches: ModerationCaches
    review_channel: ReviewChannel
    media_dir: Path
    now: Callable[[], datetime]


class Questions:
    """Asks moderators and shows how their questions stand. Methods raise `bot.storage.StorageError`."""

    def __init__(self, parts: QuestionParts) -> None:
        self._parts = parts

    async def ask(self, job: Job, subject: ReviewSubject, shown: VideoMessage | None = None) -> Review:
        """The question about a job, kept if it was not yet; it may be decided already. `present` shows it."""
        parts = self._parts
        if job.guild_id is None:
            raise ValueError("only servers have moderators")
        found = await parts.reviews.latest(job.id, subject)
        if found is not None and found.state is not ReviewState.WITHDRAWN:
            return found
        now = parts.now()
        rules = parts.caches.rules.of(job.guild_id)
        hours = rules.hidden_hours if subject is ReviewSubject.REPORT else rules.review_hours
        asked = Review(
            new_job_id(),
            job.id,
            job.guild_id,
            job.reply.person_id,
            subject,
            ReviewState.OPEN,
            now,
            now + timedelta(hours=hours),
            shown_channel_id=shown.channel_id if shown is not None else None,
            shown_message_id=shown.message_id if shown is not None else None,
        )
        async with parts.audit.transaction() as within:
            added = await parts.reviews.add(within, asked)
            # That a video is reported and hidden is logged as such.
            if added and subject is not ReviewSubject.REPORT:
                await within.record(self._held(asked, job.request.prompt))
        return asked if added else await parts.reviews.latest(job.id, subject) or asked

    async def present(self, review: Review, job: Job) -> bool:
        """Show a question to those who can answer it; whether anybody sees it now.

        Where it is seen is noted even if the job is started anew meanwhile, by an answer that came at once.
        """
        if review.message_id is not None:
            return True
        return await shield_until_done(self._put(review, job), within_s=_PUT_WITHIN_S)

    async def ask_again(self) -> None:
        """Show the questions that nobody could be shown when they came up."""
        closed: set[int] = set()
        for review in await self._parts.reviews.unplaced():
            if review.guild_id in closed:
                continue
            try:
                job = await self._parts.jobs.get(review.job_id)
            except UnknownJobError:
                continue
            if not await self.present(review, job):
                # Refused requests count towards Discord's ban for invalid ones: one a server has to do.
                closed.add(review.guild_id)

    async def show(self, review: Review) -> None:
        """Show on a question's card how it stands."""
        case = await self.case(review)
        if case is not None:
            await self._parts.review_channel.update(case)

    async def case(self, review: Review) -> ReviewCase | None:
        """A question with all that its card shows; None when its job is no longer known."""
        try:
            job = await self._parts.jobs.get(review.job_id)
        except UnknownJobError:
            return None
        return await self._case(review, job)

    async def record(self, guild_id: int, person_id: int) -> Record:
        """A user's record in a server."""
        parts, now = self._parts, self._parts.now()
        rules = parts.caches.rules.of(guild_id)
        asked = await parts.reviews.of_person(guild_id, person_id, _RECORD_LIMIT)
        strikes = await parts.caches.members.strikes(guild_id, person_id, rules, now)
        member = parts.caches.members.of(guild_id, person_id)
        return Record(
            await parts.jobs.made_in(guild_id, person_id),
            sum(one.state is ReviewState.APPROVED for one in asked),
            sum(one.state is ReviewState.DENIED for one in asked),
            len(strikes),
            member.listed is ListStatus.TRUSTED,
            day(member.suspended_until) if member.suspended_until and member.is_suspended(now) else None,
        )

    async def _put(self, review: Review, job: Job) -> bool:
        placed = await self._parts.review_channel.put(await self._case(review, job))
        if placed is not None:
            await self._parts.reviews.place(review.id, *placed)
        return placed is not None

    async def _case(self, review: Review, job: Job) -> ReviewCase:
        waits = review.subject is ReviewSubject.POSTING and job.video_name is not None
        video = self._parts.media_dir / job.video_name if waits and job.video_name else None
        record = await self.record(review.guild_id, review.person_id)
        rules = self._parts.caches.rules.of(review.guild_id)
        return ReviewCase(review, job, record, quorum_of(review, rules), video)

    def _held(self, review: Review, prompt: str) -> AuditEntry:
        """That a request waits, and the listed words in it: moderators read them, its user never does."""
        return AuditEntry(
            review.guild_id,
            self._parts.now(),
            AuditAction.REQUEST_HELD,
            None,
            review.person_id,
            review.job_id,
            details=details_of(review) | {"terms": self._parts.caches.listed_in(review.guild_id, prompt)},
            prompt=prompt,
        )
