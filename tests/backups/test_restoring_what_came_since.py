"""The database that is replaced knows some things better than the backup; some keep it from being put back."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from bot.backups.data_folder import DataFolder
from bot.backups.errors import BackupFailedError
from bot.backups.restoring import put_back
from bot.backups.taking import take_backup
from bot.storage.errors import StorageUnavailableError
from bot.storage.opening import open_database
from bot.storage.ownership import lock_path
from tests.backups.stored_data import JOB, NEEDED, NOW, VIDEO, backed_up, change, files, jobs, lost
from tests.storage.rows import add, row

_OTHER_DISK = Path("/dev/shm")  # noqa: S108 - what is made there has a name of its own
_BY_OWNER = {"reason": "deleted_by_owner", "detail": ""}
_ENDED = {"settled_at": row()["created_at"]}


async def stored(data: DataFolder, **changed: Any) -> None:
    change(data.database, "DELETE FROM jobs WHERE id = 'one'")
    async with open_database(None, data.folder) as database:
        await add(database, row(id="one", **changed))


@pytest.mark.parametrize(
    ("before", "since", "comes_back"),
    [
        # The answer to the POST came after the backup.
        ({"state": "submitting"}, {"state": "generating", "task_id": "t1"}, "generating"),
        ({"state": "unknown", **_ENDED}, {"state": "ready", "task_id": "t1"}, "ready"),
        # Posted, and maybe hidden or removed since.
        (
            {"state": "generating", "task_id": "t1"},
            {"state": "delivered", "task_id": "t1", **_ENDED},
            "delivered",
        ),
        # Ended by a decision.
        ({"state": "held"}, {"state": "denied", **_ENDED}, "denied"),
        ({"state": "queued"}, {"state": "cancelled", **_ENDED}, "cancelled"),
        (
            {"state": "delivering", "task_id": "t1"},
            {"state": "failed", "task_id": "t1", "failure": _BY_OWNER, **_ENDED},
            "failed",
        ),
        # A loss is no decision: the backup may have the video.
        (
            {"state": "delivering", "task_id": "t1"},
            {"state": "failed", "task_id": "t1", "failure": {"reason": "video_broken"}, **_ENDED},
            "delivering",
        ),
        # The database that is replaced was itself put back from an older backup.
        ({"state": "generating", "task_id": "t1"}, {"state": "denied", **_ENDED}, "generating"),
        ({"state": "generating", "task_id": "t1"}, {"state": "queued"}, "generating"),
    ],
)
async def test_a_row_is_the_one_that_knows_more(
    data: DataFolder, before: dict[str, Any], since: dict[str, Any], comes_back: str
) -> None:
    await stored(data, **before)
    archive = backed_up(data)
    await stored(data, **since)
    put_back(data, archive, NOW)
    assert jobs(data.database, "state")["one"] == comes_back
    assert jobs(data.database, "task_id")["one"] == before.get("task_id", since.get("task_id"))


async def test_a_deletion_of_a_posted_video_is_kept(data: DataFolder) -> None:
    posted = {"state": "delivered", "task_id": "t1", **_ENDED}
    await stored(data, **posted)
    archive = backed_up(data)
    await stored(data, **posted, failure=_BY_OWNER)
    put_back(data, archive, NOW)
    assert "deleted_by_owner" in jobs(data.database, "failure")["one"]


@pytest.mark.slow
def test_a_database_that_cannot_be_compared_at_present_is_not_replaced(data: DataFolder) -> None:
    archive = backed_up(data)
    with closing(sqlite3.connect(data.database, isolation_level=None)) as other:
        other.execute("PRAGMA locking_mode=EXCLUSIVE")
        other.execute("BEGIN IMMEDIATE")
        other.execute("UPDATE jobs SET prompt = 'later' WHERE id = 'waits'")
        other.execute("COMMIT")
        before = files(data.folder)
        with pytest.raises(BackupFailedError, match="cannot be compared at present"):
            put_back(data, archive, NOW)
        assert files(data.folder) == before


@pytest.mark.slow
def test_a_log_that_another_program_holds_is_not_cut_off(data: DataFolder) -> None:
    archive = backed_up(data)
    with closing(sqlite3.connect(data.database, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT COUNT(*) FROM jobs").fetchone()
        change(data.database, "UPDATE jobs SET prompt = 'later' WHERE id = 'waits'")
        with pytest.raises(StorageUnavailableError, match="another program has it open"):
            put_back(data, archive, NOW)
    assert jobs(data.database)["waits"] == "later"
    assert not (data.folder / "backups").exists()


@pytest.mark.skipif(not os.access(_OTHER_DISK, os.W_OK), reason="needs a second file system")
def test_folders_on_another_disk_are_put_back_there(data: DataFolder, tmp_path: Path) -> None:
    archive = backed_up(data)
    lost(data)
    elsewhere = _OTHER_DISK / f"stillmotion-{os.getpid()}-{tmp_path.name}"
    try:
        (elsewhere / "media").mkdir(parents=True)
        data.folder.mkdir()
        (data.folder / "media").symlink_to(elsewhere / "media")
        put_back(DataFolder(elsewhere / "bot.sqlite3", data.folder), archive, NOW)
        assert set(jobs(elsewhere / "bot.sqlite3")) == {"waits", JOB}
        assert files(elsewhere)[f"media/{JOB}.mp4"] == VIDEO
        assert {path.name for path in elsewhere.rglob("*.*")} == {
            "bot.sqlite3",
            "bot.sqlite3.lock",
            *(Path(name).name for name in NEEDED if name.startswith("media/")),
        }
    finally:
        for path in sorted(elsewhere.rglob("*"), reverse=True):
            path.rmdir() if path.is_dir() else path.unlink()
        elsewhere.rmdir()


@pytest.mark.parametrize(
    "name", ["stillmotion.sqlite3", "stillmotion.sqlite3.lock", f"media/{JOB}.mp4", "links.key"]
)
def test_a_backup_takes_the_place_of_no_file_of_the_data(data: DataFolder, name: str) -> None:
    before = files(data.folder)
    with pytest.raises(BackupFailedError, match="of the bot's own data"):
        take_backup(data, data.folder / "media" / ".." / name, NOW, force=True)
    assert files(data.folder) == before


async def test_what_a_newer_version_knows_is_taken_over(data: DataFolder) -> None:
    await stored(data, state="submitting")
    archive = backed_up(data)
    await stored(data, state="generating", task_id="t1")
    change(
        data.database,
        "ALTER TABLE jobs ADD COLUMN novelty TEXT",
        "UPDATE alembic_version SET version_num = '9999'",
    )
    done = put_back(data, archive, NOW)
    assert done.since is not None
    assert done.since.taken_over == 1
    assert "newer version" in (done.since.problem or "")
    assert jobs(data.database, "task_id")["one"] == "t1"


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
def test_root_leaves_no_files_that_the_bots_account_cannot_open(data: DataFolder) -> None:
    archive = backed_up(data)
    os.chown(lock_path(data.database), 65534, 65534)
    before = files(data.folder)
    with pytest.raises(BackupFailedError, match="run the command as that user"):
        put_back(data, archive, NOW)
    assert files(data.folder) == before
