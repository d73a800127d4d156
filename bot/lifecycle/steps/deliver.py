"""The last steps: a whole copy of the finished video on the disk, then the post that carries it.

`bot/lifecycle/lifecycle.py` calls them in the states `ready` and `delivering`.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import stamina
import structlog

from bot.delivery.final_post import Posted
from bot.delivery.messages import (
    DeliveryDoubtfulError,
    DeliveryError,
    PermissionUntoldError,
    Post,
    PostForbiddenError,
    UploadTooLargeError,
)
from bot.delivery.routes import Route
from bot.delivery.upload_limits import UploadLimits
from bot.dimilinks import DimiLinks, DimiLinksError
from bot.files.store import FileStore, FilesUnavailableError
from bot.jobs import cards
from bot.jobs.cards import Stage
from bot.jobs.file_facts import file_facts_of
from bot.jobs.job import FORBIDDEN, Failure, FailureReason, JobState, found_delivered, video_name_of
from bot.jobs.mismatch import mismatch_of
from bot.jobs.postable_files import NotFittedError, PostableFile, PostableFiles
from bot.jobs.shown_video import video_file_of
from bot.jobs.store import StaleJobError
from bot.lifecycle.checks import CheckOutcome, Checks
from bot.lifecycle.content_patience import ContentPatience
from bot.lifecycle.context import JobContext
from bot.lifecycle.counted_starts import CountedStarts
from bot.lifecycle.file_waits import FileWaits
from bot.lifecycle.last_cards import shows_video, tell
from bot.lifecycle.laying_aside import lay_aside
from bot.lifecycle.media_space import MediaSpace
from bot.lifecycle.steps.finish import FinishProgress, attempt_of
from bot.lifecycle.steps.review import ReviewStep
from bot.lifecycle.timeouts import Retention, Timeouts
from bot.lifecycle.uploads import UploadTracker
from bot.metrics import Metrics
from bot.reviews.review import ReviewSubject
from bot.storage.errors import StorageError
from bot.video_files.facts import VideoFactsReader

log: Final = structlog.get_logger(__name__)

_COMPLETE: Final = 100
_LONGEST_PAUSE_S: Final = 15.0
_UNDELIVERED: Final[Mapping[type[DeliveryError], FailureReason]] = {
    UploadTooLargeError: FailureReason.UPLOAD_TOO_LARGE,
    NotFittedError: FailureReason.NOT_FITTED,
    DeliveryDoubtfulError: FailureReason.UPLOAD_DOUBTFUL,
    PermissionUntoldError: FailureReason.NOT_TOLD,
}
"""Reasons why a finished video waits in `/jobs`; after any other error Discord refused it, or stayed away."""
_MOST_TRIES: Final = 3
"""Tries to deliver a video that the rules allow whenever they are asked first, and forbid right before its post."""


class DeliverStep:
    """Fetches finished videos and posts them."""

    def __init__(
        self,
        *,
        api: DimiLinks,
        checks: Checks,
        review: ReviewStep,
        uploads: UploadTracker,
        starts: CountedStarts,
        facts: VideoFactsReader,
        files: PostableFiles,
        limits: UploadLimits,
        space: MediaSpace,
        metrics: Metrics,
        videos: FileStore,
        waits: FileWaits,
        timeouts: Timeouts,
        retention: Retention,
    ) -> None:
        self._api = api
        self._checks = checks
        self._review = review
        self._uploads = uploads
        self._starts = starts
        self._facts = facts
        self._files = files
        self._limits = limits
        self._space = space
        self._metrics = metrics
        self._videos = videos
        self._waits = waits
        self._timeouts = timeouts
        self._retention = retention

    async def fetch(self, context: JobContext) -> None:
        """Carry a ready job to `delivering`, with the whole video on the disk, or fail it."""
        name = video_name_of(context.job)
        if not await self._bring(context, name):
            return
        try:
            await self._waits.until_done(context, Stage.DOWNLOADING, lambda: self._videos.keep([name]))
        except FilesUnavailableError as error:
            await self._keep_undelivered(context, FailureReason.NOT_STORED, error)
        else:
            await context.move(JobState.DELIVERING, video_name=name)

    async def post(self, context: JobContext) -> None:
        """Post the video of a delivering job if the rules allow that; else keep it, or ask moderators."""
        forbidden: PostForbiddenError | None = None
        for _ in range(_MOST_TRIES):
            result = await self._checks.before_posting(context)
            match result.outcome:
                case CheckOutcome.PASS:
                    forbidden = await self._deliver(context)
                    if forbidden is None:
                        return
                case CheckOutcome.WAIT:
                    await self._review.ask(context, ReviewSubject.POSTING)
                    return
                case CheckOutcome.REFUSED:
                    reason = result.reason or FailureReason.NOT_POSTED_HERE
                    await self._keep_undelivered(context, reason, forbidden)
                    return
        # What the rules say changes from one moment to the next, so nothing that is shown is taken away by them.
        await self._keep_undelivered(context, FailureReason.NOT_TOLD, forbidden)

    async def _bring(self, context: JobContext, name: str) -> bool:
        """Have the video on this machine, out of the store or anew. False if the job has come to rest without it.

        A service that has it no more proves nothing while the store is away, which is then waited for.
        """
        at_hand = await self._is_here(name)
        if at_hand:
            return True
        failure = await self._download(context, name)
        if failure is None:
            if context.job.state is JobState.DELIVERING:
                await self._store_anew(context, name)
            return True
        if at_hand is None:
            try:
                await self._waits.until_done(context, Stage.DOWNLOADING, lambda: self._videos.fetch(name))
            except FileNotFoundError:
                pass  # the store says so now
            except OSError as error:
                await self._keep_undelivered(context, FailureReason.NOT_STORED, error)
                return False
            else:
                return True
        await self._give_up(context, failure)
        return False

    async def _is_here(self, name: str) -> bool | None:
        """Have a video on this machine, if that is possible without the service. None if nobody knows of it."""
        try:
            # A file of this name is whole: downloads take it only when they are.
            await self._videos.fetch(name)
        except FileNotFoundError:
            return False
        except OSError as error:
            log.warning("video_not_at_hand", name=name, reason=str(error))
            return None
        return True

    async def _download(self, context: JobContext, name: str) -> Failure | None:
        """Fetch the video, repeating what may pass. Returns why that failed; None if the video is here."""
        job = context.job
        if job.task_id is None:
            raise ValueError("a ready job has a task id")
        context.show(Stage.DOWNLOADING, progress=_COMPLETE)
        await self._space.make_room()
        await self._facts.warm()
        await self._files.warm()
        patience = ContentPatience(self._timeouts.patience.absent_s)
        try:
            # The deadline holds whatever the service asked to wait for.
            async with asyncio.timeout(self._timeouts.download_s):
                async for attempt in stamina.retry_context(
                    on=patience.may_pass, attempts=None, timeout=None, wait_max=_LONGEST_PAUSE_S
                ):
                    with attempt:
                        await self._api.download(job.task_id, self._videos.path(name))
        except (DimiLinksError, OSError) as error:
            log.error("video_not_fetched", job=job.id, task=job.task_id, error=type(error).__name__)
            detail = error.message if isinstance(error, DimiLinksError) and error.in_own_voice else ""
            return Failure(patience.reason_after(error), detail)
        return None

    async def _store_anew(self, context: JobContext, name: str) -> None:
        try:
            await self._videos.keep([name])
        except FilesUnavailableError as error:
            log.warning("video_not_stored_anew", job=context.job.id, reason=str(error))

    async def _give_up(self, context: JobContext, failure: Failure) -> None:
        """Fail a job whose video neither the store nor the service has, unless its user may have it already."""
        job = context.job
        laid_aside = job.failure.reason if job.failure is not None else None
        if job.state is JobState.READY and laid_aside is FailureReason.NOT_STORED:
            # Another machine has it, and gives it to the store.
            await self._keep_undelivered(context, FailureReason.NOT_STORED)
        elif job.state is JobState.READY or await shows_video(context) is False:
            await context.fail(failure.reason, failure=failure)
        else:
            await self._keep_undelivered(context, FailureReason.UPLOAD_DOUBTFUL)

    async def _deliver(self, context: JobContext) -> PostForbiddenError | None:
        """Put the video into the reply, once, or keep it for `/jobs`. Returns an error if the rules forbid it."""
        if context.job.video_name is None:
            raise ValueError("a delivering job has its video on disk")
        name, path = context.job.video_name, self._videos.path(context.job.video_name)
        # Somebody may have emptied the folder or the store; fetching the video anew is free.
        if not await self._bring(context, name):
            return None
        context.note(**await self._look_at(context, path))
        limit_bytes = await self._limits.of_reply(context.job.reply, by_token=context.posts_by_token)
        try:
            posted = await self._files.post(
                context.job,
                path,
                limit_bytes,
                lambda file: self._post(context, file),
                counted=lambda: self._starts.counted(context),
                on_progress=FinishProgress(context).show,
            )
        except PostForbiddenError as error:
            return error
        except DeliveryError as error:
            reason = _UNDELIVERED.get(type(error), FailureReason.UPLOAD_REFUSED)
            await self._keep_undelivered(context, reason, error)
        else:
            if context.job.original_name is None:
                await self._remove(name)
            await self._space.make_room()
            await context.ping(posted)
        return None

    async def _remove(self, name: str) -> None:
        try:
            await self._videos.delete([name])
        except StorageError as error:
            log.warning("video_left_to_cleanup", name=name, reason=str(error))

    async def _post(self, context: JobContext, file: PostableFile) -> Posted:
        """Put a file into the reply, once, and store that it is there."""
        # Once it is begun it may have arrived, and every reply is first tried by its token.
        facts = file.facts or context.job.file_facts
        context.announce_upload(attempt=attempt_of(context), posted_file=file.posted, file_facts=facts)
        context.show(Stage.UPLOADING, progress=_COMPLETE)
        card = cards.delivered_card(context.job, now=context.now())
        post = Post(card, video_file_of(context.job, file.path))
        # An edit of the card may wait for Discord for long. While nothing is uploaded a stop of the bot does not.
        await context.stop_card()
        async with self._uploads.uploading():
            posted = await context.post(post, lambda: self._starts.counted(context))
            if posted.route is Route.ANSWER_IN_CHANNEL:
                # Whoever looks for the video later need not search the channel, and may not be able to.
                await context.move_reply(posted.message_id)
            now = context.now()
            delivered = replace(
                found_delivered(context.job, now),
                attempt=replace(attempt_of(context), route=posted.route),
                **self._original(context, now),
            )
            try:
                await context.become(delivered)
            except StaleJobError:
                await self._take_back(context)
                raise
        return posted

    async def _take_back(self, context: JobContext) -> None:
        """Take a video out of its reply again, if it was put away or deleted while it was uploaded."""
        await context.reload()
        job = context.job
        if job.state is JobState.DELIVERED and await self._checks.is_put_away(job):
            log.warning("video_taken_back", job=job.id)
            await tell(context, cards.hidden_card(job) if job.failure is None else cards.removed_card(job))

    def _original(self, context: JobContext, now: datetime) -> dict[str, Any]:
        """Return what a delivered job notes of the video as it came."""
        # What is looked for again was delivered, hidden or deleted before, and may be on its way to somebody else.
        if context.job.lookup:
            return {}
        return {
            "original_name": context.job.video_name,
            "original_until": now + self._retention.originals,
        }

    async def _look_at(self, context: JobContext, path: Path) -> dict[str, Any]:
        """Return the changes of the job by what its file is, and by what of it is not as asked for."""
        job = context.job
        if job.file_facts is not None and job.file_facts.duration_s is not None:
            return {}
        async with self._starts.counted(context):
            facts = await self._facts.read(job.id, path)
        mismatch = mismatch_of(job.request, facts) if facts is not None else None
        if mismatch is not None:
            log.warning("video_not_as_asked", job=job.id, task=job.task_id, what=mismatch.kinds)
            for kind in mismatch.kinds:
                self._metrics.not_as_asked(kind)
        return {"mismatch": mismatch, "file_facts": file_facts_of(path, facts)}

    async def _keep_undelivered(
        self, context: JobContext, reason: FailureReason, error: Exception | None = None
    ) -> None:
        """Tell the user, as far as that is possible, then keep the file for them to fetch in `/jobs`."""
        job = context.job
        log.error("video_laid_aside", job=job.id, task=job.task_id, reason=str(error or reason))
        failure = Failure(reason, cards.kept_until(context.now() + self._retention.undelivered))
        await lay_aside(context, failure, takes_away=reason in FORBIDDEN)
