"""Migrations: all or nothing, with a copy made before, and never of a database that is not understood."""

import logging
import shutil
import sqlite3
import stat
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory

from bot.storage.backup import back_up
from bot.storage.backup_mark import PUT_BACK
from bot.storage.errors import NewerDatabaseError, StorageError
from bot.storage.migrate import (
    MIGRATIONS,
    VERSIONS,
    SchemaState,
    current_revision,
    head_revision,
    migrate,
    revisions,
    standing_of,
)
from bot.storage.opening import open_database
from bot.storage.sqlite_engines import read_only
from tests.storage.rows import NOW, add, job_count, row

FILE = "stillmotion.sqlite3"
STEP = """
import sqlalchemy as sa
from alembic import op

revision, down_revision, branch_labels, depends_on = "{revision}", "{before}", None, None


def upgrade():
    {what}
"""
MARK = f"INSERT INTO \"heartbeats\" VALUES('{PUT_BACK}',0);"
ADD_COLUMN = 'op.add_column("jobs", sa.Column("mood", sa.Text))'
REBUILD_AND_EMPTY = """
    with op.batch_alter_table("jobs") as jobs:
        jobs.alter_column("prompt", new_column_name="wish")
    op.execute("DELETE FROM jobs")
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / FILE


@pytest.fixture
async def older(path: Path) -> Path:
    """A database with a row, as the released migrations make it."""
    async with open_database(None, path.parent) as database:
        await add(database, row(id="old"))
    return path


@pytest.fixture
def next_steps(tmp_path: Path) -> Callable[..., Path]:
    """Makes a folder of the released migrations and further ones."""

    def make(*steps: str) -> Path:
        folder = tmp_path / "50% versions"
        shutil.copytree(VERSIONS, folder)
        before = head_revision()
        for number, what in enumerate(steps):
            revision = f"next{number}"
            text = STEP.format(revision=revision, before=before, what=what)
            (folder / f"{revision}.py").write_text(text)
            before = revision
        return folder

    return make


def dump(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as connection:
        return list(connection.iterdump())


def unmarked(copy: Path) -> list[str]:
    """What is in a copy but for the mark that it is one."""
    lines = dump(copy)
    lines.remove(MARK)
    return lines


def revision_of(path: Path) -> str | None:
    with read_only(path).connect() as connection:
        return current_revision(connection)


def backups(path: Path) -> list[Path]:
    return sorted(path.with_name("backups").glob("*"))


async def test_a_new_database_needs_no_backup_and_neither_does_a_current_one(path: Path) -> None:
    for _ in range(2):
        async with open_database(None, path.parent):
            pass
    assert revision_of(path) == head_revision() is not None
    assert not path.with_name("backups").exists()


def test_the_steps_by_their_file_names_are_those_that_alembic_takes() -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    scripts = ScriptDirectory.from_config(config)
    assert revisions() == tuple(reversed([script.revision for script in scripts.walk_revisions()]))
    assert head_revision() == scripts.get_current_head()


async def test_pending_migrations_run_after_a_backup(older: Path, next_steps: Callable[..., Path]) -> None:
    before = dump(older)
    versions = next_steps(ADD_COLUMN, "pass")
    migrate(older, versions=versions, now=lambda: NOW)
    with read_only(older).connect() as connection:
        assert standing_of(connection, versions) == (SchemaState.CURRENT, "next1")
        assert connection.exec_driver_sql("SELECT id, mood FROM jobs").all() == [("old", None)]
    (copy,) = backups(older)
    assert copy.name == f"stillmotion-{head_revision()}-20261124T123015123456Z.sqlite3"
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert stat.S_IMODE(copy.parent.stat().st_mode) == 0o700
    assert copy.read_bytes()[18:20] == b"\1\1"  # not in WAL mode: reading it needs no file beside it
    assert unmarked(copy) == before
    assert backups(older) == [copy]


async def test_a_backup_can_take_the_place_of_the_database(
    older: Path, next_steps: Callable[..., Path], tmp_path: Path
) -> None:
    migrate(older, versions=next_steps(ADD_COLUMN))
    (copy,) = backups(older)
    async with open_database(f"sqlite:///{copy}", tmp_path) as database:
        assert await job_count(database) == 1


@pytest.mark.parametrize(
    ("failing", "raised"),
    [
        ('raise RuntimeError("half way")', RuntimeError),
        ('op.execute("INSERT INTO films VALUES (1)")', StorageError),
    ],
)
async def test_a_migration_that_fails_leaves_the_database_exactly_as_it_was(
    older: Path, next_steps: Callable[..., Path], failing: str, raised: type[Exception]
) -> None:
    before, bytes_before = dump(older), older.read_bytes()
    with pytest.raises(raised):
        migrate(older, versions=next_steps(ADD_COLUMN, REBUILD_AND_EMPTY, failing))
    assert older.read_bytes() == bytes_before
    (copy,) = backups(older)
    assert unmarked(copy) == dump(older) == before
    async with open_database(None, older.parent) as database:
        assert await job_count(database) == 1


def test_a_new_database_whose_migration_fails_stays_empty(
    path: Path, next_steps: Callable[..., Path]
) -> None:
    with pytest.raises(RuntimeError, match="half way"):
        migrate(path, versions=next_steps('raise RuntimeError("half way")'))
    assert dump(path) == ["BEGIN TRANSACTION;", "COMMIT;"]
    migrate(path)
    assert revision_of(path) == head_revision()


async def test_a_newer_database_is_refused_and_stays_as_it_is(
    older: Path, next_steps: Callable[..., Path]
) -> None:
    migrate(older, versions=next_steps(ADD_COLUMN))
    shutil.rmtree(older.with_name("backups"))
    before = older.read_bytes()
    with pytest.raises(NewerDatabaseError, match=rf"{FILE}: .*newer .*next0.*{head_revision()}"):
        async with open_database(None, older.parent):
            pass
    assert older.read_bytes() == before
    assert not older.with_name("backups").exists()


def test_alembic_prints_nothing_and_leaves_the_log_as_it_is(
    path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    root = logging.getLogger()
    before = (root.level, list(root.handlers), logging.getLogger("sqlalchemy").level)
    disabled = logging.getLogger("bot").disabled
    migrate(path)
    assert (root.level, list(root.handlers), logging.getLogger("sqlalchemy").level) == before
    assert logging.getLogger("bot").disabled == disabled
    assert "alembic" not in "".join(capfd.readouterr()).lower()


async def test_of_many_backups_the_newest_five_stay_and_those_of_others_too(older: Path) -> None:
    folder = older.with_name("backups")
    folder.mkdir()
    others = {
        folder / "stillmotion-notes.sqlite3",
        folder / "stillmotion-old-0001-20200101T000000000000Z.sqlite3",
        folder / "stillmotion-old-0001-20200101T000000000000Z.sqlite3.part",
    }
    for other in others:
        other.touch()
    # Revisions whose names sort the other way than their times.
    copies = [back_up(older, f"{9 - n}", NOW + timedelta(microseconds=n)) for n in range(7)]
    assert set(backups(older)) == {*others, *copies[2:]}


async def test_a_backup_holds_what_a_killed_owner_left_in_the_log(older: Path) -> None:
    with closing(sqlite3.connect(older)) as still_open:
        still_open.execute("UPDATE jobs SET prompt = 'in the log'")
        still_open.commit()
        assert older.with_name(f"{FILE}-wal").stat().st_size
        copy = back_up(older, "0001", NOW)
    with closing(sqlite3.connect(copy)) as connection:
        assert connection.execute("SELECT prompt FROM jobs").fetchall() == [("in the log",)]
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


async def test_a_backup_that_fails_leaves_nothing_and_stops_the_migration(
    older: Path, next_steps: Callable[..., Path]
) -> None:
    older.with_name("backups").touch()
    before = older.read_bytes()
    with pytest.raises(StorageError, match="backups"):
        migrate(older, versions=next_steps(ADD_COLUMN))
    assert older.read_bytes() == before


async def test_what_a_killed_backup_left_is_swept_up(older: Path) -> None:
    leftover = older.with_name("backups") / "stillmotion-0001-20260101T000000000000Z.sqlite3.part"
    leftover.parent.mkdir()
    leftover.write_bytes(b"half")
    leftover.with_name(f"{leftover.name}-journal").touch()
    copy = back_up(older, "0001", NOW)
    assert backups(older) == [copy]
