"""Space for videos: a limit of the data folder, and the free space of its disk.

Only originals of delivered videos are deleted for it; where files are in a store, copies of them here. Videos that
wait to be fetched, hidden ones, and those of jobs under way stay, whatever that costs. Copies that were used lately
stay for a while, and do not count for the limit.
"""

import asyncio
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Protocol

import structlog

from bot.images.model import IMAGE_LIMITS
from bot.jobs.job import full_name_of
from bot.jobs.originals import Original
from bot.lifecycle.alarms import OperatorAlarms
from bot.storage.errors import StorageError
from bot.texts import files, operator
from bot.texts.explanations import Explanation

log: Final = structlog.get_logger(__name__)

FREE_BYTES: Final = 7 * IMAGE_LIMITS.source_bytes + 150_000_000
"""Free space for one request: its pictures, a video (60 MB are the largest seen), and the file made of it."""
_TROUBLE: Final = "media_space"
_IN_HAND_S: Final = 900.0
"""Copies that were used since then do not go for the limit: they may be on their way to somebody."""
_JUST_USED_S: Final = 300.0
"""Copies that were used since then do not go for free space either."""
_TRUSTED_S: Final = 10.0
"""Seconds for which a measurement counts: others may fill the disk as well."""


@dataclass(frozen=True)
class _Usage:
    sizes: dict[str, int]
    free_bytes: int
    originals: tuple[Original, ...] = ()
    """Empty also where space is left, which nothing has to be deleted for."""

    @property
    def total_bytes(self) -> int:
        return sum(self.sizes.values())

    def spare_bytes(self, limit_bytes: int) -> int:
        """Return how much may come before something has to go; below zero what has to go now."""
        return min(limit_bytes - self.total_bytes, self.free_bytes - FREE_BYTES)

    @property
    def originals_bytes(self) -> int:
        names = {name for one in self.originals for name in (one.name, full_name_of(one.job_id))}
        return sum(self.sizes.get(name, 0) for name in names)

    def due(self, limit_bytes: int) -> Sequence[Original]:
        """Return what has to go now, as far as it may."""
        freed_bytes, found = 0, list[Original]()
        missing_bytes, surplus_bytes = FREE_BYTES - self.free_bytes, -self.spare_bytes(limit_bytes)
        for original in self.originals:
            wanted_bytes = surplus_bytes if original.unused_s > _IN_HAND_S else missing_bytes
            if original.unused_s <= _JUST_USED_S or freed_bytes >= wanted_bytes:
                break
            found.append(original)
            freed_bytes += self.size_of(original)
        return found

    def size_of(self, original: Original) -> int:
        """Return the size of an original and of what was made of it, which goes with it."""
        return sum(self.sizes.get(name, 0) for name in (original.name, full_name_of(original.job_id)))


class Removable(Protocol):
    """Files that may go for space: originals, or copies of what is in a store."""

    async def kept(self) -> Sequence[Original]:
        """Return all, those first that may go first."""
        ...

    async def expire(self, originals: Sequence[Original]) -> None:
        """Remove these, with what was made of them."""
        ...


class MediaSpace:
    """Keeps the media folder within its limit."""

    def __init__(
        self,
        originals: Removable,
        media_dir: Path,
        *,
        limit_bytes: int,
        free_bytes: Callable[[Path], int],
        alarms: OperatorAlarms,
    ) -> None:
        """Args: `free_bytes` returns the free space of the disk of a folder; it may wait for the disk."""
        self._originals = originals
        self._media_dir = media_dir
        self._limit_bytes = limit_bytes
        self._free_bytes = free_bytes
        self._alarms = alarms
        self._full = False
        self._spare_bytes, self._measured_s = 0, 0.0
        self._looking = asyncio.Lock()

    async def make_room(self) -> None:
        """Delete originals, oldest first, until the limit is kept and the disk has space for one more request.

        Where that cannot be found out or done, nothing changes: no job waits or fails for it.
        """
        try:
            await self._look_if_needed()
        except (StorageError, OSError) as error:
            log.warning("room_not_made", reason=str(error))

    async def refusal(self) -> Explanation | None:
        """Return why no request is accepted at present; None if there is space for one. Raises as `look`."""
        return files.NO_ROOM if await self._look_if_needed() else None

    async def look(self) -> bool:
        """As `make_room`; returns True if there is no space for another request, of which the operator is told.

        Raises:
            StorageError: The database cannot be read.
            OSError: The disk does not tell.
        """
        async with self._looking:
            return await self._look()

    async def _look_if_needed(self) -> bool:
        """As `look`, unless a measurement of the last seconds found space for this caller and for all since.

        To measure takes longer the more files there are, and each job asks three times.
        """
        async with self._looking:
            fresh = asyncio.get_running_loop().time() - self._measured_s < _TRUSTED_S
            if not fresh or self._spare_bytes < FREE_BYTES:
                return await self._look()
            self._spare_bytes -= FREE_BYTES
            return False

    async def _look(self) -> bool:
        self._spare_bytes = 0
        usage = await self._room()
        kept_bytes = usage.total_bytes - usage.originals_bytes
        over_limit = kept_bytes >= self._limit_bytes
        full = over_limit or usage.free_bytes < FREE_BYTES
        if full and not self._full:
            log.error("no_room_for_videos", kept_bytes=kept_bytes, free_bytes=usage.free_bytes)
            at_limit, at_end = operator.media_limit_reached, operator.disk_full
            told = at_limit(kept_bytes) if over_limit else at_end(usage.free_bytes, FREE_BYTES)
            self._alarms.begin(_TROUBLE, told)
        elif self._full and not full:
            self._alarms.end(_TROUBLE, operator.ROOM_AGAIN)
        self._full = full
        self._spare_bytes = usage.spare_bytes(self._limit_bytes) - FREE_BYTES
        self._measured_s = asyncio.get_running_loop().time()
        return full

    async def _room(self) -> _Usage:
        """Delete what has to go, and return what there is afterwards."""
        before = await self._usage()
        due = before.due(self._limit_bytes)
        if not due:
            return before
        log.info("originals_deleted_for_space", count=len(due))
        await self._originals.expire(due)
        return await self._usage()

    async def _usage(self) -> _Usage:
        usage = await asyncio.to_thread(self._measure)
        if usage.spare_bytes(self._limit_bytes) > 0:
            return usage
        return replace(usage, originals=tuple(await self._originals.kept()))

    def _measure(self) -> _Usage:
        sizes: dict[str, int] = {}
        with os.scandir(self._media_dir) as entries:
            for entry in entries:
                try:
                    sizes[entry.name] = entry.stat().st_size
                except FileNotFoundError:
                    continue  # posted and gone meanwhile
        return _Usage(sizes, self._free_bytes(self._media_dir))
