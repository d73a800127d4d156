"""The line of jobs as rows, for several processes: whoever looks gives out all free slots, to anybody's jobs.

Two things take a slot, and both are facts of rows. A job at the video service takes one by its state, whoever
runs it. A job that is about to be submitted takes one by an entry, which counts for the run that waited: a run that
lost its claim has none, and cannot submit either.

Runs wait for the first places alone. A job that is farther back rests: it has its entry and no run, costs no
process anything, and runs again when it has come near. The first are those of the first turns: everybody's oldest
job comes before anybody's second one. Among them the rules of `FairQueue` decide.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import (
    Executable,
    Row,
    and_,
    bindparam,
    delete,
    exists,
    func,
    or_,
    select,
    text,
    tuple_,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.jobs.job import JobState
from bot.jobs.queue.fair_queue import EXACT_PLACES, FairQueue, SlotLimits, Ticket
from bot.storage.advisory_locks import SharedLock
from bot.storage.change_feed import ChangeKind
from bot.storage.database import Database
from bot.storage.line_tables import line_entries
from bot.storage.tables import AT_SERVICE, UtcMoment, jobs

READ_AT_ONCE: Final = EXACT_PLACES
"""So many waiting jobs are looked at, in turn; more only where none of them may start."""
_NAMED_AT_ONCE: Final = 500
_SERVED_LATELY: Final = timedelta(hours=1)
"""Who was served before then counts as a newcomer."""
_TIDY_EVERY: Final = timedelta(minutes=1)
_MAY_SUBMIT: Final = (JobState.QUEUED.value, JobState.SUBMITTING.value, JobState.GENERATING.value)

_entry: Final = line_entries.c
_unsettled: Final = and_(jobs.c.settled_at.is_(None), jobs.c.parked_at.is_(None))
_of_run: Final = and_(jobs.c.id == _entry.job_id, jobs.c.claim == _entry.claim)
_waits: Final = and_(jobs.c.state == JobState.QUEUED.value, _unsettled)
_HAS_SLOT: Final = _entry.slot_at.is_not(None)
_OVER: Final = ~exists().where(_of_run, jobs.c.state.in_(_MAY_SUBMIT), _unsettled)
_TIDY: Final = delete(line_entries).where(_OVER)
_END_SLOTS: Final = _TIDY.where(_HAS_SLOT)
_LEAVE: Final = delete(line_entries).where(
    _entry.job_id == bindparam("of_job"), _entry.claim == bindparam("of_claim")
)
# As SQL, as both kinds of databases read it. A run that lost its claim does not take the place of the newer one.
_JOIN: Final = text(
    "INSERT INTO line_entries (job_id, claim, turn, number) VALUES (:job_id, :claim, :turn, :number)"
    " ON CONFLICT (job_id) DO UPDATE SET claim = excluded.claim, slot_at = NULL, resting = FALSE"
    " WHERE line_entries.claim < excluded.claim"
)
_FIRST_TURN: Final = select(func.min(_entry.turn)).where(_entry.slot_at.is_(None))
_LAST_TURNS: Final = (
    select(jobs.c.person_id, func.max(_entry.turn).label("turn"))
    .join(line_entries, jobs.c.id == _entry.job_id)
    .where(jobs.c.settled_at.is_(None))
    .group_by(jobs.c.person_id)
)
_PLACE: Final = (jobs.c.id, jobs.c.person_id, jobs.c.guild_id, jobs.c.claim)
_WAITING: Final = (
    select(*_PLACE, _entry.number, _entry.resting)
    .join(line_entries, _of_run)
    .where(_entry.slot_at.is_(None), _waits)
    .order_by(_entry.turn, _entry.number)
    .limit(READ_AT_ONCE)
)
_REST: Final = (
    update(line_entries)
    .where(_entry.slot_at.is_(None), exists().where(_of_run, _waits))
    .values(resting=True)
    .returning(_entry.job_id, _entry.turn, _entry.number)
)
_WITH_SLOT: Final = (
    select(*_PLACE, _entry.slot_at.label("since")).join(line_entries, _of_run).where(_HAS_SLOT)
)
_AT_SERVICE: Final = select(
    *_PLACE, func.coalesce(jobs.c.submitted_at, jobs.c.created_at).label("since")
).where(text(AT_SERVICE))
_COUNT: Final = select(func.count()).select_from(line_entries).where(_entry.slot_at.is_(None))
_order: Final = (_entry.turn, _entry.number)
_places: Final = (
    select(*_order, func.row_number().over(order_by=_order).label("place"))
    .where(_entry.slot_at.is_(None))
    .subquery()
)
_MILESTONES: Final = (
    select(_places.c.turn, _places.c.number)
    .where(_places.c.place % READ_AT_ONCE == 0)
    .order_by(_places.c.place)
)
"""Every five-hundredth waiting job: enough to tell about where any is."""


@dataclass(frozen=True)
class LineState:
    """The line at one moment.

    Attributes:
        line: The jobs with a slot, and the first that wait.
        waiting: How many wait.
        slots: The claims of the runs that have a slot, by their jobs.
        near: Jobs that rest and are among the first, so that runs of theirs should wait.
        far: Jobs whose runs need not wait: they rest from now on. The value is about their place.
    """

    line: FairQueue
    waiting: int
    slots: Mapping[str, int]
    near: Sequence[str]
    far: Mapping[str, int]


class SharedLine:
    """Changes the rows. Raises `bot.storage.errors.StorageError`."""

    def __init__(self, database: Database, limits: SlotLimits, now: Callable[[], datetime]) -> None:
        self._database = database
        self._limits = limits
        self._now = now
        self._tidied_at = now()

    async def change(
        self, leaving: Mapping[str, int], joining: Collection[Ticket], own: Mapping[str, int]
    ) -> LineState:
        """Have jobs leave the line or give back their slots, then others join, then give out what is free.

        Every process counts and gives out under one lock, and what it has given is committed before it tells. May
        be repeated if it is not known whether it was committed.

        Args:
            leaving: Claims of the runs that leave, by their jobs.
            joining: Jobs that wait from now on.
            own: Claims of the runs of this process that wait, by their jobs; of others' slots their processes are
                told.
        """
        async with self._database.write() as connection:
            await self._database.lock(connection, SharedLock.LINE)
            if leaving:
                ends = [{"of_job": job_id, "of_claim": claim} for job_id, claim in leaving.items()]
                await connection.execute(_LEAVE, ends)
            if joining:
                await _join(connection, joining)
            await self._end_slots(connection)
            given = _GivenSlots(connection, self._limits, self._now(), own)
            await given.give_out()
            for job_id in given.new:
                if job_id not in own:
                    await self._database.announce(connection, ChangeKind.SLOT, job_id)
            return await given.state()

    async def _end_slots(self, connection: AsyncConnection) -> None:
        """Delete entries of runs that are over. Those that only wait take nothing, and need not go at once."""
        now = self._now()
        tidies = now - self._tidied_at >= _TIDY_EVERY
        await connection.execute(_TIDY if tidies else _END_SLOTS)
        if tidies:
            self._tidied_at = now


async def _join(connection: AsyncConnection, joining: Collection[Ticket]) -> None:
    """Have jobs wait behind their users' others; a user without any waits with those who are first at present."""
    people = {ticket.person_id for ticket in joining}
    rows = (await connection.execute(_LAST_TURNS.where(jobs.c.person_id.in_(people)))).all()
    last: dict[int, int] = {row.person_id: row.turn for row in rows}
    first = (await connection.execute(_FIRST_TURN)).scalar() or 0
    places: list[dict[str, Any]] = []
    for ticket in sorted(joining, key=lambda one: one.number):
        turn = max(first, last.get(ticket.person_id, -1) + 1)
        last[ticket.person_id] = turn
        places.append({"job_id": ticket.job_id, "claim": ticket.claim, "turn": turn, "number": ticket.number})
    await connection.execute(_JOIN, places)


