"""Every schema that a version has had is brought up to date, with all requests as they were."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from bot.jobs.store import JobStore
from bot.storage.migrate import head_revision, migrate, revisions
from bot.storage.opening import open_database
from tests.storage.stored_schemas import path_of, restored, states_of

FILE = "stillmotion.sqlite3"


def columns(path: Path) -> dict[str, set[tuple[object, ...]]]:
    """The tables with their columns, whose order is that of the versions that added them."""
    with closing(sqlite3.connect(path)) as connection:
        tables = [
            name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        ]
        return {
            table: {row[1:] for row in connection.execute(f"PRAGMA table_info({table})")} for table in tables
        }


def indices(path: Path) -> dict[str, str]:
    with closing(sqlite3.connect(path)) as connection:
        found = connection.execute(
            "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
        )
        return {name: " ".join(sql.split()) for name, sql in found}


def test_each_schema_is_stored() -> None:
    """`python -m tests.storage.stored_schemas` stores that of a new migration."""
    assert [one for one in revisions() if not path_of(one).exists()] == []


@pytest.mark.parametrize("revision", revisions())
async def test_a_database_of_any_version_keeps_every_request(tmp_path: Path, revision: str) -> None:
    path = restored(revision, tmp_path / FILE)
    async with open_database(None, tmp_path) as database:
        store = JobStore(database, tmp_path / "spool")
        jobs = {job_id: await store.get(job_id) for job_id in states_of(revision)}
    assert {job_id: job.state.value for job_id, job in jobs.items()} == states_of(revision)
    for job_id, job in jobs.items():
        assert job.request.prompt == "a lighthouse in the rain, 灯台"
        bought = job_id in {"generating", "ready", "delivering", "undelivered", "delivered", "expired"}
        assert job.task_id == (f"task-{job_id}" if bought else None)
    assert jobs["undelivered"].undelivered_since is not None
    assert jobs["undelivered"].video_name == "undelivered.mp4"
    assert jobs["delivering"].attempt is not None
    fresh = tmp_path / "fresh.sqlite3"
    migrate(fresh)
    assert columns(path) == columns(fresh)
    assert indices(path) == indices(fresh)
    backups = [*(tmp_path / "backups").glob("*")] if (tmp_path / "backups").exists() else []
    assert len(backups) == (revision != head_revision())
