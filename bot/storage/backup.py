"""Copies of the database, made before its tables are changed."""

import os
import re
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from bot.storage.engines import connect_read_only
from bot.storage.errors import translating

KEPT: Final = 5
_FOLDER_MODE: Final = 0o700
_FILE_MODE: Final = 0o600
_STAMP: Final = "%Y%m%dT%H%M%S%fZ"
_AFTER_STEM: Final = r"-[^-]+-(\d{8}T\d{12}Z)\.sqlite3"
"""A revision has no hyphen (Alembic forbids it), so a database called `bot` does not sweep for `bot-old`."""


def back_up(database: Path, revision: str, now: datetime) -> Path:
    """Copy the database, whole and as it stands, into `backups` beside it; the newest five copies stay.

    Blocking; for the owner of the database alone. Returns the copy's path. Raises `StorageError`.
    """
    folder = database.with_name("backups")
    name = f"{database.stem}-{revision}-{now.astimezone(UTC).strftime(_STAMP)}.sqlite3"
    destination = folder / name
    with translating(destination):
        folder.mkdir(mode=_FOLDER_MODE, exist_ok=True)
        for leftover in _named(folder, database.stem, r"\.part.*"):  # of an attempt that was killed
            leftover.unlink()
        part = folder / f"{name}.part"
        try:
            part.touch(mode=_FILE_MODE, exist_ok=False)
            _copy(database, part)
            _sync(part)
            part.replace(destination)
            _sync(folder)
        finally:
            part.unlink(missing_ok=True)
        for old in _named(folder, database.stem)[:-KEPT]:
            old.unlink()
    return destination


def _copy(database: Path, part: Path) -> None:
    with closing(connect_read_only(database)) as source, closing(sqlite3.connect(part)) as copy:
        source.backup(copy)
        # The copy is in WAL mode like its original; out of it, all of the copy is in the one file.
        copy.execute("PRAGMA journal_mode=DELETE")


def _named(folder: Path, stem: str, ending: str = "") -> list[Path]:
    """The copies of this database, oldest first, whatever their revisions."""
    pattern = re.compile(re.escape(stem) + _AFTER_STEM + ending)
    found = [(match.group(1), path) for path in folder.iterdir() if (match := pattern.fullmatch(path.name))]
    return [path for _, path in sorted(found)]


def _sync(path: Path) -> None:
    """Bring a file, or the names in a folder, onto the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
