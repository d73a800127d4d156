"""Housekeeping: tokens, pictures and videos that are of no more use are removed, once a minute.

It begins some minutes after a start, and a clock that jumps makes nothing due (`DeadlineClock`).
"""

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

import structlog

from bot.delivery.messages import Messages
from bot.delivery.reply_routes import ReplyRoutes
from bot.delivery.routes import TOKEN_LIVES_FOR
from bot.files.job_files import JobFiles
from bot.files.store import LIST_EVERY_S, FileEntries
from bot.jobs.deadline_clock import DeadlineClock
from bot.jobs.file_owners import without_rows
from bot.jobs.heartbeat import first_start
from bot.jobs.job import (
    FORBIDDEN,
    Failure,
    FailureReason,
    Job,
    JobState,
    advance,
    found_delivered,
    owner_of_file,
)
from bot.jobs.originals import Originals
from bot.jobs.shown_video import ending_of
from bot.jobs.store import JobStore, StaleJobError, UnknownJobError
from bot.lifecycle.media_space import MediaSpace
from bot.lifecycle.timeouts import Retention
from bot.quota.use import QuotaCounters
from bot.reviews.hidden_copies import HIDDEN_PREFIX
from bot.services.drafts import DraftStore
from bot.storage.database import Database
from bot.storage.errors import StorageError

log: Final = structlog.get_logger(__name__)

EVERY_S: Final = 60.0


class Cleanup:
    """Keeps the data folder small. `run` belongs to one task."""

    def __init__(
        self,
        store: JobStore,
        drafts: DraftStore,
        originals: Originals,
        space: MediaSpace,
        quota: QuotaCounters,
        *,
        database: Database,
        files: JobFiles,
        messages: Messages,
        retention: Retention,
        now: Callable[[], datetime],
        deadlines: DeadlineClock,
        moved: Callable[[Job], None],
    ) -> None:
        """Args: `moved` is called with every job that ended; it has the user told."""
        self._database = database
        self._store = store
        self._drafts = drafts
        self._originals = originals
        self._space = space
        self._quota = quota
        self._files = files
        self._messages = messages
        self._retention = retention
        self._now = now
        self._deadlines = deadlines
        self._moved = moved
        self._next_list_s = 0.0

    async def run(self) -> None:
        """Tidy up again and again, until cancelled. A disk that fails is left for the next time."""
        while True:
            try:
                await self._space.look()
                await self.run_due()
            except (StorageError, OSError) as error:
                log.warning("housekeeping_failed", reason=str(error))
            await asyncio.sleep(EVERY_S)

    async def run_due(self) -> None:
        """Remove what is surely of no more use by now. Raises as `run_once`."""
        now = self._deadlines.look()
        if now is not None:
            await self.run_once(now)

    async def run_once(self, now: datetime) -> None:
        """Remove what is of no more use at a moment that has surely come. Raises `StorageError` and `OSError`."""
        await self._store.wipe_tokens(now - TOKEN_LIVES_FOR)
        forgotten = await self._store.forgotten(
            undelivered=now - self._retention.undelivered, unanswered=now - self._retention.unanswered
        )
        for job in forgotten:
            await self._give_up(job)
        await self._quota.forget_before(now)
        await self._drafts.remove_before(now - self._retention.drafts)
        due = [one for one in await self._originals.kept() if one.until is None or one.until <= now]
        await self._originals.expire(due)
        await self._remove_leftovers(now - self._retention.pictures)

    async def _give_up(self, job: Job) -> None:
        """End a job whose user neither fetched the video nor said that it is still wanted; its card says so."""
        now, shown = self._now(), await self._shows_video(job)
        if shown is None:
            return  # the card might take the video away: the next round looks again
        reason = FailureReason.UNANSWERED if job.asks_again else FailureReason.UNCOLLECTED
        if shown:
            ended = found_delivered(job, now)
        else:
            parts: dict[str, Any] = {"ended_at": now, "undelivered_since": None, "video_name": None}
            ended = advance(job, JobState.FAILED, failure=Failure(reason), attempt=None, **parts)
        try:
            await self._store.save(ended, before=job)
        except (StaleJobError, UnknownJobError):
            return  # fetched, or wanted, at the last moment
        log.info("job_given_up", job=job.id, state=ended.state, reason=reason, task=job.task_id)
        self._moved(ended)

    async def _shows_video(self, job: Job) -> bool | None:
        """Return True if the reply holds the video, which the rules allow there; None if nobody knows."""
        forbidden = job.failure is not None and job.failure.reason in FORBIDDEN
        if job.attempt is None or job.posted_file is None or forbidden:
            return False
        return await ReplyRoutes(self._messages, job.reply, now=self._now).shows_video(ending_of(job))

    async def _remove_leftovers(self, horizon: datetime) -> None:
        """Delete files of jobs that need none any more, or do not exist. A store is listed now and then."""
        time_s = asyncio.get_running_loop().time()
        if time_s < self._next_list_s:
            return
        await self._remove_pictures(horizon)
        await self._remove_videos(horizon)
        if self._files.videos.is_copied:
            self._next_list_s = time_s + LIST_EVERY_S

    async def _remove_pictures(self, ended_before: datetime) -> None:
        found = await self._files.pictures.entries()
        unneeded = await self._store.ended_before(ended_before, found.names)
        await self._delete(found, {name: name for name in unneeded}, ended_before)

    async def _remove_videos(self, horizon: datetime) -> None:
        found = await self._files.videos.entries()
        hidden = {name for name in found.names if name.startswith(HIDDEN_PREFIX)}
        # What is being posted belongs to a job whose video is needed.
        needed = await self._store.with_videos()
        needed |= {owner_of_file(original.name) for original in await self._originals.kept()}
        owners = {name: owner_of_file(name) for name in set(found.names) - hidden}
        unneeded = {name: owner for name, owner in owners.items() if owner not in needed}
        await self._delete(found, unneeded, horizon)

    async def _delete(self, found: FileEntries, owners: Mapping[str, str], horizon: datetime) -> None:
        """Delete entries that were last changed before then, by the jobs that own them.

        None of a row that cannot be read. None that has no row and is older than the database either: it may belong
        to another database, which is yet to be restored or moved.
        """
        ids = [*owners.values()]
        unreadable = await self._store.unreadable_among(ids)
        unknown = await without_rows(self._database, ids)
        ended = {name for name, owner in owners.items() if owner not in unreadable | unknown}
        await found.delete_older(ended, horizon)
        if unowned := {name for name, owner in owners.items() if owner in unknown}:
            await found.delete_older(unowned, horizon, since=await first_start(self._database))
