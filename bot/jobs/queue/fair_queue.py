"""The line of jobs that wait for a slot: who is next, in which order all will start, and when.

People take turns. Whoever was served longest ago comes first; before them come those who were never served, by
the arrival of their oldest waiting job. Of one person's jobs the oldest that may start does. A job that its
server's or its person's limit holds back keeps its place and holds back nobody else.

So no job that may start waits while a slot is free; and while one of a person's jobs may start, everybody
else starts at most one before it, and those who were served after that person start none.
"""

from bisect import insort
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from heapq import heapify, heappop, heappush
from math import inf
from typing import Final

_AFTER_NEWCOMERS: Final = 1 << 64
"""Added to the turns of people who were served, which puts them behind every number of a ticket."""

_REMEMBERED_PEOPLE: Final = 10_000
"""Of how many people it is kept when they were last served; others count as newcomers when they return."""

EXACT_PLACES: Final = 500
"""So many of the next starts are worked out; whose is behind them is told about where."""


@dataclass(frozen=True)
class SlotLimits:
    """Most jobs that run at once: together, on one server, for one person. Raises `ValueError` below 1."""

    total: int = 20
    per_server: int = 8
    per_person: int = 2

    def __post_init__(self) -> None:
        if min(self.total, self.per_server, self.per_person) < 1:
            raise ValueError("a limit below 1 would let nobody through")


@dataclass(frozen=True, slots=True)
class Ticket:
    """A job's place in the order of arrival, `number`. Direct messages have no `guild_id`, and no such limit.

    `claim` is that of the run that waits.
    """

    job_id: str
    person_id: int
    guild_id: int | None
    number: int
    claim: int = 0


_Entry = tuple[int, int]
"""A place in the order of people, and the person whose place it is."""


@dataclass(slots=True)
class _Person:
    """Somebody with jobs. `lanes` holds the waiting ones by server, each lane in order of arrival.

    `place` orders people: for newcomers the number of their oldest ticket, for others their last turn. Who is
    `parked` waits only on servers without room, in their queues, and not among those who are ready.
    """

    place: int
    running: int = 0
    parked: bool = False
    lanes: dict[int | None, list[Ticket]] = field(default_factory=dict[int | None, list[Ticket]])

    def settle(self) -> bool:
        """Give a newcomer the place that the waiting jobs now give; whether that changed anything."""
        if not self.lanes or self.place > _AFTER_NEWCOMERS:
            return False
        before = self.place
        self.place = min(lane[0].number for lane in self.lanes.values())
        return self.place != before

    def copy(self) -> "_Person":
        lanes = {guild_id: lane.copy() for guild_id, lane in self.lanes.items()}
        return _Person(self.place, self.running, self.parked, lanes)


@dataclass(slots=True)
class _Server:
    """A server with jobs. `queue` is a heap of the people who are parked there, and some who were."""

    room: float
    """Number of jobs that may still begin there; infinite for direct messages, below zero while too many run."""
    jobs: int = 0
    queue: list[_Entry] = field(default_factory=list[_Entry])

    def copy(self) -> "_Server":
        return _Server(self.room, self.jobs, self.queue.copy())


