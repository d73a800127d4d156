"""The finished video of a job as users see it."""

from pathlib import Path

from bot.delivery.messages import VideoFile
from bot.jobs.job import Job, shown_video_name_of
from bot.video import Preset


def video_file_of(job: Job, path: Path) -> VideoFile:
    """Return the job's video at `path` as users see it: named after the job, behind a spoiler if it is spicy."""
    spoiler = job.request.preset is Preset.SPICY
    return VideoFile(path, shown_video_name_of(job), path.stat().st_size, spoiler)
