"""Waits that the service asks one of several processes for: all wait, and one request of all of them tries."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from bot.dimilinks import HoldReason, Pace, RequestKind
from bot.jobs.request_holds import RequestHolds
from bot.lifecycle.shared_holds import SharedHolds
from bot.storage.address import PostgresqlAddress
from bot.storage.change_feed import ChangeKind
from bot.storage.database import Database
from tests.dimilinks.paced_requests import PacedRequests
from tests.postgresql.server import PostgresqlServer
from tests.postgresql.sharing import shared, watched

POLL, SUBMISSION = RequestKind.POLL, RequestKind.SUBMISSION
DAY_S = 86_400.0
RATE_PER_S = 200.0
WITHIN_S = 60.0
NOT_WITHIN_S = 0.3


@dataclass
class Worker:
    """One of several processes that send requests under one key."""

    database: Database
    rows: RequestHolds
    pace: Pace
    holds: SharedHolds
    requests: PacedRequests = field(init=False)

    def __post_init__(self) -> None:
        self.requests = PacedRequests(self.pace)

    def waits_s(self, kind: RequestKind = POLL) -> float:
        """Seconds that a kind is held back here; 0 if it is not."""
        now = datetime.now(UTC)
        hold = self.pace.hold(kind, now)
        return (hold.held_until - now).total_seconds() if hold is not None else 0.0

    async def told(self, status: int, asked_s: float, kind: RequestKind = POLL) -> None:
        turn = await self.pace.turn(kind)
        self.pace.answered(turn, status, asked_s)

    async def change(self, changes: str, **values: object) -> None:
        """Change rows as another process would."""
        async with self.database.write() as connection:
            await connection.execute(text(f"UPDATE request_holds SET {changes}"), values)  # noqa: S608
            await self.database.announce(connection, ChangeKind.HOLD, POLL.value)

    async def let_hold_end(self) -> None:
        await self.change("held_until = held_until - 61000000")


@asynccontextmanager
async def worker(address: PostgresqlAddress, name: str) -> AsyncGenerator[Worker]:
    async with shared(address) as database:
        rows, pace = RequestHolds(database, name), Pace(RATE_PER_S)
        made = Worker(database, rows, pace, SharedHolds(rows, pace))
        database.feed.register(ChangeKind.HOLD, made.holds.look_at)
        async with watched(database):
            running = asyncio.create_task(made.holds.run())
            try:
                yield made
            finally:
                running.cancel()
                await asyncio.wait([running])


@pytest.fixture
async def workers(postgresql: PostgresqlServer) -> AsyncGenerator[Sequence[Worker]]:
    with postgresql.new_database() as name:
        async with AsyncExitStack() as stack:
            address = postgresql.address(name)
            yield [await stack.enter_async_context(worker(address, f"host:{number}")) for number in range(3)]


async def until(condition: Callable[[], bool], within_s: float = WITHIN_S) -> None:
    """Wait for what another process does, which rings no bell."""
    async with asyncio.timeout(within_s):
        while not condition():  # noqa: ASYNC110 - as said
            await asyncio.sleep(0.01)


def left(workers: Sequence[Worker]) -> list[str]:
    return [name for one in workers for name in one.requests.names]


async def with_waiting(workers: Sequence[Worker]) -> list[asyncio.Task[None]]:
    """Have one process be told to wait for a day, all have two requests that wait, and a minute pass."""
    await workers[0].told(503, DAY_S)
    await until(lambda: all(one.waits_s() > 0 for one in workers))
    tasks = [one.requests.start(f"{name}{number}") for number, one in enumerate(workers) for name in "ab"]
    await workers[0].let_hold_end()
    await until(lambda: bool(left(workers)))
    return tasks


def trying(workers: Sequence[Worker]) -> Worker:
    (one,) = (one for one in workers if one.requests.names)
    return one


def answer(one: Worker, status: int, asked_s: float | None = None) -> None:
    one.pace.answered(one.requests.turns[one.requests.names[-1]], status, asked_s)


async def test_what_one_is_told_holds_for_all_within_a_second_and_slows_each_down_once(
    workers: Sequence[Worker],
) -> None:
    await workers[0].told(429, 30.0)
    await until(lambda: all(one.waits_s() > 0 for one in workers))
    assert all(25 < one.waits_s() <= 30 for one in workers)
    assert all(one.waits_s(SUBMISSION) == 0 for one in workers)
    assert all(one.pace.rate_per_s == RATE_PER_S / 2 for one in workers)
    # A shorter one does not shorten it; one that is longer lengthens it.
    await workers[1].holds.look_at(None)
    await workers[1].told(429, 40.0, SUBMISSION)
    await until(lambda: all(one.waits_s(SUBMISSION) > 0 for one in workers))
    assert all(one.waits_s() <= 30 for one in workers)


async def test_one_request_of_all_processes_tries_and_its_answer_lets_the_others_go(
    workers: Sequence[Worker],
) -> None:
    tasks = await with_waiting(workers)
    await asyncio.sleep(NOT_WITHIN_S)
    assert len(left(workers)) == 1
    answer(trying(workers), 200)
    async with asyncio.timeout(WITHIN_S):
        await asyncio.gather(*tasks)
    assert all(one.pace.hold(POLL, datetime.now(UTC)) is None for one in workers)


async def test_a_try_that_is_refused_holds_all_for_another_minute(workers: Sequence[Worker]) -> None:
    tasks = await with_waiting(workers)
    answer(trying(workers), 429, DAY_S)
    await asyncio.sleep(NOT_WITHIN_S)
    assert len(left(workers)) == 1
    assert all(50 < one.waits_s() <= 60 for one in workers)
    assert all(one.pace.rate_per_s == RATE_PER_S for one in workers)
    await workers[1].let_hold_end()
    await until(lambda: len(left(workers)) == 2)
    for task in tasks:
        task.cancel()


async def test_who_tries_and_dies_is_followed_by_another(workers: Sequence[Worker]) -> None:
    tasks = await with_waiting(workers)
    dead = trying(workers)
    alive = [one for one in workers if one is not dead]
    # Killed, it says nothing any more; a minute later somebody else tries.
    await dead.database.close()
    await alive[0].let_hold_end()
    await until(lambda: len(left(alive)) == 1)
    await asyncio.sleep(NOT_WITHIN_S)
    assert len(left(alive)) == 1
    answer(trying(alive), 200)
    await until(lambda: len(left(alive)) == 4)
    for task in tasks:
        task.cancel()


async def test_who_tries_and_learns_nothing_lets_another_try_at_once(workers: Sequence[Worker]) -> None:
    tasks = await with_waiting(workers)
    first = trying(workers)
    first.pace.unanswered(first.requests.turns[first.requests.names[0]])
    await until(lambda: len(left(workers)) == 2)
    for task in tasks:
        task.cancel()


async def test_who_does_not_want_to_try_any_more_keeps_nobody_from_it(workers: Sequence[Worker]) -> None:
    first, second, _ = workers
    await first.told(503, DAY_S)
    await until(lambda: second.waits_s() > 0)
    assert await second.rows.take_try(POLL) is False
    await first.let_hold_end()
    await until(lambda: first.waits_s() == 0)
    given_up = first.requests.start("given up")
    # It has asked, and its turn comes when nobody waits for it any more.
    while not first.holds._wanted:  # noqa: ASYNC110  # pyright: ignore[reportPrivateUsage] - a moment inside
        await asyncio.sleep(0)
    given_up.cancel()
    second.requests.start("second")
    await until(lambda: second.requests.names == ["second"])
    assert first.requests.names == []


async def test_a_hold_lasts_a_minute_at_a_time_whatever_is_in_its_row(workers: Sequence[Worker]) -> None:
    await workers[0].told(429, DAY_S)
    await until(lambda: all(one.waits_s() > 0 for one in workers))
    await workers[0].change("held_until = held_until + 3600000000, reason = 'newer', probe_owner = 'gone'")
    await asyncio.sleep(NOT_WITHIN_S)
    assert all(one.waits_s() <= 60 for one in workers)
    held = (await workers[0].rows.read())[POLL]
    assert (held.terms.reason, held.tries_here) == (HoldReason.UNAVAILABLE, False)
    assert await workers[1].rows.take_try(POLL)
    await workers[0].change("kind = 'newer'")
    assert await workers[0].rows.read() == {}
    await until(lambda: all(one.waits_s() == 0 for one in workers))


async def test_without_the_database_a_process_has_its_own_hold_and_tries_by_itself(
    workers: Sequence[Worker],
) -> None:
    alone, other, _ = workers
    await alone.told(503, DAY_S)
    await until(lambda: other.waits_s() > 0)
    await alone.let_hold_end()
    await until(lambda: alone.waits_s() == 0)
    await alone.database.close()
    alone.requests.start("try")
    await until(lambda: alone.requests.names == ["try"])
    waits = alone.requests.start("waits")
    await asyncio.sleep(NOT_WITHIN_S)
    assert alone.requests.names == ["try"]
    answer(alone, 429, 30.0)
    await asyncio.sleep(NOT_WITHIN_S)
    assert 25 < alone.waits_s() <= 30
    assert not await alone.holds.claim_news(POLL)
    waits.cancel()


async def test_one_process_tells_the_operator_and_after_an_hour_one_again(workers: Sequence[Worker]) -> None:
    await workers[0].told(429, DAY_S)
    await until(lambda: all(one.waits_s() > 0 for one in workers))
    assert [await one.holds.claim_news(POLL) for one in workers] == [True, False, False]
    assert await workers[1].rows.claim_news(POLL, timedelta(0))
    await workers[0].change("told_at = told_at - 3660000000")
    assert [await one.holds.claim_news(POLL) for one in workers] == [True, False, False]
    assert not await workers[0].holds.claim_news(SUBMISSION)
