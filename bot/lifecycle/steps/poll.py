"""The step that waits: asks for the task's state until it has ended or the job's time is over."""

import asyncio
from typing import Final

import structlog

from bot.dimilinks import DimiLinksError, RateLimitedError, Task, TaskPhase
from bot.jobs.cards import Stage
from bot.jobs.job import Failure, FailureReason, JobState
from bot.jobs.queue.durations import FinishedJob, rest_s
from bot.jobs.queue.poll_schedule import ProgressHistory, next_poll_s
from bot.lifecycle.context import JobContext

log: Final = structlog.get_logger(__name__)


async def poll(context: JobContext) -> None:
    """Carry a generating job to `ready`, `failed` or `expired`. Asking is free, so faults only delay it.

    The wall clock says once how much time is left; from then on a clock that jumps changes nothing. However
    little is left, a job expires only after the service has answered once.
    """
    if context.job.task_id is None:
        raise ValueError("a generating job has a task id")
    loop = asyncio.get_running_loop()
    progress_history = ProgressHistory(since_s=loop.time())
    ends_s = loop.time() + _rest_of_time_s(context)
    context.show(Stage.WAITING)
    faults = 0
    answered = False
    unknown_statuses: set[str] = set()
    while not answered or loop.time() < ends_s:
        pause_s = 0.0
        try:
            task = await context.parts.api.task(context.job.task_id)
        except DimiLinksError as error:
            faults += 1
            pause_s = _after_fault_s(context, error, faults)
            answered = answered or loop.time() >= ends_s + context.parts.timeouts.look_again_s
        else:
            faults = 0
            answered = True
            _log_unknown_status(context, task, unknown_statuses)
            if await _settle(context, task):
                return
            progress_history = progress_history.saw(loop.time(), task.progress)
            _show(context, task, progress_history, loop.time())
        pause_s = max(pause_s, _pause_s(context, progress_history, loop.time()))
        await asyncio.sleep(min(pause_s, max(ends_s - loop.time(), 0.0)) if answered else pause_s)
    await context.move(JobState.EXPIRED, failure=Failure(FailureReason.EXPIRED), ended_at=context.parts.now())


def _rest_of_time_s(context: JobContext) -> float:
    longest_s = context.parts.timeouts.generate_s
    if context.job.expires_at is None:
        return longest_s
    return min(max(0.0, (context.job.expires_at - context.parts.now()).total_seconds()), longest_s)


def _pause_s(context: JobContext, progress_history: ProgressHistory, now_s: float) -> float:
    """The job's own pace, stretched where so many are watched that the service would be asked too often."""
    parts = context.parts
    return max(
        next_poll_s(parts.poll_pace, progress_history, now_s), parts.pace.stretch_s(parts.slots.running)
    )


async def _settle(context: JobContext, task: Task) -> bool:
    """Move the job on if the task has ended; whether it has."""
    now = context.parts.now()
    match task.phase:
        case TaskPhase.COMPLETED:
            _learn(context)
            await context.move(JobState.READY, ready_at=now)
        case TaskPhase.BLOCKED:
            await context.move(
                JobState.FAILED, failure=Failure(FailureReason.BLOCKED_BY_SERVICE), ended_at=now
            )
        case TaskPhase.FAILED:
            message = task.error.message if task.error else ""
            await context.move(
                JobState.FAILED, failure=Failure(FailureReason.GENERATION_FAILED, message), ended_at=now
            )
        case TaskPhase.WAITING | TaskPhase.GENERATING | TaskPhase.UNKNOWN:
            return False
    return True


def _learn(context: JobContext) -> None:
    job = context.job
    if job.submitted_at is None or job.lookup:
        return
    took_s = (context.parts.now() - job.submitted_at).total_seconds()
    request = job.request
    context.parts.durations.learn(
        FinishedJob(request.seconds, request.resolution, request.reference_count, took_s)
    )


def _show(context: JobContext, task: Task, progress_history: ProgressHistory, now_s: float) -> None:
    stage = Stage.WAITING if task.phase is TaskPhase.WAITING else Stage.GENERATING
    submitted_at = context.job.submitted_at or context.job.created_at
    elapsed_s = max(0.0, (context.parts.now() - submitted_at).total_seconds())
    rest = rest_s(progress_history, now_s, elapsed_s=elapsed_s, estimated_s=context.estimated_s)
    context.parts.wait_times.ends_in(context.job.id, rest)
    context.show(stage, progress=progress_history.last, rest_s=rest)


def _after_fault_s(context: JobContext, error: DimiLinksError, faults: int) -> float:
    log.warning(
        "poll_failed",
        job=context.job.id,
        task=context.job.task_id,
        error=type(error).__name__,
        status=error.http_status,
        code=error.code,
        faults=faults,
    )
    longest_s = context.parts.poll_pace.longest_s
    if isinstance(error, RateLimitedError) and error.retry_after_s is not None:
        return error.retry_after_s
    return min(longest_s, context.parts.poll_pace.shortest_s * 2 ** min(faults, 10))


def _log_unknown_status(context: JobContext, task: Task, seen: set[str]) -> None:
    if task.phase is TaskPhase.UNKNOWN and task.raw_status not in seen:
        seen.add(task.raw_status)
        log.warning("task_status_unknown", task=context.job.task_id, status=task.raw_status)