class _GivenSlots:
    """The slots within one transaction, whose lock keeps other processes from giving any."""

    def __init__(
        self, connection: AsyncConnection, limits: SlotLimits, now: datetime, own: Mapping[str, int]
    ) -> None:
        self.new: list[str] = []
        """Jobs that were given a slot."""
        self._connection = connection
        self._limits = limits
        self._now = now
        self._own = own
        self._line = FairQueue(limits)
        self._holding: dict[str, Ticket] = {}
        self._since: dict[str, datetime] = {}
        self._near: dict[str, Ticket] = {}
        self._is_whole = True

    async def give_out(self) -> None:
        """Give a slot to each job that may start, by the rules of the line."""
        waiting = await self._rows(_WAITING)
        self._is_whole = len(waiting) < READ_AT_ONCE
        await self._seat({row.person_id for row in waiting})
        more = await self._admit(waiting) or not self._is_whole
        while more and not self._is_whole and len(self._holding) < self._limits.total:
            more = await self._admit(await self._rows(self._may_start()))

    async def state(self) -> LineState:
        """Return the line as it is now, after those that are far back were laid to rest."""
        slots = {ticket.job_id: ticket.claim for ticket in self._holding.values()}
        far = {} if self._is_whole else await self._lay_to_rest()
        for ticket in self._near.values():
            self._line.add(ticket)
        waiting = len(self._line.waiting)
        if not self._is_whole:
            waiting = (await self._connection.execute(_COUNT)).scalar_one()
        return LineState(self._line, waiting, slots, tuple(self._near), far)

    async def _rows(self, chosen: Executable) -> Sequence[Row[Any]]:
        return (await self._connection.execute(chosen)).all()

    async def _seat(self, person_ids: Collection[int]) -> None:
        """Have the line know who holds a slot, and who was served, in the order in which that was."""
        # Entries first: a run that submits and loses its claim in between is then found by its state. What has an
        # entry is not judged by its state again, which may have changed since the entry was kept.
        for row in (*await self._rows(_WITH_SLOT), *await self._rows(_AT_SERVICE)):
            self._holding[row.id] = Ticket(row.id, row.person_id, row.guild_id, 0, row.claim)
            self._since[row.id] = row.since
        served = (
            select(jobs.c.person_id, func.max(jobs.c.submitted_at, type_=UtcMoment).label("since"))
            .where(jobs.c.submitted_at >= self._now - _SERVED_LATELY, jobs.c.person_id.in_(person_ids))
            .group_by(jobs.c.person_id)
        )
        turns = [(self._since[job_id], ticket, True) for job_id, ticket in self._holding.items()]
        turns += [
            (row.since, Ticket(f"served {row.person_id}", row.person_id, None, 0), False)
            for row in (await self._rows(served) if person_ids else ())
        ]
        for _, ticket, stays in sorted(turns, key=lambda turn: (turn[0], turn[1].job_id)):
            self._line.occupy(ticket)
            if not stays:
                self._line.finish(ticket.job_id)

    async def _admit(self, waiting: Sequence[Row[Any]]) -> bool:
        """Have jobs wait in the line, and give slots to those whose turn it is. Returns True if any got one.

        A job without a run could not use a slot.
        """
        for row in waiting:
            if row.id in self._holding or row.id in self._line.waiting:
                continue
            ticket = Ticket(row.id, row.person_id, row.guild_id, row.number, row.claim)
            if row.resting and self._own.get(row.id) != row.claim:
                self._near[row.id] = ticket
            else:
                self._line.add(ticket)
        given: list[str] = []
        while (ticket := self._line.admit()) is not None:
            self._holding[ticket.job_id] = ticket
            given.append(ticket.job_id)
        if given:
            change = update(line_entries).where(_entry.job_id.in_(given))
            await self._connection.execute(change.values(slot_at=self._now, resting=False))
        self.new += given
        return bool(given)

    async def _lay_to_rest(self) -> dict[str, int]:
        """Have jobs of this process rest that are behind what was read. Returns about where they are."""
        beyond = [
            (job_id, claim)
            for job_id, claim in self._own.items()
            if job_id not in self._holding and job_id not in self._line.waiting
        ]
        places: dict[str, tuple[int, int]] = {}
        for start in range(0, len(beyond), _NAMED_AT_ONCE):
            runs = tuple_(_entry.job_id, _entry.claim).in_(beyond[start : start + _NAMED_AT_ONCE])
            rows = await self._rows(_REST.where(runs))
            places |= {row.job_id: (row.turn, row.number) for row in rows}
        if not places:
            return {}
        milestones = [(row.turn, row.number) for row in await self._rows(_MILESTONES)]
        return {
            job_id: READ_AT_ONCE * max(1, bisect_left(milestones, place)) + READ_AT_ONCE // 2
            for job_id, place in places.items()
        }

    def _may_start(self) -> Executable:
        """Select waiting jobs that no limit of a person or a server holds back."""
        of_people = Counter(ticket.person_id for ticket in self._holding.values())
        of_servers = Counter(ticket.guild_id for ticket in self._holding.values())
        people = [one for one, count in of_people.items() if count >= self._limits.per_person]
        servers = [
            one for one, count in of_servers.items() if one is not None and count >= self._limits.per_server
        ]
        in_room = or_(jobs.c.guild_id.is_(None), jobs.c.guild_id.not_in(servers))
        return _WAITING.where(jobs.c.person_id.not_in(people), in_room)
