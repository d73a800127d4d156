"""Puts a backup back, while the bot is stopped.

The one moment at which anything changes is the rename of the database. Before it, files are only added that were
missing, and the old data gets a second name in a folder of its own; so whatever ends the command, the bot has the
old data whole, or the new.
"""

import os
import shutil
import sqlite3
from collections.abc import Generator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Final

from sqlalchemy.exc import DBAPIError

from bot.backups.archive import unpack
from bot.backups.data_folder import DataFolder
from bot.backups.database_copy import is_database_copy, stage_database
from bot.backups.disk import keep_copy, make_folder, move, sync
from bot.backups.errors import BackupFailedError
from bot.backups.manifest import DATABASE_NAME, BackupAbout, BackupFile, Manifest
from bot.backups.purchases_since import PurchasesSince, bring_up_to_date, take_over_purchases
from bot.backups.replaced_data import replaced_name
from bot.backups.snapshot import problem_of, revision_of
from bot.jobs.job import JobState
from bot.storage.backup_mark import mark_as_backup
from bot.storage.errors import (
    StorageDamagedError,
    StorageError,
    StorageUnavailableError,
    UnsupportedDatabaseError,
    storage_error,
    translating,
)
from bot.storage.migrate import SchemaState, head_revision, revisions, standing_of
from bot.storage.ownership import Ownership, lock_path
from bot.storage.same_file import FileIdentity, identity_of
from bot.storage.sqlite_engines import read_only
from bot.texts import console_backup as words

_STAGING: Final = "restore.part"
_BESIDE_DATABASE: Final = ("-wal", "-shm", "-journal")
_LOG_WAIT_S: Final = 1.0
"""Seconds to wait for another program that reads the database."""
_WAITING: Final = "SELECT COUNT(*) FROM jobs WHERE settled_at IS NULL AND NOT lookup AND state IN (?, ?)"


@dataclass(frozen=True)
class BackupPutBack:
    """A backup that is in place."""

    manifest: Manifest
    aside: Path | None
    """Folder with what was there before; None if nothing was."""
    waiting: int
    """Number of requests that had not begun, whose users will be asked."""
    since: PurchasesSince | None
    """Purchases and decisions since, as the database that was there tells; None if there was none."""
    is_copy: bool
    """True if it was a copy of the database alone, with no other file."""


def put_back(data: DataFolder, archive: Path, now: datetime) -> BackupPutBack:
    """Verify a backup and put it in the place of the data. Blocking.

    Args:
        data: What is replaced, if there is anything.
        archive: The backup, or a copy of the database alone.
        now: The moment that names the folder with the old data.

    Raises:
        BackupFailedError: It was not put back, for this reason.
        DatabaseInUseError: A bot runs on this database.
        StorageError: The database that is there is another program's, or another program has it open; or the copy
            that is to be put back is none of this version or an earlier one.
    """
    if archive.exists() and not archive.is_file() and not archive.is_dir():
        raise BackupFailedError(
            words.no_file(str(archive))
        )  # a pipe can be opened once, and that may wait forever
    try:
        with archive.open("rb"):
            pass
    except OSError as error:
        raise BackupFailedError(words.not_read(str(archive), error.strerror or "")) from None
    _check_account(data)
    ownership = Ownership(data.database)
    try:
        make_folder(data.database.parent)
        make_folder(data.folder)
        ownership.take()
        with _staging_in(data.folder) as staging:
            return _put_back(data, archive, staging, now)
    except (OSError, sqlite3.Error, DBAPIError) as error:
        reason = getattr(error, "strerror", None) or type(error).__name__
        raise BackupFailedError(words.not_put_back(reason)) from None
    finally:
        ownership.release()


def _check_account(data: DataFolder) -> None:
    """Raise `BackupFailedError` if root is to put back what a bot of another account then could not open."""
    known = next((path for path in (lock_path(data.database), data.folder) if path.exists()), None)
    if os.geteuid() or known is None or not (owner := known.stat().st_uid):
        return
    try:
        name = known.owner()
    except KeyError:
        name = f"user {owner}"
    raise BackupFailedError(words.other_account(str(data.folder), name))


def _put_back(data: DataFolder, archive: Path, staging: Path, now: datetime) -> BackupPutBack:
    free_bytes = shutil.disk_usage(staging).free
    if is_copy := is_database_copy(archive):
        manifest = stage_database(archive, staging, free_bytes=free_bytes)
    else:
        manifest = unpack(archive, staging, free_bytes=free_bytes, accept=partial(_check_schema, archive))
    staged = staging / DATABASE_NAME
    _prepare(archive, staged, manifest.about)
    try:
        since = _compare(data.database, staged, staging / "current.sqlite3", now)
    except StorageUnavailableError as error:
        raise BackupFailedError(words.not_comparable(str(error))) from None
    waiting = _count_waiting(staged)
    with _kept_aside(data, now) as aside:
        _add_files(data, staging, manifest)
        _replace_database(data.database, staged)
    if aside is not None:
        _mark_kept(aside / data.database.name)
    return BackupPutBack(manifest, aside, waiting, since, is_copy)


def _check_schema(archive: Path, about: BackupAbout) -> None:
    if about.revision not in revisions():
        told = words.newer_schema(str(archive), about.version, about.revision, head_revision())
        raise BackupFailedError(told)


