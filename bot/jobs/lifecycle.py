"""The life of a job: one coroutine that carries it from whatever state it is in to its end."""

from typing import Final

import structlog

from bot.delivery import DiscordUnavailableError, Existence, ReplyAddress
from bot.jobs.course import Course, Parts, View, ticket_of
from bot.jobs.handover import deliver, fetch, lay_aside, settle
from bot.jobs.holding import hold, may_post
from bot.jobs.job import Failure, FailureReason, Job, JobState
from bot.jobs.preparation import is_prepared, prepare
from bot.jobs.store import StaleJobError
from bot.jobs.submission import submit
from bot.jobs.watch import watch

log: Final = structlog.get_logger(__name__)

AT_THE_SERVICE: Final = frozenset({JobState.SUBMITTING, JobState.GENERATING})
"""States in which a job takes one of the places of running jobs."""


class Lifecycle:
    """Runs jobs. There is no other way in which a job makes progress."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._courses: dict[str, Course] = {}

    async def run(self, job_id: str) -> None:
        """Carry the job to its end. It may be stopped at any line and called again for the same job."""
        job = await self._parts.store.get(job_id)
        if job.at_rest:
            return
        async with Course(self._parts, job) as course:
            self._courses[job_id] = course
            if job.state in AT_THE_SERVICE:
                course.hold_turn()
            try:
                await _carry(course)
            finally:
                self._courses.pop(job_id, None)
                course.give_turn_back()

    def expect(self, job: Job) -> None:
        """Take the place of a job that was found running, before others are let in."""
        if job.state in AT_THE_SERVICE:
            self._parts.turnstile.occupy(ticket_of(job))

    async def break_off(self, job_id: str) -> None:
        """End a job that a fault of ours stopped `run` from ending. Raises `UnknownJobError`."""
        job = await self._parts.store.get(job_id)
        if job.at_rest:
            return
        async with Course(self._parts, job) as course:
            now = self._parts.now()
            match job.state:
                case JobState.SUBMITTING:
                    failure = Failure(FailureReason.PURCHASE_UNKNOWN)
                    await course.move(JobState.UNKNOWN, failure=failure, ended_at=now)
                case (
                    JobState.HELD
                    | JobState.QUEUED
                    | JobState.GENERATING
                    | JobState.READY
                    | JobState.DELIVERING
                ):
                    failure = Failure(FailureReason.BROKE)
                    await course.move(JobState.FAILED, failure=failure, ended_at=now)
                case (
                    JobState.DENIED
                    | JobState.DELIVERED
                    | JobState.FAILED
                    | JobState.EXPIRED
                    | JobState.UNKNOWN
                    | JobState.CANCELLED
                ):
                    pass
            await settle(course)

    def renew_token(self, job_id: str, reply: ReplyAddress) -> None:
        """Have a running job use a newer token of its reply."""
        course = self._courses.get(job_id)
        if course is not None:
            course.renew_token(reply)

    def view(self, job_id: str) -> View | None:
        """What there is to see of a job that runs in this process."""
        course = self._courses.get(job_id)
        return course.view if course is not None else None


async def _carry(course: Course) -> None:
    while not course.job.at_rest:
        try:
            if not await _step(course):
                return
        except StaleJobError:
            # Somebody else, such as a person who cancels, moved it first: go on from where it stands.
            log.info("job_moved_by_somebody_else", job=course.job.id)
            await course.reload()
        if course.job.state not in AT_THE_SERVICE and course.job.state is not JobState.QUEUED:
            course.give_turn_back()


async def _step(course: Course) -> bool:
    """Carry the job one step further; whether there is a job left."""
    match course.job.state:
        case JobState.QUEUED:
            return await _begin(course)
        case JobState.SUBMITTING:
            # Found so at the start: whether the request arrived cannot be told, so it is never repeated.
            failure = Failure(FailureReason.PURCHASE_UNKNOWN)
            await course.move(JobState.UNKNOWN, failure=failure, ended_at=course.parts.now())
            log.warning("purchase_unknown", job=course.job.id)
        case JobState.GENERATING:
            await watch(course)
        case JobState.READY:
            await fetch(course)
        case JobState.DELIVERING:
            await _post(course)
        case (
            JobState.DENIED
            | JobState.FAILED
            | JobState.EXPIRED
            | JobState.UNKNOWN
            | JobState.CANCELLED
            | JobState.DELIVERED
        ):
            await settle(course)
        case JobState.HELD:
            if course.job.reply.message_id is None and not await _confirm(course):
                return course.job.state is not JobState.HELD
            await hold(course)
    return True


async def _post(course: Course) -> None:
    refused = await may_post(course)
    if refused is not None:
        await lay_aside(course, refused)
    elif not course.job.at_rest and course.job.state is JobState.DELIVERING:
        await deliver(course)


async def _begin(course: Course) -> bool:
    """The steps of a queued job, one at a time; whether there is a job left."""
    if course.job.reply.message_id is None and not await _confirm(course):
        return course.job.state is not JobState.QUEUED
    if not is_prepared(course):
        await prepare(course)
    else:
        await submit(course)
    return True


async def _confirm(course: Course) -> bool:
    """Whether the person was told that an answer will come; if not, nothing may be bought."""
    try:
        existence = await course.confirm()
    except DiscordUnavailableError:
        existence = Existence.DOUBTFUL
    match existence:
        case Existence.CERTAIN:
            return True
        case Existence.DOUBTFUL:
            failure = Failure(FailureReason.INTERRUPTED)
            await course.move(JobState.FAILED, failure=failure, ended_at=course.parts.now())
        case Existence.NONE:
            log.warning("job_never_acknowledged", job=course.job.id)
            await course.parts.store.remove(course.job.id)
            course.parts.ledger.release(course.job.id)
    return False
