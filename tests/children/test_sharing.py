"""Several at once: how many children there are, whose turn it is, and how a pool ends."""

import asyncio
from itertools import accumulate
from pathlib import Path

import psutil
import pytest

from bot.children.process import ChildFault, ChildFaultError
from tests.children.pools import children, lines, pid_of, pool_of
from tests.e2e.actors.timing import until


def most_at_once(noted: list[str]) -> int:
    """The most tasks that were under way at the same time."""
    return max(accumulate(1 if line.startswith("begin") else -1 for line in noted))


async def test_two_tasks_of_two_people_are_done_at_once(notes: Path) -> None:
    async with pool_of() as pool:
        asked = [pool.ask(owner, "meets", notes=str(notes), count=2) for owner in ("ada", "bob")]
        await asyncio.gather(*asked)
    assert len(set(lines(notes))) == 2


async def test_never_more_than_that_are_done_at_once(notes: Path) -> None:
    async with pool_of() as pool:
        await asyncio.gather(*(pool.ask(str(number), "overlaps", notes=str(notes)) for number in range(9)))
    assert len(lines(notes)) == 18
    assert most_at_once(lines(notes)) <= 2
    assert len({line.split()[1] for line in lines(notes)}) <= 2


async def test_tasks_of_one_person_are_done_one_after_the_other(notes: Path) -> None:
    async with pool_of() as pool:
        await asyncio.gather(*(pool.ask("ada", "overlaps", notes=str(notes)) for _ in range(4)))
    assert len(lines(notes)) == 8
    assert most_at_once(lines(notes)) == 1


async def test_somebody_s_hanging_tasks_leave_a_child_for_others(notes: Path) -> None:
    async with pool_of() as pool:
        hanging = [asyncio.create_task(pool.ask("eve", "hangs", notes=str(notes))) for _ in range(3)]
        await until(lambda: bool(lines(notes)))
        assert [await pid_of(pool, owner) for owner in ("ada", "bob")]
        assert not any(task.done() for task in hanging)
        assert len(lines(notes)) == 1
        for task in hanging:
            task.cancel()
        await asyncio.wait(hanging)


async def test_after_a_person_s_task_was_given_up_their_next_one_is_done(notes: Path) -> None:
    async with pool_of(at_once=1) as pool:
        hanging, waiting = (
            asyncio.create_task(pool.ask("eve", "hangs", notes=str(notes))),
            asyncio.create_task(pool.ask("eve", "echo", value=1)),
        )
        await until(lambda: bool(lines(notes)))
        hanging.cancel()
        assert (await waiting)["value"] == 1


@pytest.mark.parametrize("at_once", [1, 2])
async def test_warming_up_starts_no_more_children_than_there_may_be(at_once: int) -> None:
    before = children()
    async with pool_of(at_once=at_once) as pool:
        await asyncio.gather(*(pool.warm() for _ in range(4)), pid_of(pool, "ada"), pid_of(pool, "bob"))
        started = children() - before
        assert 1 <= len(started) <= at_once
        await pool.warm()
        assert await pid_of(pool) in {child.pid for child in started}
        assert children() - before == started


async def test_leaving_a_pool_ends_the_tasks_that_run_and_those_that_wait(notes: Path) -> None:
    before = children()
    async with pool_of() as pool:
        asked = [
            asyncio.create_task(pool.ask(owner, "hangs", notes=str(notes)))
            for owner in ("ada", "ada", "bob", "eve")
        ]
        await until(lambda: len(lines(notes)) == 2)
    assert children() <= before
    errors = await asyncio.gather(*asked, return_exceptions=True)
    assert {error.fault for error in errors if isinstance(error, ChildFaultError)} == {ChildFault.NOT_STARTED}
    assert len(errors) == 4
    assert len(lines(notes)) == 2


@pytest.mark.parametrize(
    "turns", [1, 2, *(pytest.param(turns, marks=pytest.mark.slow) for turns in (3, 5, 8))]
)
async def test_leaving_a_pool_that_is_starting_a_child_leaves_none(turns: int) -> None:
    before = children()
    async with pool_of() as pool:
        starting = [asyncio.create_task(pool.warm()), asyncio.create_task(pool.ask("ada", "echo", value=1))]
        for _ in range(turns):
            await asyncio.sleep(0)
    assert children() <= before
    await asyncio.gather(*starting, return_exceptions=True)
    assert children() <= before


@pytest.mark.parametrize(
    "turns", [1, 2, *(pytest.param(turns, marks=pytest.mark.slow) for turns in (3, 5, 8))]
)
async def test_a_task_that_is_given_up_while_its_child_starts_leaves_none(turns: int) -> None:
    async with pool_of() as pool:
        starting = asyncio.create_task(pool.ask("ada", "echo", value=1))
        for _ in range(turns):
            await asyncio.sleep(0)
        starting.cancel()
        await asyncio.wait([starting])
        assert await pid_of(pool)


async def test_a_pool_that_was_left_starts_nothing() -> None:
    before = children()
    async with pool_of() as pool:
        pass
    with pytest.raises(ChildFaultError, match="the bot stops"):
        await pool.ask("ada", "echo", value=1)
    await pool.warm()
    assert children() <= before


async def test_leaving_a_pool_ends_children_that_wait() -> None:
    async with pool_of() as pool:
        pid = await pid_of(pool)
        assert psutil.pid_exists(pid)
    assert not psutil.pid_exists(pid)
