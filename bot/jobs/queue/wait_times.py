"""Starts of waiting jobs, estimated from the rests of the running ones and the history of finished ones."""

import asyncio
from typing import Final

from bot.jobs.cards import InLine
from bot.jobs.queue.durations import DurationStats
from bot.jobs.queue.slots import Slots
from bot.video import VideoRequest

_GOOD_FOR_S: Final = 2.0
"""One simulation of the line serves all cards that ask within this time."""


class WaitTimes:
    """Knows of each job under way what was asked for and when it should end. Times are the event loop's."""

    def __init__(self, slots: Slots, durations: DurationStats) -> None:
        self._slots = slots
        self._durations = durations
        self._requests: dict[str, VideoRequest] = {}
        self._ends_s: dict[str, float] = {}
        self._starts: dict[str, float | None] = {}
        self._made_s = float("-inf")

    def follow(self, job_id: str, request: VideoRequest) -> None:
        """Take the job into account."""
        self._requests[job_id] = request

    def ends_in(self, job_id: str, rest_s: float | None) -> None:
        """A running job has about `rest_s` seconds to go; None where nothing says so."""
        if rest_s is None:
            self._ends_s.pop(job_id, None)
        else:
            self._ends_s[job_id] = asyncio.get_running_loop().time() + rest_s

    def forget(self, job_id: str) -> None:
        """The job no longer runs or waits here."""
        self._requests.pop(job_id, None)
        self._ends_s.pop(job_id, None)

    def in_line(self, job_id: str) -> InLine | None:
        """Return where a job waits; None if it does not, or if that cannot be told."""
        place = self._slots.standing(job_id)
        if place is None:
            return None
        start_s = None if place.is_estimate else self.starts_in_s(job_id)
        return InLine(place.position, place.waiting, start_s, is_estimate=place.is_estimate)

    def starts_in_s(self, job_id: str) -> float | None:
        """In how many seconds a waiting job should begin; None where that cannot be told."""
        now_s = asyncio.get_running_loop().time()
        if now_s - self._made_s > _GOOD_FOR_S or job_id not in self._starts:
            self._starts = self._slots.estimated_start_s(self._rest_s, self._took_s)
            self._made_s = now_s
        start_s = self._starts.get(job_id)
        return None if start_s is None else max(0.0, start_s - (now_s - self._made_s))

    def _rest_s(self, job_id: str) -> float | None:
        end_s = self._ends_s.get(job_id)
        if end_s is None:
            return self._took_s(job_id)
        return max(0.0, end_s - asyncio.get_running_loop().time())

    def _took_s(self, job_id: str) -> float | None:
        request = self._requests.get(job_id)
        if request is None:
            return None
        return self._durations.took_s(request.seconds, request.resolution, request.reference_count)
