"""Jobs of one bought task: a look that was decided by what is no longer true is not stored."""

from collections.abc import AsyncGenerator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.jobs.bought_tasks import BoughtTasks
from bot.jobs.job import FailureReason, Job, JobState
from bot.jobs.store import DuplicateJobError, JobStore
from bot.storage.database import Database
from bot.storage.errors import UnreadableRowError
from bot.storage.opening import open_database
from tests.jobs.builders import a_job

BOUGHT = replace(a_job(state=JobState.DELIVERED), task_id="task")
LOOK = replace(BOUGHT, id="look", state=JobState.GENERATING, lookup=True, parent_id=BOUGHT.id)


@pytest.fixture
async def database(tmp_path: Path, database_url: str | None) -> AsyncGenerator[Database]:
    async with open_database(database_url, tmp_path) as opened:
        await JobStore(opened, tmp_path / "spool").add(BOUGHT)
        yield opened


@pytest.fixture
def tasks(database: Database, tmp_path: Path) -> BoughtTasks:
    return BoughtTasks(database, tmp_path / "spool")


async def add(database: Database, tasks: BoughtTasks, job: Job, seen: tuple[Job, ...]) -> None:
    async with database.write() as connection:
        await tasks.add_lookup(connection, job, seen=seen)


async def delete(database: Database, tasks: BoughtTasks, by: FailureReason) -> FailureReason | None:
    """Note a deletion; the reason that is kept."""
    async with database.write() as connection:
        await tasks.note_deletion(connection, BOUGHT.id, by)
    (found,) = await tasks.jobs_of("task")
    return found.failure.reason if found.failure is not None else None


async def test_a_look_that_came_to_its_end_meanwhile_is_not_repeated(
    database: Database, tasks: BoughtTasks
) -> None:
    seen = await tasks.jobs_of("task")
    await add(database, tasks, replace(LOOK, state=JobState.DELIVERED), seen)
    with pytest.raises(DuplicateJobError):
        await add(database, tasks, replace(LOOK, id="later"), seen)
    assert [job.id for job in await tasks.jobs_of("task")] == [BOUGHT.id, LOOK.id]
    await add(database, tasks, replace(LOOK, id="later"), await tasks.jobs_of("task"))


async def test_a_video_that_was_deleted_meanwhile_is_not_looked_for(
    database: Database, tasks: BoughtTasks
) -> None:
    seen = await tasks.jobs_of("task")
    await delete(database, tasks, FailureReason.DELETED_BY_OWNER)
    with pytest.raises(DuplicateJobError):
        await add(database, tasks, LOOK, seen)


async def test_what_the_owner_decided_stays(database: Database, tasks: BoughtTasks) -> None:
    owner, moderator = FailureReason.DELETED_BY_OWNER, FailureReason.DELETED_BY_MODERATOR
    assert await delete(database, tasks, moderator) is moderator
    assert await delete(database, tasks, owner) is owner
    assert await delete(database, tasks, moderator) is owner


async def test_only_a_delivered_video_is_noted_as_deleted(database: Database, tasks: BoughtTasks) -> None:
    await add(database, tasks, replace(LOOK, state=JobState.EXPIRED), await tasks.jobs_of("task"))
    async with database.write() as connection:
        await tasks.note_deletion(connection, LOOK.id, FailureReason.DELETED_BY_OWNER)
    assert [job.failure for job in await tasks.jobs_of("task")] == [None, None]


@pytest.mark.sqlite
async def test_no_video_is_looked_for_while_one_of_its_rows_cannot_be_read(
    database: Database, tasks: BoughtTasks
) -> None:
    await add(database, tasks, replace(LOOK, state=JobState.EXPIRED), await tasks.jobs_of("task"))
    async with database.write() as connection:
        await connection.exec_driver_sql("UPDATE jobs SET failure = '[{' WHERE id = 'look'")
    with pytest.raises(UnreadableRowError):
        await tasks.jobs_of("task")
