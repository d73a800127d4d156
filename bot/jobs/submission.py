"""The step that costs money: a turn in the line, then one POST whose outcome is certain or never repeated."""

import asyncio
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import Final

import structlog

from bot.dimilinks import DimiLinksError, ErrorKind, Purchase
from bot.images import DataUrl
from bot.jobs.announce import Stage
from bot.jobs.course import Course
from bot.jobs.failures import closure_of, explain_closure, failure_of, resubmit_pause_s
from bot.jobs.holding import may_submit
from bot.jobs.job import Failure, FailureReason, JobState
from bot.jobs.preparation import is_prepared

log: Final = structlog.get_logger(__name__)


async def submit(course: Course) -> None:
    """Carry a queued job, whose pictures are collected, to `generating` or to its end.

    The job is `submitting` before the first byte leaves. A refusal that proves that nothing was bought puts
    it back to `queued`, to be tried again after a pause, until patience ends; any doubt makes it `unknown`. A
    refusal of the bot itself is nobody's fault: the job waits until the service takes requests again.
    """
    course.show(Stage.IN_LINE)
    await course.take_turn()
    loop = asyncio.get_running_loop()
    began_s = loop.time()
    attempt = 0
    while course.job.state is JobState.QUEUED and is_prepared(course):
        if await _pass_gate(course):
            began_s = loop.time()
        if not await may_submit(course):
            course.parts.gate.left(course.job.id)
            return
        try:
            error = await _post_once(course)
            if error is None:
                return
            attempt += 1
            pause_s = await _after_refusal(course, error, attempt, waited_s=loop.time() - began_s)
        finally:
            # Only now, when the gate has heard what became of the passage.
            course.parts.gate.left(course.job.id)
        await asyncio.sleep(pause_s)


async def _pass_gate(course: Course) -> bool:
    """Wait until something may be submitted; whether that took any waiting."""
    closure = course.parts.gate.closure
    if closure is not None:
        course.show(Stage.PAUSED, said=explain_closure(closure))
    await course.parts.gate.passage(course.job.id)
    return closure is not None


async def _post_once(course: Course) -> DimiLinksError | None:
    parts = course.parts
    bodies = [DataUrl(picture.path, picture.mime) for picture in course.job.pictures or ()]
    async with AsyncExitStack() as flight:

        async def leaving() -> None:
            await flight.enter_async_context(parts.flights.flight())
            await course.move(JobState.SUBMITTING, submitted_at=parts.now())
            course.show(Stage.SUBMITTING)

        try:
            submission = await parts.api.submit(course.job.request, bodies, leaving=leaving)
        except DimiLinksError as error:
            log.warning(
                "submission_failed",
                job=course.job.id,
                error=type(error).__name__,
                status=error.http_status,
                code=error.code,
                purchase=error.purchase,
            )
            return error
        log.info("job_bought", job=course.job.id, task=submission.task_id)
        parts.gate.taken(course.job.id)
        expires_at = parts.now() + timedelta(seconds=parts.patience.generate_s)
        await course.move(JobState.GENERATING, task_id=submission.task_id, expires_at=expires_at)
    return None


async def _after_refusal(course: Course, error: DimiLinksError, attempt: int, *, waited_s: float) -> float:
    """Move the job to where the refusal leaves it; seconds until it may be tried again, if it may."""
    parts = course.parts
    if error.purchase is not Purchase.NOT_BOUGHT:
        await course.move(
            JobState.UNKNOWN, failure=Failure(FailureReason.PURCHASE_UNKNOWN), ended_at=parts.now()
        )
        return 0.0
    if error.kind is ErrorKind.OPERATOR:
        parts.gate.refused(course.job.id, closure_of(error))
        await _back_in_line(course)
        return 0.0
    pause_s = resubmit_pause_s(error, attempt, parts.patience, parts.random)
    if pause_s is None or waited_s + pause_s > parts.patience.submit_s:
        await course.move(JobState.FAILED, failure=failure_of(error), ended_at=parts.now(), submitted_at=None)
        return 0.0
    await _back_in_line(course)
    course.show(Stage.RETRYING)
    return pause_s


async def _back_in_line(course: Course) -> None:
    if course.job.state is JobState.SUBMITTING:
        await course.move(JobState.QUEUED, submitted_at=None)
