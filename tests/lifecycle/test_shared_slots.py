"""Slots and rate of several processes: never one too many, whoever is killed or stands still, and none lost."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select, text

from bot.dimilinks import Pace
from bot.jobs.job import Job, JobState, advance
from bot.jobs.queue.fair_queue import SlotLimits
from bot.jobs.queue.shared_line import READ_AT_ONCE, SharedLine
from bot.jobs.queue.tickets import ticket_of
from bot.jobs.rows import row_of
from bot.jobs.store import ClaimLostError, JobStore
from bot.lifecycle.shared_rate import SharedRate
from bot.lifecycle.shared_slots import SharedSlots
from bot.storage.change_feed import ChangeKind
from bot.storage.database import Database
from bot.storage.line_tables import line_entries
from bot.storage.opening import open_database
from bot.storage.tables import AT_SERVICE, jobs
from tests.jobs.builders import MOMENT, a_job
from tests.postgresql.server import PostgresqlServer

pytestmark = pytest.mark.postgresql


def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
async def processes(postgresql: PostgresqlServer, tmp_path: Path) -> AsyncGenerator[Sequence[Database]]:
    """Three processes that share a database."""
    async with AsyncExitStack() as stack:
        url = postgresql.url(stack.enter_context(postgresql.new_database()))
        yield [await stack.enter_async_context(open_database(url, tmp_path, sharing=True)) for _ in range(3)]


def a_request(number: int, *, person_id: int = 2, guild_id: int | None = 5) -> Job:
    """A job that was asked for `number` seconds after the first one."""
    made = a_job(job_id=f"{number:032x}")
    reply = replace(made.reply, person_id=person_id)
    return replace(made, reply=reply, guild_id=guild_id, created_at=MOMENT + timedelta(seconds=number))


class Worker:
    """Carries jobs as a run does, as far as slots are concerned."""

    def __init__(self, database: Database, limits: SlotLimits) -> None:
        self.store = JobStore(database, Path("/somewhere"))
        self.slots = SharedSlots(limits, database, now)
        self.line = SharedLine(database, limits, now)
        self.seen: list[Counter[object]] = []
        self._database = database
        database.feed.register(ChangeKind.SLOT, self.slots.look_at)

    async def begin(self, job: Job) -> Job:
        """Store a job, and claim it for this process."""
        await self.store.add(job)
        return await self.store.take_claim(await self.store.get(job.id), "worker")

    async def come(self, *found: Job) -> list[str]:
        """Have jobs wait; returns those that then have a slot, of all processes."""
        return sorted((await self.line.change({}, [ticket_of(job) for job in found], {})).slots)

    async def save(self, job: Job, to: JobState) -> Job:
        changed = advance(job, to, submitted_at=job.submitted_at or now())
        await self.store.save(changed, before=job)
        return changed

    async def carry(self, job: Job) -> None:
        job = await self.begin(job)
        await self.slots.wait(ticket_of(job))
        job = await self.save(job, JobState.SUBMITTING)
        await self._look()
        job = await self.save(job, JobState.GENERATING)
        await self._look()
        await self.save(job, JobState.READY)
        self.slots.release(job.id)

    async def _look(self) -> None:
        chosen = select(jobs.c.person_id, jobs.c.guild_id).where(text(AT_SERVICE))
        async with self._database.read() as connection:
            rows = (await connection.execute(chosen)).all()
        people = Counter[object](f"person {row.person_id}" for row in rows)
        self.seen.append(people + Counter(f"server {row.guild_id}" for row in rows) + Counter(all=len(rows)))


async def test_no_limit_is_passed_by_processes_that_race(processes: Sequence[Database]) -> None:
    limits = SlotLimits(total=4, per_server=2, per_person=1)
    workers = [Worker(one, limits) for one in processes]
    beside = [asyncio.create_task(one.watch()) for one in processes]
    beside += [asyncio.create_task(worker.slots.run()) for worker in workers]
    async with asyncio.timeout(60), asyncio.TaskGroup() as group:
        for number in range(24):
            job = a_request(number, person_id=number % 5, guild_id=number % 3)
            group.create_task(workers[number % 3].carry(job))
    for task in beside:
        task.cancel()
    await asyncio.wait(beside)
    seen = [one for worker in workers for one in worker.seen]
    assert len(seen) == 48
    assert max(one["all"] for one in seen) <= 4
    assert max(one[f"server {number}"] for one in seen for number in range(3)) <= 2
    assert max(one[f"person {number}"] for one in seen for number in range(5)) <= 1


async def test_a_slot_of_a_killed_process_stays_until_its_job_is_over(processes: Sequence[Database]) -> None:
    killed, other, _ = (Worker(one, SlotLimits(total=1)) for one in processes)
    first, second = await killed.begin(a_request(1)), await other.begin(a_request(2))
    assert await killed.come(first) == [first.id]
    assert await other.come(second) == [first.id]
    bought = await killed.save(await killed.save(first, JobState.SUBMITTING), JobState.GENERATING)
    assert await other.come() == [bought.id]
    taken_over = await other.store.take_claim(await other.store.get(first.id), "other")
    assert await other.come() == [first.id]
    await other.save(taken_over, JobState.READY)
    assert await other.come() == [second.id]


async def test_a_run_that_stood_still_has_no_slot_any_more_and_cannot_submit(
    processes: Sequence[Database],
) -> None:
    frozen, other, _ = (Worker(one, SlotLimits(total=1)) for one in processes)
    first, second = await frozen.begin(a_request(1)), await other.begin(a_request(2))
    assert await frozen.come(first) == [first.id]
    again = await other.store.take_claim(await other.store.get(first.id), "other")
    assert await other.come(second) == [second.id]
    assert await other.come(again) == [second.id]
    # What it had begun before is written late.
    assert await frozen.come(first) == [second.id]
    with pytest.raises(ClaimLostError):
        await frozen.save(first, JobState.SUBMITTING)
    async with processes[0].read() as connection:
        claims = (
            await connection.execute(select(line_entries.c.claim).order_by(line_entries.c.number))
        ).all()
    assert claims == [(again.claim,), (second.claim,)]


async def test_a_job_that_lost_its_turn_in_the_queue_does_not_use_its_old_slot(
    processes: Sequence[Database],
) -> None:
    one, other, _ = (Worker(one, SlotLimits(total=1)) for one in processes)
    first, second = await one.begin(a_request(1)), await other.begin(a_request(2, person_id=3))
    assert await one.come(first) == [first.id]
    assert await other.come(second) == [first.id]
    left = await one.line.change({first.id: first.claim}, [], {})
    assert list(left.slots) == [second.id]
    assert await one.come(first) == [second.id]


async def test_people_take_turns_over_all_processes(processes: Sequence[Database]) -> None:
    one, other, third = (Worker(one, SlotLimits(total=1)) for one in processes)
    many = [await one.begin(a_request(number, person_id=1)) for number in range(1, 4)]
    single = await other.begin(a_request(9, person_id=2))
    assert await one.come(*many) == [many[0].id]
    await other.come(single)
    order: list[str] = []
    for _ in range(4):
        (holder,) = await third.come()
        order.append(holder)
        job = await third.store.get(holder)
        job = await third.save(await third.save(job, JobState.SUBMITTING), JobState.GENERATING)
        await third.save(job, JobState.READY)
    assert order == [many[0].id, single.id, many[1].id, many[2].id]


async def test_jobs_that_a_limit_holds_back_hide_nobody(processes: Sequence[Database]) -> None:
    worker = Worker(processes[0], SlotLimits(total=3, per_person=1))
    crowd = [replace(a_request(number, person_id=1), claim=1) for number in range(READ_AT_ONCE + 20)]
    later = replace(a_request(9_999, person_id=2), claim=1)
    async with processes[0].write() as connection:
        await connection.execute(jobs.insert(), [row_of(job) | {"claim": 1} for job in (*crowd, later)])
    assert await worker.come(*crowd, later) == sorted([crowd[0].id, later.id])
    state = await worker.line.change({}, [], {})
    assert state.waiting == len(crowd) - 1
    async with processes[0].read() as connection:
        assert (await connection.execute(select(func.count()).select_from(line_entries))).scalar() == 522 - 1


async def test_each_worker_takes_its_share_of_the_rate(processes: Sequence[Database]) -> None:
    rate = Pace(12)
    await SharedRate(processes[0], rate).look()
    assert rate.rate_per_s == 4
    await processes[2].close()
    await SharedRate(processes[1], rate).look()
    assert rate.rate_per_s == 6


async def test_no_worker_sends_more_because_the_server_lost_all_sessions(
    processes: Sequence[Database], postgresql: PostgresqlServer
) -> None:
    name, rate, now_s = processes[0].address.name.rpartition("/")[2], Pace(12), 1000.0
    shared = SharedRate(processes[0], rate, lambda: now_s)
    await shared.look()
    postgresql.end_sessions(name)
    await shared.look()
    assert rate.rate_per_s == 4
    for one in processes[:2]:
        async with one.write() as connection:
            await connection.execute(text("SELECT 1"))
    now_s += 9
    await shared.look()
    assert rate.rate_per_s == 4
    now_s += 3
    await shared.look()
    assert rate.rate_per_s == 6, "the third did not return"
    async with processes[2].write() as connection:
        await connection.execute(text("SELECT 1"))
    await shared.look()
    assert rate.rate_per_s == 4
