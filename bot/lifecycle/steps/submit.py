"""The step that costs money: a slot in the queue, then one POST whose outcome is certain or never repeated."""

import asyncio
from contextlib import AsyncExitStack
from datetime import timedelta
from random import Random
from typing import Final

import structlog

from bot.dimilinks import DimiLinks, DimiLinksError, ErrorKind, Purchase
from bot.images.data_url import DataUrl
from bot.jobs.cards import Stage
from bot.jobs.job import FailureReason, JobState
from bot.lifecycle.checks import CheckOutcome, Checks
from bot.lifecycle.context import JobContext
from bot.lifecycle.steps.prepare import is_prepared
from bot.lifecycle.submission_breaker import SubmissionBreaker
from bot.lifecycle.submit_errors import explain_pause, failure_of, pause_reason_of, resubmit_pause_s
from bot.lifecycle.timeouts import Timeouts
from bot.lifecycle.uploads import UploadTracker

log: Final = structlog.get_logger(__name__)


class SubmitStep:
    """Buys the video of a queued job."""

    def __init__(
        self,
        *,
        api: DimiLinks,
        checks: Checks,
        breaker: SubmissionBreaker,
        uploads: UploadTracker,
        timeouts: Timeouts,
        random: Random,
    ) -> None:
        self._api = api
        self._checks = checks
        self._breaker = breaker
        self._uploads = uploads
        self._timeouts = timeouts
        self._random = random

    async def run(self, context: JobContext) -> None:
        """Carry a queued job, whose pictures are collected, to `generating`, to `held`, or to its end.

        The job is `submitting` before the first byte leaves. A refusal that proves that nothing was bought puts
        it back to `queued`, to be tried again after a pause, until time is up; any doubt makes it `unknown`. A
        refusal of the bot itself is no request's fault: the job waits until the service takes requests again.
        """
        context.show(Stage.IN_LINE)
        await context.wait_for_slot()
        loop = asyncio.get_running_loop()
        began_s = loop.time()
        attempt = 0
        while context.job.state is JobState.QUEUED and is_prepared(context.job):
            if await self._wait_until_open(context):
                began_s = loop.time()
            try:
                if not await self._may_buy(context):
                    return
                error = await self._post_once(context)
                if error is None:
                    return
                attempt += 1
                pause_s = await self._after_refusal(context, error, attempt, waited_s=loop.time() - began_s)
            finally:
                # Only now, when the breaker has heard what became of the attempt.
                self._breaker.inconclusive(context.job.id)
            await asyncio.sleep(pause_s)

    async def _wait_until_open(self, context: JobContext) -> bool:
        """Wait while submitting is paused. Returns True if it was."""
        reason = self._breaker.reason
        if reason is not None:
            context.show(Stage.PAUSED, said=explain_pause(reason))
        await self._breaker.wait_until_open(context.job.id)
        return reason is not None

    async def _may_buy(self, context: JobContext) -> bool:
        """Check the job once more. Moves it to `failed` or `held` and returns False if it may not be bought now."""
        result = await self._checks.before_purchase(context)
        match result.outcome:
            case CheckOutcome.PASS:
                return True
            case CheckOutcome.WAIT:
                await context.move(JobState.HELD)
            case CheckOutcome.REFUSED:
                await context.fail(result.reason or FailureReason.NOT_ALLOWED)
        return False

    async def _post_once(self, context: JobContext) -> DimiLinksError | None:
        """Make the one POST. Moves the job to `generating` if it was bought, else returns the error."""
        bodies = [DataUrl(picture.path, picture.mime) for picture in context.job.pictures or ()]
        async with AsyncExitStack() as uploading:

            async def leaving() -> None:
                # Committed before the first byte leaves: whoever finds `submitting` never posts again.
                await uploading.enter_async_context(self._uploads.uploading())
                await context.move(JobState.SUBMITTING, submitted_at=context.now())
                context.show(Stage.SUBMITTING)

            try:
                submission = await self._api.submit(context.job.request, bodies, leaving=leaving)
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
            # The money is spent. Nothing stands between the answer and the commit of the task's id.
            expires_at = context.now() + timedelta(seconds=self._timeouts.generate_s)
            await context.move(JobState.GENERATING, task_id=submission.task_id, expires_at=expires_at)
        self._breaker.succeeded(context.job.id)
        log.info("job_bought", job=context.job.id, task=submission.task_id)
        return None

    async def _after_refusal(
        self, context: JobContext, error: DimiLinksError, attempt: int, *, waited_s: float
    ) -> float:
        """Move the job to where the refusal leaves it. Returns the seconds until it may be tried again."""
        if error.purchase is not Purchase.NOT_BOUGHT:
            # Perhaps paid for: over for the user, open for the operator, and never repeated by the program.
            await context.fail(FailureReason.PURCHASE_UNKNOWN, to=JobState.UNKNOWN)
            return 0.0
        if error.kind is ErrorKind.OPERATOR:
            self._breaker.failed(context.job.id, pause_reason_of(error))
            await _back_to_queue(context)
            return 0.0
        pause_s = resubmit_pause_s(error, attempt, self._timeouts, self._random)
        if pause_s is None or waited_s + pause_s > self._timeouts.submit_s:
            failure = failure_of(error)
            await context.fail(failure.reason, failure=failure, submitted_at=None)
            return 0.0
        await _back_to_queue(context)
        context.show(Stage.RETRYING)
        return pause_s


async def _back_to_queue(context: JobContext) -> None:
    if context.job.state is JobState.SUBMITTING:
        await context.move(JobState.QUEUED, submitted_at=None)
