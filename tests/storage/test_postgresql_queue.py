"""The queue of runs on a server: what wants to run is entered once, handed out, and handed back."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
import pytest

from bot.storage.errors import StorageUnavailableError
from bot.storage.opening import open_database
from bot.storage.postgresql_queue import STALLED_AFTER_S, PostgresqlRunQueue
from tests.postgresql.server import PostgresqlServer
from tests.postgresql.sharing import shared
from tests.storage.rows import add, row

END_ALL = (
    "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
    " WHERE pid <> pg_backend_pid() AND datname = current_database()"
)

FULL_DISK = b"""
    CREATE SEQUENCE refusals;
    SELECT nextval('refusals');
    CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN
        PERFORM nextval('refusals');
        RAISE EXCEPTION 'could not extend file' USING ERRCODE = 'disk_full';
    END$$;
    CREATE TRIGGER full_disk BEFORE UPDATE ON stillmotion_pgqueuer FOR EACH ROW EXECUTE FUNCTION refuse();
"""
SETTINGS = ("default_transaction_isolation TO 'repeatable read'", "lock_timeout TO 1")
OLDEST_HEARTBEATS = "UPDATE stillmotion_pgqueuer SET heartbeat = now() - interval '9.75 s'"
STALE_HEARTBEATS = "UPDATE stillmotion_pgqueuer SET heartbeat = now() - interval '1 min'"
REFUSALS_OF_BOTH = 9
ONLY_READ_COMMITTED = b"""
    CREATE FUNCTION look() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN
        IF current_setting('transaction_isolation') <> 'read committed' THEN RAISE EXCEPTION 'isolated'; END IF;
        RETURN new;
    END$$;
    CREATE TRIGGER looks BEFORE INSERT ON stillmotion_pgqueuer FOR EACH ROW EXECUTE FUNCTION look();
