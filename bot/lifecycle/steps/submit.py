"""The step that costs money: a slot in the queue, then one POST whose outcome is certain or never repeated."""

import asyncio
from contextlib import AsyncExitStack, suppress
from datetime import datetime, timedelta
from random import Random
from typing import Final

import structlog

from bot.dimilinks import (
    DimiLinks,
    DimiLinksError,
    FaultReason,
    FaultScope,
    Purchase,
    Submission,
    UnreadableAnswerError,
)
from bot.images.data_url import DataUrl
from bot.jobs.cards import Stage
from bot.jobs.job import FailureReason, JobState, advance
from bot.jobs.purchase_notes import PurchaseNotes
from bot.jobs.submission_pause import PauseReason
from bot.jobs.task_owners import TaskTakenError
from bot.lifecycle.alarms import OperatorAlarms
from bot.lifecycle.checks import CheckOutcome, Checks
from bot.lifecycle.context import JobContext
from bot.lifecycle.steps.prepare import is_prepared
from bot.lifecycle.submission_breaker import RefusalRuling, SubmissionBreaker
from bot.lifecycle.submit_errors import (
    explain_pause,
    failure_of,
    pause_reason_of,
    resubmit_pause_s,
    was_left_unread,
)
from bot.lifecycle.timeouts import Timeouts
from bot.lifecycle.uploads import UploadTracker
from bot.moderation.prompt_flags import take_out_flags
from bot.reviews.departures import NotedDepartures, ended_by_departure
from bot.texts import operator

log: Final = structlog.get_logger(__name__)


_CHECK_HOLDS_S: Final = 2.0
"""Seconds for which a request that passed the rules may wait to leave without being judged once more."""


class _NotLeftError(Exception):
    """Nothing left: while the job waited for that, submitting paused, or the rules have come to say otherwise."""