class FairQueue:
    """Jobs that wait and jobs that run, changed one at a time.

    Joining, starting and finishing take logarithmic time; to leave from the line, or to come into it later
    than one's number says, is linear in the people who wait.
    """

    def __init__(self, limits: SlotLimits) -> None:
        self._limits = limits
        self._waiting: dict[str, Ticket] = {}
        self._running: dict[str, Ticket] = {}
        self._people: dict[int, _Person] = {}
        self._servers: dict[int | None, _Server] = {}
        self._ready: list[_Entry] = []
        # Servers that got room while people were parked there.
        self._freed: set[int | None] = set()
        self._turn = _AFTER_NEWCOMERS
        self._turns: dict[int, int] = {}
        # Of a copy: who is still the same object as in the line that was copied.
        self._borrowed_people: set[int] = set()
        self._borrowed_servers: set[int | None] = set()

    @property
    def waiting(self) -> Collection[str]:
        """The jobs that wait, in the order in which they joined."""
        return self._waiting.keys()

    @property
    def running(self) -> Collection[str]:
        """The jobs that run, in the order in which they started."""
        return self._running.keys()

    def copy(self) -> "FairQueue":
        """A line of the same jobs that changes on its own, as long as this one does not change.

        What is worked out of a long line touches few people, so each is copied when first touched.
        """
        twin = FairQueue(self._limits)
        twin._waiting = self._waiting.copy()
        twin._running = self._running.copy()
        twin._people, twin._borrowed_people = self._people.copy(), set(self._people)
        twin._servers, twin._borrowed_servers = self._servers.copy(), set(self._servers)
        twin._ready = self._ready.copy()
        twin._freed = self._freed.copy()
        twin._turn = self._turn
        twin._turns = self._turns.copy()
        return twin

    def add(self, ticket: Ticket) -> None:
        """Put a job in line. Raises `ValueError` if it waits or runs already."""
        self._check_new(ticket)
        self._waiting[ticket.job_id] = ticket
        person = self._person(ticket)
        lane = person.lanes.setdefault(ticket.guild_id, [])
        insort(lane, ticket, key=lambda waiting: waiting.number)
        server = self._server(ticket.guild_id)
        server.jobs += 1
        if person.settle() or (person.parked and server.room > 0):
            self._withdraw(ticket.person_id, person)
            self._enter(ticket.person_id, person)
        elif len(lane) == 1 and person.parked:
            heappush(server.queue, (person.place, ticket.person_id))
        elif len(lane) == 1 and len(person.lanes) == 1:
            self._enter(ticket.person_id, person)

    def occupy(self, ticket: Ticket) -> None:
        """Have a job run at once, whatever the limits. Raises `ValueError` if it waits or runs already."""
        self._check_new(ticket)
        self._server(ticket.guild_id).jobs += 1
        self._seat(ticket, self._person(ticket))

    def remove(self, job_id: str) -> bool:
        """Take a waiting job out of the line; whether it waited."""
        ticket = self._waiting.pop(job_id, None)
        if ticket is None:
            return False
        person = self._own_person(ticket.person_id)
        self._withdraw(ticket.person_id, person)
        self._take(ticket, person)
        person.settle()
        self._enter(ticket.person_id, person)
        self._forget(ticket, person)
        return True

    def admit(self) -> Ticket | None:
        """Start the job whose turn it is; None while no waiting job may start."""
        if len(self._running) >= self._limits.total:
            return None
        while queue := self._first_queue():
            place, person_id = heappop(queue)
            person = self._people.get(person_id)
            if person is None or person.place != place:
                continue  # has started a job since, from elsewhere
            person = self._own_person(person_id)
            ticket = self._startable(person)
            if ticket is not None:
                self._start(ticket, person)
                return ticket
            self._park(person_id, person)
        return None

    def finish(self, job_id: str) -> bool:
        """Have a job no longer run; whether it ran."""
        ticket = self._running.pop(job_id, None)
        if ticket is None:
            return False
        person = self._own_person(ticket.person_id)
        person.running -= 1
        if person.running == self._limits.per_person - 1:
            # Who is at the limit is in no queue.
            self._enter(ticket.person_id, person)
        server = self._own_server(ticket.guild_id)
        server.room += 1
        if server.queue and server.room > 0:
            self._freed.add(ticket.guild_id)
        self._forget(ticket, person)
        return True

    def _check_new(self, ticket: Ticket) -> None:
        if ticket.job_id in self._waiting or ticket.job_id in self._running:
            raise ValueError(f"job {ticket.job_id} is in the line already")

    def _person(self, ticket: Ticket) -> _Person:
        if ticket.person_id not in self._people:
            place = self._turns.get(ticket.person_id, ticket.number)
            self._people[ticket.person_id] = _Person(place)
        return self._own_person(ticket.person_id)

    def _server(self, guild_id: int | None) -> _Server:
        if guild_id not in self._servers:
            self._servers[guild_id] = _Server(inf if guild_id is None else self._limits.per_server)
        return self._own_server(guild_id)

    def _own_person(self, person_id: int) -> _Person:
        if person_id in self._borrowed_people:
            self._borrowed_people.discard(person_id)
            self._people[person_id] = self._people[person_id].copy()
        return self._people[person_id]

    def _own_server(self, guild_id: int | None) -> _Server:
        if guild_id in self._borrowed_servers:
            self._borrowed_servers.discard(guild_id)
            self._servers[guild_id] = self._servers[guild_id].copy()
        return self._servers[guild_id]

    def _first_queue(self) -> list[_Entry]:
        """The queue whose first person comes first of all; an empty one where nobody may be next."""
        first = self._ready
        for guild_id in self._freed:
            queue = self._own_server(guild_id).queue
            if queue and (not first or queue[0] < first[0]):
                first = queue
        return first

    def _startable(self, person: _Person) -> Ticket | None:
        """The oldest of the person's jobs whose server has room."""
        oldest = None
        for guild_id, lane in person.lanes.items():
            older = oldest is None or lane[0].number < oldest.number
            if older and self._servers[guild_id].room > 0:
                oldest = lane[0]
        return oldest

    def _start(self, ticket: Ticket, person: _Person) -> None:
        del self._waiting[ticket.job_id]
        self._take(ticket, person)
        self._seat(ticket, person)

    def _take(self, ticket: Ticket, person: _Person) -> None:
        lane = person.lanes[ticket.guild_id]
        lane.remove(ticket)
        if not lane:
            del person.lanes[ticket.guild_id]

    def _seat(self, ticket: Ticket, person: _Person) -> None:
        self._running[ticket.job_id] = ticket
        self._turn += 1
        person.running += 1
        person.place = self._turn
        self._turns.pop(ticket.person_id, None)
        self._turns[ticket.person_id] = self._turn
        if len(self._turns) > _REMEMBERED_PEOPLE:
            del self._turns[next(iter(self._turns))]
        server = self._own_server(ticket.guild_id)
        server.room -= 1
        if server.room <= 0:
            self._freed.discard(ticket.guild_id)
        self._enter(ticket.person_id, person)

    def _enter(self, person_id: int, person: _Person) -> None:
        """Have somebody with a new place, or in no queue, wait among those who are ready."""
        person.parked = False
        if person.lanes and person.running < self._limits.per_person:
            heappush(self._ready, (person.place, person_id))

    def _park(self, person_id: int, person: _Person) -> None:
        person.parked = True
        for guild_id in person.lanes:
            heappush(self._own_server(guild_id).queue, (person.place, person_id))

    def _withdraw(self, person_id: int, person: _Person) -> None:
        """Take somebody out of all queues."""
        queues = (
            [self._own_server(guild_id).queue for guild_id in person.lanes]
            if person.parked
            else [self._ready]
        )
        for queue in queues:
            queue[:] = [entry for entry in queue if entry[1] != person_id]
            heapify(queue)

    def _forget(self, ticket: Ticket, person: _Person) -> None:
        """Drop what is kept because of a job that has left or finished."""
        if not person.lanes and not person.running:
            del self._people[ticket.person_id]
        server = self._own_server(ticket.guild_id)
        server.jobs -= 1
        if not server.jobs:
            del self._servers[ticket.guild_id]
            self._freed.discard(ticket.guild_id)


