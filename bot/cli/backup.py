"""`python -m bot backup`: writes the bot's data into one file. Works while the bot runs."""

from datetime import UTC, datetime
from pathlib import Path

from bot.backups.data_folder import DataFolder
from bot.backups.errors import BackupFailedError
from bot.backups.taking import take_backup
from bot.cli.failure import CommandFailedError, ExitStatus
from bot.cli.screen import say
from bot.settings import Settings
from bot.storage.errors import StorageError
from bot.storage.opening import database_path
from bot.texts import console, console_backup


def backup(settings: Settings, out: Path, *, force: bool) -> None:
    """Take a backup. Blocking: a signal ends it at any line.

    Args:
        settings: Where the data is.
        out: The file.
        force: True if a file of this name may be replaced.

    Raises:
        CommandFailedError: There is no backup, and nothing was replaced.
    """
    try:
        taken = take_backup(data_of(settings), out, datetime.now(UTC), force=force)
    except BackupFailedError as error:
        raise CommandFailedError(str(error), ExitStatus.FAILED) from None
    except StorageError as error:
        raise CommandFailedError(console.database_unusable(str(error)), ExitStatus.FAILED) from None
    except OSError as error:
        told = console_backup.not_written(str(out), error.strerror or type(error).__name__)
        raise CommandFailedError(told, ExitStatus.FAILED) from None
    manifest = taken.manifest
    told = console_backup.taken(
        str(taken.path),
        taken.size_bytes,
        moment=manifest.about.taken_at,
        videos=manifest.count("media"),
        pictures=manifest.count("spool"),
    )
    say(told)
    if settings.has_store:
        say(console_backup.in_the_store(settings.store_url))
    if taken.missing:
        say(console_backup.left_out(taken.missing))


def data_of(settings: Settings) -> DataFolder:
    """Return where a bot with these settings has its data. Raises `UnsupportedDatabaseError`."""
    url = settings.database_url.get_secret_value() if settings.database_url is not None else None
    return DataFolder(
        database_path(url, settings.data_dir), settings.data_dir.resolve(), has_store=settings.has_store
    )
