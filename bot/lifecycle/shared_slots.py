"""The gate of one of several processes that share the line: a job goes on when its slot is in the rows."""

import asyncio
import math
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import datetime
from typing import Final

import structlog

from bot.jobs.queue.fair_queue import SlotLimits, Ticket
from bot.jobs.queue.shared_line import LineState, SharedLine
from bot.jobs.queue.slots import FarBackError, QueuePosition, Slots
from bot.storage.database import Database
from bot.storage.errors import StorageError

log: Final = structlog.get_logger(__name__)

_LOOK_EVERY_S: Final = 3.0
"""For slots of jobs whose process died, which nobody gives back."""
_LOOK_IDLY_EVERY_S: Final = 15.0
"""The same where no job of this process waits: jobs may rest while no process has one that waits."""
_AGAIN_AFTER_S: Final = 1.0
_RUNS_AGAIN_WITHIN_S: Final = 5.0


class SharedSlots(Slots):
    """Lets jobs of this process through when the rows of all processes say so. `run` belongs to one task.

    What jobs of this process want is written in one transaction for all that want something at the same time.
    """

    def __init__(self, limits: SlotLimits, database: Database, now: Callable[[], datetime]) -> None:
        super().__init__(limits)
        self._rows = SharedLine(database, limits, now)
        self._all_waiting = 0
        # The future's result is None with a slot, or the place of a job that need not wait here.
        self._waiting: dict[str, tuple[Ticket, asyncio.Future[QueuePosition | None]]] = {}
        self._holding: dict[str, Ticket] = {}
        # Not in the rows yet.
        self._joining: dict[str, Ticket] = {}
        self._leaving: dict[str, int] = {}
        self._woken = asyncio.Event()
        self._looked_at_s = -math.inf
        self._near: list[str] = []
        self._named_at_s: dict[str, float] = {}
        self._comes_near = asyncio.Event()

    @property
    def running(self) -> int:
        """Number of this process's jobs that hold a slot."""
        return len(self._holding)

    @property
    def waiting(self) -> int:
        """Number of this process's jobs that wait for one."""
        return len(self._waiting)

    def occupy(self, ticket: Ticket) -> None:
        """Note that a job which is at the video service has its slot, by its state."""
        self._check_new(ticket)
        self._holding[ticket.job_id] = ticket

    async def wait(self, ticket: Ticket) -> None:
        """As `Slots.wait`; also until the database can be written."""
        self._check_new(ticket)
        given = asyncio.get_running_loop().create_future()
        self._waiting[ticket.job_id] = (ticket, given)
        self._joining[ticket.job_id] = ticket
        self._woken.set()
        try:
            place = await given
        except asyncio.CancelledError:
            self._waiting.pop(ticket.job_id, None)
            self._holding.pop(ticket.job_id, None)
            self._give_back(ticket)
            raise
        if place is not None:
            raise FarBackError(place)

    def holds(self, job_id: str) -> bool:
        """Return True if the job holds a slot."""
        return job_id in self._holding

    def release(self, job_id: str) -> None:
        """Give back the job's slot, if it holds one; soon the next ones are let through, in any process."""
        ticket = self._holding.pop(job_id, None)
        if ticket is not None:
            self._give_back(ticket)

    def standing(self, job_id: str) -> QueuePosition | None:
        """Return the place of the job among those of all processes; None if it is far behind, or does not wait."""
        place = super().standing(job_id) if job_id in self._waiting else None
        return None if place is None else QueuePosition(place.position, self._all_waiting)

    def estimated_start_s(
        self, rest_s: Callable[[str], float | None], took_s: Callable[[str], float | None]
    ) -> dict[str, float | None]:
        """As `Slots.estimated_start_s`. Jobs of other processes are taken to run as long as this one's do."""
        known = [took for job_id in (*self._holding, *self._waiting) if (took := took_s(job_id)) is not None]
        usual_s = sum(known) / len(known) if known else None

        def of_any(ask: Callable[[str], float | None]) -> Callable[[str], float | None]:
            return lambda job_id: ask(job_id) if self._is_own(job_id) else usual_s

        return super().estimated_start_s(of_any(rest_s), of_any(took_s))

    async def look_at(self, job_id: str | None) -> None:
        """Look soon, as another process has given a slot to a job; with None, to any."""
        if job_id is None:
            self._looked_at_s = -math.inf
        if job_id is None or job_id in self._waiting:
            self._woken.set()

    async def next_near(self) -> list[str]:
        """Return jobs that rested and are among the first now, once there are any: each wants to run again."""
        await self._comes_near.wait()
        self._comes_near.clear()
        near, self._near = self._near, []
        return near

    async def run(self) -> None:
        """Write what jobs want, and let through those that have a slot, until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(_LOOK_EVERY_S):
                    await self._woken.wait()
            self._woken.clear()
            looks = loop.time() - self._looked_at_s >= _LOOK_IDLY_EVERY_S
            if not (self._waiting or self._leaving or looks):
                continue
            try:
                await self._exchange()
            except StorageError as error:
                log.warning("slots_not_written", waiting=len(self._waiting), reason=str(error))
                await asyncio.sleep(_AGAIN_AFTER_S)
                self._woken.set()

    async def _exchange(self) -> None:
        leaving, self._leaving = self._leaving, {}
        joining, self._joining = self._joining, {}
        own = {job_id: ticket.claim for job_id, (ticket, _) in self._waiting.items()}
        try:
            state = await self._rows.change(leaving, joining.values(), own)
        except BaseException:
            # A job that left meanwhile does not join any more; one that joined anew has a newer ticket.
            still = {
                job_id: ticket
                for job_id, ticket in joining.items()
                if job_id in self._waiting and job_id not in self._leaving
            }
            self._joining = still | self._joining
            self._leaving = leaving | self._leaving
            raise
        self._looked_at_s = asyncio.get_running_loop().time()
        self._take_over(state)
        self._name(state.near)

    def _take_over(self, state: LineState) -> None:
        self._line, self._positions, self._all_waiting = state.line, None, state.waiting
        for job_id, (ticket, given) in tuple(self._waiting.items()):
            # The slot of a job that left since and joined anew is not one to be used: it is about to be given back.
            if job_id in self._leaving or job_id in self._joining:
                continue
            place = None
            if state.slots.get(job_id) == ticket.claim:
                self._holding[job_id] = ticket
            elif job_id in state.far:
                place = QueuePosition(state.far[job_id], state.waiting, is_estimate=True)
            else:
                continue
            del self._waiting[job_id]
            # A waiter that was cancelled just now has yet to run; when it does it leaves, or gives the slot back.
            if not given.done():
                given.set_result(place)

    def _name(self, near: Iterable[str]) -> None:
        """Have jobs run again whose turn is near. All processes see and name them, until one has begun a run."""
        now_s = asyncio.get_running_loop().time()
        lately = {
            job_id: named_at_s
            for job_id, named_at_s in self._named_at_s.items()
            if now_s - named_at_s < _RUNS_AGAIN_WITHIN_S
        }
        due = [job_id for job_id in near if job_id not in lately]
        self._named_at_s = lately | dict.fromkeys(due, now_s)
        if due:
            self._near += due
            self._comes_near.set()

    def _give_back(self, ticket: Ticket) -> None:
        self._joining.pop(ticket.job_id, None)
        self._leaving[ticket.job_id] = ticket.claim
        self._woken.set()

    def _is_own(self, job_id: str) -> bool:
        return job_id in self._holding or job_id in self._waiting

    def _check_new(self, ticket: Ticket) -> None:
        if self._is_own(ticket.job_id):
            raise ValueError(f"job {ticket.job_id} is in the line already")
