"""Copies on this machine of files that are in a store: they go when nobody used them for long, or for space."""

import asyncio
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

import structlog

from bot.files.bucket_files import BucketFiles
from bot.files.store import FilesUnavailableError
from bot.jobs.file_owners import under_way_among
from bot.jobs.job import full_name_of, owner_of_file
from bot.jobs.originals import Original
from bot.reviews.hidden_copies import HIDDEN_PREFIX
from bot.storage.database import Database
from bot.storage.errors import StorageError

log: Final = structlog.get_logger(__name__)

_EVERY_S: Final = 60.0
_IN_HAND_S: Final = 900.0
"""Copies that were used since then are not taken for space: they may be on their way to somebody."""


@dataclass(frozen=True)
class _Copy:
    store: BucketFiles
    name: str
    owner: str
    used_at_s: float


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class FileCache:
    """Removes copies. None goes of a job that runs here, or that is not over and whose file no store has."""

    pictures: BucketFiles
    videos: BucketFiles
    database: Database
    running: Callable[[], Collection[str]]
    """Returns the ids of the jobs that run in this process."""
    now: Callable[[], datetime]
    unused_s: float
    """Seconds for which a copy stays that nobody uses."""

    async def run(self) -> None:
        """Remove what is not used, again and again, until cancelled."""
        while True:
            try:
                await self.run_once()
            except (StorageError, OSError) as error:
                log.warning("copies_not_removed", reason=str(error))
            await asyncio.sleep(_EVERY_S)

    async def run_once(self) -> None:
        """Remove what is not used. Raises `StorageError` and `OSError`."""
        unused = [
            copy
            for copy in await asyncio.to_thread(self._copies)
            if self._age_s(copy) > self.unused_s and copy.owner not in self.running()
        ]
        waiting = await under_way_among(self.database, {copy.owner for copy in unused})
        for copy in unused:
            if copy.owner not in waiting or await self._is_stored(copy):
                await asyncio.to_thread(copy.store.path(copy.name).unlink, missing_ok=True)
        await asyncio.to_thread(_remove_empty, self.pictures.folder)

    async def kept(self) -> Sequence[Original]:
        """Return the copies of videos that may go, those first that were not used for longest."""
        found = [
            copy
            for copy in await asyncio.to_thread(self._copies)
            if copy.store is self.videos
            and copy.name != full_name_of(copy.owner)
            and self._age_s(copy) > _IN_HAND_S
            and copy.owner not in self.running()
        ]
        waiting = await under_way_among(self.database, {copy.owner for copy in found})
        due = sorted((copy for copy in found if copy.owner not in waiting), key=lambda copy: copy.used_at_s)
        return [Original(copy.owner, copy.name, None) for copy in due]

    async def expire(self, originals: Sequence[Original]) -> None:
        """Remove these copies, and what was made of them. The files stay in the store."""
        for original in originals:
            for name in (original.name, full_name_of(original.job_id)):
                await asyncio.to_thread(self.videos.path(name).unlink, missing_ok=True)

    async def _is_stored(self, copy: _Copy) -> bool:
        """Return True if the store has a file; it is given one that it lacks, as it was away when that was made.

        Nothing was deleted of a job that is not over, so this brings nothing back.
        """
        name = copy.name
        try:
            if await copy.store.holds(name):
                return True
            if not name.endswith(".part"):
                await copy.store.keep([name])
        except (FilesUnavailableError, FileNotFoundError) as error:
            log.info("copy_stays", name=name, reason=str(error))
        return False

    def _age_s(self, copy: _Copy) -> float:
        return self.now().timestamp() - copy.used_at_s

    def _copies(self) -> list[_Copy]:
        """List the copies on this machine. Blocks."""
        found = [
            _Copy(self.pictures, f"{job_id}/{name}", job_id, at) for job_id, name, at in self._pictures()
        ]
        for path in self.videos.folder.iterdir():
            owner = owner_of_file(path.name.removeprefix(HIDDEN_PREFIX))
            if (used_at_s := _used_at_s(path)) is not None:
                found.append(_Copy(self.videos, path.name, owner, used_at_s))
        return found

    def _pictures(self) -> Iterator[tuple[str, str, float]]:
        for folder in self.pictures.folder.iterdir():
            for path in folder.iterdir() if folder.is_dir() else ():
                if (used_at_s := _used_at_s(path)) is not None:
                    yield folder.name, path.name, used_at_s


def _used_at_s(path: Path) -> float | None:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return None


def _remove_empty(folder: Path) -> None:
    """Remove folders in which nothing is left. Blocks."""
    for inner in folder.iterdir():
        if inner.is_dir() and not any(inner.iterdir()):
            inner.rmdir()
