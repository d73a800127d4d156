"""The circuit breaker of submissions where several processes submit: all have one pause and one probe at a time."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Final

import structlog

from bot.jobs.submission_pause import PauseReason, SharedPause, StoredPause
from bot.lifecycle.alarms import SILENCE_S
from bot.lifecycle.pauses import Pause, ProbeIntervals
from bot.lifecycle.submission_breaker import RefusalRuling, SubmissionBreaker
from bot.storage.errors import StorageUnavailableError

log: Final = structlog.get_logger(__name__)

_NEWS_EVERY: Final = timedelta(seconds=SILENCE_S)


class SharedBreaker(SubmissionBreaker):
    """Pauses when any process has met a refusal of the whole bot, and goes on when any was taken.

    The row says so before each submission; a process that waits reads it again every few seconds. No process knows
    what pages others have met, so the answer to a free question never ends a pause: it makes one job the probe.
    """

    def __init__(
        self,
        intervals: ProbeIntervals,
        notify: Callable[[PauseReason | None], None],
        is_pointless: Callable[[PauseReason], Awaitable[bool]],
        *,
        shared: SharedPause,
        tell_operator: Callable[[PauseReason | None], None],
        now: Callable[[], datetime],
    ) -> None:
        """Args: the first three as for `SubmissionBreaker`; `shared` is the row.

        `notify` is called in every process, `tell_operator` in one of all of them, and at most once an hour for
        each reason.
        """
        super().__init__(intervals, self._note_news, is_pointless)
        self._notify_here = notify
        self._shared = shared
        self._tell_operator = tell_operator
        self._news: PauseReason | None = None
        """The reason that the operator is to hear, if no other process has told it."""
        self._now = now
        self._in_row: Pause | None = None
        """The pause that is, or was, in the row as well."""
        self._read_at_s = 0.0
        self._has_begun = False
        self._to_tell: set[str] = set()
        """Jobs whose attempts have found something."""

    def taken(self, job_id: str) -> None:
        """The service took this job's request: submitting goes on for all."""
        if self._pause is not None:
            self._to_tell.add(job_id)
        super().taken(job_id)

    def refused_whole_bot(self, job_id: str, reason: PauseReason, *, is_lost: bool = True) -> None:
        """The service refused the bot itself, or did not answer: nobody but a probe passes, in any process."""
        self._to_tell.add(job_id)
        super().refused_whole_bot(job_id, reason, is_lost=is_lost)

    def refused_perhaps_alone(self, job_id: str, *, pauses: PauseReason | None) -> RefusalRuling:
        """The service refused this request, which can be its own fault or the whole bot's; as there."""
        if self._pause is not None:
            self._to_tell.add(job_id)
        return super().refused_perhaps_alone(job_id, pauses=pauses)

    async def find_evidence(self) -> None:
        """Learn if other processes' requests were taken since the suspects were refused."""
        doubtful = [one for one in self._suspects.values() if one.taken_before == self._taken]
        if not doubtful:
            return
        now, now_s = self._now(), asyncio.get_running_loop().time()
        first_at = now - timedelta(seconds=max(now_s - one.refused_at_s for one in doubtful))
        try:
            taken_at = await self._shared.last_taken(since=first_at)
        except StorageUnavailableError as error:
            log.warning("evidence_not_read", reason=str(error))
            return
        for one in doubtful:
            if taken_at is not None and taken_at > now - timedelta(seconds=now_s - one.refused_at_s):
                one.taken_before = -1

    def inconclusive(self, job_id: str) -> None:
        """The attempt ended without telling if the service accepts this bot. Called after any end."""
        if self._pause is not None and self._pause.holder == job_id:
            self._to_tell.add(job_id)
        super().inconclusive(job_id)

    async def admits(self, job_id: str) -> bool:
        """Return True if the job may be submitted, by what all processes have found."""
        if not self._has_begun:
            await self._shared.make_due()
            self._has_begun = True
        await self.refresh()
        pause = self._pause
        if pause is None or pause.is_guess or pause.holder != job_id:
            return not self.must_wait(job_id)
        if self._in_row is not pause:
            await self._keep(pause, job_id)
        if await self._shared.take_probe(job_id, is_fresh=pause.lets_pass_at_once(job_id)):
            return True
        await self.refresh()
        if self._pause is pause:
            pause.not_before_s = asyncio.get_running_loop().time() + self._intervals.first_s / 10
            super().inconclusive(job_id)
        return self._pause is None and not self.must_wait(job_id)

    async def tell(self, job_id: str) -> None:
        """Have the row say what was found. If the database is away, the next attempt does."""
        if job_id not in self._to_tell:
            return
        self._to_tell.discard(job_id)
        try:
            if self._pause is not None:
                if not self._pause.is_guess:
                    await self._keep(self._pause, job_id)
                    await self._tell_news()
            elif self._in_row is not None:
                self._in_row = None
                if await self._shared.end():
                    self._tell_operator(None)
        except StorageUnavailableError as error:
            log.warning("pause_not_shared", reason=str(error))

    async def refresh(self) -> None:
        """Pause, or go on, as the row says. Raises `StorageUnavailableError`."""
        before = self._pause
        found = await self._shared.read()
        loop = asyncio.get_running_loop()
        self._read_at_s = loop.time()
        pause = self._pause
        if pause is not before:
            return  # changed meanwhile, and about to be told
        if found is None:
            if pause is not None and self._in_row is pause:
                log.info("submitting_resumed_elsewhere", closure=pause.reason)
                self._in_row = None
                self._answers_missed = 0
                self._resume()
            return
        next_at_s = loop.time() + (found.next_at - self._now()).total_seconds()
        if pause is None:
            log.error("submitting_paused_elsewhere", closure=found.reason)
            probed_at_s = loop.time()
            self._pause = Pause(
                found.reason, found.interval_s, next_at_s, behind=found.behind, probed_at_s=probed_at_s
            )
            self._wake_all()
        elif pause.holder is None:
            pause.reason, pause.behind = found.reason, found.behind
            pause.interval_s, pause.next_at_s = found.interval_s, next_at_s
        self._in_row = self._pause
        if self._in_row is not None:
            self._in_row.is_guess = False

    async def _until_changed(self, within_s: float) -> None:
        every_s = self._intervals.first_s / 10
        await super()._until_changed(min(within_s, every_s))
        if asyncio.get_running_loop().time() - self._read_at_s < every_s:
            return  # another job that waits has just read it
        try:
            await self.refresh()
        except StorageUnavailableError as error:
            log.warning("pause_not_read", reason=str(error))

    async def _probe(self, pause: Pause, job_id: str) -> None:
        await super()._probe(pause, job_id)
        if self._pause is pause and pause.holder is None:
            await self._postpone(pause, job_id)

    def _opens_by_answer(self, pause: Pause) -> bool:
        del pause
        return False

    async def _postpone(self, pause: Pause, job_id: str) -> None:
        """Have all processes wait as long as this one, whose free question was answered with a refusal."""
        try:
            if self._in_row is pause:
                await self._shared.postpone(pause.interval_s, self._next_at(pause))
            else:
                await self._keep(pause, job_id)
            await self._tell_news()
        except StorageUnavailableError as error:
            log.warning("pause_not_shared", reason=str(error))

    def _note_news(self, reason: PauseReason | None) -> None:
        self._news = reason
        self._notify_here(reason)

    async def _tell_news(self) -> None:
        reason, self._news = self._news, None
        if reason is not None and await self._shared.claim_news(reason, _NEWS_EVERY):
            self._tell_operator(reason)

    async def _keep(self, pause: Pause, job_id: str) -> None:
        stored = StoredPause(pause.reason, pause.behind, pause.interval_s, self._next_at(pause))
        await self._shared.keep(stored, job_id)
        self._in_row = pause

    def _next_at(self, pause: Pause) -> datetime:
        return self._now() + timedelta(seconds=pause.next_at_s - asyncio.get_running_loop().time())
