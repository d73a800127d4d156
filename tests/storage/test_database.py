"""The open database: what is committed stays, what is not never was, and nothing leaves it unusable."""

import asyncio
import sqlite3
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, event, select, text, update
from sqlalchemy.exc import IntegrityError

from bot.storage.database import Database
from bot.storage.errors import StorageError, StorageUnavailableError
from bot.storage.opening import open_database
from bot.storage.tables import jobs
from tests.storage.rows import TOKEN, add, counted, job_count, row

pytestmark = pytest.mark.postgresql

SLOW = """
    WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300000)
    UPDATE jobs SET seconds = (SELECT max(i) FROM n)
"""


async def pragma(database: Database, name: str, *, writing: bool) -> object:
    async with database.write() if writing else database.read() as connection:
        return (await connection.exec_driver_sql(f"PRAGMA {name}")).scalar_one()


@pytest.mark.parametrize("writing", [True, False])
@pytest.mark.sqlite
async def test_the_settings_are_really_in_force(database: Database, *, writing: bool) -> None:
    assert await pragma(database, "journal_mode", writing=writing) == "wal"
    assert await pragma(database, "foreign_keys", writing=writing) == 1
    assert await pragma(database, "busy_timeout", writing=writing) == 5000
    assert await pragma(database, "temp_store", writing=writing) == 2
    assert await pragma(database, "cache_size", writing=writing) == -512
    assert await pragma(database, "synchronous", writing=True) == 2
    assert await pragma(database, "query_only", writing=writing) == int(not writing)


async def test_a_commit_is_counted_and_a_rollback_is_not(database: Database) -> None:
    await add(database, row())

    async def change_ones_mind() -> None:
        async with database.write() as connection:
            await connection.execute(jobs.insert().values(row()))
            raise RuntimeError("changed my mind")

    with pytest.raises(RuntimeError, match="changed my mind"):
        await change_ones_mind()
    assert await job_count(database) == 1
    assert database.commits == 1


async def test_what_was_committed_is_there_when_the_file_is_opened_again(
    tmp_path: Path, database_url: str | None
) -> None:
    async with open_database(database_url, tmp_path) as database:
        await add(database, row())
    async with open_database(database_url, tmp_path) as database:
        assert await job_count(database) == 1


async def test_concurrent_writes_follow_one_another(database: Database) -> None:
    await add(database, row(id="counter", seconds=0))

    async def one_more() -> None:
        async with database.write() as connection:
            seen = (await connection.execute(select(jobs.c.seconds))).scalar_one()
            await asyncio.sleep(0)
            await connection.execute(update(jobs).values(seconds=seen + 1))

    await asyncio.gather(*(one_more() for _ in range(20)))
    async with database.read() as connection:
        assert (await connection.execute(select(jobs.c.seconds))).scalar_one() == 20
    assert database.commits == 21


@pytest.mark.sqlite
async def test_a_write_has_the_write_lock_from_its_first_statement(database: Database) -> None:
    with closing(sqlite3.connect(database.path, isolation_level=None, timeout=0)) as other:
        async with database.write() as connection:
            assert await counted(connection) == 0
            with pytest.raises(sqlite3.OperationalError, match="locked"):
                other.execute("BEGIN IMMEDIATE")
        other.execute("BEGIN IMMEDIATE")


async def test_two_readers_see_the_last_commit_while_a_write_is_open(database: Database) -> None:
    await add(database, row())
    async with database.write() as writing:
        await writing.execute(jobs.insert().values(row()))
        async with database.read() as first, database.read() as second:
            assert await counted(writing) == 2
            assert await asyncio.gather(counted(first), counted(second)) == [1, 1]


async def test_a_reader_keeps_seeing_one_state(database: Database) -> None:
    async with database.read() as connection:
        assert await counted(connection) == 0
        await add(database, row())
        assert await counted(connection) == 0
    assert await job_count(database) == 1


async def test_a_third_reader_waits_for_one_of_the_two_and_may_give_up(database: Database) -> None:
    async with database.read() as first:
        async with database.read() as second:
            impatient, patient = (asyncio.create_task(job_count(database)) for _ in range(2))
            assert await counted(first) == await counted(second) == 0
            assert await cancelled(impatient)
            assert await counted(first) == 0
            assert not patient.done()
        assert await patient == 0


async def test_a_reader_cannot_write(database: Database) -> None:
    with pytest.raises(StorageUnavailableError, match=r"read-?only"):
        async with database.read() as connection:
            await connection.execute(jobs.insert().values(row()))
    assert await job_count(database) == 0


@pytest.mark.sqlite
async def test_a_full_disk_is_told_apart_and_over_when_there_is_room_again(database: Database) -> None:
    async with database.write() as connection:
        pages = (await connection.exec_driver_sql("PRAGMA page_count")).scalar_one()
        await connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(StorageUnavailableError, match=r"stillmotion\.sqlite3: .*full") as full:
        await add(database, row(prompt="x" * 100_000))
    assert TOKEN not in str(full.value)
    assert await job_count(database) == 0
    async with database.write() as connection:
        await connection.exec_driver_sql("PRAGMA max_page_count = 100000")
    await add(database, row(prompt="x" * 100_000))
    assert await job_count(database) == 1


