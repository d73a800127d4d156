"""Opening the database: where it is, whose it is, whether it is whole and how old its tables are."""

import asyncio
import os
import stat
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from bot.storage import engines
from bot.storage.database import Database
from bot.storage.errors import StorageDamagedError, UnsupportedDatabaseError, translating
from bot.storage.migrate import migrate
from bot.storage.ownership import Ownership
from bot.storage.settling import settled

_NAME: Final = "stillmotion.sqlite3"
_SCHEME: Final = "sqlite:///"
_FOLDER_MODE: Final = 0o700
_FILE_MODE: Final = 0o600


@asynccontextmanager
async def open_database(url: str | None, data_dir: Path) -> AsyncGenerator[Database]:
    """The database at `url`, or the one in `data_dir`: made if there is none, brought up to date if it is an
    older version's, and this process's alone until the block ends. Raises every kind of `StorageError`.
    """
    path = await asyncio.to_thread(database_path, url, data_dir)
    ownership = Ownership(path)
    try:
        # To its end even if we are cancelled: a migration must not outlive our ownership.
        await settled(asyncio.to_thread(_prepare, path, ownership))
        database = Database(path)
        try:
            yield database
        finally:
            await settled(database.close())
    finally:
        ownership.release()


def database_path(url: str | None, data_dir: Path) -> Path:
    """The file that `sqlite:///path` means: absolute with a fourth slash, else from the working directory.

    Blocking. Raises `UnsupportedDatabaseError` for any other address, whose text does not quote it.
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


def _prepare(path: Path, ownership: Ownership) -> None:
    with translating(path):
        # A folder that is there already may be anybody's, even /tmp: only our own is made private.
        path.parent.mkdir(mode=_FOLDER_MODE, parents=True, exist_ok=True)
        ownership.take()
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, _FILE_MODE))
        _check_whole(path)
    migrate(path)
    with translating(path):
        # Only now: before, it might have been somebody else's. SQLite gives its files beside it the same mode.
        if stat.S_IMODE(path.stat().st_mode) != _FILE_MODE:
            path.chmod(_FILE_MODE)


def _check_whole(path: Path) -> None:
    with engines.read_only(path).connect() as connection:
        found = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar_one()
    if found != "ok":
        raise StorageDamagedError(f"{path}: damaged ({' '.join(found.split())}); restore a backup")
