"""`python -m bot restore`: puts a backup back, while the bot is stopped."""

from datetime import UTC, datetime
from pathlib import Path

from bot.backups.errors import BackupFailedError
from bot.backups.restoring import BackupPutBack, put_back
from bot.cli.backup import data_of
from bot.cli.failure import CommandFailedError, ExitStatus
from bot.cli.screen import say
from bot.settings import Settings
from bot.storage.errors import StorageError
from bot.texts import console, console_backup


def restore(settings: Settings, archive: Path) -> None:
    """Put a backup back. Blocking: a signal ends it at any line.

    Args:
        settings: Where the data belongs.
        archive: The backup.

    Raises:
        CommandFailedError: It was not put back, and the bot's data is what it was.
    """
    try:
        done = put_back(data_of(settings), archive, datetime.now(UTC))
    except BackupFailedError as error:
        raise CommandFailedError(str(error), ExitStatus.FAILED) from None
    except StorageError as error:
        raise CommandFailedError(console.database_unusable(str(error)), ExitStatus.FAILED) from None
    for line in _told(done, archive):
        say(line)


def _told(done: BackupPutBack, archive: Path) -> list[str]:
    manifest = done.manifest
    moment = manifest.about.taken_at
    if done.is_copy:
        lines = [console_backup.copy_put_back(str(archive), moment)]
    else:
        videos, pictures = manifest.count("media"), manifest.count("spool")
        lines = [console_backup.put_back(str(archive), moment=moment, videos=videos, pictures=pictures)]
    if done.aside is not None:
        lines.append(console_backup.kept_aside(str(done.aside)))
    since = done.since
    if since is None:
        lines.append(console_backup.NOTHING_TO_COMPARE)
    else:
        if since.taken_over:
            lines.append(console_backup.taken_over(since.taken_over))
        if since.problem is not None:
            lines.append(console_backup.not_compared(since.problem))
    lines.append(console_backup.to_be_asked(done.waiting))
    if since is None or since.decisions_problem is not None:
        lines.append(console_backup.decisions_not_known(moment))
    if since is not None and since.decisions:
        lines.append(console_backup.decisions_taken_over(since.decisions))
    return [*lines, console_backup.ALLOWED_SINCE]
