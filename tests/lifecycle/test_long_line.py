"""A line of more jobs than runs wait for, in the rows of several processes: the rest has no run until near."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete, func, insert, select, update

from bot.jobs.job import Job, JobState
from bot.jobs.queue.fair_queue import SlotLimits
from bot.jobs.queue.shared_line import READ_AT_ONCE, LineState, SharedLine
from bot.jobs.queue.slots import FarBackError
from bot.jobs.queue.tickets import ticket_of
from bot.jobs.rows import row_of
from bot.lifecycle.shared_slots import SharedSlots
from bot.storage.database import Database
from bot.storage.line_tables import line_entries
from bot.storage.opening import open_database
from bot.storage.postgresql_queue import PostgresqlRunQueue
from bot.storage.tables import jobs
from tests.jobs.builders import MOMENT, a_job
from tests.postgresql.server import PostgresqlServer

pytestmark = pytest.mark.postgresql

BEHIND = 20
ONE_SLOT = SlotLimits(total=1)


def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
async def processes(postgresql: PostgresqlServer, tmp_path: Path) -> AsyncGenerator[Sequence[Database]]:
    """Two processes that share a database."""
    async with AsyncExitStack() as stack:
        url = postgresql.url(stack.enter_context(postgresql.new_database()))
        yield [await stack.enter_async_context(open_database(url, tmp_path, sharing=True)) for _ in range(2)]


def a_request(number: int, *, person_id: int) -> Job:
    """A claimed job that was asked for `number` seconds after the first one, in a direct message."""
    made = a_job(job_id=f"{number:032x}")
    reply = replace(made.reply, person_id=person_id)
    asked_at = MOMENT + timedelta(seconds=number)
    return replace(made, reply=reply, guild_id=None, created_at=asked_at, claim=1)


async def store(database: Database, *found: Job) -> None:
    async with database.write() as connection:
        await connection.execute(insert(jobs), [row_of(job) | {"claim": 1} for job in found])


async def join(line: SharedLine, *found: Job) -> LineState:
    """Have jobs wait that this process runs."""
    return await line.change({}, [ticket_of(job) for job in found], {job.id: 1 for job in found})


async def test_jobs_far_back_rest_and_are_named_when_they_have_come_near(
    processes: Sequence[Database],
) -> None:
    line, other = (SharedLine(one, ONE_SLOT, now) for one in processes)
    crowd = [a_request(number, person_id=number) for number in range(1, READ_AT_ONCE + BEHIND + 1)]
    await store(processes[0], *crowd)
    begun = await join(line, *crowd)
    assert list(begun.slots) == [crowd[0].id]
    last = {job.id for job in crowd[READ_AT_ONCE:]}
    assert begun.far.keys() == last
    assert set(begun.far.values()) == {READ_AT_ONCE + READ_AT_ONCE // 2}
    assert (begun.waiting, begun.near) == (len(crowd) - 1, ())
    # One that rests takes no slot, however free it is: it has no run that could use it.
    async with processes[0].write() as connection:
        await connection.execute(update(jobs).where(jobs.c.id.not_in(last)).values(state="cancelled"))
    freed = await other.change({}, [], {})
    assert (freed.slots, set(freed.near), freed.far) == ({}, last, {})
    again = replace(crowd[-1], claim=2)
    async with processes[0].write() as connection:
        await connection.execute(update(jobs).where(jobs.c.id == again.id).values(claim=2))
    assert (await join(other, again)).slots == {again.id: 2}


async def test_a_newcomer_is_not_behind_all_that_others_asked_for_before(
    processes: Sequence[Database],
) -> None:
    line = SharedLine(processes[0], ONE_SLOT, now)
    heavy = [a_request(number, person_id=number % 8) for number in range(READ_AT_ONCE + 100)]
    newcomer = a_request(9_999, person_id=99)
    await store(processes[0], *heavy, newcomer)
    await join(line, *heavy)
    assert newcomer.id not in (await join(line, newcomer)).far
    served = update(jobs).where(jobs.c.id.in_([job.id for job in heavy[:8]]))
    async with processes[0].write() as connection:
        await connection.execute(served.values(state=JobState.CANCELLED.value, submitted_at=now()))
    assert list((await line.change({}, [], {})).slots) == [newcomer.id]


async def test_a_run_ends_far_back_in_line_and_is_named_once_it_is_near(
    processes: Sequence[Database],
) -> None:
    slots, other = (SharedSlots(ONE_SLOT, one, now) for one in processes)
    crowd = [a_request(number, person_id=number) for number in range(1, READ_AT_ONCE + 2)]
    late = a_request(9_999, person_id=9_999)
    await store(processes[0], *crowd, late)
    line = SharedLine(processes[0], ONE_SLOT, now)
    await join(line, *crowd)
    running = [asyncio.create_task(one.run()) for one in (slots, other)]
    async with asyncio.timeout(60):
        with pytest.raises(FarBackError) as far:
            await slots.wait(ticket_of(late))
        assert (far.value.place.is_estimate, far.value.place.waiting) == (True, len(crowd))
        assert slots.waiting == 0
        async with processes[0].write() as connection:
            ended = update(jobs).where(jobs.c.id.in_([job.id for job in crowd[:2]]))
            await connection.execute(ended.values(state="cancelled"))
        # Also by a process in which nothing waits.
        await other.look_at(None)
        assert late.id in await other.next_near()
    for task in running:
        task.cancel()
    await asyncio.wait(running)


async def test_a_job_that_rests_has_no_entry_unless_something_became_of_it(
    processes: Sequence[Database], postgresql: PostgresqlServer
) -> None:
    resting, ended, taken_over = (a_request(number, person_id=1) for number in range(3))
    await store(processes[0], resting, ended, taken_over)
    async with processes[0].write() as connection:
        places = [
            {"job_id": job.id, "claim": 1, "turn": 0, "number": 1, "resting": True}
            for job in (resting, ended, taken_over)
        ]
        await connection.execute(insert(line_entries), places)
        await connection.execute(
            update(jobs).where(jobs.c.id == ended.id).values(state=JobState.CANCELLED.value)
        )
        await connection.execute(update(jobs).where(jobs.c.id == taken_over.id).values(claim=2))
        name = (await connection.execute(select(func.current_database()))).scalar_one()
    queue = PostgresqlRunQueue(postgresql.address(name))
    try:
        await queue.install()
        assert await queue.missing() == {ended.id: False, taken_over.id: False}
        async with processes[0].write() as connection:
            await connection.execute(delete(line_entries))
        assert (await queue.missing()).keys() == {resting.id, ended.id, taken_over.id}
    finally:
        await queue.close()
