"""Opening of the database: its address, its owner, a check for damage, and migrations.

Called by `bot.app` and by the commands that need the database.
"""

import asyncio
import os
import stat
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Final

from bot.storage import sqlite_engines
from bot.storage.address import PostgresqlAddress, SqliteAddress, database_address
from bot.storage.database import Database
from bot.storage.errors import (
    StorageDamagedError,
    StorageUnavailableError,
    UnsupportedDatabaseError,
    translating,
)
from bot.storage.migrate import migrate, require_current, standing_of
from bot.storage.new_database import refuse_beside_another
from bot.storage.ownership import Ownership
from bot.storage.postgresql import open_existing_server, open_server
from bot.storage.same_file import FileIdentity, identity_of
from bot.storage.shielding import shield_until_done
from bot.storage.sqlite_backend import SqliteBackend

_FOLDER_MODE: Final = 0o700
_FILE_MODE: Final = 0o600


@asynccontextmanager
async def open_database(
    url: str | None, data_dir: Path, *, sharing: bool = False, role: str | None = None
) -> AsyncGenerator[Database]:
    """Own and open the database until the block ends; create or migrate it first if needed.

    Args:
        url: The configured address, or None for the default file in `data_dir`.
        data_dir: The bot's data folder.
        sharing: True to own it together with other processes that share it; only on a server.
        role: What this process does; the server names its sessions so.

    Raises:
        DatabaseInUseError: Another process owns the database.
        NewerDatabaseError: A newer version of the bot made it.
        OtherDatabaseError: It is empty, and the data folder is that of a bot with another one.
        StorageDamagedError: It is damaged.
        UnsupportedDatabaseError: The address, the server or the tables are not supported.
        StorageUnavailableError: The disk or the server refused.
    """
    address = await asyncio.to_thread(database_address, url, data_dir)
    before_new = partial(refuse_beside_another, address, data_dir)
    if isinstance(address, PostgresqlAddress):
        async with (
            open_server(replace(address, role=role), before_new, sharing=sharing) as backend,
            _closing(Database(backend)) as database,
        ):
            yield database
        return
    if sharing:
        raise UnsupportedDatabaseError(f"{address.name}: only processes on a PostgreSQL server can share it")
    ownership = Ownership(address.path)
    try:
        # Shielded from cancellation: the thread would go on migrating after the lock was released.
        opened = await shield_until_done(asyncio.to_thread(_prepare, address.path, ownership, before_new))
        async with _closing(Database(SqliteBackend(address, opened))) as database:
            yield database
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
    address = await asyncio.to_thread(database_address, url, data_dir)
    if isinstance(address, PostgresqlAddress):
        async with open_existing_server(address) as backend, _closing(Database(backend)) as database:
            yield database
        return
    await asyncio.to_thread(_check_current, address)
    async with _closing(Database(SqliteBackend(address))) as database:
        yield database


def database_path(url: str | None, data_dir: Path) -> Path:
    """Return the database's file, for what only a file has. Blocking.

    Raises:
        UnsupportedDatabaseError: The database is on a server, or the address is not supported.
    """
    address = database_address(url, data_dir)
    if isinstance(address, PostgresqlAddress):
        raise UnsupportedDatabaseError(
            f"{address.name}: not a file; copy it with pg_dump, put it back with pg_restore"
        )
    return address.path


@asynccontextmanager
async def _closing(database: Database) -> AsyncGenerator[Database]:
    try:
        yield database
    finally:
        await shield_until_done(database.close())


def _prepare(path: Path, ownership: Ownership, before_new: Callable[[], None]) -> FileIdentity:
    with translating(path):
        # Only a folder made here becomes private. An existing one may be shared, even /tmp, and stays as it is.
        path.parent.mkdir(mode=_FOLDER_MODE, parents=True, exist_ok=True)
        # The lock comes before anything is created or read: see `bot.storage.ownership`.
        ownership.take()
        # Created here, because SQLite would make it readable for the machine's other users (mode 644).
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, _FILE_MODE))
        _check_whole(path)
    migrate(path, before_new=before_new)
    with translating(path):
        # Only after `migrate` has found that the file is the bot's. SQLite creates its -wal and -shm files with
        # the mode of the database.
        if stat.S_IMODE(path.stat().st_mode) != _FILE_MODE:
            path.chmod(_FILE_MODE)
        return identity_of(path)


def _check_current(address: SqliteAddress) -> None:
    with translating(address.path):
        if not address.path.exists():
            raise StorageUnavailableError(f"{address.name}: there is no database")
        with sqlite_engines.read_only(address.path).connect() as connection:
            standing, _revision = standing_of(connection)
    require_current(standing, address.name)


def _check_whole(path: Path) -> None:
    # quick_check leaves out the comparison of indices with tables, the slow part; `python -m bot check` has it.
    with sqlite_engines.read_only(path).connect() as connection:
        found = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar_one()
    if found != "ok":
        raise StorageDamagedError(f"{path}: damaged ({' '.join(found.split())}); restore a backup")
