"""The turnstile: slots are held and given back, and none is lost or given twice, whoever is cancelled when."""

import asyncio
import tracemalloc
from dataclasses import dataclass, field
from random import Random

import pytest

from bot.jobs.queue.fair_queue import EXACT_PLACES, SlotLimits, Ticket
from bot.jobs.queue.slots import QueuePosition, Slots


def a_ticket(number: int, person_id: int | None = None, guild_id: int | None = None) -> Ticket:
    return Ticket(f"job-{number}", number if person_id is None else person_id, guild_id, number)


async def until_all_have_run() -> None:
    """Return once every task that could run now has done so."""
    for _ in range(5):
        await asyncio.sleep(0)


@dataclass
class Crowd:
    """Jobs at a turnstile. A job holds its slot until it is told to end; a cancelled one ends by itself."""

    slots: Slots
    tickets: list[Ticket] = field(default_factory=list[Ticket])
    tasks: dict[str, asyncio.Task[None]] = field(default_factory=dict[str, asyncio.Task[None]])
    holding: list[Ticket] = field(default_factory=list[Ticket])

    async def come(self, *tickets: Ticket) -> None:
        for ticket in tickets:
            self.send(ticket)
        await until_all_have_run()

    def send(self, ticket: Ticket) -> None:
        self.tickets.append(ticket)
        self.tasks[ticket.job_id] = asyncio.create_task(self._pass(ticket))

    async def _pass(self, ticket: Ticket) -> None:
        await self.slots.wait(ticket)
        self.holding.append(ticket)

    def end(self, ticket: Ticket) -> None:
        self.holding.remove(ticket)
        self.slots.release(ticket.job_id)

    @property
    def numbers(self) -> list[int]:
        return [ticket.number for ticket in self.holding]

    @property
    def waiting(self) -> list[Ticket]:
        return [ticket for ticket in self.tickets if not self.tasks[ticket.job_id].done()]

    async def leave(self) -> None:
        for task in self.tasks.values():
            task.cancel()
        await asyncio.gather(*self.tasks.values(), return_exceptions=True)


async def test_a_slot_that_is_free_is_given_at_once() -> None:
    slots = Slots(SlotLimits(total=1))
    await slots.wait(a_ticket(1))
    assert (slots.running, slots.waiting) == (1, 0)


async def test_a_slot_that_is_given_back_goes_to_the_next_in_line() -> None:
    crowd = Crowd(Slots(SlotLimits(total=2)))
    await crowd.come(*map(a_ticket, range(4)))
    assert crowd.numbers == [0, 1]
    crowd.end(a_ticket(0))
    await until_all_have_run()
    assert crowd.numbers == [1, 2]
    await crowd.leave()


async def test_giving_back_twice_frees_one_slot() -> None:
    crowd = Crowd(Slots(SlotLimits(total=1)))
    await crowd.come(*map(a_ticket, range(3)))
    crowd.slots.release("job-0")
    crowd.slots.release("job-0")
    crowd.slots.release("never seen")
    await until_all_have_run()
    assert crowd.numbers == [0, 1]
    assert (crowd.slots.running, crowd.slots.waiting) == (1, 1)
    await crowd.leave()


async def test_giving_back_for_a_job_that_still_waits_changes_nothing() -> None:
    crowd = Crowd(Slots(SlotLimits(total=1)))
    await crowd.come(*map(a_ticket, range(2)))
    crowd.slots.release("job-1")
    assert crowd.slots.standing("job-1") == QueuePosition(position=1, waiting=1)
    await crowd.leave()


async def test_a_waiter_that_is_cancelled_leaves_the_line() -> None:
    crowd = Crowd(Slots(SlotLimits(total=1)))
    await crowd.come(*map(a_ticket, range(3)))
    crowd.tasks["job-1"].cancel()
    await until_all_have_run()
    assert crowd.slots.standing("job-1") is None
    assert crowd.slots.standing("job-2") == QueuePosition(position=1, waiting=1)
    crowd.end(a_ticket(0))
    await until_all_have_run()
    assert crowd.numbers == [2]
    await crowd.leave()


@pytest.mark.parametrize("first", ["cancelled", "granted"])
async def test_a_slot_granted_in_the_moment_of_a_cancellation_goes_to_the_next(first: str) -> None:
    crowd = Crowd(Slots(SlotLimits(total=1)))
    await crowd.come(*map(a_ticket, range(3)))
    if first == "cancelled":
        crowd.tasks["job-1"].cancel()
        crowd.end(a_ticket(0))
    else:
        crowd.end(a_ticket(0))
        crowd.tasks["job-1"].cancel()
    await until_all_have_run()
    assert crowd.tasks["job-1"].cancelled()
    assert crowd.numbers == [2]
    assert (crowd.slots.running, crowd.slots.waiting) == (1, 0)
    await crowd.leave()


async def test_jobs_found_running_hold_slots_even_above_the_limits() -> None:
    crowd = Crowd(Slots(SlotLimits(total=2)))
    for number in range(3):
        crowd.slots.occupy(a_ticket(number))
    await crowd.come(a_ticket(3))
    crowd.slots.release("job-0")
    await until_all_have_run()
    assert crowd.numbers == []
    crowd.slots.release("job-1")
    await until_all_have_run()
    assert crowd.numbers == [3]
    await crowd.leave()


