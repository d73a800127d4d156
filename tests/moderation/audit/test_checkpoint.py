"""The digest outside the database: entries that were cut off are noticed, a longer log is fine."""

import asyncio
import contextlib
import sqlite3
from collections.abc import AsyncGenerator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from bot.moderation.audit.chain import Break, Checkpoint, Flaw
from bot.moderation.audit.checkpoint import (
    DIGEST_NAME,
    CheckpointFile,
    CheckpointFileState,
    checkpoint_file_state,
    read_checkpoints,
    typed_checkpoint,
)
from bot.moderation.audit.entries import AuditAction, AuditEntry
from bot.moderation.audit.log import AuditLog
from bot.moderation.audit.store import LogReport, verify_log
from bot.storage.address import SqliteAddress
from bot.storage.database import Database
from bot.storage.opening import open_database
from tests.storage.rows import NOW

ENTRY = AuditEntry(1, NOW, AuditAction.TRUSTED, 2, 3)
FILE = "stillmotion.sqlite3"


@pytest.fixture
async def database(tmp_path: Path, database_url: str | None) -> AsyncGenerator[Database]:
    async with open_database(database_url, tmp_path) as opened:
        yield opened


async def written(log: AuditLog, file: CheckpointFile, folder: Path) -> None:
    """Run the task until the newest entry is in the file."""
    (newest,) = await log.store.read(limit=1)
    task = asyncio.create_task(file.run())
    async with asyncio.timeout(60):
        while [one.number for one in read_checkpoints(folder)] != [newest.number]:  # noqa: ASYNC110 - a plain file
            await asyncio.sleep(0)
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


def cut(folder: Path, statement: str) -> None:
    with closing(sqlite3.connect(folder / FILE)) as connection:
        connection.execute(statement)
        connection.commit()


@pytest.mark.parametrize("content", [None, "", '{"number": 1}'])
@pytest.mark.sqlite
async def test_a_file_that_is_gone_or_unreadable_is_written_anew_at_the_start(
    database: Database, tmp_path: Path, content: str | None
) -> None:
    log = AuditLog(database)
    await log.append(ENTRY, ENTRY)
    if content is not None:
        (tmp_path / DIGEST_NAME).write_text(content)
        assert checkpoint_file_state(tmp_path) is CheckpointFileState.UNREADABLE
    else:
        assert checkpoint_file_state(tmp_path) is CheckpointFileState.ABSENT
    file = CheckpointFile(tmp_path)
    assert await file.missing(log.store) is None
    await written(log, file, tmp_path)
    assert checkpoint_file_state(tmp_path) is CheckpointFileState.READABLE


@pytest.mark.sqlite
async def test_a_longer_log_is_fine_and_one_that_was_cut_off_is_not(
    database: Database, tmp_path: Path
) -> None:
    file = CheckpointFile(tmp_path)
    log = AuditLog(database, mirror=file.note)
    await log.append(ENTRY, ENTRY)
    await written(log, file, tmp_path)
    await log.append(ENTRY)
    known = read_checkpoints(tmp_path)
    assert verify_log(SqliteAddress(tmp_path / FILE), known) == LogReport(3)
    assert await CheckpointFile(tmp_path).missing(log.store) is None
    cut(tmp_path, "DELETE FROM audit WHERE number > 1")
    assert verify_log(SqliteAddress(tmp_path / FILE)) == LogReport(1), "the chain alone does not tell"
    expected = LogReport(1, Break(2, Flaw.KNOWN_DIGEST_MISSING))
    assert verify_log(SqliteAddress(tmp_path / FILE), known) == expected
    assert await CheckpointFile(tmp_path).missing(log.store) == known[0]
    # Also once the log has grown again, until the operator deletes the file.
    await log.append(replace(ENTRY, reason="later"), ENTRY)
    await written_beside(file, tmp_path)
    assert verify_log(SqliteAddress(tmp_path / FILE), read_checkpoints(tmp_path)).broken == expected.broken


