"""Deletions of files in a store: noted first, and repeated until the store has done them."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Collection, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Final

import structlog
from sqlalchemy import delete, func, select
from sqlalchemy.exc import IntegrityError

from bot.files.store import FilesUnavailableError
from bot.storage.advisory_locks import SoleWork
from bot.storage.backend import Confirm
from bot.storage.database import Database
from bot.storage.errors import StorageError
from bot.storage.file_tables import file_deletions

if TYPE_CHECKING:
    from bot.files.bucket import Bucket

log: Final = structlog.get_logger(__name__)

_WITHIN_S: Final = 10.0
"""For a deletion that somebody waits for; `run` goes on with it."""
_AT_ONCE: Final = 500
_name: Final = file_deletions.c.name


class FileDeletions:
    """Deletes files in a store. A name that ends with a slash stands for everything that begins with it.

    Methods raise `bot.storage.errors.StorageError`.
    """

    def __init__(
        self, database: Database, bucket: "Bucket", now: Callable[[], datetime], *, every_s: float
    ) -> None:
        """Args: `every_s` is the pause between two tries, in seconds."""
        self._database = database
        self._bucket = bucket
        self._now = now
        self._every_s = every_s
        self._turn = asyncio.Lock()
        self._away_until_s = 0.0

    async def note(self, names: Collection[str]) -> None:
        """Store that files are to be deleted. From now on `includes` tells so."""
        try:
            await self._note(names)
        except IntegrityError:  # another process noted one of them just now
            await self._note(names)

    async def _note(self, names: Collection[str]) -> None:
        async with self._database.write() as connection:
            known = (await connection.execute(select(_name).where(_name.in_(names)))).scalars().all()
            rows = [{"name": name, "noted_at": self._now()} for name in {*names} - {*known}]
            if rows:
                await connection.execute(file_deletions.insert(), rows)

    async def includes(self, names: Collection[str]) -> bool:
        """Return True if one of these is to be deleted."""
        return bool(await self._noted(names))

    async def revoke(self, names: Collection[str]) -> None:
        """Forget that files are to be deleted, which are about to be written anew."""
        if await self._noted(names):
            async with self._alone() as confirm:
                await confirm()
                await self._forget(names)

    async def carry_out(self, names: Collection[str]) -> None:
        """Delete noted files, unless the store is away. What is not done now is left to `run`."""
        if asyncio.get_running_loop().time() < self._away_until_s:
            return
        try:
            async with asyncio.timeout(_WITHIN_S):
                await self._carry_out(names)
        except (FilesUnavailableError, StorageError, TimeoutError) as error:
            self._away_until_s = asyncio.get_running_loop().time() + self._every_s
            log.warning("files_deleted_later", files=len(names), reason=str(error) or type(error).__name__)

    async def run(self) -> None:
        """Repeat what was not done, again and again, until cancelled. Belongs to one process."""
        while True:
            try:
                await self.run_once()
            except (FilesUnavailableError, StorageError) as error:
                log.warning("files_not_deleted", reason=str(error))
            await asyncio.sleep(self._every_s)

    async def run_once(self) -> None:
        """Delete everything that is noted. Raises `FilesUnavailableError` as well."""
        while names := await self._oldest():
            await self._carry_out(names)
            log.info("files_deleted", files=len(names))

    async def _carry_out(self, names: Collection[str]) -> None:
        async with self._alone() as confirm:
            # Not those that are written anew by now.
            noted = await self._noted(names)
            files = [name for name in noted if not name.endswith("/")]
            for prefix in (name for name in noted if name.endswith("/")):
                files += [found.name for found in await self._bucket.listed(prefix)]
            await confirm()
            await self._bucket.delete(files)
            await self._forget(noted)

    @asynccontextmanager
    async def _alone(self) -> AsyncGenerator[Confirm]:
        """Keep deletions, also those of other processes, apart from what takes them back."""
        async with self._turn, self._database.alone(SoleWork.FILE_DELETIONS) as confirm:
            yield confirm

    async def _oldest(self) -> Sequence[str]:
        chosen = select(_name).order_by(file_deletions.c.noted_at).limit(_AT_ONCE)
        async with self._database.read() as connection:
            return (await connection.execute(chosen)).scalars().all()

    async def _noted(self, names: Collection[str]) -> Sequence[str]:
        async with self._database.read() as connection:
            return (await connection.execute(select(_name).where(_name.in_(names)))).scalars().all()

    async def _forget(self, names: Collection[str]) -> None:
        await self._database.write_one(delete(file_deletions).where(_name.in_(names)))


async def count_deletions(database: Database) -> int:
    """Return how many files are still to be deleted. Raises `StorageError`."""
    async with database.read() as connection:
        counted = select(func.count()).select_from(file_deletions)
        return (await connection.execute(counted)).scalar_one()
