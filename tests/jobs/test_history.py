"""What is known of earlier jobs at a start."""

from collections.abc import AsyncGenerator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.jobs.history import JobHistory
from bot.jobs.job import JobState
from bot.jobs.store import JobStore
from bot.storage.database import Database
from bot.storage.opening import open_database
from tests.jobs.builders import MOMENT, a_job

SPOOL = Path("/somewhere/spool")


@pytest.fixture
async def database(tmp_path: Path, database_url: str | None) -> AsyncGenerator[Database]:
    async with open_database(database_url, tmp_path) as opened:
        yield opened


async def test_the_history_tells_how_long_videos_took_without_those_only_looked_for(
    database: Database,
) -> None:
    store, history = JobStore(database, SPOOL), JobHistory(database)
    for number, took_s in enumerate((60, 90)):
        await store.add(
            replace(
                a_job(state=JobState.DELIVERED, job_id=str(number)),
                submitted_at=MOMENT,
                ready_at=MOMENT + timedelta(seconds=took_s),
            )
        )
    await store.add(
        replace(
            a_job(state=JobState.DELIVERED, job_id="late"),
            submitted_at=MOMENT,
            ready_at=MOMENT + timedelta(hours=1),
            lookup=True,
        )
    )
    assert [finished.took_s for finished in await history.finished(10)] == [60.0, 90.0]
    assert [finished.took_s for finished in await history.finished(1)] == [90.0]


async def test_a_video_that_was_fetched_again_counts_once(database: Database) -> None:
    store, history = JobStore(database, SPOOL), JobHistory(database)
    for number, task_id in enumerate(["one", "one", "two"]):
        await store.add(replace(a_job(state=JobState.DELIVERED, job_id=f"job-{number}"), task_id=task_id))
    assert await history.made_in(5, 2) == 2
