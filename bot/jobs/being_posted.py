"""Jobs whose video is seen, with its buttons, before its delivery is stored."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime
from typing import Final

import structlog

from bot.delivery.messages import Messages, Post
from bot.delivery.routes import Route
from bot.jobs import cards
from bot.jobs.job import MAY_BE_SEEN, Job, JobState, found_delivered
from bot.jobs.store import JobStore, StaleJobError, UnknownJobError

log: Final = structlog.get_logger(__name__)

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


async def settled_as_posted(
    jobs: JobStore, job: Job, now: datetime, message_id: int | None = None
) -> Job | None:
    """Store that a job's video was posted, whatever its row says: somebody decides about the message with it.

    Discord's answer to the post was lost, or the row is older than the reply. The job's run writes nothing any
    more, and nobody fetches the video. What is being handed to the video service stays as it is.

    Args:
        jobs: The database.
        job: The job.
        now: This moment.
        message_id: The message that shows the video, where it is known: it may be a new one.

    Returns:
        The job as it is stored now; None if it is gone.

    Raises:
        StorageError: The database cannot be read or written.
    """
    current: Job | None = job
    while current is not None and _may_be_seen(current):
        posted = found_delivered(current, now)
        if message_id is not None and message_id != current.reply.message_id:
            posted = replace(posted, reply=replace(posted.reply, message_id=message_id))
            await jobs.save_reply(job.id, posted.reply)
        try:
            await jobs.save(posted, before=current)
        except (StaleJobError, UnknownJobError):
            current = await jobs.find(job.id)
            continue
        log.warning("video_seen_before_delivery", job=job.id, state=current.state)
        return posted
    return current


def _may_be_seen(job: Job) -> bool:
    if job.settled_at is not None:
        return False
    return job.state in MAY_BE_SEEN or job.asks_again


async def found_answer(messages: Messages, job: Job, now: datetime) -> int | None:
    """Return the id of the new message with a job's video, by which its reply was answered; None if there is none.

    Raises:
        DeliveryError: The channel cannot be looked at.
    """
    begun = job.attempt
    if begun is None or begun.route is not Route.ANSWER_IN_CHANNEL:
        return None
    return await messages.find_answer(job.reply, Post(cards.delivered_card(job, now=now)), begun.started_at)
