"""Opening beside the owner: for commands that read or leave an order while the bot runs."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from bot.storage.errors import StorageDamagedError, StorageUnavailableError, UnsupportedDatabaseError
from bot.storage.migrate import revisions
from bot.storage.opening import open_database, open_existing
from tests.storage.other_process import another_bot
from tests.storage.rows import add, job_count, row

FILE = "stillmotion.sqlite3"


async def open_beside(folder: Path) -> None:
    async with open_existing(None, folder):
        pass


async def test_it_reads_and_writes_while_another_process_owns_the_database(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / FILE}"
    with another_bot(url, tmp_path):
        async with open_existing(url, tmp_path) as database:
            assert await job_count(database) == 1
            await add(database, row(id="ours"))
    async with open_database(url, tmp_path) as database:
        assert await job_count(database) == 2


async def test_it_makes_no_database(tmp_path: Path) -> None:
    with pytest.raises(StorageUnavailableError, match="there is no database"):
        await open_beside(tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("revision", "told"), [(revisions()[0], "start the bot"), ("9999", "update the bot")]
)
async def test_tables_of_another_version_are_refused_and_left(
    tmp_path: Path, revision: str, told: str
) -> None:
    async with open_database(None, tmp_path):
        pass
    with closing(sqlite3.connect(tmp_path / FILE)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = ?", (revision,))
    with pytest.raises(UnsupportedDatabaseError, match=told):
        await open_beside(tmp_path)
    with closing(sqlite3.connect(tmp_path / FILE)) as connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchall() == [(revision,)]


async def test_another_programs_database_is_refused(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / FILE)) as connection:
        connection.execute("CREATE TABLE songs (title)")
    with pytest.raises(UnsupportedDatabaseError, match="not a database of this bot"):
        await open_beside(tmp_path)


async def test_a_damaged_file_is_told_as_that(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"\xff" * 8192)
    with pytest.raises(StorageDamagedError):
        await open_beside(tmp_path)
