"""A copy of the database alone, put back in the place of a backup: one from before an update, or a replaced one."""

import hashlib
import sqlite3
from contextlib import closing, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from bot import __version__
from bot.backups.disk import FILE_MODE
from bot.backups.errors import BackupFailedError
from bot.backups.manifest import DATABASE_NAME, FORMAT, BackupAbout, BackupFile, Manifest
from bot.backups.snapshot import copy_database, revision_of
from bot.moderation.audit import chain
from bot.texts import console_backup as words

_HEADER: Final = b"SQLite format 3\x00"
_LAST_BEAT: Final = "SELECT MAX(beat_at) FROM heartbeats"


def is_database_copy(archive: Path) -> bool:
    """Return True for a file of SQLite. Raises `OSError`."""
    with archive.open("rb") as file:
        return file.read(len(_HEADER)) == _HEADER


def stage_database(copy: Path, folder: Path, *, free_bytes: int) -> Manifest:
    """Copy a database into an empty folder, under its name in backups.

    Returns:
        What a backup of it would say.

    Raises:
        BackupFailedError: The disk has no space for it.
        StorageError: It is a newer version's or another program's, was moved to a server, or cannot be read.
        OSError: The disk refused.
    """
    revision = revision_of(copy)
    if copy.stat().st_size > free_bytes:
        raise BackupFailedError(words.no_room(str(folder), free_bytes))
    staged = folder / DATABASE_NAME
    staged.touch(mode=FILE_MODE)
    copy_database(copy, staged)
    about = BackupAbout(
        format=FORMAT,
        version=__version__,
        revision=revision,
        taken_at=_last_beat(staged) or _changed_at(copy),
    )
    with staged.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    file_of_it = BackupFile(name=DATABASE_NAME, size_bytes=staged.stat().st_size, sha256=digest)
    return Manifest(about=about, files=(file_of_it,))


def _last_beat(database: Path) -> datetime | None:
    """Return when a bot last ran on a database; None for one older than heartbeats."""
    with suppress(sqlite3.DatabaseError, OverflowError), closing(sqlite3.connect(database)) as connection:
        if microseconds := connection.execute(_LAST_BEAT).fetchone()[0]:
            return chain.moment(microseconds)
    return None


def _changed_at(path: Path) -> datetime:
    return datetime.fromtimestamp(path.stat().st_mtime, UTC)
