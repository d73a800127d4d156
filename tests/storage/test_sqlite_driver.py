"""The database's driver: a statement is one trip to its thread, and a transaction leaves nothing open."""

import asyncio
import sqlite3
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from bot.storage.database import Database
from bot.storage.opening import open_database
from bot.storage.sqlite_driver import OneTripConnection, connect
from tests.storage.rows import add, job_count, row


class Looks:
    """Counts looks at the file."""

    def __init__(self) -> None:
        self.made = 0

    def __call__(self) -> None:
        self.made += 1


@pytest.fixture
def looks() -> Looks:
    return Looks()


@pytest.fixture
async def connection(tmp_path: Path, looks: Looks) -> AsyncGenerator[OneTripConnection]:
    async with connect(str(tmp_path / "file"), look=looks, isolation_level=None) as opened:
        await opened.cursor().execute("CREATE TABLE numbers (number INTEGER PRIMARY KEY)")
        yield opened


async def test_a_statement_tells_its_rows_and_how_many_it_changed(connection: OneTripConnection) -> None:
    cursor = connection.cursor()
    await cursor.executemany("INSERT INTO numbers VALUES (?)", [(1,), (2,), (3,)])
    assert (cursor.rowcount, cursor.description) == (3, None)
    await cursor.execute("UPDATE numbers SET number = number + 10 WHERE number > ?", [1])
    assert cursor.rowcount == 2
    await cursor.execute("SELECT number FROM numbers ORDER BY number")
    assert cursor.description[0][0] == "number"
    assert await cursor.fetchall() == [(1,), (12,), (13,)]
    assert await cursor.fetchall() == []


async def test_the_file_is_looked_at_before_a_transaction_and_after_its_commit(
    connection: OneTripConnection, looks: Looks
) -> None:
    connection.begin("BEGIN IMMEDIATE")
    assert looks.made == 0
    await connection.cursor().execute("INSERT INTO numbers VALUES (1)")
    assert looks.made == 1
    await connection.commit()
    assert looks.made == 2


async def test_an_error_of_sqlite_comes_through(connection: OneTripConnection) -> None:
    with pytest.raises(sqlite3.OperationalError, match="no such table"):
        await connection.cursor().execute("SELECT * FROM missing")


async def test_a_transaction_that_is_cancelled_while_it_begins_leaves_nothing_open(tmp_path: Path) -> None:
    async with open_database(None, tmp_path) as database:
        await add(database, row())
        other = sqlite3.connect(database.path, isolation_level=None)
        try:
            other.execute("BEGIN IMMEDIATE")
            writing = asyncio.create_task(_delete_nothing(database))
            await asyncio.sleep(
                0.05
            )  # the lock is waited for in the driver's thread, where nothing tells of it
            writing.cancel()
            await asyncio.sleep(0)
            other.execute("ROLLBACK")
            await asyncio.wait([writing])
            assert writing.cancelled()
            other.execute("BEGIN IMMEDIATE")  # refused if the cancelled one still had the lock
            other.execute("ROLLBACK")
        finally:
            other.close()
        await add(database, row())
        assert await job_count(database) == 2


async def _delete_nothing(database: Database) -> None:
    async with database.write() as connection:
        await connection.exec_driver_sql("DELETE FROM jobs WHERE id = ''")
