"""Writes of one statement: carried out together, and each for itself."""

import asyncio
import sqlite3
from contextlib import closing, suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import bindparam, delete, select, update
from sqlalchemy.exc import IntegrityError, StatementError

from bot.storage.database import Database
from bot.storage.errors import DatabaseReplacedError, StorageError, StorageUnavailableError
from bot.storage.opening import open_database
from bot.storage.tables import jobs
from tests.storage.rows import add, row

RENAME = update(jobs).where(jobs.c.id == bindparam("was")).values(id=bindparam("becomes"))


async def ids(database: Database) -> list[str]:
    async with database.read() as connection:
        return sorted((await connection.execute(select(jobs.c.id))).scalars())


def idle_file(database: Database) -> Path:
    """The database's file; its write lock is free."""
    assert database.path is not None
    with closing(sqlite3.connect(database.path, isolation_level=None, timeout=0)) as other:
        other.execute("BEGIN IMMEDIATE")
    return database.path


async def test_it_tells_how_many_rows_it_changed_and_leaves_nothing_open(database: Database) -> None:
    await add(database, row())
    await add(database, row())
    assert await database.write_one(update(jobs).values(seconds=bindparam("now")), {"now": 9}) == 2
    assert await database.write_one(delete(jobs).where(jobs.c.seconds == 8)) == 0
    assert database.commits == 4
    if database.path is not None:
        idle_file(database)


async def test_what_waits_together_is_committed_together(database: Database) -> None:
    for number in range(30):
        await add(database, row(id=f"{number:02}"))
    commits = database.commits
    async with database.write():
        writes = [
            asyncio.create_task(
                database.write_one(RENAME, {"was": f"{number:02}", "becomes": f"new-{number:02}"})
            )
            for number in range(30)
        ]
        await asyncio.sleep(0)
    assert await asyncio.gather(*writes) == [1] * 30
    assert await ids(database) == [f"new-{number:02}" for number in range(30)]
    assert database.commits == commits + 1 + 3


async def test_one_that_fails_takes_no_other_with_it(database: Database) -> None:
    for name in ("a", "b", "c"):
        await add(database, row(id=name))
    pairs = [("a", "x"), ("b", "c"), ("c", "z"), ("gone", "y")]
    done = await asyncio.gather(
        *(database.write_one(RENAME, {"was": was, "becomes": becomes}) for was, becomes in pairs),
        database.write_one(update(jobs).values(created_at=1)),
        database.write_one(update(jobs).where(jobs.c.id == "x").values(seconds=2**70)),
        return_exceptions=True,
    )
    assert [type(one) if isinstance(one, Exception) else one for one in done] == [
        *(1, IntegrityError, 1, 0),
        *(StatementError, OverflowError if database.path else StorageError),
    ]
    assert await ids(database) == ["b", "x", "z"]
    assert await database.write_one(delete(jobs)) == 3


@settings(max_examples=30)
@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), max_size=12), st.integers(0, 12))
async def test_together_they_do_what_they_do_one_after_the_other(
    tmp_path_factory: pytest.TempPathFactory, renames: list[tuple[int, int]], alone: int
) -> None:
    async def outcome(database: Database, was: int, becomes: int) -> object:
        try:
            return await database.write_one(RENAME, {"was": str(was), "becomes": str(becomes)})
        except IntegrityError:
            return "refused"

    found: list[tuple[list[object], list[str]]] = []
    for together in (renames[alone:], []):
        async with open_database(None, tmp_path_factory.mktemp("data")) as database:
            for number in range(3):
                await add(database, row(id=str(number)))
            ordered = renames[: len(renames) - len(together)]
            outcomes = [await outcome(database, *pair) for pair in ordered]
            outcomes += await asyncio.gather(*(outcome(database, *pair) for pair in together))
            found.append((outcomes, await ids(database)))
    assert found[0] == found[1]


async def test_a_cancellation_withdraws_one_that_waits(database: Database) -> None:
    await add(database, row(id="a"))
    await add(database, row(id="b"))
    async with database.write():
        first = asyncio.create_task(database.write_one(RENAME, {"was": "a", "becomes": "x"}))
        second = asyncio.create_task(database.write_one(RENAME, {"was": "b", "becomes": "y"}))
        await asyncio.sleep(0)
        first.cancel()
    assert await second == 1
    assert first.cancelled()
    assert await ids(database) == ["a", "y"]


@pytest.mark.sqlite
async def test_a_cancellation_does_not_cut_off_one_that_is_carried_out(database: Database) -> None:
    await add(database, row(id="a"))
    with closing(sqlite3.connect(idle_file(database), isolation_level=None, timeout=0)) as other:
        other.execute("BEGIN IMMEDIATE")
        writing = asyncio.create_task(database.write_one(RENAME, {"was": "a", "becomes": "x"}))
        await asyncio.sleep(0.05)  # the lock is waited for in the driver's thread, where nothing tells of it
        writing.cancel()
        other.execute("ROLLBACK")
        await asyncio.wait([writing])
        assert writing.cancelled()
    assert await ids(database) == ["x"]
    idle_file(database)


async def test_a_database_that_closes_ends_what_waits(tmp_path: Path) -> None:
    async with open_database(None, tmp_path) as database:
        await add(database, row(id="a"))
        async with database.write():
            waiting = asyncio.create_task(database.write_one(RENAME, {"was": "a", "becomes": "x"}))
            closing_ = asyncio.create_task(database.close())
            await asyncio.sleep(0)
        await closing_
        with suppress(StorageUnavailableError):
            assert await waiting == 1
        with pytest.raises(StorageUnavailableError, match="closed"):
            await database.write_one(delete(jobs))


async def test_a_file_that_is_gone_takes_none(tmp_path: Path) -> None:
    async with open_database(None, tmp_path) as database:
        await add(database, row(id="a"))
        idle_file(database).unlink()
        writes = [database.write_one(RENAME, {"was": "a", "becomes": name}) for name in ("x", "y")]
        done = await asyncio.gather(*writes, return_exceptions=True)
        assert [type(one) for one in done] == [DatabaseReplacedError, DatabaseReplacedError]


async def test_one_right_after_the_log_file_was_emptied_is_committed(database: Database) -> None:
    await add(database, row(id="a"))
    await database.empty_log_file()
    assert await database.write_one(RENAME, {"was": "a", "becomes": "x"}) == 1