@pytest.mark.sqlite
async def test_a_read_only_database_is_told_apart_and_over_when_it_can_be_written_again(
    database: Database,
) -> None:
    async with database.write() as connection:
        driver = (await connection.get_raw_connection()).driver_connection
        await connection.exec_driver_sql("PRAGMA query_only = ON")
    with pytest.raises(StorageUnavailableError, match="readonly"):
        await add(database, row())
    assert driver is not None
    await driver.execute("PRAGMA query_only = OFF")
    await add(database, row())
    assert await job_count(database) == 1


@pytest.mark.sqlite
async def test_a_locked_database_is_told_apart_and_over_when_it_is_free(database: Database) -> None:
    async with database.write() as connection:
        await connection.exec_driver_sql("PRAGMA busy_timeout = 20")
    with closing(sqlite3.connect(database.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StorageUnavailableError, match="locked"):
            await add(database, row())
        other.execute("ROLLBACK")
    await add(database, row())
    assert await job_count(database) == 1


async def test_a_wrong_statement_is_an_error_of_storage_without_its_values(database: Database) -> None:
    with pytest.raises(StorageError, match=r'no such table: films|"films" does not exist') as refused:
        async with database.write() as connection:
            await connection.execute(text("INSERT INTO films VALUES (:token)"), {"token": TOKEN})
    assert type(refused.value) is StorageError
    assert TOKEN not in str(refused.value)
    assert refused.value.__cause__ is None
    assert refused.value.__suppress_context__
    await add(database, row())


async def test_a_commit_that_fails_leaves_nothing_open(database: Database) -> None:
    async with database.write() as connection:
        await connection.exec_driver_sql("CREATE TABLE parent (id INTEGER PRIMARY KEY)")
        await connection.exec_driver_sql(
            "CREATE TABLE child (parent INTEGER REFERENCES parent DEFERRABLE INITIALLY DEFERRED)"
        )
    with pytest.raises(IntegrityError):
        async with database.write() as connection:
            await connection.exec_driver_sql("INSERT INTO child VALUES (1)")
    assert database.commits == 1
    assert await job_count(database) == 0
    await add(database, row())
    assert await job_count(database) == 1


async def cancelled(task: asyncio.Task[Any]) -> bool:
    task.cancel()
    await asyncio.wait([task])
    return task.cancelled()


async def test_a_write_that_is_cancelled_in_a_statement_never_was(database: Database) -> None:
    await add(database, row(seconds=6))
    begun = asyncio.Event()

    async def write() -> None:
        async with database.write() as connection:
            await connection.execute(jobs.insert().values(row()))
            begun.set()
            await connection.exec_driver_sql(SLOW)

    task = asyncio.create_task(write())
    await begun.wait()
    for _ in range(10):
        await asyncio.sleep(0)
    assert await cancelled(task)
    assert database.commits == 1
    await add(database, row())
    assert await job_count(database) == 2


async def test_a_cancellation_during_the_commit_waits_for_it(database: Database) -> None:
    async def write() -> None:
        async with database.write() as connection:
            await connection.execute(jobs.insert().values(row()))
            assert connection.sync_connection is not None
            event.listen(connection.sync_connection, "commit", cancel)

    def cancel(_connection: Connection) -> None:
        task.cancel()

    task = asyncio.create_task(write())
    await asyncio.wait([task])
    assert task.cancelled()
    assert database.commits == 1
    assert await job_count(database) == 1


async def cancelled_everywhere(work: Callable[[], Coroutine[Any, Any, Any]]) -> AsyncGenerator[bool]:
    """Whether the work was cancelled, sooner or later, until it ends before it can be."""
    turns, was_cancelled = 0, True
    while was_cancelled:
        task = asyncio.create_task(work())
        for _ in range(turns):
            await asyncio.sleep(0)
        was_cancelled = await cancelled(task)
        yield was_cancelled
        turns += 1 + turns // 5


async def test_wherever_a_write_is_cancelled_it_happened_wholly_or_not_at_all(database: Database) -> None:
    async for _ in cancelled_everywhere(lambda: add(database, row(), row())):
        assert await job_count(database) == 2 * database.commits
    assert database.commits
    await add(database, row(), row())
    assert await job_count(database) == 2 * database.commits


async def test_wherever_a_read_is_cancelled_the_next_ones_work(database: Database) -> None:
    async for _ in cancelled_everywhere(lambda: job_count(database)):
        pass
    assert await asyncio.gather(*(job_count(database) for _ in range(5))) == [0] * 5


async def test_closing_waits_for_those_at_work_and_refuses_those_who_come_later(database: Database) -> None:
    async with database.write() as writing, database.read() as reading:
        await counted(reading)
        closing_it = asyncio.create_task(database.close())
        await writing.execute(jobs.insert().values(row()))
        assert not closing_it.done()
    await closing_it
    assert database.commits == 1
    with pytest.raises(StorageUnavailableError, match="closed"):
        await add(database, row())
    with pytest.raises(StorageUnavailableError, match="closed"):
        await job_count(database)
