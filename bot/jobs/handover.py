"""The last steps: a whole copy of the finished video, then the post that carries it."""

from collections.abc import Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Final

import stamina
import structlog

from bot.delivery import (
    Attempt,
    DeliveryDoubtfulError,
    DeliveryError,
    Post,
    PostForbiddenError,
    Route,
    UploadTooLargeError,
    VideoFile,
)
from bot.dimilinks import DimiLinksError, VideoMissingError, VideoTooLargeError
from bot.jobs import announce
from bot.jobs.announce import Stage
from bot.jobs.course import Course
from bot.jobs.job import Failure, FailureReason, JobState
from bot.video import Preset

log: Final = structlog.get_logger(__name__)

_COMPLETE: Final = 100
_UNDELIVERED: Final[Mapping[type[DeliveryError], FailureReason]] = {
    PostForbiddenError: FailureReason.NOT_POSTED_HERE,
    UploadTooLargeError: FailureReason.UPLOAD_TOO_LARGE,
    DeliveryDoubtfulError: FailureReason.UPLOAD_DOUBTFUL,
}
"""Why a finished video waits in `/jobs`; after any other error Discord refused it, or stayed away."""


async def fetch(course: Course) -> None:
    """Carry a ready job to `delivering`, with the whole video on disk, or to its end."""
    name = f"{course.job.id}.mp4"
    if await _download(course, course.parts.media_dir / name):
        await course.move(JobState.DELIVERING, video_name=name)


async def _download(course: Course, destination: Path) -> bool:
    """Whether the whole video is on the disk; if not, the job has ended."""
    if course.job.task_id is None:
        raise ValueError("a ready job has a task id")
    course.show(Stage.DOWNLOADING, progress=_COMPLETE)
    try:
        async for attempt in stamina.retry_context(
            on=_may_come_right, attempts=None, timeout=course.parts.patience.download_s, wait_max=30.0
        ):
            with attempt:
                await course.parts.api.download(course.job.task_id, destination)
    except (DimiLinksError, OSError) as error:
        log.error("video_not_fetched", job=course.job.id, task=course.job.task_id, error=type(error).__name__)
        reason = FailureReason.BLOCKED_BY_SERVICE if _is_absent(error) else FailureReason.VIDEO_BROKEN
        await course.move(JobState.FAILED, failure=Failure(reason), ended_at=course.parts.now())
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


async def deliver(course: Course) -> None:
    """Carry a delivering job to its end: the reply holds the video, or the video is laid aside in `/jobs`."""
    if course.job.video_name is None:
        raise ValueError("a delivering job has its video on disk")
    path = course.parts.media_dir / course.job.video_name
    # Somebody may have emptied the folder; fetching the video anew is free.
    if not path.exists() and not await _download(course, path):
        return
    if course.job.attempt is None:
        # From now on it may have arrived, and every reply is first tried by its token.
        await course.amend(attempt=Attempt(Route.TOKEN, course.parts.now()))
    course.show(Stage.UPLOADING, progress=_COMPLETE)
    async with course.parts.flights.flight():
        try:
            posted = await course.post(_post(course, path))
        except DeliveryError as error:
            await lay_aside(course, _UNDELIVERED.get(type(error), FailureReason.UPLOAD_REFUSED), error)
        else:
            now = course.parts.now()
            await course.move(JobState.DELIVERED, ended_at=now, settled_at=now, video_name=None, failure=None)
            path.unlink(missing_ok=True)
            await course.ping(posted)


def _post(course: Course, path: Path) -> Post:
    spoiler = course.job.request.preset is Preset.SPICY
    video = VideoFile(path, f"stillmotion-{course.job.id[:8]}.mp4", path.stat().st_size, spoiler)
    return Post(announce.delivered_card(course.job, now=course.parts.now()), video)


async def lay_aside(course: Course, reason: FailureReason, error: Exception | None = None) -> None:
    """Tell the person, as far as that is possible, then keep the file for them to fetch."""
    now = course.parts.now()
    log.error("video_laid_aside", job=course.job.id, task=course.job.task_id, reason=str(error or reason))
    until = announce.kept_until(now + course.parts.retention.undelivered)
    failure = Failure(reason, until)
    await tell(course, Post(announce.parked_card(course.job, failure)))
    await course.amend(failure=failure, parked_at=now)


async def tell(course: Course, post: Post) -> None:
    """Make a last post without a video. Where nobody can be reached, `/jobs` has to do."""
    try:
        await course.post(post)
    except DeliveryError as error:
        log.error("person_not_told", job=course.job.id, reason=str(error))


async def settle(course: Course) -> None:
    """Tell the person of an ended job what became of it; then nothing is left to do."""
    await tell(course, Post(announce.ended_card(course.job)))
    await course.amend(settled_at=course.parts.now())
