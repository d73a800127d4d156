"""One job under one run: its row and its reply. `lifecycle.py` makes it; steps change the job through it."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime
from types import TracebackType
from typing import Any, Final, Self

import structlog

from bot.delivery.card import Card
from bot.delivery.final_post import (
    Attempt,
    CountUpload,
    FinalPost,
    Journal,
    Posted,
    not_noted,
    ping,
    uncounted,
)
from bot.delivery.messages import Messages, Post, ReplyAddress
from bot.delivery.progress import Existence, ProgressCard
from bot.delivery.reply_routes import ReplyRoutes
from bot.jobs import cards
from bot.jobs.cards import InLine, Stage
from bot.jobs.job import TERMINAL, Failure, FailureReason, Job, JobState, advance
from bot.jobs.purchase_notes import PurchaseNotes
from bot.jobs.queue.slots import FarBackError, Slots
from bot.jobs.queue.tickets import ticket_of
from bot.jobs.queue.wait_times import WaitTimes
from bot.jobs.shown_video import ending_of
from bot.jobs.store import ClaimLostError, JobStore, StaleJobError, UnknownJobError
from bot.lifecycle.durable_writes import record_purchase, saving, write_until_stored
from bot.lifecycle.job_progress import JobProgress, Stopwatch
from bot.lifecycle.post_permission import PostPermission
from bot.lifecycle.reply_look import ReplyFound
from bot.lifecycle.timeouts import Timeouts
from bot.metrics import Metrics
from bot.storage.errors import StorageUnavailableError
from bot.texts.explanations import Explanation

log: Final = structlog.get_logger(__name__)


class JobContext:
    """A job under one run: its row, its durable writes, its reply, and its slot among the running jobs.

    Every write is committed before the method returns, so a step may touch the outside afterwards.
    """

    def __init__(
        self,
        job: Job,
        *,
        store: JobStore,
        metrics: Metrics,
        messages: Messages,
        permission: PostPermission,
        slots: Slots,
        wait_times: WaitTimes,
        timeouts: Timeouts,
        edit_interval_s: Callable[[], float],
        held_back: Callable[[Stage], Explanation | None],
        now: Callable[[], datetime],
    ) -> None:
        """Args: `held_back` explains why requests of a stage wait because the video service asked for that."""
        self.job = job
        self.now = now
        self.progress = JobProgress()
        self.looked: ReplyFound | None = None
        """Result of the last look at the reply, where one was needed."""
        self._store = store
        self._metrics = metrics
        self._permission = permission
        self._slots = slots
        self._wait_times = wait_times
        self._timeouts = timeouts
        self._held_back = held_back
        self._has_slot = False
        self._far_back: InLine | None = None
        self._unstored_end: Job | None = None
        self._attempt_found, self._starts_found = job.attempt, job.starts
        self._starts_stored = job.starts
        self._upload_announced = False
        self._doubtful = job.attempt is not None and job.attempt.by_public_route
        self._stopwatch = Stopwatch.since(job.created_at, now())
        self._reply = ReplyRoutes(messages, job.reply, now=now, asked_at=job.created_at)
        self._card = ProgressCard(
            self._reply, self._render, interval_s=edit_interval_s, may_edit=lambda: store.is_current
        )

    async def __aenter__(self) -> Self:
        """Begin to keep the reply current."""
        self._wait_times.follow(self.job.id, self.job.request)
        await self._card.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave the reply as it is. A start that is still counted is no death."""
        self._wait_times.forget(self.job.id)
        if self._starts_stored > self.job.starts:
            await self.take_back_start(self.job.starts)
        await self._card.__aexit__(kind, error, trace)

    def show(
        self,
        stage: Stage,
        *,
        progress: int = 0,
        rest_s: float | None = None,
        said: Explanation | None = None,
    ) -> None:
        """Have the reply show where the job stands; never waits."""
        self.progress = JobProgress.ending_in(rest_s, stage, progress, said)
        self._card.mark_changed()

    def renew_token(self, reply: ReplyAddress) -> None:
        """Reach the reply by a newer token from now on, and show the card at once."""
        self.job = replace(self.job, reply=reply)
        self._card.renew_token(reply)

    async def wait_for_slot(self) -> None:
        """Return once the job holds a slot, for which it waits in the queue. Raises `FarBackError`."""
        if self._has_slot:
            return
        try:
            await self._slots.wait(ticket_of(self.job))
        except FarBackError as far:
            self._far_back = InLine(far.place.position, far.place.waiting, None, is_estimate=True)
            await self._card.leave()
            raise
        self._has_slot = True

    def keep_slot(self) -> None:
        """Hold a slot without waiting: the job was found at the service, where it takes one."""
        if not self._slots.holds(self.job.id):
            self._slots.occupy(ticket_of(self.job))
        self._has_slot = True

    @property
    def posts_by_token(self) -> bool:
        """True if the last post is first tried with the interaction's token."""
        return self._reply.opens_by_token

    def release_slot(self) -> None:
        """Give the slot back, so that the next job in the queue runs."""
        self._slots.release(self.job.id)
        self._has_slot = False

    async def confirm(self) -> Existence:
        """Look whether the reply exists, and store its message's id before the first card is shown there.

        Raises:
            DiscordUnavailableError: Discord stayed away.
        """
        is_own = self.job.asks_again
        existence = await self._card.confirm(is_own=is_own)
        if existence is Existence.CERTAIN:
            await self.keep_reply(self._reply.address)
            if not is_own:  # what it shows is looked at first
                self._card.allow()
        return existence

    async def keep_reply(self, reply: ReplyAddress) -> None:
        """Store what was learned of the reply."""
        self.job = replace(self.job, reply=reply)
        claim = self.job.claim
        await self._persist(lambda: self._store.save_reply(self.job.id, reply, claim=claim))

    async def reply_shows_video(self) -> bool | None:
        """Look if the reply holds the video; None if nobody knows."""
        return self.job.attempt is not None and await self._reply.shows_video(ending_of(self.job))

    async def move_reply(self, message_id: int) -> None:
        """Take a new message in the channel for the reply from now on."""
        self._reply.move_to(message_id)
        await self.keep_reply(self._reply.address)

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
            self._note_move()

    async def buy(self, bought: Job, notes: PurchaseNotes) -> None:
        """Store that the POST was taken, and what the job is now. Raises what `record_purchase` raises."""
        await record_purchase(bought, self._store, notes, repeated=self._persist)
        self.job, self._starts_stored = bought, bought.starts
        self._note_move()

    def _note_move(self) -> None:
        self._metrics.moved(self.job.state)
        log.info("job_moved", job=self.job.id, state=self.job.state, task=self.job.task_id)

    async def amend(self, **changes: Any) -> None:  # noqa: ANN401 - the fields of Job, checked by replace()
        """Keep changed fields of a job that stays in its state; otherwise as `move`."""
        await self._save(replace(self.job, **changes))

    def note(self, **changes: Any) -> None:  # noqa: ANN401 - as in amend()
        """Keep changed fields with the next write; until then they go with the process."""
        self.job = replace(self.job, **changes)

    def announce_upload(self, **changes: Any) -> None:  # noqa: ANN401 - as in amend()
        """Keep changed fields with the counted start of an upload, before its first byte leaves."""
        self.note(**changes)
        self._upload_announced = True

    async def count_start(self, starts: int) -> None:
        """Store that work on bytes begins, unless the row still says so of work before it."""
        if self._upload_announced or self._starts_stored != starts:
            await self.amend(starts=starts)
        else:
            self.note(starts=starts)

    async def fail(self, reason: FailureReason, *, to: JobState = JobState.FAILED, **changes: Any) -> None:  # noqa: ANN401 - as in advance()
        """Move the job to its end, with why. `settle` tells the user afterwards."""
        failure = changes.pop("failure", None) or Failure(reason)
        await self.move(to, failure=failure, ended_at=self.now(), **changes)

    async def take_back_start(self, deaths: int) -> None:
        """Count a start no longer, if that can be stored: the process did not die of it."""
        try:
            # What a stop met on its way to the disk may be in the row alone.
            row = replace(await self._store.get(self.job.id), claim=self.job.claim)
            await self._store.save(replace(row, starts=deaths), before=row)
        except (StaleJobError, StorageUnavailableError, UnknownJobError) as error:
            log.info("start_still_counted", job=self.job.id, reason=type(error).__name__)
        else:
            self.note(starts=deaths)
            self._starts_stored = deaths

    async def stop_card(self) -> None:
        """Make no more progress edits."""
        await self._card.stop()

    @property
    def messages(self) -> Messages:
        """Calls about the reply."""
        return self._reply.messages

    @property
    def patience_s(self) -> float:
        """Seconds for which a last post waits for a Discord that is away."""
        return self._timeouts.deliver_s

    @property
    def is_unseen(self) -> bool:
        """True if the reply may show more than the row knows, and was not looked at."""
        return self.job.is_behind and self.looked is None

    async def remove(self) -> None:
        """Delete the job's row: nobody was told of it, and nothing was bought."""
        await self._store.remove(self.job.id, claim=self.job.claim)

    async def reload(self) -> None:
        """Take the job as it is kept, after somebody else moved it.

        Raises:
            ClaimLostError: Another run has taken it over.
            UnknownJobError: It is gone.
        """
        stored = await self._store.get(self.job.id)
        if stored.claim != self.job.claim:
            raise ClaimLostError(stored.id, stored.claimed_by)
        self.job = replace(stored, reply=self.job.reply)
        self._starts_stored, self._upload_announced = stored.starts, False

    async def post(self, post: Post, counted: CountUpload = uncounted) -> Posted:
        """Make the last post; each upload is surrounded by `counted`. Raises what `FinalPost.make` raises."""
        await self._card.stop()
        attempt, maybe_there = self.job.attempt, self.job.may_have_new_message
        earlier = attempt if attempt == self._attempt_found or maybe_there else None
        # A card's attempt would take the place of the video's, which may have arrived.
        begin = not_noted if maybe_there and post.video is None else self._begin_attempt
        final = FinalPost(
            self._reply,
            post,
            Journal(earlier, begin, self._may_post, counted, self._doubtful),
            now=self.now,
            direct_videos=self._permission.allows_direct(self.job),
        )
        try:
            posted = await final.make(patience_s=self.patience_s)
        finally:
            self._doubtful = final.doubtful
        why = posted.fallback.reason if posted.fallback is not None else None
        log.info("job_posted", job=self.job.id, route=posted.route, fallback=why)
        self.note(fallback=posted.fallback)
        return posted

    async def ping(self, posted: Posted) -> None:
        """Mention the person, if they want that."""
        if self.job.ping:
            await ping(self._reply, posted)

    async def _may_post(self, maybe_seen: bool) -> bool:  # noqa: FBT001 - as the journal has it
        return await self._permission.allows(self.job, maybe_seen=maybe_seen)

    async def _begin_attempt(self, attempt: Attempt) -> None:
        await self.amend(attempt=attempt)

    async def _save(self, changed: Job) -> None:
        try:
            await self._persist(saving(self._store, changed, self.job), changed)
        finally:
            self._unstored_end = None
        self.job = changed
        self._starts_stored, self._upload_announced = changed.starts, False

    async def _persist(self, write: Callable[[], Awaitable[None]], changed: Job | None = None) -> None:
        def failed(error: StorageUnavailableError) -> None:
            log.error("job_not_stored", job=self.job.id, task=self.job.task_id, reason=str(error))
            self._metrics.storage_failed()
            if changed is not None and changed.state in TERMINAL:
                # The user need not wait for the disk to hear how it ended.
                self._unstored_end = changed
                self._card.mark_changed()

        await write_until_stored(write, failed, longest_pause_s=self._timeouts.storage_longest_s)

    def _render(self) -> Card | None:
        if self.job.is_behind and not (self.looked and self.looked.seen):
            return None  # an edit takes its file away
        if self._unstored_end is not None:
            return cards.ended_card(self._unstored_end)
        if self._may_show_video:
            return None
        view = self.progress
        waits = view.stage is Stage.IN_LINE
        in_line = (self._far_back or self._wait_times.in_line(self.job.id)) if waits else None
        stage = Stage.QUEUED if view.stage is Stage.IN_LINE and in_line is None else view.stage
        return cards.working_card(
            self.job,
            stage,
            elapsed_s=self._stopwatch.elapsed_s,
            progress=view.progress,
            rest_s=view.rest_s,
            in_line=in_line,
            said=view.said or self._held_back(stage),
        )

    @property
    def _may_show_video(self) -> bool:
        """True if an upload into this reply was begun, by this run or by one that died."""
        attempt = self.job.attempt
        # A press of *Fetch* notes an attempt for its own new reply, in which nothing stands yet.
        only_noted = attempt is not None and attempt.started_at == self.job.reply.created_at
        return attempt is not None and (self._starts_found > 0 or not only_noted)