def _prepare(archive: Path, staged: Path, about: BackupAbout) -> None:
    """Make the backup's database one of this version, whose next start asks before it buys."""
    try:
        problem = problem_of(staged)
        if problem is None and revision_of(staged) == about.revision:
            bring_up_to_date(staged)
            mark_as_backup(staged)
            sync(staged)
            return
    except (StorageError, sqlite3.Error, DBAPIError) as error:
        problem = type(error).__name__
    raise BackupFailedError(words.unusable_database(str(archive), problem or words.MANIFEST_DIFFERS))


def _compare(current: Path, staged: Path, scratch: Path, now: datetime) -> PurchasesSince | None:
    """Take over what was bought and forbidden since.

    Raises `UnsupportedDatabaseError` if another program's file is there.
    """
    if not current.exists() or not current.stat().st_size:
        return None
    with suppress(StorageDamagedError), translating(current), read_only(current).connect() as connection:
        match standing_of(connection)[0]:
            case SchemaState.NEW:
                return None
            case SchemaState.FOREIGN:
                raise UnsupportedDatabaseError(f"{current}: a database, but not one of this bot")
            case SchemaState.OLDER | SchemaState.CURRENT | SchemaState.NEWER:
                pass
    since = take_over_purchases(current, staged, scratch, now)
    sync(staged)
    return since


def _count_waiting(staged: Path) -> int:
    with closing(sqlite3.connect(staged)) as connection:
        return int(connection.execute(_WAITING, (JobState.QUEUED.value, JobState.HELD.value)).fetchone()[0])


@contextmanager
def _staging_in(folder: Path) -> Generator[Path]:
    """Yield an empty folder on the disk of the data, and remove it at the end, also one that a kill left."""
    staging = folder / _STAGING
    shutil.rmtree(staging, ignore_errors=True)
    make_folder(staging)
    try:
        yield staging
    finally:
        shutil.rmtree(staging, ignore_errors=True)


@contextmanager
def _kept_aside(data: DataFolder, now: datetime) -> Generator[Path | None]:
    """Give all that is there a second name in a folder of its own.

    The folder goes again if the block fails before it has replaced the database.
    """
    database = data.database
    _end_log(database)
    before = _identity(database)
    present = [
        path for path in (database, *map(partial(_beside, database), _BESIDE_DATABASE)) if path.exists()
    ]
    names = [*data.everything()]
    if not present and not names:
        yield None
        return
    aside = data.path(replaced_name(now))
    try:
        for path in present:
            keep_copy(path, aside / path.name)
        for name in names:
            keep_copy(data.path(name), aside / name)
        sync(aside)
        sync(aside.parent)
        yield aside
    except BaseException:
        if _identity(database) == before and all(path.exists() for path in present):
            shutil.rmtree(aside, ignore_errors=True)
        raise


def _identity(path: Path) -> FileIdentity | None:
    try:
        return identity_of(path)
    except FileNotFoundError:
        return None


def _end_log(database: Path) -> None:
    """Move what is in the write-ahead log into the database, so that its one file is all of it.

    Raises `StorageUnavailableError` if that cannot be done at present. Of a damaged one both files are kept.
    """
    if not database.exists() or not database.stat().st_size:
        return
    busy = 0
    try:
        with closing(sqlite3.connect(database, timeout=_LOG_WAIT_S)) as connection:
            busy = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
    except sqlite3.Error as error:
        told = storage_error(error, database)
        if isinstance(told, StorageUnavailableError):
            raise told from None
    if busy:
        raise StorageUnavailableError(f"{database}: another program has it open; close it first")


def _add_files(data: DataFolder, staging: Path, manifest: Manifest) -> None:
    """Add the files that are missing. Those that are there are the same, or younger, and stay.

    But for a video or a picture of another size, which is not whole: those never change.
    """
    marks = data.path("marks")
    # A key of one and a certificate of the other would not fit.
    keeps_marks = marks.is_dir() and any(marks.iterdir())
    folders: set[Path] = set()
    for file in manifest.files:
        path = data.path(file.name)
        is_mark = file.name.startswith("marks/")
        if file.name == DATABASE_NAME or (is_mark and keeps_marks) or _is_there(path, file):
            continue
        make_folder(path.parent)
        move(staging / file.name, path)
        # Not those above the data folder: another account's may not be opened.
        folders |= {folder for folder in path.parents if folder.is_relative_to(data.folder)}
    for folder in folders:
        sync(folder)


def _is_there(path: Path, file: BackupFile) -> bool:
    changes = not file.name.startswith(("media/", "spool/"))
    return path.exists() and (changes or path.stat().st_size == file.size_bytes)


def _replace_database(database: Path, staged: Path) -> None:
    """Put the staged database in place: the moment at which the bot's data becomes the backup's."""
    waiting = _beside(database, ".restored")
    try:
        move(staged, waiting)
        for suffix in _BESIDE_DATABASE:
            _beside(database, suffix).unlink(missing_ok=True)
        waiting.replace(database)
    finally:
        waiting.unlink(missing_ok=True)
    with suppress(OSError):  # it is in place; some network disks flush no folders
        sync(database.parent)


def _mark_kept(database: Path) -> None:
    """Have a start on the database that was replaced take it for a backup, should it be put back in turn."""
    with suppress(sqlite3.Error):  # a damaged one stays as it is; no bot starts on it
        if database.exists():
            mark_as_backup(database)


def _beside(database: Path, suffix: str) -> Path:
    return database.with_name(f"{database.name}{suffix}")
