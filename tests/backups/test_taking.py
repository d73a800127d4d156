"""A backup holds what the bot needs, and is written whole or not at all."""

import os
import sqlite3
import stat
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from bot.backups.data_folder import DataFolder
from bot.backups.errors import BackupFailedError
from bot.backups.restoring import put_back
from bot.backups.taking import take_backup
from bot.storage.errors import StorageError
from tests.backups.stored_data import ABOUT, JOB, NEEDED, NOW, backed_up, change, files, jobs, lost, names


def test_a_backup_holds_what_the_database_needs_and_nothing_else(data: DataFolder) -> None:
    before = files(data.folder)
    archive = backed_up(data)
    assert set(names(archive)) == {*NEEDED, *ABOUT, "database.sqlite3"}
    assert (names(archive)[0], names(archive)[-1]) == ABOUT
    assert stat.S_IMODE(archive.stat().st_mode) == 0o600
    assert files(data.folder) == before
    assert [path.name for path in archive.parent.iterdir() if path.is_file()] == [archive.name]


def test_a_file_is_replaced_only_when_that_is_said(data: DataFolder, tmp_path: Path) -> None:
    mine = tmp_path / "backup.tar.gz"
    mine.write_text("mine")
    with pytest.raises(BackupFailedError, match="exists already; name another file, or add --force"):
        take_backup(data, mine, NOW, force=False)
    assert mine.read_text() == "mine"
    take_backup(data, mine, NOW, force=True)
    assert "database.sqlite3" in names(mine)
    with pytest.raises(BackupFailedError, match="is a folder"):
        take_backup(data, tmp_path, NOW, force=True)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(BackupFailedError, match="is no ordinary file"):
        take_backup(data, tmp_path / "pipe", NOW, force=True)


def test_a_file_that_appears_meanwhile_is_not_replaced(data: DataFolder, tmp_path: Path) -> None:
    mine = tmp_path / "backup.tar.gz"
    (data.folder / "media" / "hidden-large.mp4").write_bytes(os.urandom(20_000_000))

    def appear() -> None:
        while not [*tmp_path.glob("*.part")]:
            pass
        mine.write_text("mine")

    with ThreadPoolExecutor(1) as other:
        appeared = other.submit(appear)
        with pytest.raises(BackupFailedError, match="exists already"):
            take_backup(data, mine, NOW, force=False)
        appeared.result()
    assert mine.read_text() == "mine"
    assert [*tmp_path.glob("*.part")] == []


def test_a_damaged_database_takes_no_place_of_a_better_backup(data: DataFolder) -> None:
    archive = backed_up(data)
    earlier = archive.read_bytes()
    content = bytearray(data.database.read_bytes())
    content[4096:] = os.urandom(len(content) - 4096)
    data.database.write_bytes(content)
    with pytest.raises((BackupFailedError, StorageError), match=r"damaged|malformed"):
        take_backup(data, archive, NOW, force=True)
    assert archive.read_bytes() == earlier
    data.database.unlink()
    with pytest.raises(BackupFailedError, match="nothing was backed up"):
        take_backup(data, archive, NOW, force=True)


def test_another_programs_database_is_not_backed_up(data: DataFolder, tmp_path: Path) -> None:
    data.database.unlink()
    change(data.database, "CREATE TABLE things (id INTEGER)")
    with pytest.raises(StorageError, match="not a database of this bot"):
        take_backup(data, tmp_path / "b.tar.gz", NOW, force=False)


def test_a_video_that_is_missing_is_told_and_stops_nothing(data: DataFolder, tmp_path: Path) -> None:
    (data.folder / "media" / f"{JOB}.mp4").unlink()
    assert take_backup(data, tmp_path / "b.tar.gz", NOW, force=False).missing == 1


def deliver_again_and_again(data: DataFolder, stopping: threading.Event) -> None:
    """Have videos come, wait and go, as a bot does: the file before the row, and the row before the file."""
    number = 0
    with closing(sqlite3.connect(data.database, timeout=5)) as connection:
        while not stopping.is_set():
            number += 1
            file = data.folder / "media" / f"come{number}.mp4"
            file.write_bytes(os.urandom(1000))
            with connection:
                connection.execute("UPDATE jobs SET video_name = ? WHERE id = ?", (file.name, JOB))
            stopping.wait(0.05)
            with connection:
                connection.execute("UPDATE jobs SET video_name = NULL WHERE id = ?", (JOB,))
            file.unlink()


def test_every_video_that_a_database_needs_is_beside_it_or_told_missing(data: DataFolder) -> None:
    stopping = threading.Event()
    with ThreadPoolExecutor(1) as other:
        delivering = other.submit(deliver_again_and_again, data, stopping)
        try:
            taken = [
                take_backup(data, data.folder.parent / f"{number}.tar.gz", NOW, force=False)
                for number in range(10)
            ]
        finally:
            stopping.set()
        delivering.result()
    needed: list[str] = []
    for one in taken:
        lost(data)
        put_back(data, one.path, NOW)
        name = jobs(data.database, "video_name")[JOB]
        here = name is None or (data.folder / "media" / name).exists()
        assert here == (one.missing == 0)
        needed += [name] if name is not None else []
    assert needed


def test_a_writer_is_not_held_up_and_one_state_is_copied(data: DataFolder) -> None:
    """A bot writes all the time; every copy has both rows of each of its transactions."""
    change(
        data.database, "CREATE TABLE pairs (side TEXT PRIMARY KEY, number INTEGER)", "PRAGMA user_version = 0"
    )
    change(data.database, "INSERT INTO pairs VALUES ('a', 0), ('b', 0)")
    stopping = threading.Event()

    def write() -> int:
        written = 0
        with closing(sqlite3.connect(data.database, timeout=0.5)) as connection:
            while not stopping.is_set():
                with connection:
                    connection.execute("UPDATE pairs SET number = number + 1 WHERE side = 'a'")
                    connection.execute("UPDATE pairs SET number = number + 1 WHERE side = 'b'")
                written += 1
        return written

    with ThreadPoolExecutor(1) as other:
        writing = other.submit(write)
        try:
            archives = [backed_up(data) for _ in range(3)]
        finally:
            stopping.set()
        assert writing.result() > 10
    lost(data)
    put_back(data, archives[-1], NOW)
    with closing(sqlite3.connect(data.database)) as connection:
        found = dict(connection.execute("SELECT side, number FROM pairs"))
    assert found["a"] == found["b"] > 0
