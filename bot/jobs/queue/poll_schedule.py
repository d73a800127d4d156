"""Times of the next question for a task's state: pure functions of what was seen so far.

Asking costs nothing but requests. Asking at a fixed pace is either late or wasteful, so the next question is
put off by a part of the rest that the progress so far suggests: seldom at first, densely towards the end.
"""

from dataclasses import dataclass, replace
from typing import Final, Self

_DONE: Final = 100


@dataclass(frozen=True)
class PollIntervals:
    """Bounds of the pause between two questions, in seconds, and the share of the estimated rest to wait."""

    shortest_s: float = 1.0
    longest_s: float = 8.0
    share: float = 0.3


@dataclass(frozen=True)
class ProgressHistory:
    """Answers so far about one task. All times are seconds on one monotonic clock."""

    since_s: float
    """Start of the watch."""
    first_s: float | None = None
    """Moment of the first progress, which is then `first`; waiting in the service's queue is not progress."""
    first: int = 0
    last: int = 0
    """The newest progress, 0 to 100."""
    last_s: float | None = None
    """Moment at which it was first seen."""

    def saw(self, now_s: float, progress: int | None) -> Self:
        """These sightings and one more. Progress that is missing or falls back changes nothing."""
        if progress is None or progress <= self.last:
            return self
        if self.first_s is None:
            return replace(self, first_s=now_s, first=progress, last=progress, last_s=now_s)
        return replace(self, last=progress, last_s=now_s)

    def rest_s(self, now_s: float) -> float | None:
        """The rest, extrapolated from the pace since progress was first seen; None before it has moved."""
        if self.first_s is None or self.last <= self.first or now_s <= self.first_s:
            return None
        return (_DONE - self.last) * (now_s - self.first_s) / (self.last - self.first)

    @property
    def ends_s(self) -> float | None:
        """Moment at which it would be done at the pace up to the newest progress; None before it has moved."""
        rest_s = self.rest_s(self.last_s) if self.last_s is not None else None
        return self.last_s + rest_s if self.last_s is not None and rest_s is not None else None


def next_poll_s(pace: PollIntervals, progress_history: ProgressHistory, now_s: float) -> float:
    """Seconds to wait until the next question.

    Where no progress says how long it will take, the pauses double: short waits are seen to end soon, long
    ones are asked about seldom.
    """
    rest_s = progress_history.rest_s(now_s)
    pause_s = now_s - progress_history.since_s if rest_s is None else pace.share * rest_s
    return min(max(pause_s, pace.shortest_s), pace.longest_s)