def positions(line: FairQueue, *, first: int = EXACT_PLACES) -> dict[str, int]:
    """For the waiting jobs that start first, as which each will, from 1, if nobody joins or leaves the line.

    The running jobs are taken to finish one at a time, those that started first first. The limits hold.
    """
    future = line.copy()
    found: dict[str, int] = {}
    wanted = min(first, len(line.waiting))
    while len(found) < wanted:
        ticket = future.admit()
        if ticket is None:
            future.finish(next(iter(future.running)))
        else:
            found[ticket.job_id] = len(found) + 1
    return found


def estimated_start_s(
    line: FairQueue,
    rest_s: Callable[[str], float | None],
    took_s: Callable[[str], float | None],
    *,
    starts: int = EXACT_PLACES,
) -> dict[str, float | None]:
    """For every waiting job, in how many seconds it will start, if nobody joins or leaves the line.

    `rest_s` says how long a running job will go on, `took_s` how long a waiting one will run; a job for which
    they say None is taken to hold its slot for good. None for jobs that can then not start, and for all that
    would start after the first `starts`.
    """
    future = line.copy()
    found: dict[str, float | None] = dict.fromkeys(line.waiting)
    ends = [(rest, job_id) for job_id in line.running if (rest := rest_s(job_id)) is not None]
    heapify(ends)
    now_s = 0.0
    left = starts
    while left > 0:
        ticket = future.admit()
        if ticket is not None:
            left -= 1
            found[ticket.job_id] = now_s
            duration_s = took_s(ticket.job_id)
            if duration_s is not None:
                heappush(ends, (now_s + duration_s, ticket.job_id))
        elif ends:
            end_s, job_id = heappop(ends)
            now_s = max(now_s, end_s)
            future.finish(job_id)
        else:
            break
    return found