async def written_beside(file: CheckpointFile, folder: Path) -> None:
    task = asyncio.create_task(file.run())
    async with asyncio.timeout(60):
        while len(read_checkpoints(folder)) < 2:  # noqa: ASYNC110 - plain files
            await asyncio.sleep(0)
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


@pytest.mark.sqlite
async def test_a_cut_is_still_known_after_more_starts_and_is_told_once(
    database: Database, tmp_path: Path
) -> None:
    file = CheckpointFile(tmp_path)
    log = AuditLog(database, mirror=file.note)
    await log.append(ENTRY, ENTRY)
    await written(log, file, tmp_path)
    (lost,) = read_checkpoints(tmp_path)
    cut(tmp_path, "DELETE FROM audit WHERE number > 1")
    assert await CheckpointFile(tmp_path).missing(log.store) == lost
    await log.append(replace(ENTRY, reason="later"))
    await written_beside(file, tmp_path)
    for _ in range(2):  # starts
        assert await CheckpointFile(tmp_path).missing(log.store) is None
        known = read_checkpoints(tmp_path)
        assert lost in known
        assert len(known) == 2
        assert verify_log(SqliteAddress(tmp_path / FILE), known).broken == Break(2, Flaw.KNOWN_DIGEST_MISSING)


@pytest.mark.parametrize("cut_to", [1, 2])
@pytest.mark.sqlite
async def test_a_cut_under_the_running_bot_is_not_forgotten_with_the_next_entry(
    database: Database, tmp_path: Path, cut_to: int
) -> None:
    log = AuditLog(database)
    await log.append(ENTRY, ENTRY, ENTRY)
    *_, lost = [one async for one in log.store.all_in_order()]
    file = CheckpointFile(tmp_path)
    assert await file.missing(log.store) is None
    cut(tmp_path, f"DELETE FROM audit WHERE number > {cut_to}")  # noqa: S608 - ours
    log = AuditLog(database, mirror=file.note)
    await log.append(replace(ENTRY, reason="later"), ENTRY, ENTRY)
    await written_beside(file, tmp_path)
    known = read_checkpoints(tmp_path)
    assert Checkpoint(lost.number, lost.sha256) in known
    assert verify_log(SqliteAddress(tmp_path / FILE), known).broken == Break(3, Flaw.KNOWN_DIGEST_MISSING)


async def test_a_log_without_any_entry_lacks_those_that_are_known(tmp_path: Path) -> None:
    known = [Checkpoint(1, "a" * 64)]
    assert verify_log(SqliteAddress(tmp_path / FILE), known) == LogReport(
        0, Break(1, Flaw.KNOWN_DIGEST_MISSING)
    )


@pytest.mark.sqlite
async def test_the_first_digits_of_a_digest_are_enough(database: Database, tmp_path: Path) -> None:
    log = AuditLog(database)
    await log.append(ENTRY)
    (entry,) = await log.store.read(limit=1)
    shown = typed_checkpoint(f"1 · {entry.sha256[:16]}")
    assert verify_log(SqliteAddress(tmp_path / FILE), [shown]) == LogReport(1)
    other = typed_checkpoint(f"1:{'0' * 16}")
    assert verify_log(SqliteAddress(tmp_path / FILE), [other]).broken == Break(1, Flaw.KNOWN_DIGEST_MISSING)


@pytest.mark.parametrize("text", ["", "1", "1:abc", "x:" + "a" * 16, "1:" + "g" * 16])
def test_what_is_no_digest_is_not_read(text: str) -> None:
    with pytest.raises(ValueError, match=text or "^$"):
        typed_checkpoint(text)


def test_a_file_that_cannot_be_read_is_none(tmp_path: Path) -> None:
    assert read_checkpoints(tmp_path) == ()
    (tmp_path / "audit-log.digest").write_bytes(b"\xff{")
    assert read_checkpoints(tmp_path) == ()
