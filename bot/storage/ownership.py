"""Exclusive ownership of the database by one process, through a file lock (`flock`).

The kernel releases the lock when the process ends, however it ends. The lock file lies beside the database and
is never deleted: otherwise two processes could each lock a different file of that name. The database file itself
is not used for this, because a process that closes any descriptor of it loses SQLite's own locks on it
(sqlite.org/howtocorrupt.html, *Posix advisory locks canceled*).
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
"""Seconds between tries. `owner_of` takes a shared lock for a moment; that must not make a start fail."""
_MODE: Final = 0o600
_PID_BYTES: Final = 32


class Ownership:
    """Lock on one database. The database file need not exist, its folder must."""

    def __init__(self, database: Path, *, sleep: Callable[[float], None] = time.sleep) -> None:
        self._database = database
        self._sleep = sleep
        self._descriptor: int | None = None

    def take(self) -> None:
        """Acquire the lock. Blocks for a tenth of a second at most.

        Raises:
            DatabaseInUseError: Another process holds it.
            OSError: The lock file cannot be opened or written.
        """
        descriptor = os.open(lock_path(self._database), os.O_RDWR | os.O_CREAT, _MODE)
        try:
            self._claim(descriptor)
        except (DatabaseInUseError, OSError):
            os.close(descriptor)
            raise
        self._descriptor = descriptor

    def release(self) -> None:
        """Release the lock if this process holds it. Does not block."""
        if self._descriptor is not None:
            os.close(self._descriptor)  # closing the descriptor releases the lock
            self._descriptor = None

    def _claim(self, descriptor: int) -> None:
        for _ in range(_TRIES):
            if _locked(descriptor, fcntl.LOCK_EX):
                break
            self._sleep(_PAUSE_S)
        else:
            raise DatabaseInUseError(self._database, _pid(descriptor))
        # The pid is only information for `check` and error texts. The lock alone decides.
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)


def owner_of(database: Path) -> int | None:
    """Return the process id of the owner; None if the database has no owner or the id is not written yet. Blocking.

    Raises `OSError`.
    """
    try:
        file = lock_path(database).open("rb", buffering=0)
    except FileNotFoundError:
        return None
    with closing(file):
        # A shared lock can be had only while no process holds the exclusive one. `closing` releases it.
        return None if _locked(file.fileno(), fcntl.LOCK_SH) else _pid(file.fileno())


def lock_path(database: Path) -> Path:
    """Return the path of a database's lock file."""
    return database.with_name(f"{database.name}.lock")


def _locked(descriptor: int, kind: int) -> bool:
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _pid(descriptor: int) -> int | None:
    """Return the process id in the lock file, or None in the moment before the owner writes it."""
    text = os.pread(descriptor, _PID_BYTES, 0).decode("ascii", "replace").strip()
    return int(text) if text.isdecimal() else None
