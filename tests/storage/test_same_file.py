"""A database whose file is deleted or replaced while it is open takes no more writes, and the operator is told."""

import shutil
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from bot.storage.alarms import StorageTrouble
from bot.storage.database import Database
from bot.storage.errors import DatabaseReplacedError
from bot.storage.opening import open_database
from bot.storage.tables import jobs
from tests.storage.rows import add, job_count, row

ASIDE = "aside"


@pytest.fixture
async def database(tmp_path: Path) -> AsyncGenerator[Database]:
    async with open_database(None, tmp_path) as opened:
        await add(opened, row())
        yield opened


def delete(path: Path) -> None:
    path.rename(path.with_name(ASIDE))


def replace(path: Path) -> None:
    delete(path)
    shutil.copy(path.with_name(ASIDE), path)


@pytest.mark.parametrize("change", [delete, replace])
async def test_nothing_is_written_until_the_same_file_is_back(database: Database, change: object) -> None:
    assert callable(change)
    told: list[StorageTrouble] = []
    database.alarms.listener = lambda trouble, _: told.append(trouble)
    change(database.path)
    for _ in range(2):
        with pytest.raises(DatabaseReplacedError, match="deleted or replaced"):
            await add(database, row())
    with pytest.raises(DatabaseReplacedError):
        await job_count(database)  # by a connection that is yet to be opened
    assert told == [StorageTrouble.FILE_REPLACED]
    database.path.with_name(ASIDE).rename(database.path)
    await add(database, row())
    assert await job_count(database) == 2


@pytest.mark.parametrize("change", [delete, replace])
async def test_a_row_of_a_file_that_is_replaced_meanwhile_does_not_count_as_kept(
    database: Database, change: object
) -> None:
    assert callable(change)
    followed: list[str] = []

    async def write() -> None:
        async with database.write(lambda: followed.append("a cache")) as connection:
            await connection.execute(jobs.insert().values(row()))
            change(database.path)

    with pytest.raises(DatabaseReplacedError):
        await write()
    assert followed == []
