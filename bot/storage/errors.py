"""Errors of the database, one class for each remedy, and the translation of SQLite's result codes into them.

Every text is one line for the operator that names the file. None contains a statement's values, because rows
hold prompts and Discord's interaction tokens.
"""

import sqlite3
from collections.abc import Generator
from contextlib import contextmanager
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
    """Base of all errors of this package. Raised itself, it means that SQLite rejected a faulty statement."""


class StorageUnavailableError(StorageError):
    """The disk is full, read-only or failing, or the file is locked: the same call may work later."""


class DatabaseReplacedError(StorageUnavailableError):
    """The file at the database's path is not the one that is open: nothing that is written now would be kept."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"{path}: deleted or replaced while it is open; stop the bot, put it back, start again"
        )


class StorageDamagedError(StorageError):
    """The file is not an SQLite database, or is damaged."""


class UnreadableRowError(StorageError):
    """The row that is asked for holds what this version cannot read. It is left as it is."""

    def __init__(self, table: str) -> None:
        super().__init__(f"a row of {table} cannot be read")


class NewerDatabaseError(StorageError):
    """A newer version of the bot made the database. Nothing was written to it."""


class DatabaseInUseError(StorageError):
    """Another process owns the database. `pid` is its process id, or None if that could not be read."""

    def __init__(self, path: Path, pid: int | None) -> None:
        owner = "another process" if pid is None else f"another process (pid {pid})"
        super().__init__(f"{path}: in use by {owner}; stop it first")
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


def write_error(error: Exception, path: Path) -> Exception:
    """Translate an error of one statement that was carried out with others, as `Database.write` does."""
    if isinstance(error, sqlite3.IntegrityError):
        return DBAPIError.instance(None, None, error, sqlite3.Error, hide_parameters=True)
    return storage_error(error, path) if isinstance(error, sqlite3.Error) else error


@contextmanager
def translating(path: Path) -> Generator[None]:
    """Re-raise errors of SQLite and the file system inside the block as `StorageError`."""
    try:
        yield
    except (DBAPIError, sqlite3.Error, OSError) as error:
        raise storage_error(error, path) from None
