"""One pace for all requests to the API: whose turn it is, how fast turns follow, and when nobody may leave.

How fast is three things, and all of them are asked for by whoever stands first in our own queue, nobody
else. `AsyncLimiter` holds the operator's rate; it fixes its rate when it is made and keeps its own queue, so
it never changes and never sees more than one to wait. A slowed pace is a gap since the last departure, and a
pause is a moment before which nobody leaves; both are read anew, so a change reaches all who wait already:
the first is disturbed and looks again, the others have asked for nothing yet.
"""

import asyncio
import math
from bisect import insort
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus
from itertools import count
from typing import Final

import structlog
from aiolimiter import AsyncLimiter

log: Final = structlog.get_logger(__name__)

# From the slowest pace it takes about a minute without refusals to be back at the full one, after a single
# slow-down half of that.
_RECOVERY_S: Final = 60.0
_SLOWEST_SHARE: Final = 1 / 20
_SLOWEST_PER_S: Final = 0.1

_SHORT_PAUSE_S: Final = 1.0
"""After a 429 that does not say how long to stay away."""

# RFC 9110, 15.6.4, and RFC 6585, 4.
_MAY_NAME_A_PAUSE: Final = frozenset({HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE})

# A poll stands where a submission would that came this much later. So a person's request overtakes the polls,
# and yet no stream of requests, however long, can keep a poll waiting for ever.
_POLL_DEFERENCE_S: Final = 60.0

# How often a gap that shrinks by recovery is measured again while it is waited out.
_LOOK_AGAIN_S: Final = 1.0

_POLLING_SHARE: Final = 0.8


class RequestKind(StrEnum):
    """What a request is for, which decides who goes first."""

    SUBMISSION = "submission"
    POLL = "poll"
    DOWNLOAD = "download"


@dataclass(frozen=True)
class Turn:
    """Leave to send one request, now. `slowdowns` is how often the pace had been slowed down by then."""

    slowdowns: int


class _Waiter:
    """One who waits for a turn, and can be told to look again at what is being waited for."""

    def __init__(self, place: tuple[float, int]) -> None:
        self.place = place
        self._calm: asyncio.Timeout | None = None

    async def undisturbed(self, waiting: Awaitable[None]) -> bool:
        """Await `waiting`; False when it was broken off by `disturb`."""
        # A timeout without a time is the standard library's way to break off a wait from outside that also
        # keeps apart from it, correctly, a cancellation which comes at the same moment.
        try:
            async with asyncio.timeout(None) as self._calm:
                await waiting
        except TimeoutError:
            return False
        finally:
            self._calm = None
        return True

    def disturb(self) -> None:
        """Break off the wait. Whoever is not inside one is about to look anyway."""
        if self._calm is not None and not self._calm.expired():
            self._calm.reschedule(asyncio.get_running_loop().time())


def _loop_time() -> float:
    return asyncio.get_running_loop().time()


