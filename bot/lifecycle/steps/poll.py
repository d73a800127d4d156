"""The step that waits: asks for the task's state until the task has ended or the job's time is over."""

import asyncio
from typing import Final

import structlog

from bot.dimilinks import DimiLinks, DimiLinksError, Pace, RateLimitedError, Task, TaskPhase
from bot.jobs.cards import Stage
from bot.jobs.job import Failure, FailureReason, JobState
from bot.jobs.queue.durations import DurationStats, FinishedJob, rest_s
from bot.jobs.queue.poll_schedule import PollIntervals, ProgressHistory, next_poll_s
from bot.jobs.queue.slots import Slots
from bot.jobs.queue.wait_times import WaitTimes
from bot.lifecycle.context import JobContext
from bot.lifecycle.timeouts import Timeouts

log: Final = structlog.get_logger(__name__)


class PollStep:
    """Watches bought jobs. Asking is free, so faults only delay it."""

    def __init__(
        self,
        *,
        api: DimiLinks,
        rate: Pace,
        slots: Slots,
        durations: DurationStats,
        wait_times: WaitTimes,
        intervals: PollIntervals,
        timeouts: Timeouts,
    ) -> None:
        self._api = api
        self._rate = rate
        self._slots = slots
        self._durations = durations
        self._wait_times = wait_times
        self._intervals = intervals
        self._timeouts = timeouts

    async def run(self, context: JobContext) -> None:
        """Carry a generating job to `ready`, `failed` or `expired`.

        The wall clock says once how much time is left; from then on a clock that jumps changes nothing. However
        little is left, a job expires only after the service has answered once.
        """
        if context.job.task_id is None:
            raise ValueError("a generating job has a task id")
        loop = asyncio.get_running_loop()
        history = ProgressHistory(since_s=loop.time())
        ends_s = loop.time() + self._rest_of_time_s(context)
        context.show(Stage.WAITING)
        faults = 0
        answered = False
        unknown_statuses: set[str] = set()
        while not answered or loop.time() < ends_s:
            pause_s = 0.0
            try:
                task = await self._api.task(context.job.task_id)
            except DimiLinksError as error:
                faults += 1
                pause_s = self._after_fault_s(context, error, faults)
                answered = answered or loop.time() >= ends_s + self._timeouts.look_again_s
            else:
                faults = 0
                answered = True
                _log_unknown_status(context, task, unknown_statuses)
                if await self._move_if_ended(context, task):
                    return
                history = history.saw(loop.time(), task.progress)
                self._show(context, task, history, loop.time())
            pause_s = max(pause_s, self._pause_s(history, loop.time()))
            await asyncio.sleep(min(pause_s, max(ends_s - loop.time(), 0.0)) if answered else pause_s)
        await context.fail(FailureReason.EXPIRED, to=JobState.EXPIRED)

    def _rest_of_time_s(self, context: JobContext) -> float:
        longest_s = self._timeouts.generate_s
        if context.job.expires_at is None:
            return longest_s
        return min(max(0.0, (context.job.expires_at - context.now()).total_seconds()), longest_s)

    def _pause_s(self, history: ProgressHistory, now_s: float) -> float:
        """Return the job's own interval, longer where many jobs are watched: the service has a rate limit."""
        own_s = next_poll_s(self._intervals, history, now_s)
        return max(own_s, self._rate.stretch_s(self._slots.running))

    async def _move_if_ended(self, context: JobContext, task: Task) -> bool:
        """Move the job on if its task has ended. Returns True if it has."""
        match task.phase:
            case TaskPhase.COMPLETED:
                self._learn(context)
                await context.move(JobState.READY, ready_at=context.now())
            case TaskPhase.BLOCKED:
                await context.fail(FailureReason.BLOCKED_BY_SERVICE)
            case TaskPhase.FAILED:
                message = task.error.message if task.error else ""
                failure = Failure(FailureReason.GENERATION_FAILED, message)
                await context.fail(failure.reason, failure=failure)
            case TaskPhase.WAITING | TaskPhase.GENERATING | TaskPhase.UNKNOWN:
                return False
        return True

    def _learn(self, context: JobContext) -> None:
        job = context.job
        if job.submitted_at is None or job.lookup:
            return
        took_s = (context.now() - job.submitted_at).total_seconds()
        request = job.request
        self._durations.learn(
            FinishedJob(request.seconds, request.resolution, request.reference_count, took_s)
        )

    def _show(self, context: JobContext, task: Task, history: ProgressHistory, now_s: float) -> None:
        stage = Stage.WAITING if task.phase is TaskPhase.WAITING else Stage.GENERATING
        request = context.job.request
        submitted_at = context.job.submitted_at or context.job.created_at
        rest = rest_s(
            history,
            now_s,
            elapsed_s=max(0.0, (context.now() - submitted_at).total_seconds()),
            estimated_s=self._durations.took_s(request.seconds, request.resolution, request.reference_count),
        )
        self._wait_times.ends_in(context.job.id, rest)
        context.show(stage, progress=history.last, rest_s=rest)

    def _after_fault_s(self, context: JobContext, error: DimiLinksError, faults: int) -> float:
        log.warning(
            "poll_failed",
            job=context.job.id,
            task=context.job.task_id,
            error=type(error).__name__,
            status=error.http_status,
            code=error.code,
            faults=faults,
        )
        if isinstance(error, RateLimitedError) and error.retry_after_s is not None:
            return error.retry_after_s
        return min(self._intervals.longest_s, self._intervals.shortest_s * 2 ** min(faults, 10))


def _log_unknown_status(context: JobContext, task: Task, seen: set[str]) -> None:
    if task.phase is TaskPhase.UNKNOWN and task.raw_status not in seen:
        seen.add(task.raw_status)
        log.warning("task_status_unknown", task=context.job.task_id, status=task.raw_status)
