"""Opening of the database: its address, the owner's lock, a check for damage, and migrations.

Called by `bot.app` and by the commands that need the database.
"""

import asyncio
import os
import stat
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from bot.storage import engines
from bot.storage.database import Database
from bot.storage.errors import (
    StorageDamagedError,
    StorageUnavailableError,
    UnsupportedDatabaseError,
    translating,
)
from bot.storage.migrate import SchemaState, migrate, standing_of
from bot.storage.ownership import Ownership
from bot.storage.same_file import FileIdentity, identity_of
from bot.storage.shielding import shield_until_done

_NAME: Final = "stillmotion.sqlite3"
_SCHEME: Final = "sqlite:///"
_FOLDER_MODE: Final = 0o700
_FILE_MODE: Final = 0o600


@asynccontextmanager
async def open_database(url: str | None, data_dir: Path) -> AsyncGenerator[Database]:
    """Own and open the database until the block ends; create or migrate it first if needed.

    Args:
        url: The configured address, or None for the default file in `data_dir`.
        data_dir: The bot's data folder.

    Raises:
        DatabaseInUseError: Another process owns the database.
        NewerDatabaseError: A newer version of the bot made it.
        StorageDamagedError: It is damaged.
        UnsupportedDatabaseError: The address or the tables are not supported.
        StorageUnavailableError: The disk refused.
    """
    path = await asyncio.to_thread(database_path, url, data_dir)
    ownership = Ownership(path)
    try:
        # Shielded from cancellation: the thread would go on migrating after the lock was released.
        opened = await shield_until_done(asyncio.to_thread(_prepare, path, ownership))
        database = Database(path, opened)
        try:
            yield database
        finally:
            await shield_until_done(database.close())
    finally:
        ownership.release()


@asynccontextmanager
async def open_existing(url: str | None, data_dir: Path) -> AsyncGenerator[Database]:
    """Open a database beside the process that owns it, if one does; nothing is created, repaired or migrated.

    For commands that read, or leave an order for the bot; the owner alone changes jobs.

    Args:
        url: As for `open_database`.
        data_dir: As for `open_database`.

    Raises:
        UnsupportedDatabaseError: The address is not supported, or the tables are not this version's.
        StorageUnavailableError: There is no database, or the disk refused.
        StorageDamagedError: It is damaged.
    """
    path = await asyncio.to_thread(database_path, url, data_dir)
    await asyncio.to_thread(_check_current, path)
    database = Database(path)
    try:
        yield database
    finally:
        await shield_until_done(database.close())


def database_path(url: str | None, data_dir: Path) -> Path:
    """Resolve `sqlite:///path` to a file; a fourth slash makes the path absolute. Blocking.

    Raises:
        UnsupportedDatabaseError: Any other address. The text does not quote it: it may hold a password.
    """
    if url is None:
        return (data_dir / _NAME).resolve()
    if url.startswith("postgresql:"):
        raise UnsupportedDatabaseError(
            f"postgresql:// is not supported by this version; expected {_SCHEME}path"
        )
    name = url.removeprefix(_SCHEME)
    if not url.startswith(_SCHEME) or name in {"", ":memory:"} or "?" in name:
        raise UnsupportedDatabaseError(f"the database's address is not supported; expected {_SCHEME}path")
    return Path(name).resolve()


def _prepare(path: Path, ownership: Ownership) -> FileIdentity:
    with translating(path):
        # Only a folder made here becomes private. An existing one may be shared, even /tmp, and stays as it is.
        path.parent.mkdir(mode=_FOLDER_MODE, parents=True, exist_ok=True)
        # The lock comes before anything is created or read: see `bot.storage.ownership`.
        ownership.take()
        # Created here, because SQLite would make it readable for the machine's other users (mode 644).
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, _FILE_MODE))
        _check_whole(path)
    migrate(path)
    with translating(path):
        # Only after `migrate` has found that the file is the bot's. SQLite creates its -wal and -shm files with
        # the mode of the database.
        if stat.S_IMODE(path.stat().st_mode) != _FILE_MODE:
            path.chmod(_FILE_MODE)
        return identity_of(path)


def _check_current(path: Path) -> None:
    with translating(path):
        if not path.exists():
            raise StorageUnavailableError(f"{path}: there is no database")
        with engines.read_only(path).connect() as connection:
            standing, _revision = standing_of(connection)
    match standing:
        case SchemaState.CURRENT:
            return
        case SchemaState.OLDER:
            raise UnsupportedDatabaseError(f"{path}: of an older version; start the bot of this version once")
        case SchemaState.NEWER:
            raise UnsupportedDatabaseError(f"{path}: made by a newer version; update the bot")
        case SchemaState.NEW | SchemaState.FOREIGN:
            raise UnsupportedDatabaseError(f"{path}: not a database of this bot")


def _check_whole(path: Path) -> None:
    # quick_check leaves out the comparison of indices with tables, the slow part; `python -m bot check` has it.
    with engines.read_only(path).connect() as connection:
        found = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar_one()
    if found != "ok":
        raise StorageDamagedError(f"{path}: damaged ({' '.join(found.split())}); restore a backup")
