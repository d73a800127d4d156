"""The step that waits: asks for the task's state until the task has ended or the job's time is over."""

import asyncio
from pathlib import Path
from random import Random
from typing import Final

import structlog

from bot.dimilinks import (
    DimiLinks,
    DimiLinksError,
    FaultScope,
    Pace,
    Task,
    TaskAbsentError,
    TaskPhase,
)
from bot.jobs.cards import Stage
from bot.jobs.job import Failure, FailureReason, JobState, video_name_of
from bot.jobs.queue.durations import DurationStats, FinishedJob, countdown_s, rest_s
from bot.jobs.queue.poll_demand import PollDemand, TaskDemand
from bot.jobs.queue.poll_schedule import PollIntervals, ProgressHistory, next_poll_s
from bot.jobs.queue.wait_times import WaitTimes
from bot.lifecycle.alarms import OperatorAlarms
from bot.lifecycle.context import JobContext
from bot.lifecycle.submit_errors import OPERATOR_WORDS, pause_reason_of
from bot.lifecycle.task_patience import Belief, PatienceLimits, TaskPatience
from bot.lifecycle.timeouts import Timeouts
from bot.reviews.departures import NotedDepartures, ended_by_departure
from bot.texts import explanations, operator, service_words

log: Final = structlog.get_logger(__name__)

_SPREAD: Final = 0.2
"""Part by which a pause between two questions may be shorter than it would have to be."""
_REFUSED_AFTER: Final = 3
"""Unexplained refusals in a row, from which on the operator hears of them."""


