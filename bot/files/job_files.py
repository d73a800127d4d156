"""The files of jobs: pictures and videos."""

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
