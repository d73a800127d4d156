"""The step that costs money: pictures, then one POST whose outcome is either certain or never repeated."""

import asyncio
from typing import Final

import structlog

from bot.dimilinks import DimiLinksError, Purchase
from bot.images import DataUrl, ImageRefusedError, Reference
from bot.jobs.course import Course
from bot.jobs.failures import failure_of, resubmit_pause_s
from bot.jobs.job import ConvertedPicture, Failure, FailureReason, JobState
from bot.texts.cards import Stage

log: Final = structlog.get_logger(__name__)


async def submit(course: Course) -> None:
    """Carry a queued job to `generating`, or to its end.

    The job is `submitting` before the first byte leaves. A refusal that proves that nothing was bought puts
    it back to `queued`, to be tried again after a pause, until patience ends; any doubt makes it `unknown`.
    """
    try:
        references = await _collect(course)
    except ImageRefusedError as refused:
        failure = Failure(
            FailureReason.PICTURE_REFUSED, refused.detail, picture=refused.filename, problem=refused.problem
        )
        await course.fail(JobState.FAILED, failure)
        return
    await _post_until_certain(course, references)
    await course.parts.spool.discard(course.job.id)


async def _collect(course: Course) -> tuple[Reference, ...]:
    if not course.job.sources:
        return ()
    course.show(Stage.PICTURES)
    references = await course.parts.spool.collect(course.job.id, course.job.sources)
    converted = tuple(
        ConvertedPicture(reference.filename, reference.conversion)
        for reference in references
        if reference.conversion is not None
    )
    course.note_conversions(converted)
    return references


async def _post_until_certain(course: Course, references: tuple[Reference, ...]) -> None:
    parts = course.parts
    loop = asyncio.get_running_loop()
    began_s = loop.time()
    attempt = 0
    while course.job.state is JobState.QUEUED:
        attempt += 1
        error = await _post_once(course, references)
        if error is None:
            return
        pause_s = resubmit_pause_s(error, attempt, parts.patience, parts.random)
        if error.purchase is not Purchase.NOT_BOUGHT:
            await course.fail(JobState.UNKNOWN, Failure(FailureReason.PURCHASE_UNKNOWN))
        elif pause_s is None or loop.time() + pause_s - began_s > parts.patience.submit_s:
            await course.fail(JobState.FAILED, failure_of(error))
        else:
            await course.move(JobState.QUEUED)
            course.show(Stage.RETRYING)
            await asyncio.sleep(pause_s)


async def _post_once(course: Course, references: tuple[Reference, ...]) -> DimiLinksError | None:
    course.show(Stage.SUBMITTING)
    await course.move(JobState.SUBMITTING)
    bodies = [DataUrl(reference.path, reference.mime) for reference in references]
    try:
        submission = await course.parts.api.submit(course.job.request, bodies)
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
    await course.move(JobState.GENERATING, task_id=submission.task_id, submitted_at=course.parts.now())
    return None
