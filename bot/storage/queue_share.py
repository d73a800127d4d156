"""Number of entries of the queue of runs that a worker takes: about its share, whichever worker is there first.

A worker keeps each job that it took in memory until the job has ended, also while the job waits in line.
"""

import math
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

_FREE: Final = 10
"""Entries that a worker takes without a look at what others have."""
_TOLERANCE: Final = 1.25
"""Times its share that a worker takes: a few are left to nobody because numbers are old by a moment."""
_STARTING_S: Final = 3.0
"""Seconds in which others come that were started at the same time."""
_STARTED_TOGETHER: Final = 4
"""As many workers share a backlog meanwhile, though fewer are there yet."""
_AS_MUCH_AGAIN_AFTER_S: Final = 1.0
"""Seconds after which a worker takes another share of what was left to others: they may stand still."""
_KNOWN_FOR_S: Final = 1.0


@dataclass(frozen=True)
class QueueCounts:
    """Contents of the queue."""

    entries: int
    """All of them."""
    untaken: int
    """Those that no worker has, or whose worker is silent."""
    workers: int
    """Processes that may take entries."""


class QueueShare:
    """Tells how many entries a worker may take.

    Args:
        count: Looks at the queue.
        clock: Seconds; never goes backwards.
    """

    def __init__(self, count: Callable[[], Awaitable[QueueCounts]], clock: Callable[[], float]) -> None:
        self._count = count
        self._clock = clock
        self._began_s = clock()
        self._counted_s = self._began_s
        self._most = 0
        self._left_since_s: float | None = None

    async def room(self, held: int) -> int:
        """Return how many entries may be taken by a worker that has `held`; 0 if none."""
        if held < _FREE:
            return _FREE - held
        now_s = self._clock()
        if held >= self._most or now_s - self._counted_s >= _KNOWN_FOR_S:
            self._counted_s = now_s
            self._most = self._allowed(await self._count(), held, now_s)
        return max(0, self._most - held)

    def _allowed(self, counts: QueueCounts, held: int, now_s: float) -> int:
        workers, is_starting = max(1, counts.workers), now_s - self._began_s < _STARTING_S
        if is_starting:
            workers = max(workers, _STARTED_TOGETHER)
        allowed = max(_FREE, math.ceil(counts.entries / workers * _TOLERANCE))
        if is_starting or held < allowed or not counts.untaken:
            self._left_since_s = None
            return allowed
        if self._left_since_s is None:
            self._left_since_s = now_s
        left_for_s = now_s - self._left_since_s
        return int(allowed * (1 + left_for_s / _AS_MUCH_AGAIN_AFTER_S))