class PollStep:
    """Watches bought jobs. Asking is free, so faults only delay it."""

    def __init__(
        self,
        *,
        api: DimiLinks,
        rate: Pace,
        durations: DurationStats,
        wait_times: WaitTimes,
        departures: NotedDepartures,
        alarms: OperatorAlarms,
        media_dir: Path,
        intervals: PollIntervals,
        timeouts: Timeouts,
        random: Random,
    ) -> None:
        self._api = api
        self._rate = rate
        self._demand = PollDemand()
        self._durations = durations
        self._wait_times = wait_times
        self._departures = departures
        self._alarms = alarms
        self._media_dir = media_dir
        self._intervals = intervals
        self._timeouts = timeouts
        self._random = random

    async def run(self, context: JobContext) -> None:
        """Carry a generating job to `ready`, `failed` or `expired`.

        One whose user departed while it was being bought ends at once.

        The wall clock says how much time is left; from then on a clock that jumps changes nothing. However little
        is left, a job expires only after the service has answered once, and one that is found overdue only after
        the clock was looked at again.
        """
        if context.job.task_id is None:
            raise ValueError("a generating job has a task id")
        if await self._departures.end(context.job):
            await context.become(ended_by_departure(context.job, context.now()))
            return
        now_s, patience = asyncio.get_running_loop().time(), self._timeouts.patience
        with self._demand.watched() as demand:
            await self._run(_WatchedTask(context, context.job.task_id, patience, demand, now_s))

    async def _run(self, watched: "_WatchedTask") -> None:
        context, loop = watched.context, asyncio.get_running_loop()
        rest_s, settles_s = self._rest_of_time_s(context), self._timeouts.clock_settles_s
        context.show(Stage.WAITING)
        if rest_s < settles_s:
            if await self._watch(watched, loop.time() + settles_s):
                return
            rest_s = self._rest_of_time_s(context)
        if await self._watch(watched, loop.time() + rest_s):
            return
        reason = FailureReason.TASK_GONE if watched.patience.missing else FailureReason.EXPIRED
        await self._give_up(context, reason, to=JobState.EXPIRED)

    async def _watch(self, watched: "_WatchedTask", ends_s: float) -> bool:
        """Ask for the task until `ends_s`, or until it was answered once. Returns True if the job has moved on."""
        loop = asyncio.get_running_loop()
        last_s = ends_s + self._timeouts.look_again_s
        while loop.time() < (ends_s if watched.answered else last_s):
            await self._ask(watched, ends_s if watched.answered else last_s)
            if await self._move_if_believed(watched):
                return True
            pause_s = self._pause_s(watched, loop.time())
            await asyncio.sleep(min(pause_s, max(ends_s - loop.time(), 0.0)) if watched.answered else pause_s)
        return False

    async def _ask(self, watched: "_WatchedTask", until_s: float) -> None:
        """Ask once for the task, and perhaps for its content. Faults are noted, not raised."""
        context, loop = watched.context, asyncio.get_running_loop()
        try:
            # The deadline holds whatever the service asked to wait for.
            async with asyncio.timeout_at(until_s):
                task = await self._api.task(watched.task_id)
        except TaskAbsentError as error:
            watched.saw_fault(error)
            watched.answered = True
            watched.patience.saw_absence(loop.time())
        except DimiLinksError as error:
            watched.saw_fault(error)
            watched.answered = watched.answered or error.in_own_voice
            if watched.is_refused(error):
                context.show(Stage.WAITING, said=explanations.POLLS_REFUSED)
                self._alarms.begin("polls", operator.polls_refused(_words_of_refusal(error)))
            watched.patience.saw_nothing_clear(loop.time())
        except TimeoutError:
            return
        else:
            self._alarms.end("polls", operator.POLLS_ANSWERED)
            watched.saw(task, loop.time())
            if task.phase is not TaskPhase.FAILED:
                self._show(watched, task, loop.time())
        if watched.patience.may_have_content(loop.time()) and await self._fetch(watched, until_s):
            watched.patience.belief = Belief.FINISHED

    async def _fetch(self, watched: "_WatchedTask", until_s: float) -> bool:
        """Try the content once, although no answer says that it is there.

        Returns:
            True if it is on the disk, or had begun to arrive when the connection or the disk failed: then it is for
            the next step to make room, to fetch it anew, and to tell why that fails.
        """
        job = watched.context.job
        try:
            async with asyncio.timeout_at(until_s):
                await self._api.download(watched.task_id, self._media_dir / video_name_of(job))
        except DimiLinksError as error:
            began, fault = error.video_began, error
        except TimeoutError as error:
            began, fault = False, error
        except OSError as error:
            # The disk's own: nothing is written before a video has begun.
            began, fault = True, error
        else:
            return True
        event = "content_not_whole" if began else "content_not_there"
        log.info(event, job=job.id, task=watched.task_id, error=type(fault).__name__)
        return began

    def _rest_of_time_s(self, context: JobContext) -> float:
        longest_s = self._timeouts.generate_s
        if context.job.expires_at is None:
            return longest_s
        return min(max(0.0, (context.job.expires_at - context.now()).total_seconds()), longest_s)

    def _pause_s(self, watched: "_WatchedTask", now_s: float) -> float:
        """Return the job's own pause, longer where all want more than the service's rate limit has for them."""
        own_s = self._own_pause_s(watched, now_s)
        watched.demand.wants(own_s)
        return own_s * self._rate.stretch(self._demand.per_s)

    def _own_pause_s(self, watched: "_WatchedTask", now_s: float) -> float:
        if watched.faults:
            shortest_s, longest_s = self._intervals.shortest_s, self._intervals.longest_s
            return min(longest_s, shortest_s * 2 ** min(watched.faults, 10))
        if watched.patience.pause_s is not None:
            return watched.patience.pause_s
        # Videos that were asked for together would be asked about at the same moments until they end, and hold up
        # whoever waits for an acknowledgement then.
        spread = self._random.uniform(1 - _SPREAD, 1)
        pause_s = next_poll_s(self._intervals, watched.history, now_s)
        return max(pause_s * spread, self._intervals.shortest_s)

    async def _move_if_believed(self, watched: "_WatchedTask") -> bool:
        """Move the job on if its task is believed to have ended. Returns True if it is.

        While the service does not know the task, the job holds no slot: others need not wait for it.
        """
        context, patience = watched.context, watched.patience
        if patience.missing:
            context.release_slot()
        else:
            context.keep_slot()
        error = patience.error
        match patience.belief:
            case Belief.UNDECIDED:
                return False
            case Belief.FINISHED:
                self._learn(context)
                await context.move(JobState.READY, ready_at=context.now(), raw_answer=None)
            case Belief.ABSENT:
                await self._give_up(context, FailureReason.TASK_GONE, to=JobState.FAILED)
            case Belief.FAILED | Belief.WITHOUT_VIDEO if error is not None and error.is_content_refusal:
                await context.fail(FailureReason.BLOCKED_BY_SERVICE)
            case Belief.FAILED:
                if error is not None:
                    job_id, task_id = context.job.id, watched.task_id
                    log.warning(
                        "task_failed", job=job_id, task=task_id, code=error.code, message=error.message
                    )
                said = service_words.words_of_service(error.code, error.message) if error else ""
                failure = Failure(FailureReason.GENERATION_FAILED, said)
                await context.fail(failure.reason, failure=failure)
            case Belief.WITHOUT_VIDEO:
                failure = Failure(FailureReason.VIDEO_ABSENT, error.message if error else "")
                await context.fail(failure.reason, failure=failure)
        return True

    async def _give_up(self, context: JobContext, reason: FailureReason, *, to: JobState) -> None:
        """End a job without its video. If its task was never told of, the answer may have another's id."""
        await context.fail(reason, to=to)
        if context.job.raw_answer is not None:
            self._alarms.begin("never_told", operator.task_never_told(context.job.id))

    def _learn(self, context: JobContext) -> None:
        job = context.job
        if job.submitted_at is None or job.lookup:
            return
        took_s = (context.now() - job.submitted_at).total_seconds()
        request = job.request
        self._durations.learn(
            FinishedJob(request.seconds, request.resolution, request.reference_count, took_s)
        )

    def _show(self, watched: "_WatchedTask", task: Task, now_s: float) -> None:
        context, history = watched.context, watched.history
        stage = Stage.WAITING if task.phase is TaskPhase.WAITING else Stage.GENERATING
        request = context.job.request
        submitted_at = context.job.submitted_at or context.job.created_at
        elapsed_s = max(0.0, (context.now() - submitted_at).total_seconds())
        took_s = self._durations.took_s(request.seconds, request.resolution, request.reference_count)
        rest = rest_s(history, now_s, elapsed_s=elapsed_s, estimated_s=took_s)
        self._wait_times.ends_in(context.job.id, rest)
        shown_s = countdown_s(history, now_s, elapsed_s=elapsed_s, estimated_s=took_s)
        context.show(stage, progress=history.last, rest_s=shown_s)


