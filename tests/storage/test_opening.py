"""Opening: the right file, private, whole, and nobody else's."""

import asyncio
import fcntl
import os
import signal
import sqlite3
import stat
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from bot.backups.snapshot import copy_database
from bot.storage.errors import (
    DatabaseInUseError,
    StorageDamagedError,
    StorageUnavailableError,
    UnsupportedDatabaseError,
)
from bot.storage.opening import database_path, open_database
from bot.storage.ownership import Ownership, lock_path, owner_of
from tests.storage.other_process import another_bot
from tests.storage.rows import add, job_count, row

FILE = "stillmotion.sqlite3"


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


async def open_and_close(url: str | None, data_dir: Path) -> None:
    async with open_database(url, data_dir):
        pass


def test_an_address_means_a_file_and_none_means_the_data_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert database_path(None, Path("data")) == tmp_path / "data" / FILE
    assert database_path("sqlite:///bot.db", Path("data")) == tmp_path / "bot.db"
    assert database_path("sqlite:////srv/50% off/a b#c.db", Path("data")) == Path("/srv/50% off/a b#c.db")


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://bot:hunter2@db:x/bot:y@z",
        "postgresql://bot:hunter2@[db/bot",
        "mysql://bot:hunter2@db/bot",
        "sqlite:///",
        "sqlite:///:memory:",
        "sqlite:///a.db?password=hunter2",
    ],
)
async def test_other_addresses_are_refused_without_quoting_them(url: str, tmp_path: Path) -> None:
    with pytest.raises(
        UnsupportedDatabaseError, match=r"DATABASE_URL (is not supported|cannot be read)"
    ) as refused:
        await open_and_close(url, tmp_path)
    assert "hunter2" not in str(refused.value)
    assert names(tmp_path) == set()


