"""The lease of the leader, and what an earlier leader may no longer write."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

import pytest
from sqlalchemy import insert, select

from bot.storage.database import Database
from bot.storage.errors import LeaseLostError
from bot.storage.fence import fenced
from bot.storage.leader_lease import LeaderLease
from bot.storage.postgresql import open_standing_session
from bot.storage.tables import heartbeats
from tests.postgresql.server import PostgresqlServer
from tests.postgresql.sharing import shared

SHORT_S = 1.0
LONG_S = 60.0
BEAT_AT = datetime(2026, 11, 29, tzinfo=UTC)


async def test_one_at_a_time_has_it_each_in_an_epoch_of_its_own(
    postgresql: PostgresqlServer, name: str
) -> None:
    address = postgresql.address(name)
    async with open_standing_session(address) as first, open_standing_session(address) as second:
        leader, other = LeaderLease(first, "a:1:x", LONG_S), LeaderLease(second, "b:2:y", LONG_S)
        await leader.keep()
        await other.keep()
        assert (leader.epoch, other.epoch) == (1, None)
        await leader.keep()
        assert leader.epoch == 1, "renewed"
        await leader.give_back()
        await other.keep()
        assert (leader.epoch, other.epoch) == (None, 2)


async def test_a_holder_that_does_not_renew_it_gives_up_before_it_runs_out(
    postgresql: PostgresqlServer, name: str
) -> None:
    address = postgresql.address(name)
    async with open_standing_session(address) as first, open_standing_session(address) as second:
        leader, other = LeaderLease(first, "a:1:x", SHORT_S), LeaderLease(second, "b:2:y", LONG_S)
        await leader.keep()
        assert leader.epoch == 1
        while leader.epoch is not None:  # noqa: ASYNC110 - time alone ends it
            await asyncio.sleep(0.01)
        await other.keep()
        assert other.epoch is None, "it has not run out yet"
        async with asyncio.timeout(60):
            while other.epoch is None:
                await asyncio.sleep(0.05)
                await other.keep()
        await leader.keep()
        assert (leader.epoch, other.epoch) == (None, 2)


async def _in_a_transaction(database: Database, process_id: str) -> None:
    async with database.write() as connection:
        await connection.execute(insert(heartbeats).values(process_id=process_id, beat_at=BEAT_AT))


async def _by_itself(database: Database, process_id: str) -> None:
    await database.write_one(insert(heartbeats).values(process_id=process_id, beat_at=BEAT_AT))


@pytest.mark.parametrize("write", [_in_a_transaction, _by_itself])
async def test_what_an_earlier_leader_began_writes_nothing(
    postgresql: PostgresqlServer, name: str, write: Callable[[Database, str], Awaitable[None]]
) -> None:
    address = postgresql.address(name)
    async with (
        shared(address) as database,
        open_standing_session(address) as first,
        open_standing_session(address) as second,
    ):
        leader, other = LeaderLease(first, "a:1:x", LONG_S), LeaderLease(second, "b:2:y", LONG_S)
        await leader.keep()

        async def as_leader(process_id: str) -> None:
            await write(database, process_id)

        async def carry_out(epoch: int, process_id: str) -> None:
            context = fenced(LeaderLease.fence(epoch))
            await asyncio.create_task(as_leader(process_id), context=context)

        await carry_out(1, "written")
        await leader.give_back()
        await other.keep()
        with pytest.raises(LeaseLostError):
            await carry_out(1, "too late")
        await carry_out(2, "by the next")
        await write(database, "of no leader")
        async with database.read() as connection:
            found = set((await connection.execute(select(heartbeats.c.process_id))).scalars())
        assert found == {"written", "by the next", "of no leader"}


async def test_nobody_takes_it_within_a_transaction_of_the_leader(
    postgresql: PostgresqlServer, name: str
) -> None:
    address = postgresql.address(name)
    async with (
        shared(address) as database,
        open_standing_session(address) as first,
        open_standing_session(address) as second,
    ):
        leader, other = LeaderLease(first, "a:1:x", LONG_S), LeaderLease(second, "b:2:y", LONG_S)
        await leader.keep()
        async with database.write() as connection:
            await LeaderLease.fence(1)(connection)
            await leader.keep()
            assert leader.epoch == 1, "it is renewed meanwhile"
            await leader.give_back()
            await other.keep()
            assert other.epoch is None
        await other.keep()
        assert other.epoch == 2
