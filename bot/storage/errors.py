"""Errors of the database, one class for each remedy, and the translation of SQLite's result codes into them.

Every text is one line for the operator that names the database. None contains a statement's values, because rows
hold prompts and Discord's interaction tokens. PostgreSQL's errors are translated in `postgresql_errors.py`.
"""

import sqlite3
from collections.abc import Generator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Final

from sqlalchemy.exc import DBAPIError

_UNAVAILABLE: Final = frozenset(
    {
        sqlite3.SQLITE_PERM,
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_PROTOCOL,
    }
)
_DAMAGED: Final = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
_PRIMARY_CODE: Final = 0xFF
"""An extended result code keeps its primary one in the lowest byte (sqlite.org/rescode.html)."""


class StorageError(Exception):
    """Base of all errors of this package. Raised itself, it means that a faulty statement was rejected."""


class StorageUnavailableError(StorageError):
    """The disk is full, read-only or failing, the file is locked, or the server away: it may work later."""


class DatabaseReplacedError(StorageUnavailableError):
    """The file at the path, or the tables on the server, are not those that were opened: nothing is kept."""

    def __init__(self, database: Path | str) -> None:
        super().__init__(
            f"{database}: deleted or replaced while it is open; stop the bot, put it back, start again"
        )


class DatabaseTakenError(StorageUnavailableError):
    """Another process owns the database now: this one writes nothing any more, and has to exit."""

    def __init__(self, name: str, owner: str) -> None:
        super().__init__(f"{name}: taken over by {owner}")


class LeaseLostError(StorageUnavailableError):
    """Another process is the leader now: what this one began as the leader writes nothing any more."""

    def __init__(self) -> None:
        super().__init__("another process is the leader now")


class NotAloneError(StorageUnavailableError):
    """Another process does to the same thing what one does at a time, or may do so by now."""

    def __init__(self, name: str, work: str) -> None:
        super().__init__(f"{name}: {work}: another process is at it")


class StorageDamagedError(StorageError):
    """The file is not an SQLite database, or the database is damaged."""


class UnreadableRowError(StorageError):
    """The row that is asked for holds what this version cannot read. It is left as it is."""

    def __init__(self, table: str) -> None:
        super().__init__(f"a row of {table} cannot be read")


class NewerDatabaseError(StorageError):
    """A newer version of the bot made the database. Nothing was written to it."""


class DatabaseMovedError(StorageError):
    """The rows of this file are on a server. What is bought and posted is known there alone."""

    def __init__(self, file: str, server: str, at: datetime) -> None:
        super().__init__(
            f"{file}: moved to {server} ({at:%Y-%m-%d %H:%M} UTC); set DATABASE_URL to that address. To go back to"
            " this file as it was then: python -m bot move-to --back-to-file"
        )


class UnfinishedMoveError(StorageError):
    """The rows of a file are on their way to this database."""

    def __init__(self, server: str, file: str) -> None:
        super().__init__(f"{server}: holds an unfinished move of {file}; execute the same move-to once more")


class OtherDatabaseError(StorageError):
    """The database is empty, and the data folder is that of a bot with another one. No table was made."""

    def __init__(self, database: str, other: Path) -> None:
        super().__init__(
            f"{database}: empty, and {other} is the database of a bot. Set DATABASE_URL to that one, or have it"
            f" here first, with move-to, restore or pg_restore. To begin with nothing, move {other.name}, spool and"
            " media out of that folder"
        )


class DatabaseInUseError(StorageError):
    """Another process owns the database.

    `pid` is its process id, or None if that could not be read; on a server, the id of its session there.
    """

    def __init__(self, database: Path | str, pid: int | None, owner: str | None = None) -> None:
        """Args: `owner` describes the process, where more is known of it than its id."""
        if owner is None:
            owner = "another process" if pid is None else f"another process (pid {pid})"
        super().__init__(f"{database}: in use by {owner}; stop it first")
        self.pid = pid


class UnsupportedDatabaseError(StorageError):
    """The configured address does not lead to a database that this version can use."""


def storage_error(error: DBAPIError | sqlite3.Error | OSError, path: Path) -> StorageError:
    """Translate an error by SQLite's result code, keeping SQLite's message.

    Args:
        error: The driver's, SQLAlchemy's or the file system's error.
        path: The database file, named in the text.
    """
    if isinstance(error, OSError):
        return StorageUnavailableError(f"{path}: {error.strerror or type(error).__name__}")
    # SQLAlchemy's own text quotes the statement; that of the driver's error does not.
    cause = error.orig if isinstance(error, DBAPIError) else error
    text = f"{path}: {' '.join(str(cause).split())}"
    code = getattr(cause, "sqlite_errorcode", None)  # missing if Python's driver raised it before SQLite
    primary = None if code is None else code & _PRIMARY_CODE
    if primary in _UNAVAILABLE:
        return StorageUnavailableError(text)
    if primary in _DAMAGED:
        return StorageDamagedError(text)
    return StorageError(text)


@contextmanager
def translating(path: Path) -> Generator[None]:
    """Re-raise errors of SQLite and the file system inside the block as `StorageError`."""
    try:
        yield
    except (DBAPIError, sqlite3.Error, OSError) as error:
        raise storage_error(error, path) from None
