"""Originals: delivered videos as they came, kept for a while beside the files that were posted."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

import structlog
from sqlalchemy import ColumnElement, select, update

from bot.files.store import FileStore
from bot.jobs.job import Job, full_name_of
from bot.jobs.open_questions import is_reported
from bot.jobs.store import JobStore
from bot.storage.database import Database
from bot.storage.errors import StorageUnavailableError
from bot.storage.tables import jobs

log: Final = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Original:
    """A file among the videos, and the moment until which it is kept."""

    job_id: str
    name: str
    until: datetime | None
    unused_s: float = math.inf
    """Seconds since its last use, where they matter: a copy may be on its way to somebody."""


class Originals:
    """Finds originals and deletes them, with what was made of them.

    What is deleted first is the file: a row alone shows nothing to anybody.

    Methods raise `bot.storage.errors.StorageUnavailableError` where they cannot read the database.
    """

    def __init__(self, database: Database, store: JobStore, videos: FileStore) -> None:
        self._database = database
        self._store = store
        self._videos = videos

    async def kept(self) -> Sequence[Original]:
        """Return all, oldest first."""
        return await self._where()

    async def path_of(self, job: Job) -> Path | None:
        """Return where a delivered job's original is, if it is still kept; `fetch` has it there."""
        found = await self._where(jobs.c.id == job.id)
        if not found or not self._videos.may_hold(found[0].name):
            return None
        return self._videos.path(found[0].name)

    async def fetch(self, path: Path) -> None:
        """Have an original on this machine, at the path that `path_of` returned.

        Raises:
            FileNotFoundError: It is gone.
            FilesUnavailableError: The store cannot be asked.
        """
        await self._videos.fetch(path.name)

    async def expire(self, originals: Sequence[Original]) -> None:
        """Delete these, whose time or space is over.

        Those of jobs whose row cannot be read stay. So do those of reported videos in a store: moderators' copy is
        made of one, and the store may have been away when the video was hidden.
        """
        stays = set(await self._store.unreadable_among([original.job_id for original in originals]))
        if self._videos.is_copied:
            stays |= {original.job_id for original in await self._where(is_reported())}
        await self.drop(original for original in originals if original.job_id not in stays)

    async def drop(self, originals: Iterable[Original]) -> None:
        """Delete these. One that cannot be deleted, or forgotten, stays noted for the next time."""
        gone: list[str] = []
        for original in originals:
            try:
                await self._videos.delete((original.name, full_name_of(original.job_id)))
            except (OSError, StorageUnavailableError) as error:
                log.error("original_not_deleted", job=original.job_id, reason=str(error))
            else:
                gone.append(original.job_id)
        await self._forget(gone)

    async def drop_of(self, job: Job) -> None:
        """Delete every original of a job's video: those of all jobs that have its task."""
        await self.drop(await self._of(job))

    async def drop_of_person(self, person_id: int) -> None:
        """Delete the originals of a user's videos."""
        await self.drop(await self._where(jobs.c.person_id == person_id))

    async def take(self, job: Job, name: str) -> bool:
        """Give the original of a job's video another name, and delete all others of it.

        Returns False if there was none. Raises `OSError` where it cannot be moved.
        """
        found = await self._of(job)
        taken = False
        for original in found:
            if not taken:
                taken = await self._videos.move(original.name, name)
        await self.drop(found)
        return taken

    async def _of(self, job: Job) -> Sequence[Original]:
        return await self._where(
            jobs.c.id == job.id if job.task_id is None else jobs.c.task_id == job.task_id
        )

    async def _where(self, *conditions: ColumnElement[bool]) -> Sequence[Original]:
        columns = (jobs.c.id, jobs.c.original_name, jobs.c.original_until)
        chosen = select(*columns).where(jobs.c.original_name.is_not(None), *conditions)
        async with self._database.read() as connection:
            rows = await connection.execute(chosen.order_by(jobs.c.original_until, jobs.c.id))
            return [Original(row.id, row.original_name, row.original_until) for row in rows]

    async def _forget(self, job_ids: Sequence[str]) -> None:
        if not job_ids:
            return
        statement = update(jobs).where(jobs.c.id.in_(job_ids)).values(original_name=None, original_until=None)
        try:
            async with self._database.write() as connection:
                await connection.execute(statement)
        except StorageUnavailableError as error:
            log.warning("original_still_noted", jobs=job_ids, reason=str(error))
