"""Processes that share a database have to share the data folder."""

from datetime import timedelta
from pathlib import Path

import pytest

from bot.jobs.common_folder import FILE_NAME, OtherFolderError, require_common_folder
from bot.jobs.heartbeat import Heartbeat
from bot.storage.opening import open_database
from tests.postgresql.server import PostgresqlServer
from tests.storage.rows import NOW


async def test_another_folder_is_refused_while_processes_with_the_first_one_are_alive(
    postgresql: PostgresqlServer, tmp_path: Path
) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    first.mkdir()
    second.mkdir()
    with postgresql.new_database() as name:
        async with open_database(postgresql.url(name), first, sharing=True) as database:
            await require_common_folder(database, first, lambda: NOW)
            await Heartbeat(database, "host:1:abc", lambda: NOW).begin()
            await require_common_folder(database, first, lambda: NOW + timedelta(minutes=1))
            with pytest.raises(OtherFolderError):
                await require_common_folder(database, second, lambda: NOW + timedelta(minutes=2))
            later = NOW + timedelta(minutes=10)
            await require_common_folder(database, second, lambda: later)
            await require_common_folder(database, second, lambda: later)


async def test_of_two_that_start_at_once_with_folders_of_their_own_one_is_refused(
    postgresql: PostgresqlServer, tmp_path: Path
) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    for folder in (first, second):
        folder.mkdir()
        (folder / FILE_NAME).touch()  # as one leaves it that is killed while it makes it
    with postgresql.new_database() as name:
        async with open_database(postgresql.url(name), first, sharing=True) as database:
            await require_common_folder(database, first, lambda: NOW)
            with pytest.raises(OtherFolderError):
                await require_common_folder(database, second, lambda: NOW)
            await require_common_folder(database, first, lambda: NOW)


async def test_with_a_store_folders_may_differ_and_stores_may_not(
    postgresql: PostgresqlServer, tmp_path: Path
) -> None:
    first, second, store = tmp_path / "first", tmp_path / "second", "None s3://films/bot"
    with postgresql.new_database() as name:
        async with open_database(postgresql.url(name), tmp_path, sharing=True) as database:
            await require_common_folder(database, first, lambda: NOW, store=store)
            await require_common_folder(database, second, lambda: NOW, store=store)
            for other in ("None s3://films/other", "http://127.0.0.1:9 s3://films/bot"):
                with pytest.raises(OtherFolderError):
                    await require_common_folder(database, first, lambda: NOW, store=other)
            with pytest.raises(OtherFolderError):
                await require_common_folder(database, tmp_path, lambda: NOW)