async def test_odd_characters_in_a_path_mean_nothing(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/50% off/a b#c.db"
    for expected in (1, 2):
        async with open_database(url, tmp_path) as database:
            await add(database, row())
            assert await job_count(database) == expected
    assert names(tmp_path) == {"50% off"}
    assert names(tmp_path / "50% off") == {"a b#c.db", "a b#c.db.lock"}


@pytest.mark.skipif(sys.platform == "darwin", reason="file systems there take names in UTF-8 only")
async def test_a_folder_whose_name_is_no_utf_8_is_a_folder(tmp_path: Path) -> None:
    folder = tmp_path / os.fsdecode(b"Jos\xe9")
    for expected in (1, 2):
        async with open_database(None, folder) as database:
            await add(database, row())
            assert await job_count(database) == expected
    copy_database(folder / FILE, tmp_path / "copy")
    assert (tmp_path / "copy").stat().st_size > 0


async def test_the_files_and_a_folder_of_ours_are_readable_for_this_user_alone(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    async with open_database(None, folder) as database:
        await add(database, row())
        assert names(folder) == {FILE, f"{FILE}-wal", f"{FILE}-shm", f"{FILE}.lock"}
        assert {mode(path) for path in folder.iterdir()} == {0o600}
    assert mode(folder) == 0o700


async def test_an_older_file_is_made_private_and_a_folder_of_others_is_left_alone(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    await open_and_close(None, tmp_path)
    (tmp_path / FILE).chmod(0o644)
    await open_and_close(None, tmp_path)
    assert mode(tmp_path / FILE) == 0o600
    assert mode(tmp_path) == 0o755


async def test_a_place_where_no_file_can_be_is_an_error_that_names_it(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StorageUnavailableError, match=f"file/{FILE}"):
        await open_and_close(None, tmp_path / "file")
    (tmp_path / FILE).mkdir()
    with pytest.raises(StorageUnavailableError, match=f"{FILE}: Is a directory"):
        await open_and_close(None, tmp_path)


async def test_the_same_process_cannot_open_it_twice_at_a_time(tmp_path: Path) -> None:
    async with open_database(None, tmp_path) as database:
        with pytest.raises(DatabaseInUseError) as refused:
            await open_and_close(f"sqlite:///{tmp_path}/../{tmp_path.name}/{FILE}", tmp_path)
        assert refused.value.pid == os.getpid()
        await add(database, row())
    await open_and_close(None, tmp_path)


async def test_a_second_process_is_refused_until_the_first_is_killed(tmp_path: Path) -> None:
    path = tmp_path / "bot.sqlite3"
    with another_bot("sqlite:///bot.sqlite3", tmp_path) as owner:
        with pytest.raises(DatabaseInUseError, match=rf"{path}: in use .*\(pid {owner.pid}\)") as refused:
            await open_and_close(f"sqlite:///{path}", tmp_path)
        assert refused.value.pid == owner.pid
        owner.send_signal(signal.SIGKILL)
        owner.wait()
        async with open_database(f"sqlite:///{path}", tmp_path) as database:
            assert await job_count(database) == 1


async def test_an_opening_that_is_cancelled_lets_go_only_when_it_is_over(tmp_path: Path) -> None:
    path = tmp_path / FILE
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("PRAGMA journal_mode = WAL")
        other.execute("BEGIN IMMEDIATE")
        task = asyncio.create_task(open_and_close(None, tmp_path))
        while owner_of(path) is None:  # noqa: ASYNC110 - a file lock makes no event
            await asyncio.sleep(0)
        task.cancel()
        for _ in range(100):
            await asyncio.sleep(0)
        assert not task.done()
        assert owner_of(path) == os.getpid()
        other.execute("ROLLBACK")
        await asyncio.wait([task])
    assert task.cancelled()
    assert owner_of(path) is None
    async with open_database(None, tmp_path) as database:
        await add(database, row())


def test_the_lock_file_says_who_owns_the_database_now(tmp_path: Path) -> None:
    path = tmp_path / FILE
    assert owner_of(path) is None
    assert names(tmp_path) == set()
    lock_path(path).write_text("4294967296\n")  # of an owner who is gone
    assert owner_of(path) is None
    ownership = Ownership(path)
    ownership.take()
    assert owner_of(path) == os.getpid()
    ownership.release()
    assert owner_of(path) is None


def test_those_who_ask_for_the_owner_keep_nobody_from_becoming_it(tmp_path: Path) -> None:
    path = tmp_path / FILE
    lock_path(path).write_text("4294967296\n")
    with lock_path(path).open() as asking:
        fcntl.flock(asking, fcntl.LOCK_SH)
        assert owner_of(path) is None  # asking is not owning, for others who ask either
        ownership = Ownership(path, sleep=lambda _pause_s: fcntl.flock(asking, fcntl.LOCK_UN))
        ownership.take()
    assert owner_of(path) == os.getpid()
    ownership.release()


def fill(path: Path) -> None:
    """Many pages of rows."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE songs (name TEXT)")
        connection.executemany("INSERT INTO songs VALUES (?)", [("la " * 100,)] * 1000)


def a_text(path: Path) -> None:
    path.write_text("Dear diary, today I learned about databases. " * 100)


def one_broken_page(path: Path) -> None:
    fill(path)
    with path.open("r+b") as file:
        file.seek(path.stat().st_size // 2 // 4096 * 4096)
        file.write(b"\xa5" * 4096)


def half(path: Path) -> None:
    fill(path)
    os.truncate(path, path.stat().st_size // 2)


@pytest.mark.parametrize("damage", [a_text, one_broken_page, half])
async def test_a_damaged_file_is_a_clear_error_and_stays_as_it_is(
    damage: Callable[[Path], None], tmp_path: Path
) -> None:
    path = tmp_path / FILE
    damage(path)
    before = path.read_bytes()
    with pytest.raises(StorageDamagedError, match=FILE) as refused:
        await open_and_close(None, tmp_path)
    assert "\n" not in str(refused.value)
    assert path.read_bytes() == before
    assert names(tmp_path) == {FILE, f"{FILE}.lock"}


async def test_the_database_of_another_program_is_refused_and_stays_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / FILE
    fill(path)
    path.chmod(0o640)
    before = path.read_bytes()
    with pytest.raises(UnsupportedDatabaseError, match="not one of this bot"):
        await open_and_close(None, tmp_path)
    assert path.read_bytes() == before
    assert mode(path) == 0o640
    assert names(tmp_path) == {FILE, f"{FILE}.lock"}


async def test_an_error_inside_the_block_is_not_mistaken_for_one_of_the_database(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        async with open_database(None, tmp_path):
            (tmp_path / "missing").read_bytes()
    await open_and_close(None, tmp_path)
