"""The gate before the video service: closed for the whole bot while the service refuses the bot itself.

A wrong key, an empty account or a missing right is nobody's request's fault, so no request is given up for it:
they wait, and one at a time is let through as a probe until one is taken.
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
    """Lets submissions pass, or keeps them waiting. Whoever passed says what came of it, and at last `left`.

    `notify` is called once when the gate closes, with the reason, and once when it opens again, with None. It
    must not wait. `is_pointless` may tell for free that a probe would be refused, and so save its upload.
    """

    def __init__(
        self,
        pace: ProbeIntervals,
        notify: Callable[[PauseReason | None], None],
        is_pointless: Callable[[PauseReason], Awaitable[bool]],
    ) -> None:
        self._pace = pace
        self._notify = notify
        self._is_pointless = is_pointless
        self._closure: PauseReason | None = None
        self._opened = asyncio.Event()
        self._opened.set()
        self._probe_holder: str | None = None
        self._probe_at_s = 0.0
        self._pause_s = pace.first_s

    @property
    def closure(self) -> PauseReason | None:
        """Why nothing is submitted at present; None while everything is well."""
        return self._closure

    async def passage(self, job_id: str) -> None:
        """Return when the job may be submitted: at once, or as the probe, or when a probe was taken."""
        loop = asyncio.get_running_loop()
        while self._closure is not None:
            rest_s = self._probe_at_s - loop.time()
            if self._probe_holder is None and rest_s <= 0:
                self._probe_holder = job_id
                try:
                    pointless = await self._pointless()
                except asyncio.CancelledError:
                    self.left(job_id)
                    raise
                if self._probe_holder != job_id:
                    continue  # the gate opened meanwhile, and perhaps closed anew
                if not pointless:
                    return
                self._refuse_probe(job_id)
                continue
            with suppress(TimeoutError):
                async with asyncio.timeout(max(rest_s, self._pace.first_s / 10)):
                    await self._opened.wait()

    def taken(self, job_id: str) -> None:
        """The service took this job's request: everybody may pass."""
        if self._closure is not None:
            log.info("submitting_resumed", closure=self._closure, job=job_id)
            self._notify(None)
        self._closure = None
        self._probe_holder = None
        self._pause_s = self._pace.first_s
        self._opened.set()

    def refused(self, job_id: str, closure: PauseReason) -> None:
        """The service refused the bot itself: nobody passes but a probe now and then."""
        if self._closure is None:
            log.error("submitting_paused", closure=closure, job=job_id)
            self._pause_s = self._pace.first_s
            self._opened.clear()
            self._probe_at_s = asyncio.get_running_loop().time() + self._pause_s
            self._notify(closure)
        elif self._probe_holder == job_id:
            self._refuse_probe(job_id)
        self._closure = closure

    def left(self, job_id: str) -> None:
        """The job's passage led to nothing that says anything about the bot itself."""
        if self._probe_holder == job_id:
            self._probe_holder = None
            self._probe_at_s = asyncio.get_running_loop().time() + self._pace.first_s / 10

    async def _pointless(self) -> bool:
        closure = self._closure
        return closure is not None and await self._is_pointless(closure)

    def _refuse_probe(self, job_id: str) -> None:
        if self._probe_holder == job_id:
            self._probe_holder = None
        self._pause_s = min(self._pause_s * 2, self._pace.longest_s)
        self._probe_at_s = asyncio.get_running_loop().time() + self._pause_s
        log.info("submitting_still_paused", closure=self._closure, next_probe_s=self._pause_s)
