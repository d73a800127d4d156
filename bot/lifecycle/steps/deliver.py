"""The last steps: a whole copy of the finished video, then the post that carries it."""

from collections.abc import Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Final

import stamina
import structlog

from bot.delivery.final_post import Attempt
from bot.delivery.messages import (
    DeliveryDoubtfulError,
    DeliveryError,
    Post,
    PostForbiddenError,
    UploadTooLargeError,
    VideoFile,
)
from bot.delivery.routes import Route
from bot.dimilinks import DimiLinksError, VideoMissingError, VideoTooLargeError
from bot.jobs import cards
from bot.jobs.cards import Stage
from bot.jobs.job import Failure, FailureReason, JobState
from bot.lifecycle.context import JobContext
from bot.video import Preset

log: Final = structlog.get_logger(__name__)

_COMPLETE: Final = 100
_UNDELIVERED: Final[Mapping[type[DeliveryError], FailureReason]] = {
    PostForbiddenError: FailureReason.NOT_POSTED_HERE,
    UploadTooLargeError: FailureReason.UPLOAD_TOO_LARGE,
    DeliveryDoubtfulError: FailureReason.UPLOAD_DOUBTFUL,
}
"""Why a finished video waits in `/jobs`; after any other error Discord refused it, or stayed away."""


async def fetch(context: JobContext) -> None:
    """Carry a ready job to `delivering`, with the whole video on disk, or to its end."""
    name = f"{context.job.id}.mp4"
    if await _download(context, context.parts.media_dir / name):
        await context.move(JobState.DELIVERING, video_name=name)


async def _download(context: JobContext, destination: Path) -> bool:
    """Whether the whole video is on the disk; if not, the job has ended."""
    if context.job.task_id is None:
        raise ValueError("a ready job has a task id")
    context.show(Stage.DOWNLOADING, progress=_COMPLETE)
    try:
        async for attempt in stamina.retry_context(
            on=_may_come_right, attempts=None, timeout=context.parts.timeouts.download_s, wait_max=30.0
        ):
            with attempt:
                await context.parts.api.download(context.job.task_id, destination)
    except (DimiLinksError, OSError) as error:
        log.error(
            "video_not_fetched", job=context.job.id, task=context.job.task_id, error=type(error).__name__
        )
        reason = FailureReason.BLOCKED_BY_SERVICE if _is_absent(error) else FailureReason.VIDEO_BROKEN
        await context.move(JobState.FAILED, failure=Failure(reason), ended_at=context.parts.now())
        return False
    return True


def _is_absent(error: Exception) -> bool:
    # Only a plain 404 says that there is no video; a page of HTML may be a proxy's, and pass.
    return isinstance(error, VideoMissingError) and error.http_status == HTTPStatus.NOT_FOUND


def _may_come_right(error: Exception) -> bool:
    """Downloading is free to repeat; a full disk may be emptied meanwhile."""
    if isinstance(error, VideoTooLargeError) or _is_absent(error):
        return False
    return isinstance(error, (DimiLinksError, OSError))


async def deliver(context: JobContext) -> None:
    """Carry a delivering job to its end: the reply holds the video, or the video is laid aside in `/jobs`."""
    if context.job.video_name is None:
        raise ValueError("a delivering job has its video on disk")
    path = context.parts.media_dir / context.job.video_name
    # Somebody may have emptied the folder; fetching the video anew is free.
    if not path.exists() and not await _download(context, path):
        return
    if context.job.attempt is None:
        # From now on it may have arrived, and every reply is first tried by its token.
        await context.amend(attempt=Attempt(Route.TOKEN, context.parts.now()))
    context.show(Stage.UPLOADING, progress=_COMPLETE)
    async with context.parts.uploads.uploading():
        try:
            posted = await context.post(_post(context, path))
        except DeliveryError as error:
            await lay_aside(context, _UNDELIVERED.get(type(error), FailureReason.UPLOAD_REFUSED), error)
        else:
            now = context.parts.now()
            await context.move(
                JobState.DELIVERED, ended_at=now, settled_at=now, video_name=None, failure=None
            )
            path.unlink(missing_ok=True)
            await context.ping(posted)


def _post(context: JobContext, path: Path) -> Post:
    spoiler = context.job.request.preset is Preset.SPICY
    video = VideoFile(path, f"stillmotion-{context.job.id[:8]}.mp4", path.stat().st_size, spoiler)
    return Post(cards.delivered_card(context.job, now=context.parts.now()), video)


async def lay_aside(context: JobContext, reason: FailureReason, error: Exception | None = None) -> None:
    """Tell the person, as far as that is possible, then keep the file for them to fetch."""
    now = context.parts.now()
    log.error("video_laid_aside", job=context.job.id, task=context.job.task_id, reason=str(error or reason))
    until = cards.kept_until(now + context.parts.retention.undelivered)
    failure = Failure(reason, until)
    await tell(context, Post(cards.parked_card(context.job, failure)))
    await context.amend(failure=failure, parked_at=now)


async def tell(context: JobContext, post: Post) -> None:
    """Make a last post without a video. Where nobody can be reached, `/jobs` has to do."""
    try:
        await context.post(post)
    except DeliveryError as error:
        log.error("person_not_told", job=context.job.id, reason=str(error))


async def settle(context: JobContext) -> None:
    """Tell the person of an ended job what became of it; then nothing is left to do."""
    await tell(context, Post(cards.ended_card(context.job)))
    await context.amend(settled_at=context.parts.now())
