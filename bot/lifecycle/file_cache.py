"""Copies on this machine of files that are in a store: they go when nobody used them for long, or for space."""

import asyncio
import errno
import os
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

import structlog

from bot.files.bucket_files import BucketFiles
from bot.files.store import FilesUnavailableError
from bot.jobs.file_owners import reported_among, under_way_among, without_rows
from bot.jobs.heartbeat import first_start
from bot.jobs.job import full_name_of, owner_of_file
from bot.jobs.originals import Original
from bot.reviews.hidden_copies import HIDDEN_PREFIX
from bot.storage.database import Database
from bot.storage.errors import StorageError

log: Final = structlog.get_logger(__name__)

_EVERY_S: Final = 60.0


@dataclass(frozen=True)
class _Copy:
    store: BucketFiles
    name: str
    owner: str
    used_at_s: float

    @property
    def path(self) -> Path:
        """Where it is."""
        return self.store.path(self.name)

    @property
    def is_original(self) -> bool:
        """True for a picture, and a video as it came: what is made of them, or is not whole, is in no store."""
        if "/" in self.name:
            return not self.name.endswith(".part")
        return self.name.removeprefix(HIDDEN_PREFIX) == f"{self.owner}.mp4"

    @property
    def is_hidden(self) -> bool:
        """True for what moderators look at, which is needed when the job is over."""
        return self.name.startswith(HIDDEN_PREFIX)


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class FileCache:
    """Removes copies. None goes of a job that runs, or that is still needed and no store has.

    A job without a row counts as one that is not over if its copy is older than the database: the right one may be
    yet to be restored or moved.

    Several processes may have the folder. Each marks the copies of its jobs as used, which the others see.
    """

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
        copies, running = await asyncio.to_thread(self._copies), self.running()
        in_hand = [copy for copy in copies if copy.owner in running]
        await asyncio.to_thread(_mark_as_used, [copy.path for copy in in_hand])
        unused = [
            copy
            for copy in copies
            if copy.owner not in running and self._age_s(copy.used_at_s) > self.unused_s
        ]
        needed = await self._needed(unused)
        for copy in unused:
            if copy in needed and not await self._may_go(copy):
                continue
            if copy.owner not in self.running():
                await asyncio.to_thread(_remove_unless_used, copy)
        before_s = self.now().timestamp() - self.unused_s
        await asyncio.to_thread(_remove_empty, self.pictures.folder, before_s)

    async def kept(self) -> Sequence[Original]:
        """Return the copies of videos that are not needed, those first that were not used for longest."""
        found = [
            copy
            for copy in await asyncio.to_thread(self._copies)
            if copy.store is self.videos
            and copy.name != full_name_of(copy.owner)
            and copy.owner not in self.running()
        ]
        needed = await self._needed(found)
        due = sorted((copy for copy in found if copy not in needed), key=lambda copy: copy.used_at_s)
        return [Original(copy.owner, copy.name, None, self._age_s(copy.used_at_s)) for copy in due]

    async def expire(self, originals: Sequence[Original]) -> None:
        """Remove these copies, and what was made of them. The files stay in the store."""
        for original in originals:
            for name in (original.name, full_name_of(original.job_id)):
                await asyncio.to_thread(self.videos.path(name).unlink, missing_ok=True)

    async def _needed(self, copies: Collection[_Copy]) -> frozenset[_Copy]:
        """Return those of these that are to be used, or may belong to another database."""
        since_s = (await first_start(self.database)).timestamp()
        unowned = await without_rows(self.database, {one.owner for one in copies if one.used_at_s < since_s})
        return await self._to_be_used(copies) | {copy for copy in copies if copy.owner in unowned}

    async def _to_be_used(self, copies: Collection[_Copy]) -> frozenset[_Copy]:
        """Return those of these that are of jobs that are not over, or of videos about which moderators decide."""
        hidden = frozenset(copy for copy in copies if copy.is_hidden)
        reported = await reported_among(self.database, {copy.owner for copy in hidden})
        others = {copy.owner for copy in copies if copy not in hidden}
        under_way = await under_way_among(self.database, others)
        return frozenset(copy for copy in copies if copy.owner in (reported if copy in hidden else under_way))

    async def _may_go(self, copy: _Copy) -> bool:
        """Return True if the store has a file that is needed, or it is made anew from one.

        The store is given what it lacks, as it was away when that was made.
        """
        if not copy.is_original:
            return True
        try:
            if await copy.store.holds(copy.name):
                return True
            # What was deleted meanwhile is not to be brought back.
            if await self._to_be_used([copy]):
                await copy.store.keep([copy.name])
                if not await self._to_be_used([copy]):
                    await copy.store.delete([copy.name])
        except (FilesUnavailableError, FileNotFoundError) as error:
            log.info("copy_stays", name=copy.name, reason=str(error))
        return False

    def _age_s(self, used_at_s: float) -> float:
        return self.now().timestamp() - used_at_s

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


def _mark_as_used(paths: Sequence[Path]) -> None:
    """Have copies count as used just now. Blocks."""
    for path in paths:
        with suppress(FileNotFoundError):
            os.utime(path)


def _remove_unless_used(copy: _Copy) -> None:
    """Remove a copy, unless somebody used it since it was listed. Blocks."""
    if _used_at_s(copy.path) == copy.used_at_s:
        copy.path.unlink(missing_ok=True)


def _remove_empty(folder: Path, before_s: float) -> None:
    """Remove folders in which nothing is left, and nothing changed since then. Blocks."""
    for inner in folder.iterdir():
        changed_at_s = _used_at_s(inner)
        if changed_at_s is None or changed_at_s > before_s or not inner.is_dir() or any(inner.iterdir()):
            continue
        try:
            inner.rmdir()
        except OSError as error:
            if error.errno not in {errno.ENOTEMPTY, errno.ENOENT}:  # somebody else was quicker
                raise
