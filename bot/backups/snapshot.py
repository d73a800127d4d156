"""Copy of the database while the bot writes to it: one state of it, by SQLite's own backup."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Final
from urllib.parse import quote

from bot.backups.disk import sync
from bot.backups.errors import BackupFailedError
from bot.storage.backup_mark import mark_as_backup
from bot.storage.errors import NewerDatabaseError, UnsupportedDatabaseError, translating
from bot.storage.migrate import SchemaState, standing_of
from bot.storage.sqlite_engines import BUSY_TIMEOUT_S, read_only
from bot.texts import console_backup as words

_STEP_PAGES: Final = 1024
"""4 MB. Between two steps Python runs, so that Ctrl-C ends a long copy."""


def take_snapshot(database: Path, copy: Path) -> str:
    """Copy the database into an empty file, marked as a backup, and flush it to the disk.

    The bot is not held up: in WAL mode a reader keeps no writer waiting, and the one transaction in which all is
    read sees the state of its beginning, however long it takes.

    Returns:
        The schema's revision.

    Raises:
        BackupFailedError: The database is damaged: the copy must not take the place of a better one.
        StorageError: It is a newer version's or another program's, or cannot be read at present.
    """
    copy_database(database, copy)
    try:
        problem = problem_of(copy)
    except sqlite3.DatabaseError as error:
        problem = " ".join(str(error).split())
    if problem is not None:
        raise BackupFailedError(words.database_damaged(str(database), problem))
    revision = revision_of(copy)
    with translating(copy):
        mark_as_backup(copy)
        sync(copy)
    return revision


def copy_database(database: Path, copy: Path) -> None:
    """Copy a database, which a bot may be using, into an empty file. Raises `StorageError`."""
    # Not opened as `immutable`, which is for databases that no bot uses: one may start meanwhile.
    address = f"file:{quote(os.fsencode(database))}?mode=ro"
    with (
        translating(database),
        closing(sqlite3.connect(address, uri=True, isolation_level=None, timeout=BUSY_TIMEOUT_S)) as source,
        closing(sqlite3.connect(copy, isolation_level=None)) as target,
    ):
        source.execute("BEGIN")
        source.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()
        # The file is thrown away if anything fails, so nothing has to be undone in it.
        target.execute("PRAGMA synchronous=OFF")
        source.backup(target, pages=_STEP_PAGES, progress=_go_on)
        # The copy inherits WAL mode. Leaving that mode moves everything into the one file.
        target.execute("PRAGMA journal_mode=DELETE")


def problem_of(copy: Path) -> str | None:
    """Return what SQLite finds damaged in a database that nobody has open, or None. Raises `sqlite3.Error`."""
    with closing(sqlite3.connect(copy)) as connection:
        found = str(connection.execute("PRAGMA quick_check(1)").fetchone()[0])
    return None if found == "ok" else " ".join(found.split())


def revision_of(database: Path) -> str:
    """Return the schema's revision of a database of this version or an earlier one. Raises `StorageError`."""
    with translating(database), read_only(database).connect() as connection:
        standing, revision = standing_of(connection)
    match standing:
        case SchemaState.CURRENT | SchemaState.OLDER if revision is not None:
            return revision
        case SchemaState.NEWER:
            raise NewerDatabaseError(f"{database}: made by a newer version; update the bot")
        case SchemaState.CURRENT | SchemaState.OLDER | SchemaState.NEW | SchemaState.FOREIGN:
            raise UnsupportedDatabaseError(f"{database}: not a database of this bot")


def _go_on(_status: int, _remaining: int, _total: int) -> None:
    """Nothing to tell."""
