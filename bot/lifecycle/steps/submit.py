"""The step that costs money: a turn in the line, then one POST whose outcome is certain or never repeated."""

import asyncio
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import Final

import structlog

from bot.dimilinks import DimiLinksError, ErrorKind, Purchase
from bot.images.data_url import DataUrl
from bot.jobs.cards import Stage
from bot.jobs.job import Failure, FailureReason, JobState
from bot.lifecycle.context import JobContext
from bot.lifecycle.steps.prepare import is_prepared
from bot.lifecycle.steps.review import may_submit
from bot.lifecycle.submit_errors import closure_of, explain_closure, failure_of, resubmit_pause_s

log: Final = structlog.get_logger(__name__)


async def submit(context: JobContext) -> None:
    """Carry a queued job, whose pictures are collected, to `generating` or to its end.

    The job is `submitting` before the first byte leaves. A refusal that proves that nothing was bought puts
    it back to `queued`, to be tried again after a pause, until patience ends; any doubt makes it `unknown`. A
    refusal of the bot itself is nobody's fault: the job waits until the service takes requests again.
    """
    context.show(Stage.IN_LINE)
    await context.take_turn()
    loop = asyncio.get_running_loop()
    began_s = loop.time()
    attempt = 0
    while context.job.state is JobState.QUEUED and is_prepared(context):
        if await _pass_gate(context):
            began_s = loop.time()
        if not await may_submit(context):
            context.parts.gate.left(context.job.id)
            return
        try:
            error = await _post_once(context)
            if error is None:
                return
            attempt += 1
            pause_s = await _after_refusal(context, error, attempt, waited_s=loop.time() - began_s)
        finally:
            # Only now, when the gate has heard what became of the passage.
            context.parts.gate.left(context.job.id)
        await asyncio.sleep(pause_s)


async def _pass_gate(context: JobContext) -> bool:
    """Wait until something may be submitted; whether that took any waiting."""
    closure = context.parts.gate.closure
    if closure is not None:
        context.show(Stage.PAUSED, said=explain_closure(closure))
    await context.parts.gate.passage(context.job.id)
    return closure is not None


async def _post_once(context: JobContext) -> DimiLinksError | None:
    parts = context.parts
    bodies = [DataUrl(picture.path, picture.mime) for picture in context.job.pictures or ()]
    async with AsyncExitStack() as uploading:

        async def leaving() -> None:
            await uploading.enter_async_context(parts.uploads.uploading())
            await context.move(JobState.SUBMITTING, submitted_at=parts.now())
            context.show(Stage.SUBMITTING)

        try:
            submission = await parts.api.submit(context.job.request, bodies, leaving=leaving)
        except DimiLinksError as error:
            log.warning(
                "submission_failed",
                job=context.job.id,
                error=type(error).__name__,
                status=error.http_status,
                code=error.code,
                purchase=error.purchase,
            )
            return error
        log.info("job_bought", job=context.job.id, task=submission.task_id)
        parts.gate.taken(context.job.id)
        expires_at = parts.now() + timedelta(seconds=parts.timeouts.generate_s)
        await context.move(JobState.GENERATING, task_id=submission.task_id, expires_at=expires_at)
    return None


async def _after_refusal(
    context: JobContext, error: DimiLinksError, attempt: int, *, waited_s: float
) -> float:
    """Move the job to where the refusal leaves it; seconds until it may be tried again, if it may."""
    parts = context.parts
    if error.purchase is not Purchase.NOT_BOUGHT:
        await context.move(
            JobState.UNKNOWN, failure=Failure(FailureReason.PURCHASE_UNKNOWN), ended_at=parts.now()
        )
        return 0.0
    if error.kind is ErrorKind.OPERATOR:
        parts.gate.refused(context.job.id, closure_of(error))
        await _back_in_line(context)
        return 0.0
    pause_s = resubmit_pause_s(error, attempt, parts.timeouts, parts.random)
    if pause_s is None or waited_s + pause_s > parts.timeouts.submit_s:
        await context.move(
            JobState.FAILED, failure=failure_of(error), ended_at=parts.now(), submitted_at=None
        )
        return 0.0
    await _back_in_line(context)
    context.show(Stage.RETRYING)
    return pause_s


async def _back_in_line(context: JobContext) -> None:
    if context.job.state is JobState.SUBMITTING:
        await context.move(JobState.QUEUED, submitted_at=None)
