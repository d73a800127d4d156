"""The life of a job: one coroutine carries it from whatever state it is in to its end."""

from collections.abc import Callable
from typing import Final

import structlog

from bot.delivery.messages import DiscordUnavailableError, ReplyAddress
from bot.delivery.progress import Existence
from bot.jobs import cards
from bot.jobs.job import Failure, FailureReason, Job, JobState
from bot.jobs.queue.slots import FarBackError, Slots
from bot.jobs.queue.tickets import ticket_of
from bot.jobs.store import ClaimLostError, JobStore, StaleJobError, UnknownJobError
from bot.lifecycle.alarms import OperatorAlarms
from bot.lifecycle.context import JobContext, JobProgress
from bot.lifecycle.counted_starts import StartedTooOftenError
from bot.lifecycle.last_cards import settle
from bot.lifecycle.laying_aside import lay_aside
from bot.lifecycle.steps.ask_again import AskAgainStep
from bot.lifecycle.steps.deliver import DeliverStep
from bot.lifecycle.steps.poll import PollStep
from bot.lifecycle.steps.prepare import PrepareStep, is_prepared
from bot.lifecycle.steps.review import ReviewStep
from bot.lifecycle.steps.submit import SubmitStep
from bot.lifecycle.timeouts import Retention
from bot.metrics import Metrics
from bot.texts import operator

log: Final = structlog.get_logger(__name__)

AT_THE_SERVICE: Final = frozenset({JobState.SUBMITTING, JobState.GENERATING})
"""States in which a job takes one of the slots of running jobs."""


_STOPPED_BEFORE_ANSWER: Final = "(the bot was stopped before an answer came)"
"""In the place of the answer to a POST, for the operator."""

_NOT_BEGUN: Final = frozenset({JobState.HELD, JobState.QUEUED})
"""States in which nothing was done yet, maybe not even acknowledged."""


