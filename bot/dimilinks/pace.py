"""One pace for all requests to the API: whose turn it is, how fast turns follow, and which kind must wait.

How fast is three things, and all of them are asked for by whoever stands first in our own queue, nobody
else. `AsyncLimiter` holds the operator's rate; it fixes its rate when it is made and keeps its own queue, so
it never changes and never sees more than one to wait. A slowed pace is a gap since the last departure, and a
hold (see `holds`) is a moment before which no request of its kind leaves; both are read anew, so a change
reaches all who wait already: the first of each kind is disturbed and looks again, the others have asked for
nothing yet.
"""

import asyncio
import math
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from itertools import count
from typing import Final

import structlog
from aiolimiter import AsyncLimiter

from bot.dimilinks.holds import HoldReason, Holds, HoldSharing, HoldTerms, RequestHold, RequestKind
from bot.dimilinks.retry_after import LONGEST_WAIT_S

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


@dataclass(frozen=True)
class Turn:
    """Leave to send one request, now.

    Whoever got it says what came of it: `Pace.answered`, or `Pace.unanswered`.

    Attributes:
        kind: What the request is for.
        number: Tells turns apart.
        slowdowns: How often the pace had been slowed down by then.
    """

    kind: RequestKind
    number: int
    slowdowns: int


class _Waiter:
    """One who waits for a turn, and can be told to look again at what is being waited for."""

    def __init__(self, kind: RequestKind, place: tuple[float, int]) -> None:
        self.kind = kind
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
        # In order, the first one first; lists, because those who give up leave from the middle.
        self._waiting: dict[RequestKind, list[_Waiter]] = {kind: [] for kind in RequestKind}
        self._left_s = -math.inf
        self._holds = Holds()
        self._sharing: HoldSharing | None = None
        self._slowdowns = 0
        self._sharers = 1
        # The rate until `_growing_since_s`; from then on it grows, up to the full one.
        self._base_per_s = requests_per_s
        self._growing_since_s = 0.0

    @property
    def rate_per_s(self) -> float:
        """Number of requests per second that may leave at present, pauses aside."""
        grown_s = max(0.0, self._clock() - self._growing_since_s)
        grown_per_s = self._base_per_s + grown_s * self._full_per_s / _RECOVERY_S
        return min(self._full_per_s / self._sharers, grown_per_s)

    def share(self, sharers: int) -> None:
        """Divide the full rate evenly from now on with others that send under the same key: `sharers` in all.

        A share of the rate knows no burst, as a slowed pace.
        """
        self._sharers = max(1, sharers)
        self._disturb_heads()

    def share_holds(self, sharing: HoldSharing) -> None:
        """Tell other processes under the same key of holds from now on; theirs come by `adopt`."""
        self._sharing = sharing

    def adopt(self, kind: RequestKind, terms: HoldTerms | None, *, tries_here: bool) -> None:
        """Hold a kind back as all processes do; with None, no more.

        A refusal that another process met halves the rate here as well, once for all that were under way together.

        Args:
            kind: Which requests.
            terms: The hold.
            tries_here: True if the one request that tries is this process's.
        """
        now_s = self._clock()
        is_known = self._holds.terms(kind, now_s) is not None
        if (terms is None and not is_known) or (tries_here and self._holds.tries(kind)):
            return
        if terms is None:
            self._holds.end(kind)
        else:
            if not is_known:
                log.info("api_asks_for_patience_elsewhere", kind=kind, pause_s=round(terms.rest_s, 1))
                # Later refusals are those of requests that tried, which say nothing about the rate.
                if terms.reason is HoldReason.TOO_MANY_REQUESTS and terms.held_for_s < LONGEST_WAIT_S:
                    self._halve(terms.rest_s)
            self._holds.adopt(kind, terms, now_s)
        self._disturb_heads()

    def terms(self, kind: RequestKind) -> HoldTerms | None:
        """Return the hold of a kind for other processes; None if there is none."""
        return self._holds.terms(kind, self._clock())

    def waits_to_try(self, kind: RequestKind) -> bool:
        """Return True if a request would be the one of all processes that tries, and has to ask."""
        return bool(self._waiting[kind]) and self._must_ask(kind)

    def let_try(self, kind: RequestKind) -> bool:
        """Let a request of this process be the one that tries. Returns False if none wants to."""
        if not self.waits_to_try(kind):
            return False
        self._holds.let_try(kind, self._clock())
        self._disturb_heads()
        return True

    def stretch(self, polls_per_s: float) -> float:
        """Return the factor, 1 at least, by which the pauses between polls grow where so many are wanted.

        All together then take four fifths of the present rate, and leave the rest to people's requests.
        """
        return max(1.0, polls_per_s / (_POLLING_SHARE * self.rate_per_s))

    def hold(self, kind: RequestKind, now: datetime) -> RequestHold | None:
        """Return why requests of this kind wait, and until which time of day; None while none waits."""
        return self._holds.told(kind, self._clock(), now)

    async def turn(self, kind: RequestKind) -> Turn:
        """Wait, without a deadline of its own, until a request of this kind may leave; it should do so at once.

        All others go before polls, unless those have waited for a minute longer; otherwise first come, first
        served, among the kinds that are not held back. Whoever is cancelled here, by a
        deadline of the caller's say, has used up nothing.
        """
        number = next(self._numbers)
        waiter = _Waiter(kind, (self._clock() + _deference_s(kind), number))
        self._waiting[kind].append(waiter)
        try:
            # Capacity is taken and the turn granted in one step, so nobody can be cancelled in between. Only
            # a hold that begins in the very step in which capacity comes free wastes it, to no one's harm:
            # the limiter has made up for it when the hold is over.
            while not await waiter.undisturbed(self._capacity(waiter)) or self._hold_s(kind) > 0:
                pass
            self._left_s = self._clock()
            self._holds.left(kind, number, self._left_s)
            return Turn(kind, number, self._slowdowns)
        finally:
            self._waiting[kind].remove(waiter)
            self._disturb_heads()
            if self._sharing is not None and not self._waiting[kind] and self._holds.give_up_try(kind):
                self._sharing.handed_back(kind)

    def answered(self, turn: Turn, status: int, retry_after_s: float | None = None) -> None:
        """Learn from the answer to a request that left by `turn`; `retry_after_s` is its `Retry-After`.

        A 429 halves the rate, once for all requests that were under way together, and requests of its kind
        wait for `retry_after_s`, or for one second where none is given. A 503 only makes them wait, if it says
        how long. They never wait longer than a minute; then one of them tries.
        """
        is_probe = self._holds.is_probe(turn.kind, turn.number)
        too_many = status == HTTPStatus.TOO_MANY_REQUESTS
        # The one that tries leaves earlier than the API had asked: its refusal says nothing about the rate.
        if too_many and turn.slowdowns == self._slowdowns and not is_probe:
            self._slow_down(turn.kind, _SHORT_PAUSE_S if retry_after_s is None else retry_after_s)
        elif status in _MAY_NAME_A_PAUSE and (retry_after_s is not None or (too_many and is_probe)):
            asked_s = _SHORT_PAUSE_S if retry_after_s is None else retry_after_s
            self._hold_back(turn.kind, status, asked_s, by_probe=is_probe)
        elif is_probe:
            self._holds.end(turn.kind)
            self._disturb_heads()
            if self._sharing is not None:
                self._sharing.served(turn.kind)

    def unanswered(self, turn: Turn) -> None:
        """Learn that no answer came to a request that left by `turn`, or that it never left."""
        if self._holds.is_probe(turn.kind, turn.number):
            self._holds.try_again(turn.kind, self._clock())
            self._disturb_heads()
            if self._sharing is not None:
                self._sharing.handed_back(turn.kind)

    def _slow_down(self, kind: RequestKind, asked_s: float) -> None:
        self._halve(asked_s)
        self._hold_back(kind, HTTPStatus.TOO_MANY_REQUESTS, asked_s, by_probe=False)

    def _halve(self, pause_s: float) -> None:
        self._slowdowns += 1
        self._base_per_s = max(self._slowest_per_s, self.rate_per_s / 2)
        # While nobody asks, nobody is refused: a pause is no time of good answers.
        self._growing_since_s = self._clock() + min(pause_s, LONGEST_WAIT_S)

    def _hold_back(self, kind: RequestKind, status: int, asked_s: float, *, by_probe: bool) -> None:
        now_s, tried = self._clock(), self._holds.tries(kind)
        until_s = self._holds.begin(kind, status, asked_s, now_s, by_probe=by_probe)
        log.warning(
            "api_asks_for_patience",
            kind=kind,
            rate_per_s=round(self.rate_per_s, 2),
            pause_s=round(until_s - now_s, 1),
            asked_s=round(asked_s, 1),
        )
        self._disturb_heads()
        if self._sharing is not None:
            gave_up = tried and not self._holds.tries(kind)
            self._sharing.raised(kind, by_probe=by_probe or gave_up)

    async def _capacity(self, waiter: _Waiter) -> None:
        if self._waiting[waiter.kind][0] is not waiter:
            await _until_disturbed()
        # Time sets no event when it has passed, so both waits look again.
        while (hold_s := self._holds.rest_s(waiter.kind, self._clock())) > 0:  # noqa: ASYNC110 - as above
            await asyncio.sleep(hold_s)
        if self._sharing is not None and self._must_ask(waiter.kind):
            self._sharing.wants_try(waiter.kind)
            await _until_disturbed()
        if self._first() is not waiter:
            await _until_disturbed()
        self._disturb_heads(apart_from=waiter)
        while (hold_s := self._hold_s(waiter.kind)) > 0:  # noqa: ASYNC110 - as above
            await asyncio.sleep(min(hold_s, _LOOK_AGAIN_S))
        await self._limiter.acquire()

    def _hold_s(self, kind: RequestKind) -> float:
        """Return the seconds for which a request of this kind may not leave, apart from the limiter."""
        if self._must_ask(kind):
            return math.inf
        rate_per_s, now_s = self.rate_per_s, self._clock()
        gap_ends_s = self._left_s + 1 / rate_per_s if rate_per_s < self._full_per_s else -math.inf
        return max(self._holds.rest_s(kind, now_s), gap_ends_s - now_s)

    def _must_ask(self, kind: RequestKind) -> bool:
        """Return True if a request may leave as the one of several processes that tries, once they agree."""
        return self._sharing is not None and self._holds.must_ask(kind, self._clock())

    def _first(self) -> _Waiter | None:
        """Return who stands before all others of the kinds that are not held back."""
        now_s = self._clock()
        heads = [
            waiting[0]
            for kind, waiting in self._waiting.items()
            if waiting and self._holds.rest_s(kind, now_s) <= 0 and not self._must_ask(kind)
        ]
        return min(heads, key=lambda each: each.place, default=None)

    def _disturb_heads(self, apart_from: _Waiter | None = None) -> None:
        for waiting in self._waiting.values():
            if waiting and waiting[0] is not apart_from:
                waiting[0].disturb()


async def _until_disturbed() -> None:
    await asyncio.get_running_loop().create_future()


def _deference_s(kind: RequestKind) -> float:
    match kind:
        case RequestKind.SUBMISSION | RequestKind.DOWNLOAD | RequestKind.QUESTION:
            return 0.0
        case RequestKind.POLL:
            return _POLL_DEFERENCE_S
