"""A backup is put back whole, and the data that was there is kept aside."""

import os
import shutil
import sqlite3
import stat
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.backups.data_folder import DataFolder
from bot.backups.errors import BackupFailedError
from bot.backups.restoring import put_back
from bot.moderation.audit.entries import AuditAction, AuditEntry
from bot.moderation.audit.log import AuditLog
from bot.personal_data.deletion_store import DeletionRequest, DeletionStore
from bot.storage.backup_mark import PUT_BACK
from bot.storage.errors import DatabaseInUseError, StorageError
from bot.storage.migrate import revisions
from bot.storage.opening import open_database
from bot.storage.ownership import Ownership
from tests.backups.stored_data import JOB, NEEDED, NOW, VIDEO, backed_up, change, files, jobs, lost
from tests.storage.rows import add, row
from tests.storage.stored_schemas import restored, states_of


def beats(database: Path) -> list[str]:
    with closing(sqlite3.connect(database)) as connection:
        return [name for (name,) in connection.execute("SELECT process_id FROM heartbeats")]


def test_a_backup_comes_back_whole_where_nothing_is_left(data: DataFolder) -> None:
    before = files(data.folder)
    archive = backed_up(data)
    lost(data)
    done = put_back(data, archive, NOW)
    assert (done.aside, done.since, done.waiting) == (None, None, 1)
    after = files(data.folder)
    assert set(after) == {*NEEDED, "stillmotion.sqlite3"}
    assert {name: after[name] for name in NEEDED} == {name: before[name] for name in NEEDED}
    assert jobs(data.database) == {"waits": "a lighthouse", JOB: row()["prompt"]}
    assert beats(data.database) == [PUT_BACK]
    for name in after:
        assert stat.S_IMODE((data.folder / name).stat().st_mode) == 0o600


async def test_what_is_there_is_kept_and_purchases_since_are_taken_over(data: DataFolder) -> None:
    archive = backed_up(data)
    now = row()["created_at"]
    async with open_database(None, data.folder) as database:
        await add(
            database,
            row(id="since", state="delivered", task_id="t3", settled_at=now),
            row(id="doubtful", state="submitting"),
            row(id="unbought"),
            row(id="looks", state="generating", task_id="t4", lookup=True),
        )
    change(data.database, "UPDATE jobs SET state = 'generating', task_id = 't5' WHERE id = 'waits'")
    (data.folder / "media" / f"{JOB}.mp4").write_bytes(b"torn")
    (data.folder / "media" / "new.mp4").write_bytes(b"new")
    (data.folder / "links.key").write_bytes(b"newer")
    before = files(data.folder)
    done = put_back(data, archive, NOW)
    assert done.since is not None
    assert (done.since.taken_over, done.since.problem, done.waiting) == (3, None, 0)
    assert done.aside == data.folder / "backups" / "replaced-20261128T223015123456Z"
    assert done.aside is not None
    kept = files(done.aside)
    beside = {name for name in before if name.startswith("spool/waits/1") or name.endswith(".part")}
    assert {name: kept[name] for name in kept if "sqlite3" not in name} == {
        name: before[name] for name in before.keys() - beside if "sqlite3" not in name
    }
    assert jobs(done.aside / "stillmotion.sqlite3", "state")["unbought"] == "queued"
    assert beats(done.aside / "stillmotion.sqlite3") == [PUT_BACK]
    assert jobs(data.database, "state") == {
        "waits": "generating",
        JOB: "delivering",
        "since": "delivered",
        "doubtful": "submitting",
    }
    after = files(data.folder)
    assert after[f"media/{JOB}.mp4"] == VIDEO
    assert (after["links.key"], after["media/new.mp4"]) == (b"newer", b"new")
    assert not (data.folder / "restore.part").exists()
    for folder in (done.aside, done.aside.parent):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700


async def test_who_had_their_data_deleted_since_is_deleted_again(data: DataFolder) -> None:
    archive = backed_up(data)
    removed = AuditEntry(0, NOW, AuditAction.PERSON_DATA_REMOVED, 7, 7)
    seal = replace(removed, at=NOW + timedelta(days=1), details={"sealed": {"1": "ab"}})
    async with open_database(None, data.folder) as database:
        await AuditLog(database).append(removed, seal)
    put_back(data, archive, NOW)
    async with open_database(None, data.folder) as database:
        assert await DeletionStore(database).pending() == [DeletionRequest(7, NOW)]