async def test_a_job_waits_once() -> None:
    slots = Slots(SlotLimits())
    await slots.wait(a_ticket(1))
    with pytest.raises(ValueError, match="already"):
        await slots.wait(a_ticket(1))
    assert slots.running == 1


async def test_standings_follow_every_change() -> None:
    crowd = Crowd(Slots(SlotLimits(total=1)))
    await crowd.come(a_ticket(0, person_id=1), a_ticket(1, person_id=1))
    assert crowd.slots.standing("job-0") is None
    assert crowd.slots.standing("job-1") == QueuePosition(position=1, waiting=1)
    await crowd.come(a_ticket(2, person_id=2))
    assert crowd.slots.standing("job-1") == QueuePosition(position=2, waiting=2)
    crowd.slots.occupy(a_ticket(3, person_id=2))
    assert crowd.slots.standing("job-1") == QueuePosition(position=1, waiting=2)
    crowd.slots.release("job-3")
    crowd.end(a_ticket(0, person_id=1))
    assert crowd.slots.standing("job-1") is None
    assert crowd.slots.standing("job-2") == QueuePosition(position=1, waiting=1)
    await crowd.leave()


async def test_places_far_back_in_line_are_estimated_and_move_with_it() -> None:
    crowd = Crowd(Slots(SlotLimits(total=1)))
    await crowd.come(*map(a_ticket, range(EXACT_PLACES + 100)))
    last, waiting = f"job-{EXACT_PLACES + 99}", EXACT_PLACES + 99
    assert crowd.slots.standing(f"job-{EXACT_PLACES}") == QueuePosition(EXACT_PLACES, waiting)
    assert crowd.slots.standing(last) == QueuePosition(waiting, waiting, is_estimate=True)
    crowd.end(a_ticket(0))
    crowd.tasks["job-9"].cancel()
    await until_all_have_run()
    assert crowd.slots.standing(last) == QueuePosition(waiting - 2, waiting - 2, is_estimate=True)
    await crowd.leave()
    assert crowd.slots.standing(last) is None


async def test_starts_are_estimated_for_those_who_wait() -> None:
    crowd = Crowd(Slots(SlotLimits(total=1)))
    await crowd.come(*map(a_ticket, range(3)))
    estimated = crowd.slots.estimated_start_s({"job-0": 5.0}.get, lambda _: 60.0)
    assert estimated == {"job-1": 5.0, "job-2": 65.0}
    await crowd.leave()


@pytest.mark.parametrize("seed", range(60))
async def test_whoever_comes_ends_or_is_cancelled_no_slot_is_lost_or_given_twice(seed: int) -> None:
    chance = Random(seed)
    limits = SlotLimits(chance.randint(1, 5), chance.randint(1, 3), chance.randint(1, 3))
    crowd = Crowd(Slots(limits))
    for number in range(150):
        match chance.choice(["come", "come", "end", "cancel", "look"]):
            case "end" if crowd.holding:
                crowd.end(chance.choice(crowd.holding))
            case "cancel" if crowd.tasks:
                crowd.tasks[chance.choice(list(crowd.tasks))].cancel()
            case "look":
                await asyncio.sleep(0)
                assert fits(crowd.holding, limits)
            case _:
                crowd.send(a_ticket(number, chance.randrange(4), chance.randrange(3) or None))
    await until_all_have_run()
    while crowd.holding:
        assert crowd.slots.running == len(crowd.holding)
        assert crowd.slots.waiting == len(crowd.waiting)
        assert fits(crowd.holding, limits)
        assert not any(fits([*crowd.holding, ticket], limits) for ticket in crowd.waiting)
        crowd.end(chance.choice(crowd.holding))
        await until_all_have_run()
    assert (crowd.slots.running, crowd.slots.waiting) == (0, 0)
    assert crowd.waiting == []


def fits(running: list[Ticket], limits: SlotLimits) -> bool:
    people = [ticket.person_id for ticket in running]
    servers = [ticket.guild_id for ticket in running if ticket.guild_id is not None]
    return (
        len(running) <= limits.total
        and all(people.count(person_id) <= limits.per_person for person_id in people)
        and all(servers.count(guild_id) <= limits.per_server for guild_id in servers)
    )


async def test_a_waiting_job_takes_little_memory() -> None:
    slots = Slots(SlotLimits(total=1))
    await slots.wait(a_ticket(0))
    tracemalloc.start()
    try:
        waits = [slots.wait(a_ticket(number, number % 500, number % 50)) for number in range(1, 2001)]
        for wait in waits:
            wait.send(None)
        taken_bytes, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert slots.waiting == 2000
    assert taken_bytes / 2000 < 1500
    for wait in waits:
        with pytest.raises(asyncio.CancelledError):
            wait.throw(asyncio.CancelledError())
    assert (slots.waiting, vars(slots)["_grants"]) == (0, {})
