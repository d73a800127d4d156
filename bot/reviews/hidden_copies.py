"""Copies of hidden videos: what moderators look at, and what is posted again when they restore one."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import structlog

from bot.dimilinks import DimiLinks, DimiLinksError, VideoMissingError
from bot.files.store import LIST_EVERY_S, FileStore, FilesUnavailableError
from bot.jobs.job import Job
from bot.jobs.originals import Originals

log: Final = structlog.get_logger(__name__)

HIDDEN_PREFIX: Final = "hidden-"
"""Prefix of the file names of hidden videos. The clean-up leaves these files alone."""


def hidden_name_of(job_id: str) -> str:
    """Return the name of the copy of a job's video."""
    return f"{HIDDEN_PREFIX}{job_id}.mp4"


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class HiddenCopies:
    """Files among the videos, one for each hidden video."""

    api: DimiLinks
    originals: Originals
    videos: FileStore
    _next_list_s: list[float] = field(default_factory=lambda: [0.0], init=False)

    async def take_original(self, job: Job) -> bool:
        """Make the original of a delivered video its copy. Returns False if there is no original.

        Raises:
            OSError: It cannot be moved.
        """
        return await self.originals.take(job, hidden_name_of(job.id))

    async def fetch(self, job: Job) -> Path:
        """Have a copy on this machine. One that is not there is downloaded, also where the store cannot be asked.

        That is not charged: the task is bought.

        Raises:
            DimiLinksError: The service does not hand it out.
            OSError: The disk does not take it, or neither the store nor the service has it now.
        """
        name, away = hidden_name_of(job.id), None
        try:
            with suppress(FileNotFoundError):
                return await self.videos.fetch(name)
            if await self.take_original(job):
                return await self.videos.fetch(name)
        except FilesUnavailableError as error:
            away = error
        try:
            return await self._download(job, name, stored=away is None)
        except DimiLinksError:
            if away is not None:
                raise away from None  # what the service does not have the store may
            raise

    async def _download(self, job: Job, name: str, *, stored: bool) -> Path:
        if job.task_id is None:
            raise VideoMissingError("never bought")
        await self.api.download(job.task_id, self.videos.path(name))
        try:
            if stored:  # else that is left to the cache, which needs no moderator to wait
                await self.videos.keep([name])
        except FilesUnavailableError as error:
            log.warning("hidden_video_not_stored", job=job.id, reason=str(error))
        return self.videos.path(name)

    async def ensure(self, job: Job) -> None:
        """Have a copy on this machine, if one can be fetched now."""
        try:
            await self.fetch(job)
        except (DimiLinksError, OSError) as error:
            log.warning("hidden_video_not_kept", job=job.id, error=type(error).__name__)

    async def drop(self, job_id: str) -> None:
        """Delete a copy, if there is one. Raises `StorageError` as well."""
        await self.videos.delete([hidden_name_of(job_id)])

    async def job_ids(self) -> Sequence[str]:
        """Return the jobs whose videos have a copy. In a store they are looked for now and then only."""
        time_s = asyncio.get_running_loop().time()
        if time_s < self._next_list_s[0]:
            return ()
        try:
            names = await self.videos.names_of(lambda name: name.startswith(HIDDEN_PREFIX))
        except FilesUnavailableError as error:
            log.warning("hidden_videos_not_listed", reason=str(error))
            return ()
        if self.videos.is_copied:
            self._next_list_s[0] = time_s + LIST_EVERY_S
        return [
            name.removeprefix(HIDDEN_PREFIX).removesuffix(".mp4") for name in names if name.endswith(".mp4")
        ]
