"""Copies of hidden videos: what moderators look at, and what is posted again when they restore one."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import structlog

from bot.dimilinks import DimiLinks, DimiLinksError, VideoMissingError
from bot.jobs.job import Job
from bot.jobs.originals import Originals

log: Final = structlog.get_logger(__name__)

HIDDEN_PREFIX: Final = "hidden-"
"""Prefix of the file names of hidden videos. The clean-up leaves these files alone."""


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class HiddenCopies:
    """Files in the media folder, one for each hidden video."""

    api: DimiLinks
    originals: Originals
    media_dir: Path

    def path(self, job_id: str) -> Path:
        """Return where the copy of a job's video is, or would be."""
        return self.media_dir / f"{HIDDEN_PREFIX}{job_id}.mp4"

    async def take_original(self, job: Job) -> bool:
        """Make the original of a delivered video its copy. Returns False if there is no original.

        Raises:
            OSError: The disk does not move it.
        """
        return await self.originals.take(job, self.path(job.id))

    async def fetch(self, job: Job) -> None:
        """Download a copy, unless there is one. It is not charged: the task is bought.

        Raises:
            DimiLinksError: The service does not hand it out.
            OSError: The disk does not take it.
        """
        path = self.path(job.id)
        if await asyncio.to_thread(path.exists) or await self.take_original(job):
            return
        if job.task_id is None:
            raise VideoMissingError("never bought")
        await self.api.download(job.task_id, path)

    async def ensure(self, job: Job) -> bool:
        """Have a copy. Returns False if it could not be fetched."""
        try:
            await self.fetch(job)
        except (DimiLinksError, OSError) as error:
            log.warning("hidden_video_not_kept", job=job.id, error=type(error).__name__)
            return False
        return True

    async def drop(self, job_id: str) -> None:
        """Delete a copy, if there is one."""
        await asyncio.to_thread(self.path(job_id).unlink, missing_ok=True)

    async def job_ids(self) -> Sequence[str]:
        """Return the jobs whose videos have a copy."""
        found = await asyncio.to_thread(lambda: [*self.media_dir.glob(f"{HIDDEN_PREFIX}*.mp4")])
        return [path.stem.removeprefix(HIDDEN_PREFIX) for path in found]