"""


@asynccontextmanager
async def queue_of(postgresql: PostgresqlServer, name: str) -> AsyncGenerator[PostgresqlRunQueue]:
    queue = PostgresqlRunQueue(postgresql.address(name))
    try:
        await queue.install()
        yield queue
    finally:
        await queue.close()


async def test_a_job_has_one_entry_until_it_was_carried(postgresql: PostgresqlServer, tmp_path: Path) -> None:
    carried: list[str] = []
    again = asyncio.Event()

    with postgresql.new_database() as name:
        async with (
            open_database(postgresql.url(name), tmp_path) as database,
            queue_of(postgresql, name) as queue,
            queue_of(postgresql, name) as other,
        ):
            stored = row()
            await add(database, stored)
            job_id = str(stored["id"])
            assert await queue.missing() == {job_id: False}
            assert await queue.put([job_id]) == {job_id}
            assert await other.put([job_id]) == frozenset()
            assert await other.missing() == {}

            async def carry(one: str) -> bool:
                carried.append(one)
                if len(carried) == 1:
                    # Connections come back, with the entry.
                    with psycopg.connect(postgresql.url(name), autocommit=True) as server:
                        server.execute(END_ALL)
                    return False
                again.set()
                return True

            async with asyncio.timeout(60), asyncio.TaskGroup() as group:
                group.create_task(queue.work(carry))
                await again.wait()
                while await other.present([job_id]):  # noqa: ASYNC110 - a queue in the database rings no bell
                    await asyncio.sleep(0.05)
                queue.stop_taking()
            assert carried == [job_id] * 2
            await queue.trim()
            queue.give_up()
            with pytest.raises(StorageUnavailableError, match="left to others"):
                await queue.put([job_id])
            assert await other.present([job_id]) == frozenset()


async def test_an_entry_is_held_until_another_process_took_it_over(postgresql: PostgresqlServer) -> None:
    taken, ends = asyncio.Event(), asyncio.Event()

    async def carry(_: str) -> bool:
        taken.set()
        return await ends.wait()

    with postgresql.new_database() as name:
        async with queue_of(postgresql, name) as queue, queue_of(postgresql, name) as other:
            await queue.put(["job"])
            async with asyncio.timeout(60), asyncio.TaskGroup() as group:
                group.create_task(queue.work(carry))
                await taken.wait()
                assert await queue.holds("job")
                assert not await other.holds("job")
                with psycopg.connect(postgresql.url(name), autocommit=True) as server:
                    server.execute("UPDATE stillmotion_pgqueuer SET queue_manager_id = gen_random_uuid()")
                assert not await queue.holds("job")
                queue.stop_taking()
                ends.set()


@asynccontextmanager
async def taking(postgresql: PostgresqlServer, name: str, taken: list[str]) -> AsyncGenerator[None]:
    """A worker that takes entries, and has none carried to its end."""
    ends = asyncio.Event()

    async def carry(one: str) -> bool:
        taken.append(one)
        return await ends.wait()

    async with shared(postgresql.address(name)), queue_of(postgresql, name) as queue:
        working = asyncio.create_task(queue.work(carry))
        try:
            yield
        finally:
            queue.stop_taking()
            ends.set()
            await working


async def test_a_backlog_is_spread_over_workers_that_start_one_after_the_other(
    postgresql: PostgresqlServer,
) -> None:
    jobs, workers = 120, 3
    taken: list[list[str]] = [[] for _ in range(workers)]
    with postgresql.new_database() as name:
        async with queue_of(postgresql, name) as queue, AsyncExitStack() as stack:
            await queue.put([f"job-{number}" for number in range(jobs)])
            async with asyncio.timeout(60):
                for of_worker in taken:
                    await stack.enter_async_context(taking(postgresql, name, of_worker))
                    while len(of_worker) < jobs / 2 / workers:  # noqa: ASYNC110 - a queue rings no bell
                        await asyncio.sleep(0.02)
                while sum(map(len, taken)) < jobs:  # noqa: ASYNC110 - as above
                    await asyncio.sleep(0.02)
    assert max(map(len, taken)) <= 2 * jobs / workers
    assert len({one for of_worker in taken for one in of_worker}) == jobs


def refusals(server: psycopg.Connection[Any]) -> int:
    """One more than updates that `FULL_DISK` refused: a sequence counts what is rolled back as well."""
    (number,) = server.execute("SELECT last_value FROM refusals").fetchall()[0]
    return int(number)


async def test_entries_are_taken_again_after_an_error_that_left_the_connection_open(
    postgresql: PostgresqlServer,
) -> None:
    taken: list[str] = []
    with postgresql.new_database() as name, psycopg.connect(postgresql.url(name), autocommit=True) as server:
        async with taking(postgresql, name, taken), asyncio.timeout(60):
            async with queue_of(postgresql, name) as queue:
                await queue.put(["long"])
                while not taken:  # noqa: ASYNC110 - a queue rings no bell
                    await asyncio.sleep(0.02)
                server.execute(FULL_DISK)
                await queue.put(["late"])
            while refusals(server) == 1:  # noqa: ASYNC110 - as above
                await asyncio.sleep(0.02)
            server.execute("DROP TRIGGER full_disk ON stillmotion_pgqueuer")
            while taken != ["long", "late"]:  # noqa: ASYNC110 - as above
                await asyncio.sleep(0.02)


async def test_settings_of_a_database_do_not_reach_the_queue(postgresql: PostgresqlServer) -> None:
    with postgresql.new_database() as name, psycopg.connect(postgresql.url(name), autocommit=True) as server:
        for setting in SETTINGS:
            server.execute(f"ALTER DATABASE {name} SET {setting}".encode())
        async with queue_of(postgresql, name) as queue:
            server.execute(ONLY_READ_COMMITTED)
            assert await queue.put(["job"]) == {"job"}


def holders(url: str) -> dict[str, str]:
    with psycopg.connect(url) as server:
        return dict(
            server.execute("SELECT dedupe_key, queue_manager_id::text FROM stillmotion_pgqueuer").fetchall()
        )


async def have_each_take_one(queue: PostgresqlRunQueue, taken: list[list[str]], prefix: str) -> None:
    for number in count():
        if all(any(one.startswith(prefix) for one in of_worker) for of_worker in taken):
            return
        await queue.put([f"{prefix}-{number}"])
        while sum(one.startswith(prefix) for of_worker in taken for one in of_worker) <= number:  # noqa: ASYNC110 - a queue rings no bell
            await asyncio.sleep(0.02)


@asynccontextmanager
async def two_workers(postgresql: PostgresqlServer) -> AsyncGenerator[str]:
    """Workers, each of which has the same entries after the block as before."""
    taken: list[list[str]] = [[], []]
    with postgresql.new_database() as name:
        url = postgresql.url(name)
        async with queue_of(postgresql, name) as queue, AsyncExitStack() as stack, asyncio.timeout(120):
            for of_worker in taken:
                await stack.enter_async_context(taking(postgresql, name, of_worker))
            await have_each_take_one(queue, taken, "before")
            before = holders(url)
            yield url
            await have_each_take_one(queue, taken, "after")
            assert before.items() <= holders(url).items()


@pytest.mark.slow
async def test_workers_keep_their_entries_when_the_server_stood_still(postgresql: PostgresqlServer) -> None:
    async with two_workers(postgresql) as url:
        with psycopg.connect(url, autocommit=True) as server:
            server.execute(OLDEST_HEARTBEATS)
        with postgresql.frozen():
            await asyncio.sleep(STALLED_AFTER_S - 9)


@pytest.mark.slow
async def test_workers_keep_their_entries_when_no_heartbeat_could_be_stored(
    postgresql: PostgresqlServer,
) -> None:
    async with two_workers(postgresql) as url:
        with psycopg.connect(url, autocommit=True) as server:
            server.execute(FULL_DISK)
            server.execute("SET session_replication_role TO replica")  # no trigger refuses it
            server.execute(STALE_HEARTBEATS)
            while refusals(server) < REFUSALS_OF_BOTH:  # noqa: ASYNC110 - a sequence rings no bell
                await asyncio.sleep(0.02)
            server.execute("DROP TRIGGER full_disk ON stillmotion_pgqueuer")
