"""The step that waits: asks for the task's state until it has ended or the job's time is over."""

import asyncio
from typing import Final

import structlog

from bot.dimilinks import DimiLinksError, RateLimitedError, Task, TaskPhase
from bot.jobs.course import Course
from bot.jobs.job import Failure, FailureReason, JobState
from bot.jobs.polling import Sightings, next_poll_s
from bot.texts.cards import Stage

log: Final = structlog.get_logger(__name__)


async def watch(course: Course) -> None:
    """Carry a generating job to `ready`, `failed` or `expired`. Asking is free, so faults only delay it."""
    if course.job.task_id is None:
        raise ValueError("a generating job has a task id")
    loop = asyncio.get_running_loop()
    sightings = Sightings(since_s=loop.time())
    faults = 0
    unknown_statuses: set[str] = set()
    while _rest_of_time_s(course) > 0:
        pause_s = 0.0
        try:
            task = await course.parts.api.task(course.job.task_id)
        except DimiLinksError as error:
            faults += 1
            pause_s = _after_fault_s(course, error, faults)
        else:
            faults = 0
            _log_unknown_status(course, task, unknown_statuses)
            if await _settle(course, task):
                return
            sightings = sightings.saw(loop.time(), task.progress)
            _show(course, task, sightings, loop.time())
        pause_s = max(pause_s, next_poll_s(course.parts.poll_pace, sightings, loop.time()))
        await asyncio.sleep(min(pause_s, _rest_of_time_s(course)))
    await course.fail(JobState.EXPIRED, Failure(FailureReason.EXPIRED))


def _rest_of_time_s(course: Course) -> float:
    submitted_at = course.job.submitted_at or course.job.created_at
    waited_s = (course.parts.now() - submitted_at).total_seconds()
    return max(0.0, course.parts.patience.generate_s - waited_s)


async def _settle(course: Course, task: Task) -> bool:
    """Move the job on if the task has ended; whether it has."""
    match task.phase:
        case TaskPhase.COMPLETED:
            await course.move(JobState.READY)
        case TaskPhase.BLOCKED:
            await course.fail(JobState.FAILED, Failure(FailureReason.BLOCKED_BY_SERVICE))
        case TaskPhase.FAILED:
            message = task.error.message if task.error else ""
            await course.fail(JobState.FAILED, Failure(FailureReason.GENERATION_FAILED, message))
        case TaskPhase.WAITING | TaskPhase.GENERATING | TaskPhase.UNKNOWN:
            return False
    return True


def _show(course: Course, task: Task, sightings: Sightings, now_s: float) -> None:
    stage = Stage.WAITING if task.phase is TaskPhase.WAITING else Stage.GENERATING
    course.show(stage, progress=sightings.last, rest_s=sightings.rest_s(now_s))


def _after_fault_s(course: Course, error: DimiLinksError, faults: int) -> float:
    log.warning(
        "poll_failed",
        job=course.job.id,
        task=course.job.task_id,
        error=type(error).__name__,
        status=error.http_status,
        code=error.code,
        faults=faults,
    )
    longest_s = course.parts.poll_pace.longest_s
    if isinstance(error, RateLimitedError) and error.retry_after_s is not None:
        return error.retry_after_s
    return min(longest_s, course.parts.poll_pace.shortest_s * 2 ** min(faults, 10))


def _log_unknown_status(course: Course, task: Task, seen: set[str]) -> None:
    if task.phase is TaskPhase.UNKNOWN and task.raw_status not in seen:
        seen.add(task.raw_status)
        log.warning("task_status_unknown", task=course.job.task_id, status=task.raw_status)
