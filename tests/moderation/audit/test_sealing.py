"""Entries are emptied in such a way that the log still verifies, and that nobody empties one in secret."""

from dataclasses import replace
from pathlib import Path

import pytest

from bot.moderation.audit.chain import Break, Flaw
from bot.moderation.audit.entries import AuditAction, AuditEntry
from bot.moderation.audit.log import AuditLog
from bot.moderation.audit.sealing import EntryEmptying
from bot.moderation.audit.store import AuditStore, LogReport, verify_log
from bot.storage.address import SqliteAddress
from bot.storage.moderation_tables import audit
from bot.storage.opening import open_database
from tests.moderation.audit.logs import ENTRY, FILE, NOW, PERSON, change, rows, several, written

SEAL = AuditEntry(0, NOW, AuditAction.PERSON_DATA_REMOVED, None, PERSON)
SECRET = "of a secret garden"
THEIRS = replace(ENTRY, reason=SECRET, prompt=SECRET, details={"terms": [SECRET], "review": "r1", "count": 3})
MINE = audit.c.person_id == PERSON


async def emptied(folder: Path, *entries: AuditEntry, times: int = 1) -> Path:
    """A log of which a user's entries were emptied."""
    path = await written(folder, *entries)
    async with open_database(None, folder) as database:
        emptying = EntryEmptying(AuditLog(database), ["minor"])
        for number in range(times):
            count = await emptying.empty(MINE, emptying.in_full, SEAL)
            assert (count > 0) is (number == 0)
    return path


async def test_what_was_emptied_leaves_no_trace_and_the_log_verifies(tmp_path: Path) -> None:
    others = replace(THEIRS, person_id=PERSON + 1, reason="kept")
    path = await emptied(tmp_path, THEIRS, others, replace(THEIRS, reason="minor"), times=2)
    assert verify_log(SqliteAddress(path)) == LogReport(4)
    found = rows(path)
    assert [row["reason"] for row in found] == ["", "kept", "minor", ""]
    assert [row["prompt"] is None for row in found] == [True, False, True, True]
    assert found[0]["details"] == '{"count":3,"review":"r1"}'
    assert [row["sealed_by"] for row in found] == [4, None, 4, None]
    assert SECRET not in repr([found[0], found[2], found[3]])


async def test_a_log_of_many_entries_is_emptied_in_parts(tmp_path: Path) -> None:
    path = await emptied(tmp_path, *([THEIRS] * 450))
    assert verify_log(SqliteAddress(path)) == LogReport(455)
    assert {row["reason"] for row in rows(path)} == {""}


async def test_an_emptied_entry_is_emptied_further_by_another_seal(
    tmp_path: Path,
) -> None:
    path = await written(tmp_path, THEIRS)
    async with open_database(None, tmp_path) as database:
        emptying = EntryEmptying(AuditLog(database), ())
        assert await emptying.empty(MINE, emptying.without_reason, SEAL) == 1
        assert await emptying.empty(MINE, emptying.in_full, SEAL) == 1
    assert verify_log(SqliteAddress(path)) == LogReport(3)
    assert rows(path)[0]["sealed_by"] == 3


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit SET reason = '', sealed_by = 2 WHERE number = 1",
        "UPDATE audit SET actor_id = 5 WHERE number = 3",
        "UPDATE audit SET action = 'trusted' WHERE number = 3",
        "UPDATE audit SET reason = 'another' WHERE number = 3",
        "UPDATE audit SET sealed_by = NULL WHERE number = 3",
    ],
)
async def test_nobody_empties_or_changes_an_entry_in_secret(tmp_path: Path, statement: str) -> None:
    other = replace(ENTRY, person_id=PERSON + 1)
    path = await emptied(tmp_path, other, other, THEIRS)
    number = int(statement[-1])
    assert verify_log(SqliteAddress(path)) == LogReport(4)
    change(path, statement)
    report = verify_log(SqliteAddress(path))
    assert report == LogReport(number - 1, Break(number, Flaw.DIGEST_DIFFERS))


@pytest.mark.sqlite
async def test_seals_stay(tmp_path: Path) -> None:
    async with open_database(None, tmp_path) as database:
        log = AuditLog(database)
        await log.append(THEIRS, *several(2))
        emptying = EntryEmptying(log, ())
        await emptying.empty(MINE, emptying.in_full, SEAL)
        before = await AuditStore(database).read(limit=1)
        await emptying.empty(MINE, emptying.in_full, SEAL)
        assert await AuditStore(database).read(limit=1) == before
    assert verify_log(SqliteAddress(tmp_path / FILE)).broken is None
