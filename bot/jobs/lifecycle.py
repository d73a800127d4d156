"""The life of a job: one coroutine that carries it from whatever state it is in to its end."""

from typing import Final

import structlog

from bot.delivery import LiveReply, Messages, ReplyAddress
from bot.jobs.course import Course, Parts
from bot.jobs.handover import deliver, fetch
from bot.jobs.job import TERMINAL, Failure, FailureReason, JobState
from bot.jobs.submission import submit
from bot.jobs.watch import watch

log: Final = structlog.get_logger(__name__)


class Lifecycle:
    """Runs jobs. There is no other way in which a job makes progress."""

    def __init__(self, parts: Parts, messages: Messages, *, edit_interval_s: float) -> None:
        self._parts = parts
        self._messages = messages
        self._edit_interval_s = edit_interval_s

    async def run(self, job_id: str) -> None:
        """Carry the job to its end. It may be stopped at any line and called again for the same job."""
        job = await self._parts.store.get(job_id)
        async with self._live(job.reply) as reply:
            course = Course(self._parts, job, reply)
            while await _step(course):
                pass

    async def break_off(self, job_id: str, reason: FailureReason) -> None:
        """End a job that `run` did not end: after a fault of ours, or when the process stops."""
        job = await self._parts.store.get(job_id)
        async with self._live(job.reply) as reply:
            to = JobState.UNKNOWN if job.state is JobState.SUBMITTING else JobState.FAILED
            failure = Failure(FailureReason.PURCHASE_UNKNOWN if to is JobState.UNKNOWN else reason)
            await Course(self._parts, job, reply).fail(to, failure)

    def _live(self, address: ReplyAddress) -> LiveReply:
        return LiveReply(self._messages, address, now=self._parts.now, interval_s=self._edit_interval_s)


async def _step(course: Course) -> bool:
    """Carry the job one state further; whether there is a further step to make."""
    match course.job.state:
        case JobState.QUEUED:
            await submit(course)
        case JobState.SUBMITTING:
            # Found so at the start: whether the request arrived cannot be told, so it is never repeated.
            await course.fail(JobState.UNKNOWN, Failure(FailureReason.PURCHASE_UNKNOWN))
        case JobState.GENERATING:
            await watch(course)
        case JobState.READY:
            await fetch(course)
        case JobState.DELIVERING:
            await deliver(course)
        case (
            JobState.HELD
            | JobState.DENIED
            | JobState.DELIVERED
            | JobState.FAILED
            | JobState.EXPIRED
            | JobState.UNKNOWN
            | JobState.CANCELLED
        ):
            return False
    return course.job.state not in TERMINAL
