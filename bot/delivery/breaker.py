"""A breaker between the bot and Discord's ban: when too many requests are refused, posting pauses."""

from collections import deque
from collections.abc import Callable
from types import SimpleNamespace
from typing import Final

import aiohttp
import structlog

log: Final = structlog.get_logger(__name__)

WINDOW_S: Final = 600.0
TRIPS_AT: Final = 1000
"""Discord bans an address after 10,000 invalid requests (401, 403, 429) in ten minutes (*Rate Limits*)."""

_COUNTED: Final = frozenset({401, 403, 404, 429})
"""404 is none of Discord's own three, but a bot that keeps asking for what is gone is one that is broken."""


class InvalidRequestBreaker:
    """Counts refused requests within `WINDOW_S` seconds; `open` from `trips_at` until half of it is left."""

    def __init__(self, clock: Callable[[], float], *, trips_at: int = TRIPS_AT) -> None:
        """`clock` is in seconds and never goes back."""
        self._clock = clock
        self._trips_at = trips_at
        self._refused: deque[float] = deque()
        self._open = False

    @property
    def refused(self) -> int:
        """Number of requests that were refused within the window."""
        horizon_s = self._clock() - WINDOW_S
        while self._refused and self._refused[0] <= horizon_s:
            self._refused.popleft()
        return len(self._refused)

    @property
    def open(self) -> bool:
        """True while nothing should be asked of Discord that can wait."""
        refused = self.refused
        if self._open:
            self._open = refused > self._trips_at // 2
        return self._open

    def saw(self, status: int, *, shared: bool = False) -> bool:
        """Count an answer, but no `shared` 429, which others caused. Returns True if it tripped the breaker."""
        if status not in _COUNTED or shared:
            return False
        self._refused.append(self._clock())
        if self._open or self.refused < self._trips_at:
            return False
        self._open = True
        return True


def refusal_trace(breaker: InvalidRequestBreaker, tripped: Callable[[], None]) -> aiohttp.TraceConfig:
    """Has every answer to a session's requests counted; `tripped` is called when that opens the breaker."""

    async def ended(
        _session: aiohttp.ClientSession, _context: SimpleNamespace, end: aiohttp.TraceRequestEndParams
    ) -> None:
        shared = end.response.headers.get("X-RateLimit-Scope") == "shared"
        if breaker.saw(end.response.status, shared=shared):
            log.error("discord_breaker_tripped", refused=breaker.refused, window_s=WINDOW_S)
            tripped()

    trace = aiohttp.TraceConfig()
    trace.on_request_end.append(ended)
    return trace
