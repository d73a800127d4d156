"""Takes a backup, also while the bot runs.

The bot goes on meanwhile, so the order matters. Notes of purchases come before the database and again after it: a
task's id is in a note until its row has it. The digest of the audit log comes before: the log only grows. Videos
and pictures come after; if one of them is gone by then, the database is copied anew, which may need it no longer.
"""

import errno
import os
import shutil
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from bot import __version__
from bot.backups.archive import ArchiveWriter
from bot.backups.data_folder import DataFolder
from bot.backups.disk import sync
from bot.backups.errors import BackupFailedError
from bot.backups.manifest import DATABASE_NAME, FORMAT, BackupAbout, Manifest
from bot.backups.parts import parts_beside, remove_left_behind
from bot.backups.snapshot import revision_of, take_snapshot
from bot.texts import console_backup as words

_ROUNDS: Final = 5
"""Copies of the database at most. Each needs fewer files than the one before, those of the seconds in between."""


@dataclass(frozen=True)
class BackupTaken:
    """A backup that is on the disk."""

    path: Path
    size_bytes: int
    manifest: Manifest
    missing: int
    """Number of files that the database needs and that are not there."""


def check_destination(out: Path, *, force: bool) -> None:
    """Raise `BackupFailedError` if a backup must not be written there. `force` allows to replace a file."""
    if out.is_dir() or not out.name:
        raise BackupFailedError(words.is_folder(str(out)))
    if out.exists() and not out.is_file():
        raise BackupFailedError(words.no_file(str(out)))
    if out.exists() and not force:
        raise BackupFailedError(words.exists(str(out)))


def take_backup(data: DataFolder, out: Path, now: datetime, *, force: bool) -> BackupTaken:
    """Write everything that a bot needs to go on elsewhere into one file. Blocking.

    Args:
        data: What is backed up.
        out: The file, which has its name only when it is whole and on the disk.
        now: The moment that the backup names.
        force: True if a file of that name may be replaced.

    Raises:
        BackupFailedError: There is nothing to back up, it is damaged, or the file must not be written there.
        StorageError: The database cannot be read, or is another version's.
        OSError: The disk refused. Nothing is left behind.
    """
    check_destination(out, force=force)
    if data.holds(out):
        raise BackupFailedError(words.is_own_data(str(out)))
    if not data.database.exists():
        raise BackupFailedError(words.no_database(str(data.database)))
    remove_left_behind(out.absolute().parent)
    if shutil.disk_usage(out.absolute().parent).free < data.database.stat().st_size:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    about = BackupAbout(
        format=FORMAT,
        version=__version__,
        revision=revision_of(data.database),
        taken_at=now,
    )
    with parts_beside(out) as (part, snapshot):
        with part.open("wb") as file, ArchiveWriter(file, about) as archive:
            missing = _add_all(data, archive, snapshot, about.revision)
            manifest = archive.finish()
            file.flush()
            os.fsync(file.fileno())
        size_bytes = part.stat().st_size
        _publish(part, out, force=force)
    return BackupTaken(out, size_bytes, manifest, missing)


def _add_all(data: DataFolder, archive: ArchiveWriter, snapshot: Path, revision: str) -> int:
    """Add every file. Returns the number of those that the database needs and that are not there."""
    _add(data, archive, data.small_files())
    missing: set[str] = set()
    for _ in range(_ROUNDS):
        hidden = set(data.hidden_videos())
        snapshot.write_bytes(b"")
        if take_snapshot(data.database, snapshot) != revision:
            raise BackupFailedError(words.changed_meanwhile(str(data.database)))
        before, missing = missing, _add(data, archive, {*hidden, *data.needed_files(snapshot)})
        if missing <= before:  # nothing, or what was not there the last time either
            break
    _add(data, archive, (name for name in data.small_files() if name.startswith("purchases/")))
    archive.add(DATABASE_NAME, snapshot)
    return len(missing)


def _add(data: DataFolder, archive: ArchiveWriter, names: Iterable[str]) -> set[str]:
    """Add files that are not in the archive. Returns those that are gone."""
    gone: set[str] = set()
    for name in sorted(set(names) - archive.names):
        try:
            archive.add(name, data.path(name))
        except FileNotFoundError:
            gone.add(name)
    return gone


def _publish(part: Path, out: Path, *, force: bool) -> None:
    """Give the whole file its name, without replacing another one unless that is allowed."""
    if force:
        part.replace(out)
    else:
        try:
            out.hardlink_to(part)
        except FileExistsError:
            raise BackupFailedError(words.exists(str(out))) from None
        except OSError:  # a disk without second names
            check_destination(out, force=False)
            part.replace(out)
    with suppress(OSError):  # some network disks flush no folders
        sync(out.absolute().parent)
