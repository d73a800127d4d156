"""Opens the files of jobs where the settings have them. What needs obstore is imported when it is called."""

from collections.abc import Callable
from datetime import datetime
from importlib.util import find_spec
from typing import TYPE_CHECKING, Final

from bot.extras import Extra, install_command
from bot.files.bucket_files import BucketFiles
from bot.files.deletions import FileDeletions
from bot.files.job_files import JobFiles
from bot.files.local_files import LocalFiles
from bot.files.store import StoreTimes
from bot.settings import BadConfigurationError, SettingProblem, Settings
from bot.storage.database import Database
from bot.texts import console_files

if TYPE_CHECKING:
    from bot.files.bucket import Bucket

_TIMES: Final = StoreTimes()


def open_files(
    settings: Settings, database: Database, now: Callable[[], datetime], times: StoreTimes = _TIMES
) -> JobFiles:
    """Return the files of jobs. A store is not asked yet.

    Raises:
        BadConfigurationError: The settings name a store, and what reads it is not installed.
    """
    if not settings.has_store:
        return JobFiles(pictures=LocalFiles(settings.spool_dir), videos=LocalFiles(settings.media_dir))
    bucket = open_bucket(settings, times)
    deletions = FileDeletions(database, bucket, now, every_s=times.deletions_s)
    pictures, videos = settings.spool_dir, settings.media_dir
    return JobFiles(
        pictures=BucketFiles(pictures, "spool", bucket, deletions),
        videos=BucketFiles(videos, "media", bucket, deletions),
        deletions=deletions,
    )


def open_bucket(settings: Settings, times: StoreTimes = _TIMES) -> "Bucket":
    """Return the bucket that the settings name. Raises as `open_files`."""
    if find_spec("obstore") is None:
        told = console_files.not_installed(install_command(Extra.S3))
        raise BadConfigurationError((SettingProblem("STORE_URL", told),))
    from bot.files.bucket import Bucket  # noqa: PLC0415 - imports obstore, which is an extra

    return Bucket(settings, times)
