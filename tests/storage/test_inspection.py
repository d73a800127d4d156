"""Looking at the database: truthful, beside a running bot, and without a trace."""

import os
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from bot.storage.errors import UnsupportedDatabaseError
from bot.storage.inspection import inspect_database, inspect_database_in_thread
from bot.storage.migrate import SchemaState, head_revision
from bot.storage.opening import open_database
from bot.storage.quota_tables import quota_use
from bot.storage.tables import jobs
from tests.storage.rows import NOW, add, row

FILE = "stillmotion.sqlite3"
SINCE = NOW - timedelta(days=30)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_where_no_database_is_none_is_made(tmp_path: Path) -> None:
    report = inspect_database(None, tmp_path / "data", since=SINCE)
    assert not report.exists
    assert (report.standing, report.problems, report.in_use_by) == (SchemaState.NEW, (), None)
    assert contents(tmp_path) == {}


async def test_a_database_that_nobody_uses_is_described_and_left_as_it_is(tmp_path: Path) -> None:
    async with open_database(None, tmp_path) as database:
        await add(
            database,
            row(),
            row(state="unknown", ended_at=NOW, settled_at=NOW),
            row(state="unknown", ended_at=SINCE, settled_at=NOW),
            row(state="unknown", ended_at=SINCE - timedelta(microseconds=1), settled_at=NOW),
            row(state="delivering", parked_at=NOW),
            row(state="delivered", parked_at=NOW, settled_at=NOW),
            row(state="delivered", ended_at=NOW, settled_at=NOW, mismatch={"duration_s": 6.0}),
            row(state="delivered", ended_at=SINCE - timedelta(days=1), settled_at=NOW, mismatch={}),
        )
    before = contents(tmp_path)
    report = await inspect_database_in_thread(None, tmp_path, since=SINCE)
    assert report.name == str(tmp_path / FILE)
    assert report.exists
    assert report.size_bytes == len(before[FILE])
    assert (report.standing, report.revision) == (SchemaState.CURRENT, head_revision())
    assert report.problems == ()
    assert report.in_use_by is None
    assert (report.unfinished, report.unknown, report.undelivered, report.mismatched) == (2, 2, 1, 1)
    assert contents(tmp_path) == before


async def test_counters_of_the_caps_that_somebody_changed_are_told(tmp_path: Path) -> None:
    async with open_database(None, tmp_path) as database:
        await add(database, row())
        assert (await inspect_database_in_thread(None, tmp_path, since=SINCE)).miscounted == 0
        await database.write_one(update(quota_use).values(seconds=5))
        assert (await inspect_database_in_thread(None, tmp_path, since=SINCE)).miscounted == 4


async def test_it_works_beside_a_running_bot_and_names_it(tmp_path: Path) -> None:
    async with open_database(None, tmp_path) as database:
        await add(database, row())
        async with database.write() as connection:
            await connection.execute(jobs.insert().values(row()))
            report = await inspect_database_in_thread(None, tmp_path, since=SINCE)
    assert report.in_use_by == os.getpid()
    assert (report.standing, report.problems, report.unfinished) == (SchemaState.CURRENT, (), 1)


async def test_damage_is_reported_in_one_line_each_and_left_as_it_is(tmp_path: Path) -> None:
    async with open_database(None, tmp_path) as database:
        await add(database, *(row(prompt="x" * 1000) for _ in range(200)))
    path = tmp_path / FILE
    with path.open("r+b") as file:
        file.seek(path.stat().st_size // 2 // 4096 * 4096)
        file.write(b"\xa5" * 4096)
    before = contents(tmp_path)
    report = inspect_database(None, tmp_path, since=SINCE)
    assert report.problems
    assert not any("\n" in problem for problem in report.problems)
    assert contents(tmp_path) == before


async def test_a_file_that_is_no_database_is_damage_too(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text("Dear diary" * 1000)
    report = inspect_database(None, tmp_path, since=SINCE)
    assert (report.exists, report.standing, report.revision) == (True, None, None)
    assert [problem for problem in report.problems if "not a database" in problem]


async def test_an_empty_file_is_a_new_database(tmp_path: Path) -> None:
    (tmp_path / FILE).touch()
    report = inspect_database(None, tmp_path, since=SINCE)
    assert (report.exists, report.standing, report.problems, report.unfinished) == (
        True,
        SchemaState.NEW,
        (),
        None,
    )


def test_an_address_of_another_kind_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnsupportedDatabaseError):
        inspect_database("mysql://bot:hunter2@db/bot", tmp_path, since=SINCE)
