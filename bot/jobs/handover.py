"""The last steps: a whole copy of the finished video, then the post that carries it."""

from http import HTTPStatus
from pathlib import Path
from typing import Final

import stamina
import structlog

from bot.delivery import (
    DiscordUnavailableError,
    Post,
    PostRefusedError,
    ReplyUnreachableError,
    UploadTooLargeError,
    VideoFile,
)
from bot.dimilinks import DimiLinksError, VideoMissingError, VideoTooLargeError
from bot.jobs import announce
from bot.jobs.course import Course
from bot.jobs.job import Failure, FailureReason, JobState
from bot.texts.cards import Stage
from bot.video import Preset

log: Final = structlog.get_logger(__name__)

_COMPLETE: Final = 100


async def fetch(course: Course) -> None:
    """Carry a ready job to `delivering`, with the whole video on disk, or to its end."""
    if course.job.task_id is None:
        raise ValueError("a ready job has a task id")
    course.show(Stage.DOWNLOADING, progress=_COMPLETE)
    destination = course.parts.media_dir / f"{course.job.id}.mp4"
    try:
        async for attempt in stamina.retry_context(
            on=_may_come_right, attempts=None, timeout=course.parts.patience.download_s, wait_max=30.0
        ):
            with attempt:
                await course.parts.api.download(course.job.task_id, destination)
    except (DimiLinksError, OSError) as error:
        log.error("video_not_fetched", job=course.job.id, task=course.job.task_id, error=type(error).__name__)
        reason = FailureReason.BLOCKED_BY_SERVICE if _is_absent(error) else FailureReason.VIDEO_BROKEN
        await course.fail(JobState.FAILED, Failure(reason))
    else:
        await course.move(JobState.DELIVERING, video_path=destination)


def _is_absent(error: Exception) -> bool:
    # Only a plain 404 says that there is no video; a page of HTML may be a proxy's, and pass.
    return isinstance(error, VideoMissingError) and error.http_status == HTTPStatus.NOT_FOUND


def _may_come_right(error: Exception) -> bool:
    """Downloading is free to repeat; a full disk may be emptied meanwhile."""
    if isinstance(error, VideoTooLargeError) or _is_absent(error):
        return False
    return isinstance(error, (DimiLinksError, OSError))


async def deliver(course: Course) -> None:
    """Carry a delivering job to its end: the reply holds the video, or says why not and the file is kept."""
    path = course.job.video_path
    if path is None:
        raise ValueError("a delivering job has its video on disk")
    course.show(Stage.UPLOADING, progress=_COMPLETE)
    try:
        await course.post(_post(course, path))
    except UploadTooLargeError as error:
        await _keep(course, path, FailureReason.UPLOAD_TOO_LARGE, error)
    except (PostRefusedError, ReplyUnreachableError, DiscordUnavailableError) as error:
        await _keep(course, path, FailureReason.UPLOAD_REFUSED, error)
    else:
        await course.move(JobState.DELIVERED, ended_at=course.parts.now())
        path.unlink(missing_ok=True)


def _post(course: Course, path: Path) -> Post:
    spoiler = course.job.request.preset is Preset.SPICY
    video = VideoFile(path, f"stillmotion-{course.job.id[:8]}.mp4", path.stat().st_size, spoiler)
    return Post(announce.delivered_card(course.job, now=course.parts.now()), video)


async def _keep(course: Course, path: Path, reason: FailureReason, error: Exception) -> None:
    log.error("video_kept", job=course.job.id, path=str(path), reason=str(error))
    await course.fail(JobState.FAILED, Failure(reason))
