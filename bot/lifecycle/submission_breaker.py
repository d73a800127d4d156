"""The circuit breaker of submissions: open for nobody while the video service refuses the bot itself.

A wrong key, an empty account or a missing right is not the fault of a request, so no request fails for it: all
wait, and one at a time is submitted as a probe until one is taken. `steps/submit.py` asks it before each POST.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import structlog

log: Final = structlog.get_logger(__name__)


class PauseReason(StrEnum):
    """Why the service takes no request of this bot."""

    KEY_REJECTED = "key_rejected"
    OUT_OF_MONEY = "out_of_money"
    MODEL_NOT_ALLOWED = "model_not_allowed"
    MISCONFIGURED = "misconfigured"


@dataclass(frozen=True)
class ProbeIntervals:
    """Seconds between two probes: they double from the first to the longest."""

    first_s: float = 30.0
    longest_s: float = 300.0


class SubmissionBreaker:
    """Lets submissions pass, or makes them wait. Each one that passed reports how it ended.

    Args:
        intervals: Pauses between probes.
        notify: Called once when submitting pauses, with the reason, and once when it resumes, with None. Must
            not wait.
        is_pointless: Tells for free that a probe would be refused, which saves its upload.
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
        self._reason: PauseReason | None = None
        self._opened = asyncio.Event()
        self._opened.set()
        self._probe_holder: str | None = None
        self._probe_at_s = 0.0
        self._pause_s = intervals.first_s

    @property
    def reason(self) -> PauseReason | None:
        """Why submitting is paused; None while it is not."""
        return self._reason

    async def wait_until_open(self, job_id: str) -> None:
        """Return when the job may be submitted: at once, as the probe, or after a probe was taken."""
        loop = asyncio.get_running_loop()
        while self._reason is not None:
            rest_s = self._probe_at_s - loop.time()
            if self._probe_holder is None and rest_s <= 0:
                self._probe_holder = job_id
                try:
                    pointless = await self._pointless()
                except asyncio.CancelledError:
                    self.inconclusive(job_id)
                    raise
                if self._probe_holder != job_id:
                    continue  # submitting resumed meanwhile, and perhaps paused anew
                if not pointless:
                    return
                self._refuse_probe(job_id)
                continue
            with suppress(TimeoutError):
                async with asyncio.timeout(max(rest_s, self._intervals.first_s / 10)):
                    await self._opened.wait()

    def succeeded(self, job_id: str) -> None:
        """The service took this job's request: submitting goes on for all."""
        if self._reason is not None:
            log.info("submitting_resumed", closure=self._reason, job=job_id)
            self._notify(None)
        self._reason = None
        self._probe_holder = None
        self._pause_s = self._intervals.first_s
        self._opened.set()

    def failed(self, job_id: str, reason: PauseReason) -> None:
        """The service refused the bot itself: only a probe passes now and then."""
        if self._reason is None:
            log.error("submitting_paused", closure=reason, job=job_id)
            self._pause_s = self._intervals.first_s
            self._opened.clear()
            self._probe_at_s = asyncio.get_running_loop().time() + self._pause_s
            self._notify(reason)
        elif self._probe_holder == job_id:
            self._refuse_probe(job_id)
        self._reason = reason

    def inconclusive(self, job_id: str) -> None:
        """The attempt ended without telling if the service accepts this bot. Called last, after any end."""
        if self._probe_holder == job_id:
            self._probe_holder = None
            self._probe_at_s = asyncio.get_running_loop().time() + self._intervals.first_s / 10

    async def _pointless(self) -> bool:
        reason = self._reason
        return reason is not None and await self._is_pointless(reason)

    def _refuse_probe(self, job_id: str) -> None:
        if self._probe_holder == job_id:
            self._probe_holder = None
        self._pause_s = min(self._pause_s * 2, self._intervals.longest_s)
        self._probe_at_s = asyncio.get_running_loop().time() + self._pause_s
        log.info("submitting_still_paused", closure=self._reason, next_probe_s=self._pause_s)
