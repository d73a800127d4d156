"""The gate of this process around the line: jobs wait here for a slot, hold it, and give it back."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from bot.jobs.queue.fair_queue import FairQueue, SlotLimits, Ticket, estimated_start_s, positions


@dataclass(frozen=True)
class QueuePosition:
    """Place of a waiting job: as which it will start, from 1, and how many wait.

    `is_estimate` is True behind the first 500, whose order is not worked out.
    """

    position: int
    waiting: int
    is_estimate: bool = False


class FarBackError(Exception):
    """The job is so far back in the line that no run of it need wait: it runs again when it has come near."""

    def __init__(self, place: QueuePosition) -> None:
        super().__init__(f"about number {place.position} in line")
        self.place = place


class Slots:
    """Lets jobs through as the line says. For one event loop; it has no task of its own.

    Only those who may start are woken. Whoever shows a position asks for it when it is time to show it: the
    order is worked out at most once after each change, however many ask.
    """

    def __init__(self, limits: SlotLimits) -> None:
        self._line = FairQueue(limits)
        self._grants: dict[str, asyncio.Future[None]] = {}
        self._positions: dict[str, int] | None = None
        self._left = 0
        # Of each waiting job: how many had left the line or waited when it came.
        self._came: dict[str, int] = {}

    @property
    def running(self) -> int:
        """Number of jobs that hold a slot."""
        return len(self._line.running)

    @property
    def waiting(self) -> int:
        """Number of jobs that wait for one."""
        return len(self._line.waiting)

    def occupy(self, ticket: Ticket) -> None:
        """Give a job that runs already its slot, even above the limits.

        Raises `ValueError` if it waits or holds one.
        """
        self._line.occupy(ticket)
        self._changed()

    async def wait(self, ticket: Ticket) -> None:
        """Return when the job may start; from then on it holds a slot, until `release`.

        A wait that is cancelled leaves the line, and gives back a slot that it got in the same moment.

        Raises:
            ValueError: The job waits or holds a slot already.
            FarBackError: It waits without a run.
        """
        self._line.add(ticket)
        self._came[ticket.job_id] = self._left + self.waiting
        grant = asyncio.get_running_loop().create_future()
        self._grants[ticket.job_id] = grant
        self._changed()
        try:
            await grant
        except asyncio.CancelledError:
            self._grants.pop(ticket.job_id, None)
            if self._line.remove(ticket.job_id):
                self._leave(ticket.job_id)
            else:
                self._line.finish(ticket.job_id)
            self._changed()
            raise

    def holds(self, job_id: str) -> bool:
        """Return True if the job holds a slot."""
        return job_id in self._line.running

    def release(self, job_id: str) -> None:
        """Give back the job's slot, if it holds one, and let the next ones through."""
        if self._line.finish(job_id):
            self._changed()

    def standing(self, job_id: str) -> QueuePosition | None:
        """Return the place of the job; None if it does not wait."""
        if self._positions is None:
            self._positions = positions(self._line)
        position, waiting = self._positions.get(job_id), len(self._line.waiting)
        if position is not None:
            return QueuePosition(position, waiting)
        came = self._came.get(job_id)
        if came is None:
            return None
        about = min(max(came - self._left, len(self._positions) + 1), waiting)
        return QueuePosition(about, waiting, is_estimate=True)

    def estimated_start_s(
        self, rest_s: Callable[[str], float | None], took_s: Callable[[str], float | None]
    ) -> dict[str, float | None]:
        """In how many seconds each waiting job will start, as in `bot.jobs.queue.fair_queue`.

        Takes some milliseconds in a long line, so one answer should serve all who ask in the same second.
        """
        return estimated_start_s(self._line, rest_s, took_s)

    def _leave(self, job_id: str) -> None:
        del self._came[job_id]
        self._left += 1

    def _changed(self) -> None:
        self._positions = None
        while (ticket := self._line.admit()) is not None:
            self._leave(ticket.job_id)
            grant = self._grants.pop(ticket.job_id)
            # A waiter that was cancelled just now has yet to run; when it does it gives the slot back.
            if not grant.done():
                grant.set_result(None)
