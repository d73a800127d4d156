"""The line: whom the rule names, what it promises to those who wait, and what it foretells."""

from collections import Counter
from collections.abc import Callable, Mapping, Sized
from dataclasses import dataclass, field
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.jobs.queue.fair_queue import FairQueue, SlotLimits, Ticket, estimated_start_s, positions


def a_ticket(number: int, person_id: int = 1, guild_id: int | None = 1) -> Ticket:
    return Ticket(f"job-{number}", person_id, guild_id, number)


def a_line(*tickets: Ticket, limits: SlotLimits | None = None) -> FairQueue:
    line = FairQueue(limits or SlotLimits(total=1))
    for ticket in tickets:
        line.add(ticket)
    return line


@dataclass
class PlainLine:
    """The rule once more, in its plainest form, which looks at everybody each time."""

    limits: SlotLimits
    waiting: list[Ticket] = field(default_factory=list[Ticket])
    running: list[Ticket] = field(default_factory=list[Ticket])
    served: list[int] = field(default_factory=list[int])
    """Who started a job, in that order."""

    def startable(self) -> list[Ticket]:
        if len(self.running) >= self.limits.total:
            return []
        people = Counter(ticket.person_id for ticket in self.running)
        servers = Counter(ticket.guild_id for ticket in self.running)
        return [
            ticket
            for ticket in self.waiting
            if people[ticket.person_id] < self.limits.per_person
            and (ticket.guild_id is None or servers[ticket.guild_id] < self.limits.per_server)
        ]

    def next(self) -> Ticket | None:
        turns = {person_id: turn for turn, person_id in enumerate(self.served, 1)}

        def rank(ticket: Ticket) -> tuple[int, int, int]:
            own = [other.number for other in self.waiting if other.person_id == ticket.person_id]
            return (turns.get(ticket.person_id, 0), min(own), ticket.number)

        return min(self.startable(), key=rank, default=None)

    def start(self, ticket: Ticket) -> None:
        if ticket in self.waiting:
            self.waiting.remove(ticket)
        self.running.append(ticket)
        self.served.append(ticket.person_id)


@dataclass(frozen=True)
class Start:
    """One start, with what ran before it and what could have started instead."""

    ticket: Ticket
    running: list[Ticket]
    startable: list[Ticket]


@dataclass
class Both:
    """A line and the plain one side by side."""

    line: FairQueue
    plain: PlainLine
    admitted: list[Start] = field(default_factory=list[Start])
    starts: list[Start] = field(default_factory=list[Start])
    """The admitted ones, and those that were found running."""

    def take(self, step: str, ticket: Ticket, choice: int) -> None:
        match step:
            case "join":
                self.line.add(ticket)
                self.plain.waiting.append(ticket)
            case "occupy":
                self.line.occupy(ticket)
                self.starts.append(Start(ticket, self.plain.running.copy(), []))
                self.plain.start(ticket)
            case "leave" if self.plain.waiting:
                left = self.plain.waiting.pop(choice % len(self.plain.waiting))
                assert self.line.remove(left.job_id)
            case "finish" if self.plain.running:
                ended = self.plain.running.pop(choice % len(self.plain.running))
                assert self.line.finish(ended.job_id)
            case _:
                self.admit()

    def admit(self) -> Ticket | None:
        startable, expected = self.plain.startable(), self.plain.next()
        ticket = self.line.admit()
        assert ticket == expected
        if ticket is not None:
            self.admitted.append(Start(ticket, self.plain.running.copy(), startable))
            self.starts.append(self.admitted[-1])
            self.plain.start(ticket)
        return ticket

    def admit_all(self) -> None:
        while self.admit() is not None:
            pass


STEPS = ("join", "admit", "leave", "finish", "occupy")


@st.composite
def courses(draw: st.DrawFn) -> Both:
    """A line after much has happened to it; many a job comes later than its number says, and copies go on."""
    chance = Random(draw(st.integers(min_value=0, max_value=1 << 32)))
    limits = SlotLimits(chance.randint(1, 8), chance.randint(1, 3), chance.randint(1, 3))
    both = Both(FairQueue(limits), PlainLine(limits))
    people, guilds = chance.choice([2, 5, 12]), chance.choice([2, 4, 9])
    weights = [
        chance.uniform(1, 3),
        chance.random(),
        chance.random() / 2,
        chance.random(),
        chance.random() / 4,
    ]
    for count in range(draw(st.sampled_from([5, 20, 60, 100]))):
        late = chance.choice([0, 0, 0, 2, 10])
        number = 1000 * (count - late) + count
        ticket = a_ticket(number, chance.randrange(people), chance.randrange(guilds) or None)
        (step,) = chance.choices(STEPS, weights)
        both.take(step, ticket, chance.randrange(100))
        if chance.random() < 0.5:
            both.admit_all()
        if chance.random() < 0.1:
            both.line = both.line.copy()
    return both


