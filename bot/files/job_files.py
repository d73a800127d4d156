"""The files of jobs: pictures and videos."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from bot.files.deletions import FileDeletions
from bot.files.store import FileStore


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class JobFiles:
    """Where a bot has its files."""

    pictures: FileStore
    """Reference images: `<job>/<number>.<type>`."""
    videos: FileStore
    """Finished videos, originals of delivered ones, and hidden ones."""
    deletions: FileDeletions | None = None
    """Deletions that are repeated; None where files are in the data folder alone."""

    @property
    def tasks(self) -> tuple[tuple[str, Callable[[], Awaitable[None]]], ...]:
        """Tasks, with their names, that one of the processes runs which share a database."""
        return () if self.deletions is None else (("file-deletions", self.deletions.run),)
