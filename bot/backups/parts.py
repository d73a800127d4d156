"""Unfinished files of a backup, beside the file that they become.

They are removed at the end, whatever ends the command. What one that was killed left goes with the next backup into
the same folder: the name tells that a backup made it, and the lock (`flock`) that nobody writes it any more.
"""

import fcntl
import os
import re
import secrets
import stat
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from bot.backups.disk import FILE_MODE

_ARCHIVE: Final = ".stillmotion.part"
_DATABASE: Final = ".stillmotion-database.part"
_NAME: Final = re.compile(r"(.+\.[0-9a-f]{8})\.stillmotion(?:-database)?\.part", re.DOTALL)
_MAKING_TRIES: Final = 5


@contextmanager
def parts_beside(out: Path) -> Generator[tuple[Path, Path]]:
    """Yield two empty files that nobody else can read, for the archive and for the copy of the database.

    Raises `OSError` if they cannot be made.
    """
    archive, database = _parts_of(_free_stem(out))
    lock: int | None = None
    # A signal may end the command at any line, so what has a name is removed from the moment it can be there.
    try:
        lock = _make_locked(archive)
        os.close(os.open(database, os.O_WRONLY | os.O_CREAT | os.O_EXCL, FILE_MODE))
        yield archive, database
    finally:
        # In this order: a copy of the database alone is nobody's.
        database.unlink(missing_ok=True)
        archive.unlink(missing_ok=True)
        if lock is not None:
            os.close(lock)


def remove_left_behind(folder: Path) -> None:
    """Remove what killed backups left in a folder: files of this account that no process holds."""
    try:
        names = [entry.name for entry in os.scandir(folder)]
    except OSError:  # whoever writes into it says so
        return
    for stem in sorted({found[1] for name in names if (found := _NAME.fullmatch(name))}):
        with suppress(OSError):
            _remove_unheld(folder / stem)


def _parts_of(stem: Path) -> tuple[Path, Path]:
    return stem.with_name(f"{stem.name}{_ARCHIVE}"), stem.with_name(f"{stem.name}{_DATABASE}")


def _free_stem(out: Path) -> Path:
    while True:
        stem = out.with_name(f"{out.name}.{secrets.token_hex(4)}")
        if not any(os.path.lexists(part) for part in _parts_of(stem)):
            return stem


def _make_locked(archive: Path) -> int:
    """Make an archive's part. Returns the descriptor whose lock keeps it."""
    for _ in range(_MAKING_TRIES):
        lock = os.open(archive, os.O_RDWR | os.O_CREAT | os.O_EXCL, FILE_MODE)
        # A disk without locks refuses. There nobody else gets one either, and nothing is taken for left behind.
        with suppress(OSError):
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if _is_at(archive, lock):
            return lock
        os.close(lock)  # another backup took it for left behind, in the moment before it was locked
    raise FileNotFoundError(f"{archive}: it vanishes")


def _is_at(path: Path, descriptor: int) -> bool:
    with suppress(FileNotFoundError):
        return os.path.samestat(path.lstat(), os.fstat(descriptor))
    return False


def _remove_unheld(stem: Path) -> None:
    archive, database = _parts_of(stem)
    try:
        lock = os.open(archive, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except FileNotFoundError:
        _remove_own(database)
        return
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if _is_at(archive, lock):
            _remove_own(database)
            _remove_own(archive)
    finally:
        os.close(lock)


def _remove_own(path: Path) -> None:
    with suppress(FileNotFoundError):
        about = path.lstat()
        if stat.S_ISREG(about.st_mode) and about.st_uid == os.geteuid():
            path.unlink()