class Lifecycle:
    """Runs jobs. There is no other way in which a job makes progress."""

    def __init__(
        self,
        *,
        store: JobStore,
        owner: str,
        retention: Retention,
        alarms: OperatorAlarms,
        metrics: Metrics,
        slots: Slots,
        open_context: Callable[[Job], JobContext],
        prepare: PrepareStep,
        submit: SubmitStep,
        poll: PollStep,
        review: ReviewStep,
        ask_again: AskAgainStep,
        deliver: DeliverStep,
    ) -> None:
        """Args: `owner` names this process in the claims of its runs."""
        self._store = store
        self._owner = owner
        self._retention = retention
        self._alarms = alarms
        self._metrics = metrics
        self._slots = slots
        self._open_context = open_context
        self._prepare = prepare
        self._submit = submit
        self._poll = poll
        self._review = review
        self._ask_again = ask_again
        self._deliver = deliver
        self._contexts: dict[str, JobContext] = {}
        self._message_ids: dict[str, int] = {}
        self._newer_replies: dict[str, ReplyAddress | None] = {}
        """Of runs that begin: the token that a user's press brought since the row was read."""

    async def run(self, job_id: str) -> None:
        """Carry the job to its end, or to where it rests. May be stopped at any line and called again.

        Raises:
            UnknownJobError: There is no such job.
            ClaimLostError: Another run has taken the job over.
            StorageError: It could not be read or claimed.
        """
        self._newer_replies[job_id] = None
        try:
            context = await self._begin(job_id)
            if context is not None:
                await self._run(context)
        finally:
            self._newer_replies.pop(job_id, None)

    async def _run(self, context: JobContext) -> None:
        job_id = context.job.id
        async with context:
            self._contexts[job_id] = context
            if (newer := self._newer_replies.pop(job_id, None)) is not None:
                context.renew_token(newer)
            if context.job.state in AT_THE_SERVICE:
                context.keep_slot()
            try:
                await self._carry(context)
            except StartedTooOftenError:
                log.error("job_killed_the_bot", job=job_id, state=context.job.state)
                await self._set_aside(context)
            except FarBackError as far:
                log.info("job_rests_in_line", job=job_id, about=far.place.position)
            finally:
                self._contexts.pop(job_id, None)
                context.release_slot()

    async def _begin(self, job_id: str) -> JobContext | None:
        """Claim the job for a run; None if it is at rest."""
        try:
            found = await self._store.get(job_id)
            if found.at_rest and not found.asks_again:
                return None
            job = await self._store.take_claim(found, self._owner, self._message_ids.get(job_id))
        except UnknownJobError:
            self._message_ids.pop(job_id, None)
            raise
        self._message_ids.pop(job_id, None)
        return self._open_context(job)

    def learn_message(self, job_id: str, message_id: int) -> None:
        """Have the job's next run store the id of its reply's message, with its claim."""
        self._message_ids[job_id] = message_id

    def expect(self, job: Job) -> None:
        """Take the slot of a job that was found at the service, before others are let in."""
        if job.state in AT_THE_SERVICE:
            self._slots.occupy(ticket_of(job))

    async def set_aside(self, job_id: str) -> None:
        """Let a job rest that a fault of ours stopped `run` from carrying on.

        A bought one waits in `/jobs`, whatever it was at; nothing but a job that is not bought ends by this.
        Raises `UnknownJobError`.
        """
        job = await self._store.get(job_id)
        if job.at_rest:
            return
        async with self._open_context(await self._store.take_claim(job, self._owner)) as context:
            await self._set_aside(context)

    async def _set_aside(self, context: JobContext) -> None:
        match context.job.state:
            case JobState.SUBMITTING:
                await context.fail(
                    FailureReason.PURCHASE_UNKNOWN, to=JobState.UNKNOWN, raw_answer=_STOPPED_BEFORE_ANSWER
                )
                await self._settle(context)
            case JobState.HELD | JobState.QUEUED:
                await context.fail(FailureReason.BROKE)
                await self._settle(context)
            case JobState.GENERATING | JobState.READY | JobState.DELIVERING:
                until = context.now() + self._retention.undelivered
                self._metrics.set_aside()
                await lay_aside(context, Failure(FailureReason.BROKE, cards.kept_until(until)))
            case (
                JobState.DENIED
                | JobState.DELIVERED
                | JobState.FAILED
                | JobState.EXPIRED
                | JobState.UNKNOWN
                | JobState.CANCELLED
            ):
                # It had ended, and telling its user is what failed; `/jobs` shows how it ended.
                await context.amend(settled_at=context.now())

    def renew_token(self, job_id: str, reply: ReplyAddress) -> None:
        """Let a job that runs here reach its reply by a newer token."""
        context = self._contexts.get(job_id)
        if context is not None:
            context.renew_token(reply)
        elif job_id in self._newer_replies:
            self._newer_replies[job_id] = reply

    def carried(self) -> tuple[Job, ...]:
        """Return the jobs that run in this process, as their runs know them."""
        return tuple(context.job for context in self._contexts.values())

    def carries_still(self, job: Job) -> bool:
        """Return True if a job that was `carried` runs here still, and its run has written nothing since."""
        context = self._contexts.get(job.id)
        return context is not None and context.job is job

    def progress(self, job_id: str) -> JobProgress | None:
        """Return how far a job is that runs in this process."""
        context = self._contexts.get(job_id)
        return context.progress if context is not None else None

    async def _carry(self, context: JobContext) -> None:
        to_be_asked = context.job.asks_again
        while to_be_asked or not context.job.at_rest:
            to_be_asked = False
            try:
                if context.job.is_behind and not await self._ask_again.look_first(context):
                    continue
                existence = await self._confirm(context)
                if existence in {Existence.NONE, Existence.ELSEWHERE}:
                    return
                if existence is Existence.CERTAIN:
                    await self._step(context)
            except ClaimLostError:
                raise
            except StaleJobError:
                # Somebody else moved it first, such as a user who cancels: go on from where it stands.
                log.info("job_moved_by_somebody_else", job=context.job.id)
                await context.reload()
                to_be_asked = context.job.asks_again
            if context.job.state not in AT_THE_SERVICE and context.job.state is not JobState.QUEUED:
                context.release_slot()

    async def _step(self, context: JobContext) -> None:
        """Carry the job one step further."""
        match context.job.state:
            case JobState.QUEUED:
                if context.job.asks_again:
                    await self._ask_again.ask(context)
                elif is_prepared(context.job):
                    await self._submit.run(context)
                else:
                    await self._prepare.run(context)
            case JobState.SUBMITTING:
                # Found so at the start: nobody can tell if the request arrived, so it is never repeated.
                await context.fail(
                    FailureReason.PURCHASE_UNKNOWN, to=JobState.UNKNOWN, raw_answer=_STOPPED_BEFORE_ANSWER
                )
            case JobState.GENERATING:
                await self._poll.run(context)
            case JobState.READY:
                await self._deliver.fetch(context)
            case JobState.DELIVERING:
                await self._deliver.post(context)
            case (
                JobState.DENIED
                | JobState.FAILED
                | JobState.EXPIRED
                | JobState.UNKNOWN
                | JobState.CANCELLED
                | JobState.DELIVERED
            ):
                await self._settle(context)
            case JobState.HELD:
                await self._review.await_approval(context)

    async def _settle(self, context: JobContext) -> None:
        """Tell the user how the job ended, and the operator of what only the operator can find out."""
        if context.job.state is JobState.UNKNOWN:
            # Here alone, where every such job comes by, whoever found that nobody knows.
            log.warning("purchase_unknown", job=context.job.id)
            self._alarms.begin("unknown", operator.purchase_unknown(context.job.id))
        await settle(context)

    async def _confirm(self, context: JobContext) -> Existence:
        """Make sure that the user was told of the job; if not, fail or remove it: nothing may be bought then."""
        if context.job.state not in _NOT_BEGUN or context.job.reply.message_id is not None:
            return Existence.CERTAIN
        try:
            existence = await context.confirm()
        except DiscordUnavailableError:
            existence = Existence.DOUBTFUL
        match existence:
            case Existence.CERTAIN:
                pass
            case Existence.DOUBTFUL:
                await context.fail(FailureReason.INTERRUPTED)
            case Existence.NONE:
                log.warning("job_never_acknowledged", job=context.job.id)
                await context.remove()
            case Existence.ELSEWHERE:
                log.error("request_answered_elsewhere", job=context.job.id)
                self._alarms.once("other_process", operator.OTHER_PROCESS)
                await context.remove()
        return existence
