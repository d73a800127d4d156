"""Durations of jobs: learned from those that finished, asked for those that wait or run."""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from math import isfinite
from statistics import median
from typing import Final

from bot.jobs.queue.poll_schedule import ProgressHistory
from bot.video import Resolution, Seconds

_LONGEST_S: Final = 7200.0
"""A job that took longer was held up by something that says nothing about other jobs."""

_REMEMBERED: Final = 50
"""Of how many jobs of one kind the durations are kept, so that estimates follow the service's pace."""

_ENOUGH: Final = 3
"""From how many jobs on a kind speaks for itself."""

_TRUSTED_PROGRESS: Final = 15
"""Progress in percent after which the pace so far says more than other jobs do."""

_NEAR_THE_END: Final = 90
"""Progress in percent from which a rest by pace is so small that it says nothing of a job that stands still."""

_STANDS_STILL_S: Final = 10.0
"""A job whose progress is overdue by more than this has stopped keeping its pace."""

_USUALLY_AT_MOST_S: Final = 300.0
"""The vendor's own words: most videos are done in 1 to 5 minutes (page *Create video generation*)."""
_BEYOND_S: Final = 60.0
"""By so much a job may be late before anybody is told."""


@dataclass(frozen=True)
class FinishedJob:
    """A job that ended with a video, `took_s` after it began."""

    seconds: Seconds
    resolution: Resolution
    reference_count: int
    took_s: float


class DurationStats:
    """The newest durations of each kind of job, in memory.

    A kind is known by its seconds, resolution and bucket of reference images (none, 1, 2-3, 4-7). Where fewer
    than three such jobs are known, the next coarser kind with at least three answers: any number of references,
    then any seconds, and last all jobs, however few. Durations of other seconds are scaled by the square root
    of the ratio: a longer video takes longer, but part of the time is the same for all. Between the shortest
    and the longest on offer that is a factor of 1.8.
    """

    def __init__(self) -> None:
        self._by_bucket: dict[tuple[Resolution, Seconds, int], deque[FinishedJob]] = {}
        self._by_seconds: dict[tuple[Resolution, Seconds], deque[FinishedJob]] = {}
        self._by_resolution: dict[Resolution, deque[FinishedJob]] = {}
        self._all: deque[FinishedJob] = deque(maxlen=_REMEMBERED)
        # Each answer about a running job asks, and only a job that ended changes what it is told.
        self._told: dict[tuple[Seconds, Resolution, int], float | None] = {}

    def learn(self, finished: FinishedJob) -> None:
        """Take a finished job into account, unless its duration is not positive or above two hours."""
        if not (isfinite(finished.took_s) and 0 < finished.took_s <= _LONGEST_S):
            return
        resolution, seconds = finished.resolution, finished.seconds
        by_bucket = (resolution, seconds, _bucket(finished.reference_count))
        self._by_bucket.setdefault(by_bucket, deque(maxlen=_REMEMBERED)).append(finished)
        self._by_seconds.setdefault((resolution, seconds), deque(maxlen=_REMEMBERED)).append(finished)
        self._by_resolution.setdefault(resolution, deque(maxlen=_REMEMBERED)).append(finished)
        self._all.append(finished)
        self._told.clear()

    def took_s(self, seconds: Seconds, resolution: Resolution, reference_count: int) -> float | None:
        """Return how long such a job will take, as a median; None while no job is known."""
        kind = (seconds, resolution, _bucket(reference_count))
        if kind not in self._told:
            self._told[kind] = self._estimated_s(seconds, resolution, reference_count)
        return self._told[kind]

    def _estimated_s(self, seconds: Seconds, resolution: Resolution, reference_count: int) -> float | None:
        kinds = (
            self._by_bucket.get((resolution, seconds, _bucket(reference_count)), ()),
            self._by_seconds.get((resolution, seconds), ()),
            self._by_resolution.get(resolution, ()),
        )
        known = next((kind for kind in kinds if len(kind) >= _ENOUGH), self._all)
        return _median_s(known, seconds) if known else None


def _bucket(reference_count: int) -> int:
    """The fewest references of the bucket: 0, 1, 2 or 4."""
    return 0 if reference_count <= 0 else 1 << min(reference_count.bit_length() - 1, 2)


def _median_s(known: Iterable[FinishedJob], seconds: Seconds) -> float:
    return median(one.took_s * (int(seconds) / int(one.seconds)) ** 0.5 for one in known)


def rest_s(
    progress_history: ProgressHistory, now_s: float, *, elapsed_s: float, estimated_s: float | None
) -> float | None:
    """Return how long a running job will go on; None where that cannot be told.

    `elapsed_s` counts from when the job began, `estimated_s` is how long it was to take. Once progress has
    moved by 15 percent, its pace is extrapolated. Until then the pace counts the more the further progress has
    moved, and the estimate counts for the rest. A job that outlasts its estimate has shown it to be wrong, so
    then only the pace can tell.
    """
    by_pace_s = progress_history.rest_s(now_s)
    moved = progress_history.last - progress_history.first
    if by_pace_s is not None and (moved >= _TRUSTED_PROGRESS or estimated_s is None):
        return by_pace_s
    if estimated_s is None or elapsed_s >= estimated_s:
        return None
    by_estimate_s = estimated_s - elapsed_s
    if by_pace_s is None:
        return by_estimate_s
    trust = moved / _TRUSTED_PROGRESS
    return trust * by_pace_s + (1 - trust) * by_estimate_s


def countdown_s(
    progress_history: ProgressHistory, now_s: float, *, elapsed_s: float, estimated_s: float | None
) -> float | None:
    """Return what a card counts down: like `rest_s`, but negative once the estimated end has passed.

    The rest by pace grows while progress stands still, and never ends. So the end is the one that the newest
    progress promised; where nothing ever told one, the usual time and a minute.
    """
    ends_s = progress_history.ends_s
    stands_still_s = 0.0 if progress_history.last >= _NEAR_THE_END else _STANDS_STILL_S
    if ends_s is not None and now_s - ends_s > stands_still_s:
        return ends_s - now_s
    rest = rest_s(progress_history, now_s, elapsed_s=elapsed_s, estimated_s=estimated_s)
    usual_s = max(_USUALLY_AT_MOST_S, estimated_s or 0.0)
    return usual_s - elapsed_s if rest is None and elapsed_s > usual_s + _BEYOND_S else rest
