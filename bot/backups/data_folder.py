"""The bot's data as files: where the database and the data folder are, and which files the database needs."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from bot.backups.manifest import KEY_NAME, is_data_file
from bot.moderation.audit.checkpoint import DIGEST_NAME
from bot.reviews.hidden_copies import HIDDEN_PREFIX

_VIDEOS: Final = "SELECT video_name FROM jobs WHERE video_name IS NOT NULL AND (settled_at IS NULL{asked})"
_WAITING: Final = "SELECT id FROM jobs WHERE settled_at IS NULL{asked}"
_HAS_REVIEWS: Final = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'reviews'"
_OR_ASKED: Final = " OR id IN (SELECT job_id FROM reviews WHERE state = 'open')"
"""Of deleted users: their requests are over, and moderators still decide. Earlier versions have no such table."""


@dataclass(frozen=True)
class DataFolder:
    """Paths of one bot's data."""

    database: Path
    folder: Path
    has_store: bool = False
    """True if pictures and videos are in a bucket; in the folder are but copies of some."""

    def path(self, name: str) -> Path:
        """Return the path of a file by its name in backups."""
        return self.folder / name

    def holds(self, path: Path) -> bool:
        """Return True if a path is that of the database, of what SQLite has beside it, or of a data file."""
        place = path.parent.resolve() / path.name
        if place.parent == self.database.parent and place.name.startswith(self.database.name):
            return place.name.removeprefix(self.database.name) in {"", "-wal", "-shm", "-journal", ".lock"}
        return place.is_relative_to(self.folder) and is_data_file(place.relative_to(self.folder).as_posix())

    def small_files(self) -> Iterator[str]:
        """Yield the names of files that are there by themselves: purchases of no row, digests and keys."""
        for pattern in ("purchases/*.task", "marks/*", KEY_NAME, f"{DIGEST_NAME}*"):
            yield from self._found(pattern)

    def needed_files(self, snapshot: Path) -> Iterator[str]:
        """Yield the names of videos and pictures that the jobs of a copied database need, and of hidden videos.

        None where they are in a bucket.
        """
        if self.has_store:
            return
        with closing(sqlite3.connect(snapshot)) as connection:
            # A row that cannot be read is backed up like the others; no file has its name.
            connection.text_factory = partial(str, encoding="utf-8", errors="replace")
            asked = _OR_ASKED if connection.execute(_HAS_REVIEWS).fetchone() else ""
            videos = [f"media/{name}" for (name,) in connection.execute(_VIDEOS.format(asked=asked))]
            waiting = [str(job_id) for (job_id,) in connection.execute(_WAITING.format(asked=asked))]
        yield from (name for name in videos if is_data_file(name))
        yield from self.hidden_videos()
        for job_id in waiting:
            if (self.folder / "spool" / job_id).is_dir() and is_data_file(f"spool/{job_id}/0.png"):
                yield from self._found(f"spool/{job_id}/*")

    def hidden_videos(self) -> Iterator[str]:
        """Yield the names of hidden videos, which are deleted when moderators have decided; none of a bucket."""
        if not self.has_store:
            yield from self._found(f"media/{HIDDEN_PREFIX}*.mp4")

    def everything(self) -> Iterator[str]:
        """Yield the names of all files that a backup could hold, of use or not."""
        yield from self.small_files()
        yield from self._found("media/*.mp4")
        yield from self._found("spool/*/*")

    def _found(self, pattern: str) -> Iterator[str]:
        for path in sorted(self.folder.glob(pattern)):
            name = path.relative_to(self.folder).as_posix()
            if is_data_file(name) and path.is_file() and not path.is_symlink():
                yield name
