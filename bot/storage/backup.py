"""Backups of the database. `bot.storage.migrate` makes one before it changes tables of an older version."""

import os
import re
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from bot.storage.backup_mark import mark_as_backup
from bot.storage.errors import translating
from bot.storage.sqlite_engines import connect_read_only

KEPT: Final = 5
_FOLDER_MODE: Final = 0o700
_FILE_MODE: Final = 0o600
_STAMP: Final = "%Y%m%dT%H%M%S%fZ"
_NAME_AFTER_STEM: Final = r"-[^-]+-(\d{8}T\d{12}Z)\.sqlite3"
"""A backup's name after the database's: revision and time. Alembic forbids hyphens in revisions, so the backups
of `bot-old.sqlite3` are not mistaken for those of `bot.sqlite3` when old ones are deleted."""


def back_up(database: Path, revision: str, now: datetime) -> Path:
    """Copy the whole database into the folder `backups` beside it and delete all but the newest `KEPT` copies.

    A start on the copy takes it for a backup that was put back.

    Blocking. Only the process that owns the database may call it.

    Args:
        revision: The database's schema revision, which becomes part of the copy's name.

    Returns:
        The path of the copy, which is on the disk.

    Raises:
        StorageError: The copy could not be made. A partial file is removed.
    """
    folder = database.with_name("backups")
    name = f"{database.stem}-{revision}-{now.astimezone(UTC).strftime(_STAMP)}.sqlite3"
    destination = folder / name
    with translating(destination):
        folder.mkdir(mode=_FOLDER_MODE, exist_ok=True)
        # A process that was killed while it copied leaves its partial file behind.
        for leftover in _backups_of(folder, database.stem, r"\.part.*"):
            leftover.unlink()
        # Copied under another name and renamed when complete: a file with a backup's name is always whole.
        part = folder / f"{name}.part"
        try:
            part.touch(mode=_FILE_MODE, exist_ok=False)
            _copy(database, part)
            mark_as_backup(part)
            # Contents first, then the name. In the other order a power failure could leave a complete-looking
            # name on an empty file, and the migration that follows would have no copy to fall back on.
            _sync(part)
            part.replace(destination)
            _sync(folder)
        finally:
            part.unlink(missing_ok=True)
        for old in _backups_of(folder, database.stem)[:-KEPT]:
            old.unlink()
    return destination


def remove_backups(database: Path, before: datetime) -> int:
    """Delete the copies that `back_up` made of a database before then. Returns their number. Blocking.

    They hold what was deleted from the database since.

    Raises:
        OSError: A copy cannot be deleted.
    """
    folder, latest = database.with_name("backups"), before.astimezone(UTC).strftime(_STAMP)
    if not folder.is_dir():
        return 0
    old = [path for path in _backups_of(folder, database.stem) if path.stem.rpartition("-")[2] < latest]
    for path in old:
        path.unlink(missing_ok=True)
    return len(old)


def _copy(database: Path, part: Path) -> None:
    with closing(connect_read_only(database)) as source, closing(sqlite3.connect(part)) as copy:
        # SQLite's own backup: copying the file alone would miss what is still in its write-ahead log.
        source.backup(copy)
        # The copy inherits WAL mode. Leaving that mode moves everything into the one file.
        copy.execute("PRAGMA journal_mode=DELETE")


def _backups_of(folder: Path, stem: str, ending: str = "") -> list[Path]:
    """Return the backups of this database at any revision, oldest first."""
    pattern = re.compile(re.escape(stem) + _NAME_AFTER_STEM + ending)
    found = [(match.group(1), path) for path in folder.iterdir() if (match := pattern.fullmatch(path.name))]
    return [path for _, path in sorted(found)]


def _sync(path: Path) -> None:
    """Flush a file's contents, or a folder's list of names, to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
