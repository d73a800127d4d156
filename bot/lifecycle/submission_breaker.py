"""The circuit breaker of submissions: who may submit while the video service refuses requests.

A refusal can be one request's own fault or the whole bot's, and its words do not always tell which. So:

- A fault of the whole bot (a wrong key, a missing right) pauses submitting for all: one job at a time is submitted
  as a probe until one is taken.
- A fault that needs evidence makes its request a suspect, and submitting stays open. If another request is taken
  meanwhile, or none is within a minute, the suspect is tried once more; refused again it is itself the reason.
  Only an empty account pauses submitting then, and requests that were not refused yet still pass, one at a time:
  they may be cheaper.
- A page in the place of an answer pauses submitting for all until the service answers a question that is free. If
  another page comes before a request was taken, such an answer lets one job at a time pass, as a probe: what comes
  of submissions it does not tell, and each may be bought and lost.
- A list of models tells little about a service without a channel: only a request that is taken ends that pause.
- A probe that is refused for something else than the pause is about becomes a suspect, and the next one follows
  soon. A pause for a wrong key is over: the service has taken the key.
- A process that finds requests waiting at its start may have been started into an outage. So one of them is the
  probe, and the others wait until one is taken.

`steps/submit.py` asks before each POST and reports how it ended. `shared_breaker.py` is for several processes.
"""

import asyncio
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import structlog

from bot.jobs.submission_pause import PauseReason
from bot.lifecycle.pauses import Pause, ProbeIntervals

log: Final = structlog.get_logger(__name__)

_TOO_MANY_MISSED: Final = 2
"""Requests that may be lost, from which on answers to free questions say nothing about submissions."""


class RefusalRuling(StrEnum):
    """Meaning of a refusal that needs evidence for its request."""

    TRY_AGAIN = "try_again"
    OWN_FAULT = "own_fault"


@dataclass
class _Suspect:
    """A request that was refused; `taken_before` is how many were taken by then.

    It is -1 once another process's request is known to have been taken since.
    """

    refused_at_s: float
    taken_before: int


