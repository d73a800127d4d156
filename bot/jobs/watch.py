"""The step that waits: asks for the task's state until it has ended or the job's time is over."""

import asyncio
from typing import Final

import structlog

from bot.dimilinks import DimiLinksError, RateLimitedError, Task, TaskPhase
from bot.jobs.announce import Stage
from bot.jobs.course import Course
from bot.jobs.estimates import Finished, rest_s
from bot.jobs.job import Failure, FailureReason, JobState
from bot.jobs.polling import Sightings, next_poll_s

log: Final = structlog.get_logger(__name__)


async def watch(course: Course) -> None:
    """Carry a generating job to `ready`, `failed` or `expired`. Asking is free, so faults only delay it.

    The wall clock says once how much time is left; from then on a clock that jumps changes nothing. However
    little is left, a job expires only after the service has answered once.
    """
    if course.job.task_id is None:
        raise ValueError("a generating job has a task id")
    loop = asyncio.get_running_loop()
    sightings = Sightings(since_s=loop.time())
    ends_s = loop.time() + _rest_of_time_s(course)
    course.show(Stage.WAITING)
    faults = 0
    answered = False
    unknown_statuses: set[str] = set()
    while not answered or loop.time() < ends_s:
        pause_s = 0.0
        try:
            task = await course.parts.api.task(course.job.task_id)
        except DimiLinksError as error:
            faults += 1
            pause_s = _after_fault_s(course, error, faults)
            answered = answered or loop.time() >= ends_s + course.parts.patience.look_again_s
        else:
            faults = 0
            answered = True
            _log_unknown_status(course, task, unknown_statuses)
            if await _settle(course, task):
                return
            sightings = sightings.saw(loop.time(), task.progress)
            _show(course, task, sightings, loop.time())
        pause_s = max(pause_s, _pause_s(course, sightings, loop.time()))
        await asyncio.sleep(min(pause_s, max(ends_s - loop.time(), 0.0)) if answered else pause_s)
    await course.move(JobState.EXPIRED, failure=Failure(FailureReason.EXPIRED), ended_at=course.parts.now())


def _rest_of_time_s(course: Course) -> float:
    longest_s = course.parts.patience.generate_s
    if course.job.expires_at is None:
        return longest_s
    return min(max(0.0, (course.job.expires_at - course.parts.now()).total_seconds()), longest_s)


def _pause_s(course: Course, sightings: Sightings, now_s: float) -> float:
    """The job's own pace, stretched where so many are watched that the service would be asked too often."""
    parts = course.parts
    return max(next_poll_s(parts.poll_pace, sightings, now_s), parts.pace.stretch_s(parts.turnstile.running))


async def _settle(course: Course, task: Task) -> bool:
    """Move the job on if the task has ended; whether it has."""
    now = course.parts.now()
    match task.phase:
        case TaskPhase.COMPLETED:
            _learn(course)
            await course.move(JobState.READY, ready_at=now)
        case TaskPhase.BLOCKED:
            await course.move(
                JobState.FAILED, failure=Failure(FailureReason.BLOCKED_BY_SERVICE), ended_at=now
            )
        case TaskPhase.FAILED:
            message = task.error.message if task.error else ""
            await course.move(
                JobState.FAILED, failure=Failure(FailureReason.GENERATION_FAILED, message), ended_at=now
            )
        case TaskPhase.WAITING | TaskPhase.GENERATING | TaskPhase.UNKNOWN:
            return False
    return True


def _learn(course: Course) -> None:
    job = course.job
    if job.submitted_at is None or job.lookup:
        return
    took_s = (course.parts.now() - job.submitted_at).total_seconds()
    request = job.request
    course.parts.estimates.learn(
        Finished(request.seconds, request.resolution, request.reference_count, took_s)
    )


def _show(course: Course, task: Task, sightings: Sightings, now_s: float) -> None:
    stage = Stage.WAITING if task.phase is TaskPhase.WAITING else Stage.GENERATING
    submitted_at = course.job.submitted_at or course.job.created_at
    elapsed_s = max(0.0, (course.parts.now() - submitted_at).total_seconds())
    rest = rest_s(sightings, now_s, elapsed_s=elapsed_s, estimated_s=course.estimated_s)
    course.parts.forecast.ends_in(course.job.id, rest)
    course.show(stage, progress=sightings.last, rest_s=rest)


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
