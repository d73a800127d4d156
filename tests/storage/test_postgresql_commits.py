"""Commits whose answer is lost: what was kept counts, what was not raises."""

import asyncio
import signal
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.storage.database import Database
from bot.storage.errors import StorageUnavailableError
from bot.storage.opening import open_database
from bot.storage.tables import jobs
from tests.postgresql.proxy import Break, Proxy, proxy_to
from tests.postgresql.server import PostgresqlServer, postgresql_server
from tests.storage.rows import add, job_count, row


@pytest.fixture
async def proxy(postgresql: PostgresqlServer) -> AsyncGenerator[Proxy]:
    async with proxy_to(postgresql.port) as made:
        yield made


@pytest.fixture
async def database(postgresql: PostgresqlServer, proxy: Proxy, tmp_path: Path) -> AsyncGenerator[Database]:
    with postgresql.new_database() as name:
        async with open_database(postgresql.url(name, port=proxy.port), tmp_path) as opened:
            yield opened


async def test_a_commit_that_was_kept_is_one_though_its_answer_was_lost(
    proxy: Proxy, database: Database
) -> None:
    known: list[str] = []
    proxy.breaking = Break.AFTER_COMMIT
    async with database.write(lambda: known.append("committed")) as connection:
        await connection.execute(jobs.insert().values(row()))
    assert (known, database.commits) == (["committed"], 1)
    await add(database, row())
    assert await job_count(database) == 2


@pytest.mark.parametrize("how", [Break.BEFORE_COMMIT, Break.SILENTLY])
async def test_a_commit_that_was_not_kept_is_none(proxy: Proxy, database: Database, how: Break) -> None:
    known: list[str] = []
    proxy.breaking = how
    with pytest.raises(StorageUnavailableError, match="the last change was not kept"):
        async with database.write(lambda: known.append("committed")) as connection:
            await connection.execute(jobs.insert().values(row()))
    assert (known, database.commits, await job_count(database)) == ([], 0, 0)
    await add(database, row())
    assert await job_count(database) == 1


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGQUIT], ids=["restart", "crash"])
async def test_a_server_that_was_started_again_meanwhile_tells_what_it_kept_unless_it_crashed(
    tmp_path: Path, how: signal.Signals
) -> None:
    """After a crash a number of a transaction may be given out again: its outcome is no proof."""
    with postgresql_server() as server, server.new_database() as name:
        async with (
            proxy_to(server.port) as proxy,
            open_database(server.url(name, port=proxy.port), tmp_path) as database,
        ):
            proxy.breaking, proxy.refuses_afterwards = Break.AFTER_COMMIT, True
            adding = asyncio.create_task(add(database, row()))
            async with asyncio.timeout(60):
                await proxy.refusing.wait()
            await asyncio.to_thread(server.stop, how)
            await asyncio.to_thread(server.start)
            proxy.refusing.clear()
            if how is signal.SIGINT:
                await adding
            else:
                with pytest.raises(StorageUnavailableError, match="may or may not have been kept"):
                    await adding
            assert await job_count(database) == 1
            await add(database, row())


async def test_a_transaction_that_wrote_nothing_asks_nobody(proxy: Proxy, database: Database) -> None:
    proxy.breaking = Break.BEFORE_COMMIT
    with pytest.raises(StorageUnavailableError) as lost:
        async with database.write() as connection:
            await connection.execute(select(jobs.c.id))
    assert "last change" not in str(lost.value)
    await add(database, row())
