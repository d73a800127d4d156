"""A copy of the database alone is put back as a backup is: what came since is taken over, and files stay."""

import shutil
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.backups.data_folder import DataFolder
from bot.backups.restoring import put_back
from bot.storage.backup import back_up
from bot.storage.errors import NewerDatabaseError, StorageError, UnsupportedDatabaseError
from bot.storage.migrate import revisions
from tests.backups.stored_data import NOW, backed_up, change, files, jobs
from tests.storage.stored_schemas import restored, states_of

BOUGHT = "UPDATE jobs SET state = 'generating', task_id = 't5' WHERE id = 'waits'"
BEAT = "INSERT INTO heartbeats (process_id, beat_at) VALUES ('host:1:ab', 1790000000000000)"
NEWER = "UPDATE alembic_version SET version_num = '9999'"


def copied(data: DataFolder) -> Path:
    """The copy that an update makes."""
    return back_up(data.database, "0001", NOW)


@pytest.mark.parametrize("updated", [(), (NEWER,)])
def test_what_was_bought_since_an_update_is_taken_over(data: DataFolder, updated: tuple[str, ...]) -> None:
    change(data.database, BEAT)
    copy = copied(data)
    change(data.database, BOUGHT, *updated)
    before = {name: content for name, content in files(data.folder).items() if "sqlite3" not in name}
    done = put_back(data, copy, NOW)
    assert done.since is not None
    assert (done.is_copy, done.since.taken_over, done.waiting) == (True, 1, 0)
    assert bool(done.since.problem) == bool(updated)
    assert done.manifest.about.taken_at == datetime.fromtimestamp(1790000000, UTC)
    assert jobs(data.database, "task_id")["waits"] == "t5"
    after = files(data.folder)
    assert {name: after[name] for name in before} == before
    assert stat.S_IMODE(data.database.stat().st_mode) == 0o600
    assert copy.exists()


def test_a_restore_is_undone_by_putting_back_what_it_replaced(data: DataFolder) -> None:
    archive = backed_up(data)
    change(data.database, "UPDATE jobs SET prompt = 'later' WHERE id = 'waits'")
    aside = put_back(data, archive, NOW).aside
    assert aside is not None
    change(data.database, BOUGHT)
    done = put_back(data, aside / data.database.name, datetime.now(UTC))
    assert done.since is not None
    assert done.since.taken_over == 1
    assert jobs(data.database, "task_id")["waits"] == "t5"


@pytest.mark.parametrize("revision", [revisions()[0], revisions()[-2]])
def test_a_copy_of_an_older_version_is_brought_up_to_date(tmp_path: Path, revision: str) -> None:
    copy, data = tmp_path / "copy", DataFolder(tmp_path / "data" / "b.sqlite3", tmp_path / "data")
    restored(revision, copy)
    done = put_back(data, copy, NOW)
    assert (done.manifest.about.revision, done.since) == (revision, None)
    assert jobs(data.database, "state") == states_of(revision)


@pytest.mark.parametrize(
    ("statement", "refused"),
    [(NEWER, NewerDatabaseError), ("DROP TABLE alembic_version", UnsupportedDatabaseError)],
)
def test_what_is_no_copy_of_this_version_changes_nothing(
    data: DataFolder, statement: str, refused: type[StorageError]
) -> None:
    copy = data.folder.parent / "copy"
    shutil.copyfile(data.database, copy)
    change(copy, statement)
    before = files(data.folder)
    with pytest.raises(refused):
        put_back(data, copy, NOW)
    assert files(data.folder) == before
