"""Files that are in a bucket. The data folder has copies of those that this process used lately."""

import asyncio
import errno
import os
import re
import secrets
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final
from weakref import WeakValueDictionary

from bot.files.deletions import FileDeletions
from bot.files.local_files import remove, unlink_all
from bot.storage.shielding import shield_until_done

if TYPE_CHECKING:
    from bot.files.bucket import Bucket, StoredFile

_OURS: Final = re.compile(r"(hidden-)?[0-9a-f]{32}[./]|check-[0-9a-f]{16}$")
"""Names of files of jobs, and of those by which `check` tries the bucket."""


class BucketFiles:
    """A `FileStore` in a bucket. `kind` begins the names that its files have there, such as `media`."""

    def __init__(self, folder: Path, kind: str, bucket: "Bucket", deletions: FileDeletions) -> None:
        self.folder: Final = folder
        self._kind = kind
        self._bucket = bucket
        self._deletions = deletions
        self._fetching: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    @property
    def is_copied(self) -> bool:
        """True: the folder has copies."""
        return True

    def path(self, name: str) -> Path:
        """Return where the copy of a file is or would be."""
        return self.folder / name

    def may_hold(self, name: str) -> bool:
        """Return True: only the bucket knows."""
        del name
        return True

    async def keep(self, names: Iterable[str]) -> None:
        """Write files into the bucket, in place of earlier ones. Raises `StorageError` as well."""
        for name in names:
            await self._deletions.revoke(self._deleted_by(name))
            await self._bucket.put(self._stored(name), self.path(name))

    async def fetch(self, name: str) -> Path:
        """Have a copy of a file. Raises `FileNotFoundError`, and `StorageError` as well."""
        path = self.path(name)
        async with self._fetching.setdefault(name, asyncio.Lock()):
            if not await asyncio.to_thread(_is_used, path):
                if await self._deletions.includes(self._deleted_by(name)):
                    raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), name)
                await self._get(name, path)
        return path

    async def link(self, source: str, name: str) -> None:
        """Copy a file within the bucket. Raises `FileNotFoundError`, and `StorageError` as well."""
        if await self._deletions.includes(self._deleted_by(source)):
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), source)
        await self._deletions.revoke(self._deleted_by(name))
        await self._bucket.copy(self._stored(source), self._stored(name))
        await asyncio.to_thread(_link_if_there, self.path(source), self.path(name))

    async def move(self, source: str, name: str) -> bool:
        """Give a file another name. Returns False if there is no such file. Raises `StorageError` as well."""
        try:
            await self.link(source, name)
        except FileNotFoundError:
            return False
        await self.delete([source])
        return True

    async def delete(self, names: Iterable[str]) -> None:
        """Delete files here, and in the bucket now or later. Raises `StorageError`; then they are as they were."""
        chosen = list(names)
        stored = [self._stored(name) for name in chosen]
        await self._deletions.note(stored)
        await asyncio.to_thread(unlink_all, [self.path(name) for name in chosen])
        await self._deletions.carry_out(stored)

    async def delete_entry(self, entry: str) -> None:
        """Delete everything whose name begins with this part, as `delete`."""
        stored = [f"{self._stored(entry)}/"]
        await self._deletions.note(stored)
        await asyncio.to_thread(remove, self.path(entry))
        await self._deletions.carry_out(stored)

    async def holds(self, name: str) -> bool:
        """Return True if a file is in the bucket."""
        return await self._bucket.holds(self._stored(name))

    async def entries(self) -> "_BucketEntries":
        """Return what is in the bucket and has a name as the bot gives: others may have files there."""
        found = await self._bucket.listed(f"{self._kind}/")
        ours = [one for one in found if _OURS.match(one.name.removeprefix(f"{self._kind}/"))]
        return _BucketEntries(self._kind, self._bucket, ours)

    async def names_of(self, chosen: Callable[[str], bool]) -> Sequence[str]:
        """Return the names of the files in the bucket whose first part is chosen."""
        found = [
            one.name.removeprefix(f"{self._kind}/") for one in await self._bucket.listed(f"{self._kind}/")
        ]
        return [name for name in found if chosen(_first_part(name))]

    def _stored(self, name: str) -> str:
        return f"{self._kind}/{name}"

    def _deleted_by(self, name: str) -> list[str]:
        """Return the names whose deletion is that of a file."""
        entry, slash, _ = name.partition("/")
        return [self._stored(name), *([f"{self._stored(entry)}/"] if slash else [])]

    async def _get(self, name: str, path: Path) -> None:
        part = path.with_name(f"{path.name}.{secrets.token_hex(4)}.part")
        await asyncio.to_thread(_use_folder, path.parent)
        try:
            await self._bucket.get(self._stored(name), part)
            await asyncio.to_thread(part.replace, path)
        finally:
            await shield_until_done(asyncio.to_thread(part.unlink, missing_ok=True))


@dataclass(frozen=True)
class _BucketEntries:
    """Entries of one listing. One is as old as what was written last of it."""

    kind: str
    bucket: "Bucket"
    found: Sequence["StoredFile"]

    @property
    def names(self) -> Sequence[str]:
        return sorted({self._entry_of(one) for one in self.found})

    async def delete_older(
        self, names: Collection[str], moment: datetime, *, since: datetime | None = None
    ) -> None:
        younger = {self._entry_of(one) for one in self.found if one.changed_at >= moment}
        older = set(names) - younger
        if since is not None:
            older &= {self._entry_of(one) for one in self.found if one.changed_at >= since}
        # What is not done now is found again by the next listing.
        await self.bucket.delete([one.name for one in self.found if self._entry_of(one) in older])

    def _entry_of(self, one: "StoredFile") -> str:
        return _first_part(one.name.removeprefix(f"{self.kind}/"))


def _first_part(name: str) -> str:
    return name.partition("/")[0]


def _use_folder(folder: Path) -> None:
    """Make a folder, or note that it is used: empty ones that nobody uses are removed. Blocks."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.utime(folder)


def _is_used(path: Path) -> bool:
    """Note that a copy is used, and return True if there is one. Blocks."""
    try:
        os.utime(path)
    except FileNotFoundError:
        return False
    return True


def _link_if_there(source: Path, path: Path) -> None:
    """Give a copy a second name, if there is one. Blocks."""
    path.unlink(missing_ok=True)
    try:
        path.hardlink_to(source)
    except FileNotFoundError:
        return
