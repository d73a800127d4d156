"""Parts of the jobs that are others where several processes share them, or have their files in a bucket."""

from collections.abc import Callable
from datetime import datetime

from bot.dimilinks import Pace
from bot.files.bucket_files import BucketFiles
from bot.files.job_files import JobFiles
from bot.jobs.request_holds import RequestHolds
from bot.jobs.submission_pause import SharedPause
from bot.lifecycle.file_cache import FileCache
from bot.lifecycle.lifecycle import Lifecycle
from bot.lifecycle.pauses import ProbeIntervals
from bot.lifecycle.service_watch import ServiceWatch
from bot.lifecycle.shared_breaker import SharedBreaker
from bot.lifecycle.shared_holds import SharedHolds
from bot.lifecycle.submission_breaker import SubmissionBreaker
from bot.storage.change_feed import ChangeKind
from bot.storage.database import Database


def file_cache_of(
    files: JobFiles,
    database: Database,
    lifecycle: Callable[[], Lifecycle],
    now: Callable[[], datetime],
    unused_s: float,
) -> FileCache | None:
    """Return the copies of files that are in a store; None where files are in the data folder alone."""
    if not isinstance(files.pictures, BucketFiles) or not isinstance(files.videos, BucketFiles):
        return None
    return FileCache(
        pictures=files.pictures,
        videos=files.videos,
        database=database,
        running=lambda: {job.id for job in lifecycle().carried()},
        now=now,
        unused_s=unused_s,
    )


def shared_holds_of(database: Database, owner: str, rate: Pace) -> SharedHolds | None:
    """Return what has several processes wait when one is asked to; None where there is one."""
    if not database.is_shared:
        return None
    holds = SharedHolds(RequestHolds(database, owner), rate)
    database.feed.register(ChangeKind.HOLD, holds.look_at)
    return holds


def breaker_of(
    database: Database, intervals: ProbeIntervals, watch: ServiceWatch, now: Callable[[], datetime]
) -> SubmissionBreaker:
    """Return what pauses submitting: of this process, or of all that share the database."""
    if not database.is_shared:
        return SubmissionBreaker(intervals, watch.tell_of_pause, watch.is_pointless_probe)
    return SharedBreaker(
        intervals,
        watch.measure_pause,
        watch.is_pointless_probe,
        shared=SharedPause(database, now),
        tell_operator=watch.tell_news_of_pause,
        now=now,
    )