@given(courses())
def test_whatever_happened_the_plain_rule_names_the_next(both: Both) -> None:
    both.admit_all()
    assert set(both.line.waiting) == {ticket.job_id for ticket in both.plain.waiting}
    assert list(both.line.running) == [ticket.job_id for ticket in both.plain.running]


@given(courses())
def test_no_start_exceeds_a_limit(both: Both) -> None:
    limits = both.plain.limits
    both.admit_all()
    for start in both.admitted:
        assert len(start.running) < limits.total
        people = [ticket.person_id for ticket in start.running]
        assert people.count(start.ticket.person_id) < limits.per_person
        servers = [ticket.guild_id for ticket in start.running]
        assert start.ticket.guild_id is None or servers.count(start.ticket.guild_id) < limits.per_server


@given(courses())
def test_no_job_that_may_start_waits_while_a_slot_is_free(both: Both) -> None:
    both.admit_all()
    assert both.plain.startable() == []


@given(courses())
def test_one_persons_jobs_start_in_order_of_arrival_where_they_may_start(both: Both) -> None:
    both.admit_all()
    for start in both.admitted:
        own = [other.number for other in start.startable if other.person_id == start.ticket.person_id]
        assert start.ticket.number == min(own)


@given(courses())
def test_nobody_starts_twice_while_somebody_who_may_start_waits(both: Both) -> None:
    both.admit_all()
    last_start: dict[int, int] = {}
    for moment, start in enumerate(both.starts):
        person_id = start.ticket.person_id
        for other in {ticket.person_id for ticket in start.startable} - {person_id}:
            # Whoever has to wait for this start has had one since this person's last.
            assert last_start.get(other, -1) >= last_start.get(person_id, -1)
        last_start[person_id] = moment


@given(courses())
def test_positions_are_the_order_in_which_slots_that_come_free_one_at_a_time_are_taken(both: Both) -> None:
    foretold = positions(both.line)
    order: list[str] = []
    while both.plain.waiting:
        ticket = both.admit()
        if ticket is None:
            both.line.finish(both.plain.running.pop(0).job_id)
        else:
            order.append(ticket.job_id)
    assert foretold == {job_id: position for position, job_id in enumerate(order, 1)}


Durations = Callable[[str], float | None]


@given(courses(), st.integers(min_value=0, max_value=12), st.randoms(use_true_random=False))
def test_estimated_starts_are_those_of_a_plain_simulation(both: Both, starts: int, chance: Random) -> None:
    jobs = [*both.line.waiting, *both.line.running]
    durations_s = {job_id: chance.choice([None, 0.0, 10.0, chance.uniform(1, 99)]) for job_id in jobs}
    estimated = estimated_start_s(both.line, durations_s.get, durations_s.get, starts=starts)
    assert estimated == plain_starts_s(both.plain, durations_s.get, starts)


def plain_starts_s(plain: PlainLine, duration_s: Durations, starts: int) -> dict[str, float | None]:
    found: dict[str, float | None] = {ticket.job_id: None for ticket in plain.waiting}
    ends: list[tuple[float, str]] = []

    def run(ticket: Ticket, from_s: float) -> None:
        took_s = duration_s(ticket.job_id)
        if took_s is not None:
            ends.append((from_s + took_s, ticket.job_id))

    for ticket in plain.running:
        run(ticket, 0.0)
    now_s = 0.0
    while True:
        while starts > 0 and (ticket := plain.next()) is not None:
            starts -= 1
            plain.start(ticket)
            found[ticket.job_id] = now_s
            run(ticket, now_s)
        if not ends:
            return found
        now_s, ended = min(ends)
        ends.remove((now_s, ended))
        plain.running = [ticket for ticket in plain.running if ticket.job_id != ended]


def order_of(line: FairQueue) -> list[int]:
    return [int(job_id.removeprefix("job-")) for job_id in positions(line)]


def test_ten_jobs_of_one_person_do_not_hold_up_the_first_of_another() -> None:
    line = a_line(*(a_ticket(number) for number in range(10)), a_ticket(10, person_id=2))
    assert order_of(line) == [0, 10, 1, 2, 3, 4, 5, 6, 7, 8, 9]


def test_people_take_turns() -> None:
    line = a_line(*(a_ticket(number, person_id) for number, person_id in enumerate([1, 1, 1, 2, 2, 3])))
    assert order_of(line) == [0, 3, 5, 1, 4, 2]


def test_who_was_served_and_went_away_comes_back_behind_those_who_were_not() -> None:
    line = a_line(a_ticket(1))
    assert line.admit() == a_ticket(1)
    line.finish("job-1")
    line.add(a_ticket(2))
    line.add(a_ticket(3, person_id=2))
    assert order_of(line) == [3, 2]


