"""What can go wrong with the database, one class a remedy.

Every text is one line for the operator that names the file. None holds a statement's values: a row has the
person's words and Discord's tokens in it.
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
    """Base of every error that this package raises. Itself: SQLite refused a statement that we got wrong."""


class StorageUnavailableError(StorageError):
    """The disk is full, read-only or failing, or the file is locked: the same call may work later."""


class StorageDamagedError(StorageError):
    """The file is no SQLite database, or a broken one."""


class NewerDatabaseError(StorageError):
    """A newer version of the bot made the database. Nothing was written to it."""


class DatabaseInUseError(StorageError):
    """Another process owns the database; `pid` is its number, if it could be read."""

    def __init__(self, path: Path, pid: int | None) -> None:
        owner = "another process" if pid is None else f"another process (pid {pid})"
        super().__init__(f"{path}: in use by {owner}; stop it first")
        self.pid = pid


class UnsupportedDatabaseError(StorageError):
    """The address leads to no database that this version could use."""


def storage_error(error: DBAPIError | sqlite3.Error | OSError, path: Path) -> StorageError:
    """What `error` means to a caller, by SQLite's result code and in SQLite's own words."""
    if isinstance(error, OSError):
        return StorageUnavailableError(f"{path}: {error.strerror or type(error).__name__}")
    cause = error.orig if isinstance(error, DBAPIError) else error
    text = f"{path}: {' '.join(str(cause).split())}"
    code = getattr(cause, "sqlite_errorcode", None)  # missing where Python, not SQLite, refused
    primary = None if code is None else code & _PRIMARY_CODE
    if primary in _UNAVAILABLE:
        return StorageUnavailableError(text)
    if primary in _DAMAGED:
        return StorageDamagedError(text)
    return StorageError(text)


@contextmanager
def translating(path: Path) -> Generator[None]:
    """Make a `StorageError` of every failure of SQLite or the file system inside."""
    try:
        yield
    except (DBAPIError, sqlite3.Error, OSError) as error:
        raise storage_error(error, path) from None