class Pace:
    """Hands out turns at `requests_per_s` at most, slower for a while after the API said "too many".

    At the full rate, as many turns as make up one second may be taken at once (one at least); in any `w`
    seconds, no more than that and `w` times the rate. A slowed pace knows no such burst.

    One is shared by all requests under the same key, in one event loop. `clock` is in seconds, never goes
    backwards, and runs as fast as the loop's, by which all waiting is done.
    """

    def __init__(self, requests_per_s: float, *, clock: Callable[[], float] = _loop_time) -> None:
        """Raises `ValueError` for a rate that is not a finite number above zero."""
        if not 0 < requests_per_s < math.inf:
            raise ValueError("the rate must be a finite number above 0 requests per second")
        burst = max(1.0, requests_per_s)
        self._full_per_s = requests_per_s
        self._slowest_per_s = max(requests_per_s * _SLOWEST_SHARE, _SLOWEST_PER_S)
        self._limiter = AsyncLimiter(burst, burst / requests_per_s)
        self._clock = clock
        self._numbers = count()
        # In order, the first one first; a list, because those who give up leave from the middle.
        self._waiting: list[_Waiter] = []
        self._left_s = -math.inf
        self._pause_ends_s = -math.inf
        self._slowdowns = 0
        # The rate as of `_growing_since_s`; from then on it grows, up to the full one.
        self._base_per_s = requests_per_s
        self._growing_since_s = 0.0

    @property
    def rate_per_s(self) -> float:
        """How many requests per second may leave at present, pauses aside."""
        grown_s = max(0.0, self._clock() - self._growing_since_s)
        return min(self._full_per_s, self._base_per_s + grown_s * self._full_per_s / _RECOVERY_S)

    def stretch_s(self, pollers: int) -> float:
        """The shortest interval, in seconds, at which each of `pollers` tasks may be asked about.

        All together then take four fifths of the present rate, and leave the rest to people's requests.
        """
        return max(0, pollers) / (_POLLING_SHARE * self.rate_per_s)

    async def turn(self, kind: RequestKind) -> Turn:
        """Wait, without a deadline, until a request of this kind may leave; it should do so at once.

        Submissions and downloads go before polls, unless those have waited for a minute longer; otherwise
        first come, first served. Whoever is cancelled here has used up nothing.
        """
        waiter = _Waiter((self._clock() + _deference_s(kind), next(self._numbers)))
        insort(self._waiting, waiter, key=lambda each: each.place)
        if self._waiting[0] is waiter and len(self._waiting) > 1:
            self._waiting[1].disturb()
        try:
            # Capacity is taken and the turn granted in one step, so nobody can be cancelled in between. Only
            # a pause that begins in the very step in which capacity comes free wastes it, to no one's harm:
            # the limiter has made up for it when the pause is over.
            while not await waiter.undisturbed(self._capacity(waiter)) or self._hold_s() > 0:
                pass
            self._left_s = self._clock()
            return Turn(self._slowdowns)
        finally:
            self._waiting.remove(waiter)
            self._disturb_first()

    def answered(self, turn: Turn, status: int, retry_after_s: float | None = None) -> None:
        """Learn from the answer to a request that left by `turn`; `retry_after_s` is its `Retry-After`.

        A 429 halves the rate, once for all requests that were under way together, and nobody leaves for
        `retry_after_s`, or for one second where none is given. A 503 only makes a pause, if it names one.
        """
        if status == HTTPStatus.TOO_MANY_REQUESTS and turn.slowdowns == self._slowdowns:
            self._slowdowns += 1
            pause_s = _SHORT_PAUSE_S if retry_after_s is None else retry_after_s
            self._hold_back(pause_s, max(self._slowest_per_s, self.rate_per_s / 2))
        elif status in _MAY_NAME_A_PAUSE and retry_after_s is not None:
            self._hold_back(retry_after_s, self.rate_per_s)

    def _hold_back(self, pause_s: float, rate_per_s: float) -> None:
        now_s = self._clock()
        self._base_per_s = rate_per_s
        self._pause_ends_s = max(self._pause_ends_s, now_s + pause_s)
        # While nobody asks, nobody is refused: a pause is no time of good answers.
        self._growing_since_s = max(now_s, self._pause_ends_s)
        log.warning("api_asks_for_patience", rate_per_s=round(rate_per_s, 2), pause_s=round(pause_s, 1))
        self._disturb_first()

    async def _capacity(self, waiter: _Waiter) -> None:
        if self._waiting[0] is not waiter:
            await asyncio.get_running_loop().create_future()  # only being disturbed ends it
        while (hold_s := self._hold_s()) > 0:  # noqa: ASYNC110 - time sets no event when it has passed
            await asyncio.sleep(min(hold_s, _LOOK_AGAIN_S))
        await self._limiter.acquire()

    def _hold_s(self) -> float:
        """How long nobody may leave, apart from the limiter: for a pause, or for the gap of a slowed pace."""
        rate_per_s = self.rate_per_s
        gap_ends_s = self._left_s + 1 / rate_per_s if rate_per_s < self._full_per_s else -math.inf
        return max(self._pause_ends_s, gap_ends_s) - self._clock()

    def _disturb_first(self) -> None:
        if self._waiting:
            self._waiting[0].disturb()


def _deference_s(kind: RequestKind) -> float:
    match kind:
        case RequestKind.SUBMISSION | RequestKind.DOWNLOAD:
            return 0.0
        case RequestKind.POLL:
            return _POLL_DEFERENCE_S
