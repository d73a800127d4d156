"""Jobs whose video is being posted: it is seen, with its buttons, before its delivery is stored."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from bot.jobs.job import Job, JobState
from bot.jobs.store import JobStore

_POSTED_WITHIN_S: Final = 10.0
"""Longer than this a post that is under way is not waited for."""
_LOOK_AGAIN_S: Final = 0.25


def is_being_posted(job: Job) -> bool:
    """Return True if a post of the job's video is under way, so that somebody may see it already."""
    at_rest = job.undelivered_since is not None or job.review_id is not None
    return job.state is JobState.DELIVERING and job.attempt is not None and not at_rest


async def wait_while(being_posted: Callable[[], Awaitable[bool]]) -> None:
    """Wait while that is true, but not for ever."""
    loop = asyncio.get_running_loop()
    until_s = loop.time() + _POSTED_WITHIN_S
    while loop.time() < until_s:
        if not await being_posted():
            return
        await asyncio.sleep(_LOOK_AGAIN_S)


async def found_posted(jobs: JobStore, job_id: str) -> Job | None:
    """Return a job whose video somebody decides about, once its delivery is stored; None if there is none.

    Raises:
        StorageError: The database cannot be read.
    """

    async def being_posted() -> bool:
        job = await jobs.find(job_id)
        return job is not None and is_being_posted(job)

    await wait_while(being_posted)
    return await jobs.find(job_id)
