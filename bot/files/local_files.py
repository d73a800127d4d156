"""Files that are in the data folder and nowhere else."""

import asyncio
import errno
import os
import shutil
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import inf
from pathlib import Path
from typing import Final


@dataclass(frozen=True)
class _FolderEntries:
    folder: Path
    names: Sequence[str]

    async def delete_older(
        self, names: Collection[str], moment: datetime, *, since: datetime | None = None
    ) -> None:
        since_s = since.timestamp() if since is not None else -inf
        paths = [self.folder / name for name in names]
        await asyncio.to_thread(_remove_between, paths, since_s, moment.timestamp())


class LocalFiles:
    """A `FileStore` that is a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder: Final = folder

    @property
    def is_copied(self) -> bool:
        """False: there is no store."""
        return False

    def path(self, name: str) -> Path:
        """Return where a file is or would be."""
        return self.folder / name

    def may_hold(self, name: str) -> bool:
        """Return True if there is such a file. Blocks for microseconds."""
        return self.path(name).exists()

    async def keep(self, names: Iterable[str]) -> None:
        """Do nothing: a file is kept where it is."""

    async def fetch(self, name: str) -> Path:
        """Return the path of a file that exists. Raises `FileNotFoundError`."""
        if not self.may_hold(name):
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), name)
        return self.path(name)

    async def link(self, source: str, name: str) -> None:
        """Give a file a second name, in a folder that exists. Raises `FileNotFoundError`."""
        await asyncio.to_thread(self.path(name).hardlink_to, self.path(source))

    async def move(self, source: str, name: str) -> bool:
        """Give a file another name. Returns False if there is no such file."""
        try:
            await asyncio.to_thread(self.path(source).replace, self.path(name))
        except FileNotFoundError:
            return False
        return True

    async def delete(self, names: Iterable[str]) -> None:
        """Delete files, as far as they exist."""
        await asyncio.to_thread(unlink_all, [self.path(name) for name in names])

    async def delete_entry(self, entry: str) -> None:
        """Delete a file, or a folder with all that is in it, if it exists."""
        await asyncio.to_thread(remove, self.path(entry))

    async def entries(self) -> _FolderEntries:
        """Return what is in the folder."""
        names = await asyncio.to_thread(lambda: [entry.name for entry in self.folder.iterdir()])
        return _FolderEntries(self.folder, names)

    async def names_of(self, chosen: Callable[[str], bool]) -> Sequence[str]:
        """Return the names of the files of chosen entries."""
        return await asyncio.to_thread(_names_of, self.folder, chosen)


def unlink_all(paths: Iterable[Path]) -> None:
    """Delete files, as far as they exist. Blocks."""
    for path in paths:
        path.unlink(missing_ok=True)


def remove(path: Path) -> None:
    """Delete a file, or a folder with all that is in it, if it exists. Blocks."""
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _remove_between(paths: Iterable[Path], since_s: float, until_s: float) -> None:
    for path in paths:
        try:
            if not since_s <= path.stat().st_mtime < until_s:
                continue
        except FileNotFoundError:
            continue
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


def _names_of(folder: Path, chosen: Callable[[str], bool]) -> list[str]:
    names: list[str] = []
    for entry in folder.iterdir():
        if chosen(entry.name):
            inner = (
                [f"{entry.name}/{file.name}" for file in entry.iterdir()] if entry.is_dir() else [entry.name]
            )
            names += inner
    return names
