"""Questions to a server's moderators: opened, shown to those who can answer, and their cards kept current."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

import structlog

from bot.files.job_files import JobFiles
from bot.jobs.history import JobHistory
from bot.jobs.job import Job, new_job_id
from bot.jobs.request_facts import shows_spicy
from bot.jobs.store import JobStore, StaleJobError
from bot.moderation.audit.entries import AuditAction
from bot.moderation.audit.log import AuditLog
from bot.moderation.gatekeeper import ModerationCaches
from bot.moderation.members.member import ListStatus
from bot.moderation.memberships import Memberships
from bot.moderation.presence import Presence
from bot.moderation.rules import ServerRules
from bot.moderation.words.findings import WordFindings
from bot.reviews.case import CardRefusedError, ReviewCase, ReviewChannel, VideoMessage
from bot.reviews.report_store import ReportStore
from bot.reviews.review import (
    Outstanding,
    Review,
    ReviewState,
    ReviewSubject,
    entry_about,
    is_overtaken,
    quorum_of,
)
from bot.reviews.store import ReviewStore
from bot.storage.advisory_locks import SoleWork
from bot.storage.errors import StorageError, UnreadableRowError
from bot.storage.shielding import shield_until_done
from bot.texts.jobs import day
from bot.texts.moderation import NO_RECORD, Record

log: Final = structlog.get_logger(__name__)

_RECORD_LIMIT: Final = 500
_PUT_WITHIN_S: Final = 10.0
_SHOW_OUTDATED_EVERY_S: Final = 30.0
_TRIES: Final = 120
"""Of a card that Discord does not take: an hour of them."""


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Questions:
    """Asks moderators and shows how their questions stand. Decides nothing and moves no job.

    Methods raise `bot.storage.errors.StorageError` where they do not say otherwise.
    """

    jobs: JobStore
    history: JobHistory
    reviews: ReviewStore
    reports: ReportStore
    audit: AuditLog
    caches: ModerationCaches
    memberships: Memberships
    review_channel: ReviewChannel
    files: JobFiles
    now: Callable[[], datetime]
    _outdated: set[str] = field(default_factory=set[str], init=False)
    _untaken: dict[str, int] = field(default_factory=dict[str, int], init=False)
    """How often Discord did not take a card."""

    async def ask(self, job: Job, subject: ReviewSubject, shown: VideoMessage | None = None) -> Review:
        """Open the question about a job, unless it was asked before. `present` then shows it.

        Args:
            job: The job, which was requested in a server.
            subject: The subject of the question.
            shown: The message with the video, for a question about a report.

        Returns:
            The question. One that was asked before may be closed already.

        Raises:
            StaleJobError: The job no longer waits for moderators, as it was cancelled or ended meanwhile.
            UnknownJobError: There is no such job any more.
        """
        if job.guild_id is None:
            raise ValueError("only servers have moderators")
        found = await self.reviews.latest(job.id, subject)
        rules = await self.caches.rules.current(job.guild_id)
        if found is not None and not _is_void(found, job, rules):
            return found
        now = self.now()
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
            outstanding=Outstanding.HIDE if subject is ReviewSubject.REPORT else None,
        )
        found = await self.words_in(job)
        async with self.audit.transaction() as within:
            # A cancellation closes the open question in its own transaction: none may be opened after it.
            if subject is not ReviewSubject.REPORT and (await self.jobs.get(job.id)).state is not job.state:
                raise StaleJobError(job.id)
            before = await self.reviews.latest(job.id, subject)
            rules = await self.caches.rules.as_stored(within.connection, job.guild_id)
            if before is not None and not _is_void(before, job, rules):
                return before  # another process asked meanwhile
            added = await self.reviews.add(within, asked)
            # A reported video has an entry of its own when it is hidden.
            if added and subject is not ReviewSubject.REPORT:
                prompt = job.request.prompt
                # Moderators read in the log which words matched; the user is never told.
                details = dict(found.details())
                if job.reply.channel_id is not None:
                    details["channel"] = str(job.reply.channel_id)
                held = entry_about(asked, AuditAction.REQUEST_HELD, now, details=details, prompt=prompt)
                await within.record(held)
        return asked if added else await self.reviews.latest(job.id, subject) or asked

    async def present(self, review: Review, job: Job) -> bool:
        """Show a question to those who can answer it, and note the message of its card.

        An answer may come at once and restart the job; the message is noted all the same. Does not raise
        `StorageError`: a question that is asked waits for moderators, whoever was shown it so far.

        Returns:
            True if the question is shown to a moderator now; else `ask_again` shows it.
        """
        try:
            return await self._present(review, job)
        except CardRefusedError:
            return False

    async def _present(self, review: Review, job: Job) -> bool:
        """Do so. Raises `CardRefusedError` where others of the server may be shown all the same."""
        if review.message_id is not None:
            return True
        try:
            return await shield_until_done(self._put(review, job), within_s=_PUT_WITHIN_S)
        except StorageError as error:
            log.warning("review_not_placed", review=review.id, reason=str(error))
            return False

    async def ask_again(self, guild_id: int | None = None) -> None:
        """Show the open questions, of all servers or of one, that are shown to no moderator."""
        closed: set[int] = set()
        for review in await self.reviews.unplaced(guild_id):
            if review.guild_id in closed:
                continue
            job = await self.jobs.find(review.job_id)
            try:
                if job is not None and not await self._present(review, job):
                    # Refused requests count towards Discord's ban for invalid ones: one a server and call at most.
                    closed.add(review.guild_id)
            except CardRefusedError:
                continue

    async def channel_gone(self, channel_id: int) -> None:
        """Show the open questions elsewhere whose cards were in a channel that was deleted."""
        displaced = await self.reviews.displace(channel_id)
        if displaced:
            log.warning("review_channel_deleted", channel=channel_id, questions=displaced)
            await self.ask_again()

    async def find_lost(self, guild_id: int | None = None) -> None:
        """Show the open questions, of all servers or of one, whose cards are lost with a deleted channel.

        The bot was not told if the channel was deleted while it was off.
        """
        for channel_id in await self.reviews.card_channels(guild_id):
            if await self.review_channel.is_deleted(channel_id):
                displaced = await self.reviews.displace(channel_id)
                log.warning("review_channel_deleted", channel=channel_id, questions=displaced)
        await self.ask_again(guild_id)

    async def show(self, review: Review) -> None:
        """Update a question's card. Never raises: a card that could not be updated is left to `show_outdated`."""
        # Before its content is read: what is left for later meanwhile may not be in it.
        self._outdated.discard(review.id)
        try:
            case = await self.case(review)
            if case is None or await self.review_channel.update(case):
                self._untaken.pop(review.id, None)
            else:
                self._show_untaken_later(review.id)
        except StorageError as error:
            log.warning("review_not_shown", review=review.id, reason=str(error))
            self._outdated.add(review.id)
        except asyncio.CancelledError:
            self._outdated.add(review.id)
            raise

    def _show_untaken_later(self, review_id: str) -> None:
        """Leave a card that Discord did not take now to `show_outdated`, so many times at most."""
        tries = self._untaken[review_id] = self._untaken.get(review_id, 0) + 1
        if tries <= _TRIES:
            self._outdated.add(review_id)
        else:
            del self._untaken[review_id]

    def show_later(self, review_id: str) -> None:
        """Leave a question's card to `show_outdated`, without waiting for Discord now."""
        self._outdated.add(review_id)

    async def show_outdated(self) -> None:
        """Update the cards that `show` could not, and those that were left for later, by this process."""
        for review_id in tuple(self._outdated):
            if review_id in self._outdated:
                await self.show_current(review_id)

    async def run(self) -> None:
        """Show what is outdated every 30 seconds, until cancelled: where `Decisions.run` is another process's."""
        while True:
            try:
                await self.show_outdated()
            except StorageError as error:
                log.warning("cards_not_shown", reason=str(error))
            await asyncio.sleep(_SHOW_OUTDATED_EVERY_S)

    async def show_current(self, review_id: str) -> None:
        """Read a question anew and update its card; removes the buttons that a killed process left on it."""
        try:
            review = await self.reviews.get(review_id)
        except UnreadableRowError:
            review = None
        if review is None:
            self._outdated.discard(review_id)
        else:
            await self.show(review)

    async def case(self, review: Review) -> ReviewCase | None:
        """Return the content of a question's card, or None if its job no longer exists."""
        job = await self.jobs.find(review.job_id)
        return await self._case(review, job) if job is not None else None

    async def record(self, guild_id: int, person_id: int) -> Record:
        """Return a user's record in a server."""
        now = self.now()
        rules = self.caches.rules.of(guild_id)
        asked = await self.reviews.of_person(guild_id, person_id, _RECORD_LIMIT)
        strikes = await self.caches.members.strikes(guild_id, person_id, rules, now)
        member = self.caches.members.of(guild_id, person_id)
        return Record(
            await self.history.made_in(guild_id, person_id),
            sum(one.state is ReviewState.APPROVED for one in asked),
            sum(one.state is ReviewState.DENIED for one in asked),
            len(strikes),
            member.listed is ListStatus.TRUSTED,
            day(member.suspended_until) if member.suspended_until and member.is_suspended(now) else None,
            blocked=member.listed is ListStatus.BLOCKED,
        )

    async def words_in(self, job: Job) -> WordFindings:
        """Return the terms in a job's prompt, for moderators alone."""
        return await self.caches.find_words(
            job.guild_id,
            job.request.prompt,
            spicy=shows_spicy(job),
            role_ids=job.role_ids,
            channel_id=job.reply.rules_channel_id,
        )

    async def _put(self, review: Review, job: Job) -> bool:
        async with self.reviews.alone(SoleWork.CARD, review.id) as confirm:
            current = await self.reviews.get(review.id)
            if current is not None and current.message_id is not None:
                return True  # by another process
            case = await self._case(review, job)
            await confirm()
            placed = await self.review_channel.put(case)
            if placed is not None:
                await self.reviews.place(review.id, *placed)
            return placed is not None

    async def _case(self, review: Review, job: Job) -> ReviewCase:
        if review.is_emptied:
            return ReviewCase(review, job, NO_RECORD, quorum=1)
        shows_video = review.subject is ReviewSubject.POSTING
        video = self.files.videos.path(job.video_name) if shows_video and job.video_name else None
        if self.files.videos.is_copied and review.state is ReviewState.OPEN:
            await self._fetch_files(review, job)
        record = await self.record(review.guild_id, review.person_id)
        if shows_video:
            member = await self.memberships.look(review.guild_id, review.person_id)
            record = replace(record, left=member.presence is Presence.GONE)
        quorum = quorum_of(review, self.caches.rules.of(review.guild_id))
        reported = review.subject is ReviewSubject.REPORT
        reports = await self.reports.of(job.id) if reported else ()
        return ReviewCase(review, job, record, quorum, video, reports, await self.words_in(job))

    async def _fetch_files(self, review: Review, job: Job) -> None:
        """Have what a card shows on this machine, as far as possible; without it the card has words alone."""
        try:
            match review.subject:
                case ReviewSubject.POSTING if job.video_name is not None:
                    await self.files.videos.fetch(job.video_name)
                case ReviewSubject.SUBMISSION:
                    for picture in job.pictures or ():
                        await self.files.pictures.fetch(picture.stored_name)
                case ReviewSubject.POSTING | ReviewSubject.REPORT:
                    pass
        except (OSError, StorageError) as error:
            log.warning("review_without_files", review=review.id, reason=str(error))


def _is_void(review: Review, job: Job, rules: ServerRules) -> bool:
    """Return True for a question that is asked once more: it was withdrawn, or approved before a stop of spicy."""
    return review.state is ReviewState.WITHDRAWN or is_overtaken(review, job, rules)
