"""Rows of jobs that run: one that cannot be read is reported, and hides no other."""

from collections.abc import AsyncGenerator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import text

from bot.jobs.job import JobState
from bot.jobs.run_rows import RunRows
from bot.jobs.store import JobStore
from bot.storage.database import Database
from bot.storage.opening import open_database
from tests.jobs.builders import a_job


@pytest.fixture
async def database(tmp_path: Path, database_url: str | None) -> AsyncGenerator[Database]:
    async with open_database(database_url, tmp_path) as opened:
        yield opened


async def test_a_row_that_cannot_be_read_hides_no_other(database: Database, tmp_path: Path) -> None:
    told: list[str] = []
    database.alarms.listener = lambda _, subject: told.append(subject)
    store = JobStore(database, tmp_path / "spool")
    for job_id in ("sound", "spoilt"):
        await store.add(replace(a_job(), id=job_id))
    async with database.write() as connection:
        await connection.execute(text("UPDATE jobs SET state = 'levitating' WHERE id = 'spoilt'"))
    states = await RunRows(database).states(["sound", "spoilt"])
    assert {job_id: row.state for job_id, row in states.items()} == {"sound": JobState.QUEUED}
    assert len(told) == 1
