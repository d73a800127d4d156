"""Whose the database is: one process at a time, said by a lock that the kernel gives up when it dies.

The lock is on a file of its own beside the database, which is never deleted: two processes could otherwise
each hold the lock of a different file under that name.
"""

import fcntl
import os
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Final

from bot.storage.errors import DatabaseInUseError

_TRIES: Final = 5
_PAUSE_S: Final = 0.02
"""`owner_of` asks by taking a lock for a moment; that moment must not keep anybody from starting."""
_MODE: Final = 0o600
_PID_BYTES: Final = 32


class Ownership:
    """The claim to one database file. The file need not exist, its folder must."""

    def __init__(self, database: Path, *, sleep: Callable[[float], None] = time.sleep) -> None:
        self._database = database
        self._sleep = sleep
        self._descriptor: int | None = None

    def take(self) -> None:
        """Make it ours. Blocking. Raises `DatabaseInUseError` if it is another's, or `OSError`."""
        descriptor = os.open(lock_path(self._database), os.O_RDWR | os.O_CREAT, _MODE)
        try:
            self._claim(descriptor)
        except (DatabaseInUseError, OSError):
            os.close(descriptor)
            raise
        self._descriptor = descriptor

    def release(self) -> None:
        """Give it up, if it is ours. Does not block."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def _claim(self, descriptor: int) -> None:
        for _ in range(_TRIES):
            if _locked(descriptor, fcntl.LOCK_EX):
                break
            self._sleep(_PAUSE_S)
        else:
            raise DatabaseInUseError(self._database, _pid(descriptor))
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)


def owner_of(database: Path) -> int | None:
    """The process that owns the database, or None if nobody does. Blocking. Raises `OSError`."""
    try:
        file = lock_path(database).open("rb", buffering=0)
    except FileNotFoundError:
        return None
    with closing(file):
        return None if _locked(file.fileno(), fcntl.LOCK_SH) else _pid(file.fileno())


def lock_path(database: Path) -> Path:
    """Where the lock of a database lies."""
    return database.with_name(f"{database.name}.lock")


def _locked(descriptor: int, kind: int) -> bool:
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _pid(descriptor: int) -> int | None:
    """What the owner wrote; None in the moment before it did."""
    text = os.pread(descriptor, _PID_BYTES, 0).decode("ascii", "replace").strip()
    return int(text) if text.isdecimal() else None
