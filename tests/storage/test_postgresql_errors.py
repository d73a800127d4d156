"""Errors of PostgreSQL: one class for each remedy, and no values of rows in any text."""

import traceback
from collections.abc import AsyncGenerator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import text, update
from sqlalchemy.exc import IntegrityError

from bot.storage.database import Database
from bot.storage.errors import StorageDamagedError, StorageError, StorageUnavailableError
from bot.storage.opening import open_database
from bot.storage.postgresql_errors import translated
from bot.storage.tables import jobs
from tests.postgresql.server import PostgresqlServer
from tests.storage.rows import TOKEN, add, job_count, row

UNAVAILABLE = [
    "08006",
    "28P01",
    "3D000",
    "53100",
    "53300",
    "57014",
    "57P01",
    "57P03",
    "58030",
    "40001",
    "40P01",
    "55P03",
    "25006",
    "25P03",
]


@pytest.fixture
async def database(postgresql: PostgresqlServer, tmp_path: Path) -> AsyncGenerator[Database]:
    with postgresql.new_database() as name:
        async with open_database(postgresql.url(name), tmp_path) as opened:
            yield opened


@pytest.mark.parametrize("state", UNAVAILABLE)
def test_what_may_work_later_is_unavailable(state: str) -> None:
    assert type(translated(psycopg.errors.lookup(state)(""), "name")) is StorageUnavailableError


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (psycopg.errors.DataCorrupted(""), StorageDamagedError),
        (psycopg.errors.IndexCorrupted(""), StorageDamagedError),
        (psycopg.errors.SyntaxError(""), StorageError),
        (psycopg.errors.InternalError_(""), StorageError),
        (psycopg.DataError(TOKEN), StorageError),
        (psycopg.OperationalError("server closed the connection"), StorageUnavailableError),
        (psycopg.InterfaceError("the connection is closed"), StorageUnavailableError),
        (psycopg.errors.ConnectionTimeout("timeout"), StorageUnavailableError),
    ],
)
def test_other_errors_have_their_class(error: psycopg.Error, expected: type[StorageError]) -> None:
    found = translated(error, "name")
    assert type(found) is expected
    assert str(found).startswith("name: ")
    assert TOKEN not in str(found)


@pytest.mark.parametrize("changed", [{"id": "x" * 33}, {"seconds": 2**40}, {"state": None}, {"size": None}])
async def test_a_row_that_is_refused_is_not_quoted(database: Database, changed: dict[str, object]) -> None:
    with pytest.raises((StorageError, IntegrityError)) as refused:
        await add(database, row(prompt=TOKEN, **changed))
    assert TOKEN not in str(refused.value)
    assert "x" * 33 not in str(refused.value)
    assert await job_count(database) == 0


async def test_a_duplicate_row_is_not_quoted(database: Database) -> None:
    await add(database, row(id=TOKEN))
    with pytest.raises(IntegrityError, match="pk_jobs") as refused:
        await add(database, row(id=TOKEN))
    told = "".join(traceback.format_exception(refused.value))
    assert TOKEN not in told.replace("row(id=TOKEN)", "")


async def test_a_value_that_cannot_be_converted_is_not_quoted(database: Database) -> None:
    with pytest.raises(StorageError, match="22P02") as refused:
        async with database.write() as connection:
            await connection.execute(text(f"SELECT CAST('{TOKEN}' AS INTEGER)"))
    assert TOKEN not in str(refused.value)


async def test_a_statement_that_takes_too_long_is_given_up(database: Database) -> None:
    async def sleep() -> None:
        async with database.write() as connection:
            await connection.execute(text("SET LOCAL statement_timeout = 20"))
            await connection.execute(text("SELECT pg_sleep(20)"))

    with pytest.raises(StorageUnavailableError, match="57014"):
        await sleep()
    await add(database, row())


async def test_a_reader_cannot_write_whatever_it_says(database: Database) -> None:
    await add(database, row())
    for statement in (
        text("DELETE FROM jobs"),
        text("CREATE TABLE films (id INTEGER)"),
        update(jobs).values(seconds=1),
    ):
        with pytest.raises(StorageUnavailableError, match="25006"):
            async with database.read() as connection:
                await connection.execute(statement)
    assert await job_count(database) == 1


async def test_what_no_text_may_hold_is_replaced(database: Database) -> None:
    await add(database, row(id="odd", prompt="a\x00b\ud83d", failure={"a\x00": "\ud83d"}))
    async with database.read() as connection:
        found = (await connection.execute(jobs.select())).mappings().one()
    assert found["prompt"] == "a\ufffdb\ufffd"
    assert found["failure"] == {"a\x00": "\ud83d"}