class SubmitStep:
    """Buys the video of a queued job."""

    def __init__(
        self,
        *,
        api: DimiLinks,
        checks: Checks,
        departures: NotedDepartures,
        breaker: SubmissionBreaker,
        uploads: UploadTracker,
        notes: PurchaseNotes,
        alarms: OperatorAlarms,
        timeouts: Timeouts,
        random: Random,
        began_at: datetime,
    ) -> None:
        """Args: `began_at` is when this process began."""
        self._api = api
        self._checks = checks
        self._departures = departures
        self._breaker = breaker
        self._uploads = uploads
        self._notes = notes
        self._alarms = alarms
        self._timeouts = timeouts
        self._random = random
        self._began_at = began_at

    async def run(self, context: JobContext) -> None:
        """Carry a queued job, whose pictures are collected, to `generating`, to `held`, or to its end.

        The job is `submitting` before the first byte leaves. A refusal that proves that nothing was bought puts
        it back to `queued`, to be tried again after a pause, until time is up; any doubt makes it `unknown`.
        Waiting in line, for moderators or for the operator does not count against that time.
        """
        loop = asyncio.get_running_loop()
        left_s = self._timeouts.submit_s
        attempt = 0
        out_of_time = FailureReason.SERVICE_UNREACHABLE
        if context.job.created_at < self._began_at:
            self._breaker.doubt()
        while context.job.state is JobState.QUEUED and is_prepared(context.job):
            # From the first byte until the breaker has told what came of it: till then a stop cuts nothing short.
            async with AsyncExitStack() as uploading:
                try:
                    left_s -= await self._wait_for_turn(context, left_s)
                    if left_s <= 0:
                        await context.fail(out_of_time)
                        return
                    with self._breaker.checking(context.job.id):
                        may_buy = await self._may_buy(context)
                    if not may_buy:
                        return
                    began_s = loop.time()
                    try:
                        error = await self._post_once(context, uploading, left_s, out_of_time)
                    except _NotLeftError:
                        continue
                    finally:
                        left_s -= loop.time() - began_s
                    if error is None:
                        return
                    attempt += 1
                    busy = error.verdict.reason is FaultReason.RATE_LIMIT
                    out_of_time = FailureReason.SERVICE_BUSY if busy else FailureReason.SERVICE_UNREACHABLE
                    pause_s = await self._after_refusal(context, error, attempt, left_s, uploading)
                finally:
                    # Only now, when the breaker has heard what became of the attempt.
                    self._breaker.inconclusive(context.job.id)
                    if context.job.state not in {JobState.QUEUED, JobState.SUBMITTING}:
                        self._breaker.forget(context.job.id)
                    await self._breaker.tell(context.job.id)
            left_s -= pause_s
            await asyncio.sleep(pause_s)

    async def _wait_for_turn(self, context: JobContext, left_s: float) -> float:
        """Return when the job holds a slot and the breaker lets it pass, or after `left_s` seconds that count.

        Returns:
            Seconds that the job waited for the service itself, or for evidence about its own refusal. Meanwhile
            it holds no slot, so that others can be the evidence.
        """
        job_id, loop = context.job.id, asyncio.get_running_loop()
        counted_s = 0.0
        while True:
            context.show(Stage.IN_LINE)
            await context.wait_for_slot()
            if not self._breaker.must_wait(job_id):
                return counted_s
            context.release_slot()
            while self._breaker.must_wait(job_id) and counted_s < left_s:
                began_s, reason = loop.time(), self._breaker.reason
                counts = reason is None or reason.is_transport
                if reason is not None or self._breaker.is_suspect(job_id):
                    _show_pause(context, reason)
                with suppress(TimeoutError):
                    async with asyncio.timeout(left_s - counted_s if counts else None):
                        await self._breaker.wait_for_change(job_id)
                counted_s += loop.time() - began_s if counts else 0.0
            if counted_s >= left_s:
                return counted_s

    async def _may_buy(self, context: JobContext) -> bool:
        """Check the job once more. Moves it to `failed` or `held` and returns False if it may not be bought now."""
        if await self._departures.end(context.job):
            await context.become(ended_by_departure(context.job, context.now()))
            return False
        result = await self._checks.before_purchase(context)
        match result.outcome:
            case CheckOutcome.PASS:
                return True
            case CheckOutcome.WAIT:
                await context.move(JobState.HELD)
            case CheckOutcome.REFUSED:
                await context.fail(result.reason or FailureReason.NOT_ALLOWED)
        return False

    async def _post_once(
        self, context: JobContext, uploading: AsyncExitStack, left_s: float, out_of_time: FailureReason
    ) -> DimiLinksError | None:
        """Make the one POST. Moves the job to `generating` if it was bought, else returns the error.

        A request whose turn at the service does not come within `left_s` seconds fails without one, for the
        reason `out_of_time`. Once it leaves it is an upload under way, until the caller closes `uploading`.

        Raises `_NotLeftError` in the place of a POST if submitting has paused by the time of its turn, or if the
        rules have to be asked anew.
        """
        loop = asyncio.get_running_loop()
        passed_s = loop.time()
        # Once more: earlier versions stored prompts as they were typed.
        prompt = take_out_flags(context.job.request.prompt).text
        request = context.job.request.model_copy(update={"prompt": prompt})
        bodies = [DataUrl(picture.path, picture.mime) for picture in context.job.pictures or ()]
        deadline = asyncio.timeout(left_s)

        async def leaving() -> None:
            # Minutes may have passed since the job was let by: moderators have decided, and others have left.
            if loop.time() - passed_s > _CHECK_HOLDS_S:
                with self._breaker.checking(context.job.id):
                    passes = await self._checks.still_passes(context.job)
                if not passes:
                    log.info("submission_judged_anew", job=context.job.id)
                    raise _NotLeftError
            # Asked last.
            if not await self._breaker.admits(context.job.id):
                raise _NotLeftError
            # Committed before the first byte leaves: whoever finds `submitting` never posts again.
            deadline.reschedule(None)
            await uploading.enter_async_context(self._uploads.uploading())
            await context.move(JobState.SUBMITTING, submitted_at=context.now())
            context.show(Stage.SUBMITTING)

        try:
            async with deadline:
                submission = await self._api.submit(request, bodies, leaving=leaving)
        except DimiLinksError as error:
            _log_refusal(context, error)
            return error
        except TimeoutError:
            await context.fail(out_of_time)
            return None
        # The money is spent. Nothing stands between the answer and the commit of the task's id.
        bought = advance(
            context.job,
            JobState.GENERATING,
            task_id=submission.task_id,
            expires_at=context.now() + timedelta(seconds=self._timeouts.generate_s),
            raw_answer=submission.raw_answer,
        )
        try:
            await context.buy(bought, self._notes)
        except TaskTakenError as taken:
            log.critical("answered_with_anothers_task", job=context.job.id, reason=str(taken))
            return _names_anothers_task(submission)
        self._breaker.taken(context.job.id)
        log.info("job_bought", job=context.job.id, task=submission.task_id)
        return None

    async def _after_refusal(
        self,
        context: JobContext,
        error: DimiLinksError,
        attempt: int,
        left_s: float,
        uploading: AsyncExitStack,
    ) -> float:
        """Move the job to where the refusal leaves it. Returns the seconds until it may be tried again."""
        job_id, verdict = context.job.id, error.verdict
        in_doubt = error.purchase is not Purchase.NOT_BOUGHT
        if was_left_unread(error):
            await _back_to_queue(context)
            # A stop need not wait for the answer to a question.
            await uploading.aclose()
            await self._after_unread(context, error)
            return 0.0
        if verdict.closes_after_doubt if in_doubt else verdict.closes_at_once:
            self._breaker.refused_whole_bot(job_id, pause_reason_of(error))
        if in_doubt:
            # Perhaps paid for: over for the user, open for the operator, and never repeated by the program.
            await context.fail(
                FailureReason.PURCHASE_UNKNOWN, to=JobState.UNKNOWN, raw_answer=error.raw_answer or str(error)
            )
            return 0.0
        if verdict.needs_evidence:
            pauses = PauseReason.OUT_OF_MONEY if verdict.reason is FaultReason.MONEY else None
            # First of all, so that a run that ends here leaves no doubt: nothing was bought.
            await _back_to_queue(context)
            await self._breaker.find_evidence()
            if self._breaker.refused_perhaps_alone(job_id, pauses=pauses) is RefusalRuling.OWN_FAULT:
                await self._give_up(context, error)
                self._tell_of_own_fault(job_id, error)
            return 0.0
        if verdict.scope is FaultScope.WHOLE_BOT:
            await _back_to_queue(context)
            return 0.0
        pause_s = resubmit_pause_s(error, attempt, self._timeouts, self._random)
        if pause_s is None or pause_s > left_s:
            await self._give_up(context, error)
            return 0.0
        await _back_to_queue(context)
        context.show(Stage.RETRYING)
        return pause_s

    async def _after_unread(self, context: JobContext, error: DimiLinksError) -> None:
        """Find out if what refused the request before it was read refuses all of them, or this one."""
        context.release_slot()
        job_id = context.job.id
        if await self._breaker.is_service_away(job_id):
            self._breaker.refused_whole_bot(job_id, PauseReason.SERVICE_AWAY, is_lost=False)
            return
        await self._breaker.find_evidence()
        if self._breaker.refused_perhaps_alone(job_id, pauses=None) is RefusalRuling.OWN_FAULT:
            await self._give_up(context, error)
            self._tell_of_own_fault(job_id, error)

    def _tell_of_own_fault(self, job_id: str, error: DimiLinksError) -> None:
        """Tell the operator of a request that was refused while others go on."""
        if was_left_unread(error):
            self._alarms.begin("refused_unread", operator.refused_unread(error.message, job_id))
        elif error.verdict.reason is FaultReason.MONEY:
            self._alarms.begin("money_low", operator.money_low(error.message, job_id))
        else:
            self._alarms.begin("refused_alone", operator.refused_alone(error.message, job_id))

    async def _give_up(self, context: JobContext, error: DimiLinksError) -> None:
        failure = failure_of(error)
        await context.fail(failure.reason, failure=failure, submitted_at=None)


async def _back_to_queue(context: JobContext) -> None:
    if context.job.state is JobState.SUBMITTING:
        await context.move(JobState.QUEUED, submitted_at=None)


def _names_anothers_task(submission: Submission) -> DimiLinksError:
    """The error for an answer with the task of another job, whose video must not be shown to this one's user."""
    error = UnreadableAnswerError("the answer names the task of another request", purchase=Purchase.UNKNOWN)
    error.raw_answer = submission.raw_answer
    return error


def _show_pause(context: JobContext, reason: PauseReason | None) -> None:
    """Have the card say why the job waits; without a reason it is that it was refused once."""
    if reason is None:
        context.show(Stage.REFUSED_ONCE)
    elif reason.is_transport:
        context.show(Stage.SERVICE_AWAY, said=explain_pause(reason))
    else:
        context.show(Stage.PAUSED, said=explain_pause(reason))


def _log_refusal(context: JobContext, error: DimiLinksError) -> None:
    log.warning(
        "submission_failed",
        job=context.job.id,
        error=type(error).__name__,
        status=error.http_status,
        code=error.code,
        purchase=error.purchase,
        reason=error.verdict.reason,
    )
