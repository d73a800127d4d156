"""One job under way: its row, its reply, and the parts that carry it. The steps of the lifecycle share it."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from random import Random
from types import TracebackType
from typing import Any, Final, Self

import stamina
import structlog

from bot.delivery.card import Card
from bot.delivery.final_post import Attempt, FinalPost, Journal, Posted, ping
from bot.delivery.messages import Messages, Post, ReplyAddress
from bot.delivery.progress import Existence, ProgressCard
from bot.delivery.reply_routes import ReplyRoutes
from bot.dimilinks import DimiLinks, Pace
from bot.images.screening import Screening
from bot.images.spool import ReferenceSpool
from bot.jobs import cards
from bot.jobs.cards import InLine, Stage
from bot.jobs.job import Job, JobState, advance
from bot.jobs.queue.durations import DurationStats
from bot.jobs.queue.fair_queue import Ticket
from bot.jobs.queue.poll_schedule import PollIntervals
from bot.jobs.queue.slots import Slots
from bot.jobs.queue.wait_times import WaitTimes
from bot.jobs.request_facts import stored_request
from bot.jobs.store import JobStore
from bot.lifecycle.submission_breaker import SubmissionBreaker
from bot.lifecycle.timeouts import Retention, Timeouts
from bot.lifecycle.uploads import UploadTracker
from bot.metrics import Metrics
from bot.moderation.gatekeeper import Gatekeeper
from bot.quota.ledger import Ledger
from bot.reviews.questions import Questions
from bot.storage.errors import StorageUnavailableError
from bot.texts.explanations import Explanation

log: Final = structlog.get_logger(__name__)

_FIRST_STORAGE_PAUSE_S: Final = 0.2


@dataclass(frozen=True)
class Parts:
    """What every job needs: connected once, in the composition root."""

    store: JobStore
    api: DimiLinks
    spool: ReferenceSpool
    messages: Messages
    slots: Slots
    gate: SubmissionBreaker
    pace: Pace
    ledger: Ledger
    durations: DurationStats
    wait_times: WaitTimes
    uploads: UploadTracker
    gatekeeper: Gatekeeper
    questions: Questions
    screening: Screening
    metrics: Metrics
    media_dir: Path
    now: Callable[[], datetime]
    edit_interval_s: Callable[[], float]
    poll_pace: PollIntervals
    timeouts: Timeouts
    retention: Retention
    random: Random


@dataclass(frozen=True)
class JobProgress:
    """What there is to see of a running job at present."""

    stage: Stage = Stage.QUEUED
    progress: int = 0
    rest_s: float | None = None
    said: Explanation | None = None


@dataclass(frozen=True)
class Stopwatch:
    """Seconds since a moment of the wall clock, which is asked once: a clock that jumps changes nothing."""

    behind_s: float
    began_s: float = field(default_factory=lambda: asyncio.get_running_loop().time())

    @classmethod
    def since(cls, moment: datetime, now: datetime) -> Self:
        """Begin at `moment`; one that lies ahead counts as now."""
        return cls(max(0.0, (now - moment).total_seconds()))

    @property
    def elapsed_s(self) -> float:
        """Seconds since then."""
        return self.behind_s + asyncio.get_running_loop().time() - self.began_s


class JobContext:
    """A job and its reply. `move` commits before it returns, so a step may then touch the outside."""

    def __init__(self, parts: Parts, job: Job) -> None:
        self.parts = parts
        self.job = job
        self.view = JobProgress()
        self._has_turn = False
        self._attempt_found = job.attempt
        self._stopwatch = Stopwatch.since(job.created_at, parts.now())
        self._reply = ReplyRoutes(parts.messages, job.reply, now=parts.now, asked_at=job.created_at)
        self._card = ProgressCard(self._reply, self._render, interval_s=parts.edit_interval_s)

    async def __aenter__(self) -> Self:
        """Begin to keep the reply current."""
        self.parts.wait_times.follow(self.job.id, self.job.request)
        await self._card.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave the reply as it is."""
        self.parts.wait_times.forget(self.job.id)
        await self._card.__aexit__(kind, error, trace)

    @property
    def estimated_s(self) -> float | None:
        """How long the video service usually takes for such a request."""
        request = self.job.request
        return self.parts.durations.took_s(request.seconds, request.resolution, request.reference_count)

    def show(
        self,
        stage: Stage,
        *,
        progress: int = 0,
        rest_s: float | None = None,
        said: Explanation | None = None,
    ) -> None:
        """Have the reply show where the job stands; never waits."""
        self.view = JobProgress(stage, progress, rest_s, said)
        self._card.mark_changed()

    def renew_token(self, reply: ReplyAddress) -> None:
        """Reach the reply by a newer token from now on, and show the card at once."""
        self.job = replace(self.job, reply=reply)
        self._card.renew_token(reply)

    async def take_turn(self) -> None:
        """Wait in line until the job may run; at once if it does already."""
        if not self._has_turn:
            await self.parts.slots.wait(ticket_of(self.job))
            self._has_turn = True

    def hold_turn(self) -> None:
        """Take a place among the running ones without waiting: the job was found running."""
        if not self.parts.slots.holds(self.job.id):
            self.parts.slots.occupy(ticket_of(self.job))
        self._has_turn = True

    def give_turn_back(self) -> None:
        """Let the next in line run."""
        self.parts.slots.release(self.job.id)
        self._has_turn = False

    async def confirm(self) -> Existence:
        """Whether the reply exists; if so, its message is known from then on.

        Raises `DiscordUnavailableError`.
        """
        existence = await self._card.confirm()
        if existence is Existence.CERTAIN:
            self.job = replace(self.job, reply=self._reply.address)
            await self._persist(lambda: self.parts.store.save_reply(self.job.id, self.job.reply))
        return existence

    async def move(self, to: JobState, **changes: Any) -> None:  # noqa: ANN401 - as in advance()
        """Put the job into its next state, durably, with other fields changed too.

        Waits for a disk that fails, as nothing may happen before this is kept. Raises `StaleJobError`.
        """
        await self.become(advance(self.job, to, **changes))

    async def become(self, changed: Job) -> None:
        """Store the job as a decision about it left it, in the same state or in the next one; as `move`."""
        moved = changed.state is not self.job.state
        await self._save(changed)
        if moved:
            account(self.parts.ledger, self.job)
            self.parts.metrics.moved(self.job.state)
            log.info("job_moved", job=self.job.id, state=self.job.state, task=self.job.task_id)

    async def amend(self, **changes: Any) -> None:  # noqa: ANN401 - the fields of Job, checked by replace()
        """Keep changed fields of a job that stays in its state; otherwise as `move`."""
        await self._save(replace(self.job, **changes))

    async def reload(self) -> None:
        """Take the job as it is kept, after somebody else moved it. Raises `UnknownJobError`."""
        reply = self.job.reply
        self.job = replace(await self.parts.store.get(self.job.id), reply=reply)

    async def post(self, post: Post) -> Posted:
        """Make the last post. Raises what `FinalPost.make` raises."""
        await self._card.stop()
        attempt = self.job.attempt
        earlier = attempt if attempt == self._attempt_found else None
        final = FinalPost(
            self._reply,
            post,
            Journal(earlier, self._begin_attempt, self._may_post),
            now=self.parts.now,
            direct_videos=self.parts.gatekeeper.allows_direct(self.job.request.preset),
        )
        posted = await final.make(patience_s=self.parts.timeouts.deliver_s)
        log.info("job_posted", job=self.job.id, route=posted.route)
        return posted

    async def ping(self, posted: Posted) -> None:
        """Mention the person, if they want that."""
        if self.job.ping:
            await ping(self._reply, posted)

    async def _may_post(self) -> bool:
        """Whether the rules allow the video where it is about to be posted, at this moment."""
        decision = await self.parts.gatekeeper.decide_again(stored_request(self.job))
        return decision.allowed and not decision.waits_at_posting

    async def _begin_attempt(self, attempt: Attempt) -> None:
        await self.amend(attempt=attempt)

    async def _save(self, changed: Job) -> None:
        before = self.job
        await self._persist(lambda: self.parts.store.save(changed, before=before))
        self.job = changed

    async def _persist(self, write: Callable[[], Awaitable[None]]) -> None:
        # Without an end: nothing may happen before this is kept. Each try compares the row anew.
        async for attempt in stamina.retry_context(
            on=StorageUnavailableError,
            attempts=None,
            timeout=None,
            wait_initial=_FIRST_STORAGE_PAUSE_S,
            wait_jitter=_FIRST_STORAGE_PAUSE_S,
            wait_max=self.parts.timeouts.storage_longest_s,
        ):
            with attempt:
                try:
                    await write()
                except StorageUnavailableError as error:
                    log.error("job_not_stored", job=self.job.id, task=self.job.task_id, reason=str(error))
                    self.parts.metrics.storage_failed()
                    raise

    def _render(self) -> Card:
        view = self.view
        in_line = self._in_line() if view.stage is Stage.IN_LINE else None
        stage = Stage.QUEUED if view.stage is Stage.IN_LINE and in_line is None else view.stage
        return cards.working_card(
            self.job,
            stage,
            elapsed_s=self._stopwatch.elapsed_s,
            progress=view.progress,
            rest_s=view.rest_s,
            in_line=in_line,
            said=view.said,
        )

    def _in_line(self) -> InLine | None:
        standing = self.parts.slots.standing(self.job.id)
        if standing is None:
            return None
        return InLine(standing.position, standing.waiting, self.parts.wait_times.starts_in_s(self.job.id))


def ticket_of(job: Job) -> Ticket:
    """The job's place in the line: by when it was accepted, and by its id where that is the same moment."""
    moment = int(job.created_at.timestamp() * 1_000_000)
    # 63 bits: the line counts from 64 bits on what comes behind all newcomers.
    return Ticket(job.id, job.reply.person_id, job.guild_id, moment << 12 | int(job.id[:3], 16))


def account(ledger: Ledger, job: Job) -> None:
    """Have the ledger say of a job that just moved what its row says."""
    if job.lookup:
        return
    match job.state:
        case JobState.HELD | JobState.QUEUED:
            ledger.unbuy(job.id)
        case JobState.SUBMITTING | JobState.UNKNOWN:
            if job.submitted_at is not None:
                ledger.buy(job.id, job.submitted_at)
        case JobState.DENIED | JobState.FAILED | JobState.EXPIRED | JobState.CANCELLED:
            if not job.bought:
                ledger.release(job.id)
        case JobState.GENERATING | JobState.READY | JobState.DELIVERING | JobState.DELIVERED:
            pass