def test_another_retry_of_the_same_request_does_not_keep_a_purchase_out(data: DataFolder) -> None:
    change(data.database, "UPDATE jobs SET parent_id = 'p' WHERE id = 'waits'")
    archive = backed_up(data)
    change(data.database, "UPDATE jobs SET id = 'other', task_id = 't9' WHERE id = 'waits'")
    done = put_back(data, archive, NOW)
    assert done.since is not None
    assert (done.since.taken_over, done.since.problem) == (1, None)
    assert set(jobs(data.database)) == {"waits", "other", JOB}


def test_rows_that_cannot_be_read_are_backed_up_and_taken_over_as_they_are(data: DataFolder) -> None:
    spoiled = "prompt = CAST(x'ff00fe' AS TEXT), video_name = CAST(x'ff' AS TEXT)"
    change(data.database, f"UPDATE jobs SET {spoiled} WHERE id = 'waits'")  # noqa: S608 - ours
    archive = backed_up(data)
    change(data.database, "UPDATE jobs SET task_id = 't7', state = 'generating' WHERE id = 'waits'")
    done = put_back(data, archive, NOW)
    assert done.since is not None
    assert (done.since.taken_over, done.since.problem) == (1, None)
    assert jobs(data.database, "hex(prompt)")["waits"] == "FF00FE"


@pytest.mark.parametrize("revision", [revisions()[0], revisions()[-2]])
def test_a_backup_of_an_older_version_is_brought_up_to_date(tmp_path: Path, revision: str) -> None:
    data = DataFolder(tmp_path / "data" / "stillmotion.sqlite3", tmp_path / "data")
    data.folder.mkdir()
    restored(revision, data.database)
    archive = backed_up(data)
    lost(data)
    done = put_back(data, archive, NOW)
    assert done.manifest.about.revision == revision
    assert beats(data.database) == [PUT_BACK]
    assert jobs(data.database, "state") == states_of(revision)
    assert [path.name for path in data.folder.glob("*sqlite3*") if not path.name.endswith(".lock")] == [
        data.database.name
    ]


def test_a_damaged_database_is_replaced_and_kept(data: DataFolder) -> None:
    archive = backed_up(data)
    content = bytearray(data.database.read_bytes())
    content[4096:] = os.urandom(len(content) - 4096)
    data.database.write_bytes(content)
    done = put_back(data, archive, NOW)
    assert done.since is not None
    assert done.since.problem is not None
    assert done.aside is not None
    assert (done.aside / "stillmotion.sqlite3").read_bytes() == bytes(content)
    assert set(jobs(data.database)) == {"waits", JOB}


def test_another_programs_database_is_not_replaced(data: DataFolder) -> None:
    archive = backed_up(data)
    data.database.unlink()
    change(data.database, "CREATE TABLE things (id INTEGER)")
    before = files(data.folder)
    with pytest.raises(StorageError, match="not one of this bot"):
        put_back(data, archive, NOW)
    assert files(data.folder) == before


def test_a_database_in_use_is_not_touched(data: DataFolder) -> None:
    archive = backed_up(data)
    owner = Ownership(data.database)
    owner.take()
    before = files(data.folder)
    try:
        with pytest.raises(DatabaseInUseError):
            put_back(data, archive, NOW)
    finally:
        owner.release()
    assert files(data.folder) == before


def test_a_disk_that_refuses_leaves_the_old_data_whole(data: DataFolder) -> None:
    archive = backed_up(data)
    change(data.database, "UPDATE jobs SET prompt = 'later' WHERE id = 'waits'")
    shutil.rmtree(data.folder / "purchases")
    (data.folder / "purchases").write_text("in the way")
    before = files(data.folder)
    with pytest.raises(BackupFailedError, match="the database is the one that was there before"):
        put_back(data, archive, NOW)
    assert files(data.folder) == before
    (data.folder / "purchases").unlink()
    put_back(data, archive, NOW)
    assert jobs(data.database)["waits"] == "a lighthouse"


def test_a_database_elsewhere_is_put_back_there(data: DataFolder, tmp_path: Path) -> None:
    archive = backed_up(data)
    lost(data)
    elsewhere = DataFolder(tmp_path / "elsewhere" / "bot.sqlite3", data.folder)
    put_back(elsewhere, archive, NOW)
    assert set(jobs(elsewhere.database)) == {"waits", JOB}
    assert set(files(data.folder)) == set(NEEDED)