def _words_of_refusal(error: DimiLinksError) -> str:
    if error.verdict.scope is FaultScope.WHOLE_BOT:
        return OPERATOR_WORDS[pause_reason_of(error)]
    return operator.refused_for_unknown_reason(str(error))


class _WatchedTask:
    """One bought task under one run: what was answered about it."""

    def __init__(
        self, context: JobContext, task_id: str, limits: PatienceLimits, demand: TaskDemand, now_s: float
    ) -> None:
        self.context = context
        self.task_id = task_id
        self.demand = demand
        self.patience = TaskPatience(limits)
        self.history = ProgressHistory(since_s=now_s)
        self.faults = 0
        """Questions in a row that had no answer."""
        self.answered = False
        """True once the service itself has answered."""
        self._unexplained = 0
        """Refusals in a row whose words do not tell whom they concern."""
        self._unknown_statuses: set[str] = set()

    def saw(self, task: Task, now_s: float) -> None:
        """Take an answer into account."""
        self.faults = self._unexplained = 0
        self.answered = True
        self.patience.saw(task, now_s)
        if self.patience.was_told and self.context.job.raw_answer is not None:
            # The service knows the task that was found in it.
            self.context.note(raw_answer=None)
        if task.phase is not TaskPhase.FAILED:
            self.history = self.history.saw(now_s, task.progress)
        if task.phase is TaskPhase.UNKNOWN and task.raw_status not in self._unknown_statuses:
            self._unknown_statuses.add(task.raw_status)
            log.warning("task_status_unknown", task=self.task_id, status=task.raw_status)

    def is_refused(self, error: DimiLinksError) -> bool:
        """Return True if the service refuses this bot's questions, or perhaps those about this task alone."""
        return error.verdict.scope is FaultScope.WHOLE_BOT or self._unexplained >= _REFUSED_AFTER

    def saw_fault(self, error: DimiLinksError) -> None:
        """Take an error into account."""
        self.faults += 1
        is_unexplained = error.verdict.scope is FaultScope.UNCERTAIN and error.in_own_voice
        self._unexplained = self._unexplained + 1 if is_unexplained else 0
        log.warning(
            "poll_failed",
            job=self.context.job.id,
            task=self.task_id,
            error=type(error).__name__,
            status=error.http_status,
            code=error.code,
            faults=self.faults,
        )
