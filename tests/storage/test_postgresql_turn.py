"""The turn of one gateway among several."""

import asyncio

import psycopg
import pytest

from bot.storage.advisory_locks import GATEWAY_KEY
from bot.storage.postgresql_turn import SoleTurn
from tests.postgresql.server import PostgresqlServer


async def test_a_turn_that_another_took_is_given_up_at_once(postgresql: PostgresqlServer, name: str) -> None:
    first = SoleTurn(postgresql.address(name), GATEWAY_KEY)
    second = SoleTurn(postgresql.address(name), GATEWAY_KEY)
    try:
        assert await first.take()
        assert not await second.take()
        assert not await first.is_anothers()
        assert await second.is_anothers()
        with psycopg.connect(postgresql.url(name), autocommit=True) as outside:
            outside.execute(
                b"SELECT pg_terminate_backend(pid, 5000) FROM pg_locks WHERE locktype = 'advisory'"
            )
        async with asyncio.timeout(15):
            await second.wait()
            await first.watch()
        assert first.lost.is_set()
        assert not second.lost.is_set()
    finally:
        await first.close()
        await second.close()


@pytest.mark.slow
async def test_the_turn_of_a_process_that_stands_still_is_the_next_ones(
    postgresql: PostgresqlServer, name: str
) -> None:
    frozen = SoleTurn(postgresql.address(name), GATEWAY_KEY)
    second = SoleTurn(postgresql.address(name), GATEWAY_KEY)
    try:
        assert await frozen.take()  # and looks no more if it still has it
        async with asyncio.timeout(40):
            await second.wait()
            await frozen.watch()
        assert frozen.lost.is_set()
    finally:
        await frozen.close()
        await second.close()
