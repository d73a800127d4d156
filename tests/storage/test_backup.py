"""Copies from before upgrades end: they hold what was deleted from the database since."""

import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

from bot.storage.backup import back_up, remove_backups
from bot.storage.backup_mark import PUT_BACK
from bot.storage.opening import open_database
from tests.storage.rows import NOW


async def test_copies_end_when_they_are_old(tmp_path: Path) -> None:
    async with open_database(None, tmp_path) as database:
        path = database.path
    old, newer = (back_up(path, "0001", NOW + timedelta(days=days)) for days in (0, 1))
    foreign = old.with_name("bot-0001-mine.sqlite3")
    foreign.touch()
    assert remove_backups(path, NOW) == 0
    assert remove_backups(path, NOW + timedelta(days=1)) == 1
    assert (old.exists(), newer.exists(), foreign.exists()) == (False, True, True)


async def test_a_start_on_a_copy_knows_that_it_is_one(tmp_path: Path) -> None:
    async with open_database(None, tmp_path) as database:
        path = database.path
    copy = back_up(path, "0001", NOW)
    for file, marks in ((path, []), (copy, [(PUT_BACK, 0)])):
        with closing(sqlite3.connect(file)) as connection:
            assert connection.execute("SELECT process_id, beat_at FROM heartbeats").fetchall() == marks


def test_a_folder_without_copies_is_left_alone(tmp_path: Path) -> None:
    assert remove_backups(tmp_path / "bot.sqlite3", NOW) == 0