class SubmissionBreaker:
    """Lets submissions pass, or makes them wait. Each one that passed reports how it ended.

    Args:
        intervals: Waits between probes.
        notify: Called when submitting pauses or a probe was refused, with the reason, and when it resumes, with
            None. Must not wait.
        is_pointless: Asks a free question. Returns True if its answer, or the lack of one, shows that a
            submission would meet the same.
    """

    def __init__(
        self,
        intervals: ProbeIntervals,
        notify: Callable[[PauseReason | None], None],
        is_pointless: Callable[[PauseReason], Awaitable[bool]],
    ) -> None:
        self._intervals = intervals
        self._notify = notify
        self._is_pointless = is_pointless
        self._pause: Pause | None = None
        self._suspects: dict[str, _Suspect] = {}
        self._taken = 0
        self._answers_missed = 0
        """Number of requests since one was taken that may be lost to what answered in the service's place."""
        self._has_doubted = False
        self._changed = asyncio.Event()
        self._waiting = 0

    @property
    def reason(self) -> PauseReason | None:
        """Reason why submitting is paused; None while it is not, or while nobody knows yet if it has to be."""
        return self._pause.reason if self._pause is not None and not self._pause.is_guess else None

    @property
    def waiting(self) -> int:
        """Number of jobs that wait here."""
        return self._waiting

    def is_suspect(self, job_id: str) -> bool:
        """Return True if the job was refused, perhaps by its own fault."""
        return job_id in self._suspects

    def doubt(self) -> None:
        """A request is to be submitted that waited before this process began: at first one passes alone."""
        if self._has_doubted or self._pause is not None or self._taken:
            return
        self._has_doubted = True
        self._pause = Pause(PauseReason.SERVICE_AWAY, self._intervals.question_s, 0.0, is_guess=True)

    def must_wait(self, job_id: str) -> bool:
        """Return True if the job may not be submitted right now."""
        if self._pause is not None:
            return self._pause.holder != job_id
        return self._evidence_due_s(job_id) > 0

    @contextmanager
    def checking(self, job_id: str) -> Generator[None]:
        """Let another job be the probe if what is done in the block, before this one's request leaves, takes long.

        A job does so once in each pause, so that long checks of all keep nobody waiting for ever.
        """
        passing_on = asyncio.get_running_loop().call_later(self._intervals.check_s, self._pass_on, job_id)
        try:
            yield
        finally:
            passing_on.cancel()

    async def admits(self, job_id: str) -> bool:
        """Return True if the job may be submitted right now. Asked last before each submission."""
        return not self.must_wait(job_id)

    async def tell(self, job_id: str) -> None:
        """Tell other processes what a job's attempt has found, where there are any. Called last, after any end."""

    async def wait_for_change(self, job_id: str) -> None:
        """Wait until the job may perhaps be submitted, or another reason keeps it. The caller asks `must_wait`."""
        self._waiting += 1
        try:
            if self._pause is None:
                await self._until_changed(self._evidence_due_s(job_id))
            elif self._may_probe(self._pause, job_id):
                await self._probe(self._pause, job_id)
            else:
                rest_s = self._pause.next_at_s - asyncio.get_running_loop().time()
                await self._until_changed(max(rest_s, self._intervals.first_s / 10))
        finally:
            self._waiting -= 1

    def taken(self, job_id: str) -> None:
        """The service took this job's request: submitting goes on for all."""
        now_s = asyncio.get_running_loop().time()
        self._taken += 1
        self._answers_missed = 0
        self._suspects.pop(job_id, None)
        if self._pause is not None:
            log.info("submitting_resumed", closure=self._pause.reason, job=job_id)
            if self._pause.reason is PauseReason.OUT_OF_MONEY:
                # Perhaps too dear themselves, perhaps the operator paid meanwhile: each is tried once more.
                refused = self._pause.refused - {job_id}
                self._suspects |= {one: _Suspect(now_s, self._taken - 1) for one in refused}
            self._resume()
        self._wake_all()

    def refused_whole_bot(self, job_id: str, reason: PauseReason, *, is_lost: bool = True) -> None:
        """The service refused the bot itself, or did not answer: nobody but a probe passes.

        Args:
            job_id: The job.
            reason: Why submitting pauses.
            is_lost: False if what answered in the service's place had not read the request, which can be repeated.
        """
        now_s = asyncio.get_running_loop().time()
        if self._pause is None or self._pause.is_guess:
            log.error("submitting_paused", closure=reason, job=job_id)
            if self._pause is not None:
                self._distrust_answers()
            self._pause = Pause.begin(reason, now_s, self._intervals, answers_missed=self._answers_missed)
            if reason.is_transport:
                self._answers_missed = min(self._answers_missed + is_lost, 16)
            self._wake_all()
        elif self._pause.holder == job_id:
            self._probe_failed(self._pause)
        if reason.is_transport and not self._pause.reason.is_transport:
            self._pause.behind = self._pause.reason
        self._pause.reason, self._pause.probed_at_s = reason, now_s
        self._pause.refused.add(job_id)
        if not reason.is_transport:
            self._notify(reason)

    async def is_service_away(self, job_id: str) -> bool:
        """Return True if the service does not answer a free question. Only a probe asks it while that is known."""
        if (
            self._pause is not None
            and self._pause.holder != job_id
            and self.reason is PauseReason.SERVICE_AWAY
        ):
            return True
        return await self._is_pointless(PauseReason.SERVICE_AWAY)

    async def find_evidence(self) -> None:
        """Learn if other processes' requests were taken, where there are any. Called before a ruling."""

    def refused_perhaps_alone(self, job_id: str, *, pauses: PauseReason | None) -> RefusalRuling:
        """The service refused this request, which can be its own fault or the whole bot's.

        Args:
            job_id: The job.
            pauses: Why submitting pauses where evidence says that it is not the request; None if it never does.

        Returns:
            OWN_FAULT if the job was a suspect and no reason to pause remains; otherwise TRY_AGAIN.
        """
        now_s = asyncio.get_running_loop().time()
        pause = self._pause if self.reason is not None else None
        if pause is not None and pause.reason is PauseReason.KEY_REJECTED and pause.holder == job_id:
            log.info("submitting_resumed", closure=pause.reason, job=job_id)
            self._resume()
        elif pause is not None and pauses is not None:
            self.refused_whole_bot(job_id, pauses)
            return RefusalRuling.TRY_AGAIN
        suspect = self._suspects.pop(job_id, None)
        others_taken = suspect is not None and self._taken > suspect.taken_before
        if suspect is not None and (others_taken or pauses is None):
            return RefusalRuling.OWN_FAULT
        others_refused = any(self._taken == other.taken_before for other in self._suspects.values())
        if pauses is not None and (suspect is not None or others_refused):
            refused = {job_id, *self._suspects}
            self._suspects.clear()
            self.refused_whole_bot(job_id, pauses)
            if self._pause is not None:
                self._pause.refused |= refused
            return RefusalRuling.TRY_AGAIN
        self._suspects[job_id] = _Suspect(now_s, self._taken)
        return RefusalRuling.TRY_AGAIN

    def inconclusive(self, job_id: str) -> None:
        """The attempt ended without telling if the service accepts this bot. Called after any end."""
        if self._pause is not None and self._pause.holder == job_id:
            self._pause.holder = None
            self._pause.next_at_s = asyncio.get_running_loop().time() + self._intervals.first_s / 10
            self._wake_all()

    def forget(self, job_id: str) -> None:
        """The job has ended: it is no suspect any more."""
        self._suspects.pop(job_id, None)

    def _evidence_due_s(self, job_id: str) -> float:
        """Seconds until a suspect may be tried again; 0 for every other job."""
        suspect = self._suspects.get(job_id)
        if suspect is None or self._taken > suspect.taken_before:
            return 0.0
        due_s = suspect.refused_at_s + self._intervals.evidence_s
        return max(0.0, due_s - asyncio.get_running_loop().time())

    def _pass_on(self, job_id: str) -> None:
        pause = self._pause
        if pause is not None and pause.holder == job_id and job_id not in pause.passed_on_by:
            log.info("probe_passed_on", job=job_id)
            pause.passed_on_by.add(job_id)
            pause.holder, pause.next_at_s = None, asyncio.get_running_loop().time()
            self._wake_all()

    def _may_probe(self, pause: Pause, job_id: str) -> bool:
        now_s = asyncio.get_running_loop().time()
        if pause.holder is not None or now_s < pause.not_before_s or self._evidence_due_s(job_id) > 0:
            return False
        return pause.lets_pass_at_once(job_id) or pause.next_at_s <= now_s

    async def _probe(self, pause: Pause, job_id: str) -> None:
        """Make the job the probe, unless a free question tells that it is useless."""
        pause.holder = job_id
        try:
            pointless = await self._is_pointless(pause.reason)
            if pointless and self._is_overdue(pause):
                pointless = await self._is_pointless(PauseReason.SERVICE_AWAY)
        except asyncio.CancelledError:
            self.inconclusive(job_id)
            raise
        if self._pause is not pause or pause.holder != job_id:
            return  # submitting resumed meanwhile, and perhaps paused anew
        if pointless:
            self._probe_failed(pause)
        elif pause.behind is not None:
            # The service answers; if it still refuses all, this one tells.
            pause.reason, pause.behind = pause.behind, None
        elif self._opens_by_answer(pause):
            log.info("submitting_resumed", closure=pause.reason)
            self._resume()

    def _opens_by_answer(self, pause: Pause) -> bool:
        """Return True if the answer to a free question ends a pause: since a request was taken, one page came."""
        tells = not pause.is_guess and self._answers_missed < _TOO_MANY_MISSED
        return tells and pause.reason is PauseReason.SERVICE_AWAY

    def _is_overdue(self, pause: Pause) -> bool:
        """Return True if a job has to be the probe, whatever the list says."""
        since_s = asyncio.get_running_loop().time() - pause.probed_at_s
        return pause.reason is PauseReason.NO_CHANNEL and since_s >= self._intervals.longest_s

    def _probe_failed(self, pause: Pause) -> None:
        if pause.is_guess:
            self._distrust_answers()
        pause.probe_failed(asyncio.get_running_loop().time(), self._intervals)
        log.info("submitting_still_paused", closure=pause.reason)
        self._notify(pause.reason)

    def _distrust_answers(self) -> None:
        """Have no answer to a question open submitting until a request is taken.

        How many requests the process before this one lost nobody knows.
        """
        self._answers_missed = max(self._answers_missed, _TOO_MANY_MISSED)

    def _resume(self) -> None:
        self._pause = None
        self._notify(None)
        self._wake_all()

    def _wake_all(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()

    async def _until_changed(self, within_s: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                await self._changed.wait()