def test_a_job_held_back_by_its_server_keeps_its_place_and_holds_back_nobody() -> None:
    line = a_line(
        a_ticket(1, 1, 7), a_ticket(2, 2, 7), a_ticket(3, 3, 8), limits=SlotLimits(total=2, per_server=1)
    )
    assert [line.admit(), line.admit()] == [a_ticket(1, 1, 7), a_ticket(3, 3, 8)]
    line.add(a_ticket(4, 4, 7))
    line.finish("job-1")
    assert line.admit() == a_ticket(2, 2, 7)


def test_somebody_who_waited_on_two_servers_and_has_gone_is_in_nobodys_way() -> None:
    line = a_line(a_ticket(1, 1, 7), a_ticket(2, 1, 8), a_ticket(3, 2, 8), limits=SlotLimits(per_server=1))
    for number in (7, 8):
        line.occupy(a_ticket(number, person_id=9, guild_id=number))
    assert line.admit() is None
    line.finish("job-7")
    assert line.admit() == a_ticket(1, 1, 7)
    line.remove("job-2")
    line.finish("job-1")
    line.finish("job-8")
    assert line.admit() == a_ticket(3, 2, 8)


def test_room_on_a_server_that_everybody_has_left_is_in_nobodys_way() -> None:
    line = a_line(a_ticket(1), limits=SlotLimits(per_server=1))
    line.occupy(a_ticket(9, person_id=9))
    assert line.admit() is None
    line.finish("job-9")
    line.remove("job-1")
    assert line.admit() is None
    line.add(a_ticket(2))
    assert line.admit() == a_ticket(2)


def test_direct_messages_have_no_server_limit() -> None:
    tickets = [a_ticket(number, person_id=number, guild_id=None) for number in range(3)]
    line = a_line(*tickets, limits=SlotLimits(total=3, per_server=1))
    assert [line.admit() for _ in tickets] == tickets


def test_jobs_found_running_count_even_above_the_limits() -> None:
    line = a_line(a_ticket(9, person_id=9, guild_id=None), limits=SlotLimits(total=2))
    for number in range(3):
        line.occupy(a_ticket(number, person_id=number))
    assert line.admit() is None
    line.finish("job-0")
    assert line.admit() is None
    line.finish("job-1")
    assert line.admit() == a_ticket(9, person_id=9, guild_id=None)


def test_a_job_is_in_the_line_once() -> None:
    line = a_line(a_ticket(1))
    with pytest.raises(ValueError, match="already"):
        line.add(a_ticket(1))
    line.admit()
    with pytest.raises(ValueError, match="already"):
        line.occupy(a_ticket(1))
    assert not line.remove("job-1")
    assert line.finish("job-1")
    assert not line.finish("job-1")


@pytest.mark.parametrize("limits", [{"total": 0}, {"per_server": 0}, {"per_person": 0}])
def test_limits_that_would_let_nobody_through_are_refused(limits: Mapping[str, int]) -> None:
    with pytest.raises(ValueError, match="nobody"):
        SlotLimits(**limits)


def test_a_start_is_estimated_from_the_rest_of_those_who_run_and_the_time_of_those_before() -> None:
    line = a_line(a_ticket(1), a_ticket(2, 2), a_ticket(3, 3), a_ticket(4, 4), limits=SlotLimits(total=2))
    line.admit()
    line.admit()
    durations_s = {"job-3": 100.0, "job-4": 100.0}
    assert estimated_start_s(line, {"job-1": 30.0, "job-2": 50.0}.get, durations_s.get) == {
        "job-3": 30.0,
        "job-4": 50.0,
    }
    assert estimated_start_s(line, {"job-2": 50.0}.get, durations_s.get) == {"job-3": 50.0, "job-4": 150.0}
    assert estimated_start_s(line, {"job-2": 50.0}.get, lambda _: None) == {"job-3": 50.0, "job-4": None}


def test_starts_far_back_in_the_line_are_not_estimated() -> None:
    line = a_line(*(a_ticket(number, person_id=number) for number in range(600)))
    estimated = estimated_start_s(line, lambda _: 1.0, lambda _: 1.0)
    assert [start_s for start_s in estimated.values() if start_s is not None] == list(range(500))
    assert len(estimated) == 600


def test_a_line_that_emptied_keeps_nothing_but_turns() -> None:
    line = FairQueue(SlotLimits(total=3, per_server=1, per_person=2))
    for number in range(200):
        line.add(a_ticket(number, person_id=number % 13, guild_id=number % 3))
    for number in range(0, 200, 3):
        line.remove(f"job-{number}")
    while line.waiting or line.running:
        if line.admit() is None:
            line.finish(next(iter(line.running)))
    kept = {name for name, value in vars(line).items() if isinstance(value, Sized) and len(value) > 0}
    assert kept == {"_turns"}


def test_the_turns_of_those_who_were_served_longest_ago_are_forgotten() -> None:
    line = FairQueue(SlotLimits())
    for number in range(10_100):
        line.occupy(a_ticket(number, person_id=number))
        line.finish(f"job-{number}")
    assert list(vars(line)["_turns"]) == list(range(100, 10_100))
