"""The life of a job: one coroutine that carries it from whatever state it is in to its end."""

from typing import Final

import structlog

from bot.delivery.messages import DiscordUnavailableError, ReplyAddress
from bot.delivery.progress import Existence
from bot.jobs.job import Failure, FailureReason, Job, JobState
from bot.jobs.store import StaleJobError
from bot.lifecycle.context import JobContext, JobProgress, Parts, ticket_of
from bot.lifecycle.steps.deliver import deliver, fetch, lay_aside, settle
from bot.lifecycle.steps.poll import poll
from bot.lifecycle.steps.prepare import is_prepared, prepare
from bot.lifecycle.steps.review import hold, may_post
from bot.lifecycle.steps.submit import submit

log: Final = structlog.get_logger(__name__)

AT_THE_SERVICE: Final = frozenset({JobState.SUBMITTING, JobState.GENERATING})
"""States in which a job takes one of the places of running jobs."""


class Lifecycle:
    """Runs jobs. There is no other way in which a job makes progress."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._courses: dict[str, JobContext] = {}

    async def run(self, job_id: str) -> None:
        """Carry the job to its end. It may be stopped at any line and called again for the same job."""
        job = await self._parts.store.get(job_id)
        if job.at_rest:
            return
        async with JobContext(self._parts, job) as context:
            self._courses[job_id] = context
            if job.state in AT_THE_SERVICE:
                context.hold_turn()
            try:
                await _carry(context)
            finally:
                self._courses.pop(job_id, None)
                context.give_turn_back()

    def expect(self, job: Job) -> None:
        """Take the place of a job that was found running, before others are let in."""
        if job.state in AT_THE_SERVICE:
            self._parts.slots.occupy(ticket_of(job))

    async def break_off(self, job_id: str) -> None:
        """End a job that a fault of ours stopped `run` from ending. Raises `UnknownJobError`."""
        job = await self._parts.store.get(job_id)
        if job.at_rest:
            return
        async with JobContext(self._parts, job) as context:
            now = self._parts.now()
            match job.state:
                case JobState.SUBMITTING:
                    failure = Failure(FailureReason.PURCHASE_UNKNOWN)
                    await context.move(JobState.UNKNOWN, failure=failure, ended_at=now)
                case (
                    JobState.HELD
                    | JobState.QUEUED
                    | JobState.GENERATING
                    | JobState.READY
                    | JobState.DELIVERING
                ):
                    failure = Failure(FailureReason.BROKE)
                    await context.move(JobState.FAILED, failure=failure, ended_at=now)
                case (
                    JobState.DENIED
                    | JobState.DELIVERED
                    | JobState.FAILED
                    | JobState.EXPIRED
                    | JobState.UNKNOWN
                    | JobState.CANCELLED
                ):
                    pass
            await settle(context)

    def renew_token(self, job_id: str, reply: ReplyAddress) -> None:
        """Have a running job use a newer token of its reply."""
        context = self._courses.get(job_id)
        if context is not None:
            context.renew_token(reply)

    def view(self, job_id: str) -> JobProgress | None:
        """What there is to see of a job that runs in this process."""
        context = self._courses.get(job_id)
        return context.view if context is not None else None


async def _carry(context: JobContext) -> None:
    while not context.job.at_rest:
        try:
            if not await _step(context):
                return
        except StaleJobError:
            # Somebody else, such as a person who cancels, moved it first: go on from where it stands.
            log.info("job_moved_by_somebody_else", job=context.job.id)
            await context.reload()
        if context.job.state not in AT_THE_SERVICE and context.job.state is not JobState.QUEUED:
            context.give_turn_back()


async def _step(context: JobContext) -> bool:
    """Carry the job one step further; whether there is a job left."""
    match context.job.state:
        case JobState.QUEUED:
            return await _begin(context)
        case JobState.SUBMITTING:
            # Found so at the start: whether the request arrived cannot be told, so it is never repeated.
            failure = Failure(FailureReason.PURCHASE_UNKNOWN)
            await context.move(JobState.UNKNOWN, failure=failure, ended_at=context.parts.now())
            log.warning("purchase_unknown", job=context.job.id)
        case JobState.GENERATING:
            await poll(context)
        case JobState.READY:
            await fetch(context)
        case JobState.DELIVERING:
            await _post(context)
        case (
            JobState.DENIED
            | JobState.FAILED
            | JobState.EXPIRED
            | JobState.UNKNOWN
            | JobState.CANCELLED
            | JobState.DELIVERED
        ):
            await settle(context)
        case JobState.HELD:
            if context.job.reply.message_id is None and not await _confirm(context):
                return context.job.state is not JobState.HELD
            await hold(context)
    return True


async def _post(context: JobContext) -> None:
    refused = await may_post(context)
    if refused is not None:
        await lay_aside(context, refused)
    elif not context.job.at_rest and context.job.state is JobState.DELIVERING:
        await deliver(context)


async def _begin(context: JobContext) -> bool:
    """The steps of a queued job, one at a time; whether there is a job left."""
    if context.job.reply.message_id is None and not await _confirm(context):
        return context.job.state is not JobState.QUEUED
    if not is_prepared(context):
        await prepare(context)
    else:
        await submit(context)
    return True


async def _confirm(context: JobContext) -> bool:
    """Whether the person was told that an answer will come; if not, nothing may be bought."""
    try:
        existence = await context.confirm()
    except DiscordUnavailableError:
        existence = Existence.DOUBTFUL
    match existence:
        case Existence.CERTAIN:
            return True
        case Existence.DOUBTFUL:
            failure = Failure(FailureReason.INTERRUPTED)
            await context.move(JobState.FAILED, failure=failure, ended_at=context.parts.now())
        case Existence.NONE:
            log.warning("job_never_acknowledged", job=context.job.id)
            await context.parts.store.remove(context.job.id)
            context.parts.ledger.release(context.job.id)
    return False
