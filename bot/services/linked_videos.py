"""Videos behind links: what may be sent of a job is asked of its row, each time anew."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import structlog

from bot.jobs.job import Job
from bot.jobs.request_facts import shows_spicy
from bot.jobs.shown_video import video_file_of
from bot.jobs.store import JobStore
from bot.media_links.server import LinkedVideo, VideoAwayError
from bot.media_links.signing import LinkSigner
from bot.services.copy_access import CopyAccess, KeptVideo

log: Final = structlog.get_logger(__name__)

_LONGEST: Final = timedelta(hours=24)


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class LinkedVideos:
    """Makes links and finds what they lead to. `find` raises `bot.storage.errors.StorageError`."""

    store: JobStore
    access: CopyAccess
    is_hidden: Callable[[str], Awaitable[bool]]
    signer: LinkSigner
    url: str
    """Address under which the links are reached, without a slash at its end."""
    now: Callable[[], datetime]

    def link_to(self, kept: KeptVideo) -> tuple[str, datetime] | None:
        """Return a link for the owner of a video, and its end; None where there is never one."""
        if shows_spicy(kept.job):
            return None
        ends_at = min(kept.until, self.now() + _LONGEST)
        return f"{self.url}{self.signer.path_to(kept.job.id, ends_at)}", ends_at

    async def find(self, job_id: str) -> LinkedVideo | None:
        """Return what may be sent of a job; nothing of one that is hidden, removed, deleted, spicy or not kept.

        Raises:
            VideoAwayError: It may be sent, and cannot be read at present.
        """
        kept = await self._kept(job_id)
        if kept is None:
            return None
        try:
            path = await self.access.in_full(kept)
        except OSError as error:
            log.warning("linked_video_not_at_hand", job=job_id, reason=str(error))
            raise VideoAwayError from None
        return LinkedVideo(path, video_file_of(kept.job, path).label.name) if path is not None else None

    async def may_go_on(self, job_id: str) -> bool:
        """Return True if `find` would still find it; nothing is made for that."""
        return await self._kept(job_id) is not None

    async def _kept(self, job_id: str) -> KeptVideo | None:
        job = await self.store.find(job_id)
        if job is None or not _may_be_linked(job) or await self.is_hidden(job_id):
            return None
        return await self.access.kept(job)


def _may_be_linked(job: Job) -> bool:
    return not shows_spicy(job) and job.failure is None
