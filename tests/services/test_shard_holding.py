"""Shards that several gateways divide among them."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any, LiteralString

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.services.shard_holding import MOST_GROUPS, ShardHolding, groups_of, shards_in, share_of
from bot.storage.address import PostgresqlAddress
from bot.storage.advisory_locks import GROUPS
from bot.storage.postgresql import open_standing_session
from bot.storage.postgresql_session import PostgresqlSession
from bot.storage.shard_locks import ShardLocks
from bot.storage.standing_session import StandingSession
from tests.postgresql.server import PostgresqlServer

WITHIN_S = 60.0


@given(
    st.sets(st.integers(1, 30), min_size=1),
    st.dictionaries(st.integers(0, 20), st.integers(1, 30)),
    st.integers(1, 21),
)
def test_shares_are_even_and_cover_all_groups(
    gateways: set[int], holders: dict[int, int], groups: int
) -> None:
    shares = [share_of(one, gateways, holders, groups) for one in gateways]
    assert sum(shares) == groups
    assert max(shares) - min(shares) <= 1


def test_nothing_moves_where_the_shares_are_even() -> None:
    holders = {0: 8, 1: 8, 2: 7}
    assert [share_of(one, {7, 8, 9}, holders, 4) for one in (7, 8, 9)] == [1, 2, 1]
    assert [share_of(one, {7, 8}, {0: 8}, 1) for one in (7, 8)] == [0, 1]


@given(st.integers(1, 200))
def test_every_shard_is_in_one_group(shard_count: int) -> None:
    groups = groups_of(shard_count)
    assert groups <= MOST_GROUPS
    found = [shard for group in range(groups) for shard in shards_in([group], shard_count)]
    assert sorted(found) == list(range(shard_count))


class Connections:
    """Notes what is to be connected, of one process among others."""

    def __init__(self, all_of_them: "list[Connections]") -> None:
        self.served: frozenset[int] = frozenset()
        self.changes = 0
        self.holding: ShardHolding | None = None
        self._all = all_of_them
        all_of_them.append(self)

    async def serve_shards(self, shard_ids: frozenset[int], shard_count: int) -> None:
        assert shard_ids <= frozenset(range(shard_count))
        self.served = shard_ids
        self.changes += 1
        served = [shard for one in self._all for shard in one.served]
        assert len(served) == len(set(served)), "a shard is connected twice"


class ChangingSession:
    """A session in whose place another one may come, on a server that may give process ids again."""

    def __init__(self, session: StandingSession) -> None:
        self.session = session
        self.seen_pids: dict[int, int] = {}
        """What is told instead of ids of processes on the server."""
        self.may_ask = asyncio.Event()
        self.may_ask.set()
        self.is_asking = False
        self.looks = 0

    async def rows(self, statement: LiteralString, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        await self.may_ask.wait()
        self.is_asking = True
        try:
            found = await self.session.rows(statement, values)
        finally:
            self.is_asking = False
        self.looks += "pg_locks" in statement
        return [tuple(self._seen(cell) for cell in row) for row in found]

    def _seen(self, cell: object) -> object:
        return self.seen_pids.get(cell, cell) if isinstance(cell, int) else cell


@asynccontextmanager
async def gateway(
    address: PostgresqlAddress,
    all_of_them: list[Connections],
    recommended: int,
    changing: Callable[[StandingSession], StandingSession] = lambda session: session,
) -> AsyncGenerator[Connections]:
    async with open_standing_session(address) as opened:
        session = changing(opened)
        made = Connections(all_of_them)
        made.holding = ShardHolding(ShardLocks(session), made)
        task = asyncio.create_task(made.holding.run(recommended))
        try:
            yield made
        finally:
            task.cancel()
            await asyncio.wait([task])
            made.served = frozenset()


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(WITHIN_S):
        while not condition():  # noqa: ASYNC110 - locks of others ring no bell
            await asyncio.sleep(0.02)


async def test_gateways_divide_the_shards_and_take_over_those_of_one_that_is_gone(
    postgresql: PostgresqlServer,
) -> None:
    everybody: list[Connections] = []
    with postgresql.new_database() as name:
        address = postgresql.address(name)
        async with gateway(address, everybody, 4) as first:
            await until(lambda: first.served == {0, 1, 2, 3})
            async with gateway(address, everybody, 6) as second:
                await until(lambda: (len(first.served), len(second.served)) == (2, 2))
                assert first.served | second.served == {0, 1, 2, 3}, "the number is the first one's"
            await until(lambda: first.served == {0, 1, 2, 3})
        async with gateway(address, everybody, 1) as alone, gateway(address, everybody, 1) as spare:
            await until(lambda: alone.served | spare.served == {0})
            assert len(alone.served) + len(spare.served) == 1, "a new number, as nobody was connected"


async def test_a_session_that_is_lost_is_followed_by_another(postgresql: PostgresqlServer) -> None:
    everybody: list[Connections] = []
    with postgresql.new_database() as name:
        address = postgresql.address(name)
        async with gateway(address, everybody, 2) as first:
            await until(lambda: first.served == {0, 1})
            assert first.holding is not None
            with psycopg.connect(postgresql.url(name), autocommit=True) as outside:
                outside.execute(
                    b"SELECT pg_terminate_backend(pid, 5000) FROM pg_locks WHERE locktype = 'advisory'"
                )
                count = b"SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND classid = %s"
                await until(lambda: outside.execute(count, (GROUPS,)).fetchone() == (2,))
            assert first.served == {0, 1}
            assert await first.holding.is_held(0)
            assert not await first.holding.is_held(2)


async def test_no_shard_moves_when_the_server_loses_all_sessions(postgresql: PostgresqlServer) -> None:
    everybody: list[Connections] = []
    with postgresql.new_database() as name:
        address = postgresql.address(name)
        async with gateway(address, everybody, 4) as first:
            await until(lambda: first.served == {0, 1, 2, 3})
            async with gateway(address, everybody, 4) as second:
                await until(lambda: (len(first.served), len(second.served)) == (2, 2))
                changes = first.changes, second.changes
                postgresql.end_sessions(name)
                with psycopg.connect(postgresql.url(name), autocommit=True) as outside:
                    count = b"SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND classid = %s"
                    await until(lambda: outside.execute(count, (GROUPS,)).fetchone() == (4,))
                assert (first.changes, second.changes) == changes
            await until(lambda: first.served == {0, 1, 2, 3})


@pytest.mark.slow
async def test_a_gateway_that_returns_late_is_given_its_shards_back(postgresql: PostgresqlServer) -> None:
    sessions: list[ChangingSession] = []

    def changing(session: StandingSession) -> ChangingSession:
        sessions.append(ChangingSession(session))
        return sessions[-1]

    with postgresql.new_database() as name:
        address = postgresql.address(name)
        async with gateway(address, [], 4, changing) as late:
            await until(lambda: late.served == {0, 1, 2, 3})
            async with gateway(address, [], 4) as other:
                await until(lambda: (late.served, other.served) == ({0, 1}, {2, 3}))
                sessions[0].may_ask.clear()
                await until(lambda: not sessions[0].is_asking)
                postgresql.end_sessions(name)
                await until(lambda: other.served == {0, 1, 2, 3})
                sessions[0].may_ask.set()
                await until(lambda: len(other.served) == len(late.served) == 2)
                assert (late.served, other.served) == ({0, 1}, {2, 3})


_JOINED = b"SELECT DISTINCT pid FROM pg_locks WHERE locktype = 'advisory'"


def joined_pids(outside: psycopg.Connection) -> set[int]:
    return {pid for (pid,) in outside.execute(_JOINED)}


async def test_a_session_with_the_id_of_an_earlier_one_is_another_gateways(
    postgresql: PostgresqlServer,
) -> None:
    pids: dict[int, int] = {}
    sessions: list[ChangingSession] = []

    def changing(session: StandingSession) -> ChangingSession:
        sessions.append(ChangingSession(session))
        sessions[-1].seen_pids = pids
        return sessions[-1]

    with postgresql.new_database() as name:
        address = postgresql.address(name)
        with psycopg.connect(postgresql.url(name), autocommit=True) as outside:
            async with gateway(address, [], 4, changing) as first:
                await until(lambda: first.served == {0, 1, 2, 3})
                sessions[0].may_ask.clear()
                await until(lambda: not sessions[0].is_asking)
                (earlier,) = joined_pids(outside)
                outside.execute(b"SELECT pg_terminate_backend(%s, 5000)", (earlier,))
                # It joins before the first gateway looks again, as after a restart of the server.
                async with gateway(address, [], 4, changing) as second:
                    await until(lambda: second.served == {0, 1, 2, 3})
                    (later,) = joined_pids(outside)
                    pids[later] = earlier
                    sessions[0].may_ask.set()
                    await until(lambda: (len(first.served), len(second.served)) == (2, 2))
                    assert first.served | second.served == {0, 1, 2, 3}


async def test_nothing_moves_while_a_session_that_was_lost_is_still_on_the_server(
    postgresql: PostgresqlServer,
) -> None:
    everybody: list[Connections] = []
    sessions: list[ChangingSession] = []

    def changing(session: StandingSession) -> ChangingSession:
        sessions.append(ChangingSession(session))
        return sessions[-1]

    async def looked() -> None:
        before = [session.looks for session in sessions]
        await until(lambda: all(one.looks > was + 2 for one, was in zip(sessions, before, strict=True)))

    with postgresql.new_database() as name:
        address = postgresql.address(name)
        async with (
            gateway(address, everybody, 4, changing) as first,
            open_standing_session(address) as next_session,
        ):
            await until(lambda: first.served == {0, 1, 2, 3})
            async with gateway(address, everybody, 4, changing) as second:
                await until(lambda: (len(first.served), len(second.served)) == (2, 2))
                served = first.served, second.served
                changes = first.changes, second.changes
                lost, sessions[0].session = sessions[0].session, next_session
                await looked()
                assert (first.changes, second.changes) == changes
                assert isinstance(lost, PostgresqlSession)
                await lost.close()
                await looked()
                assert (first.served, second.served) == served


async def test_what_is_released_is_not_connected_again_while_a_lost_session_has_it(
    postgresql: PostgresqlServer,
) -> None:
    sessions: list[ChangingSession] = []

    def changing(session: StandingSession) -> ChangingSession:
        sessions.append(ChangingSession(session))
        return sessions[-1]

    with postgresql.new_database() as name:
        address = postgresql.address(name)
        async with (
            gateway(address, [], 4, changing) as first,
            open_standing_session(address) as next_session,
        ):
            await until(lambda: first.served == {0, 1, 2, 3})
            lost, sessions[0].session = sessions[0].session, next_session
            async with gateway(address, [], 4) as second:
                await until(lambda: first.served == {0, 1})
                changes, looks = first.changes, sessions[0].looks
                await until(lambda: sessions[0].looks > looks + 2)
                assert (first.changes, second.served) == (changes, frozenset())
                assert isinstance(lost, PostgresqlSession)
                await lost.close()
                await until(lambda: first.served | second.served == {0, 1, 2, 3} and len(first.served) == 2)
                assert len(second.served) == 2
