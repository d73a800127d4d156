"""Decisions and their entries in one transaction: kept together or not at all, and followed only if kept."""

import asyncio
from contextlib import suppress

import pytest

from bot.moderation.audit.entries import RecordedEntry
from bot.moderation.audit.log import AuditLog
from bot.storage.database import Database
from bot.storage.errors import StorageUnavailableError
from tests.moderation.audit.logs import ENTRY, stored

REFUSING = "CREATE TRIGGER refusing BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'refused'); END"
STRUCK = "INSERT INTO strikes (guild_id, person_id, given_at, given_by, reason) VALUES (1, 2, 3, 4, 'x')"


@pytest.fixture
def followed() -> list[str]:
    """What was done after a commit, in order."""
    return []


@pytest.fixture
def audit_log(database: Database, followed: list[str]) -> AuditLog:
    def mirror(recorded: RecordedEntry) -> None:
        followed.append(f"mirrored {recorded.number}")

    return AuditLog(database, mirror)


async def decide(audit_log: AuditLog, followed: list[str]) -> None:
    before = tuple(followed)
    async with audit_log.transaction() as within:
        await within.connection.exec_driver_sql(STRUCK)
        await within.record(ENTRY)
        within.once_committed(lambda: followed.append("known"))
        await within.record(ENTRY)
        assert tuple(followed) == before


async def strikes(database: Database) -> int:
    async with database.read() as connection:
        return (await connection.exec_driver_sql("SELECT count(*) FROM strikes")).scalar_one()


async def test_what_is_kept_is_followed_and_then_mirrored(
    audit_log: AuditLog, database: Database, followed: list[str]
) -> None:
    await decide(audit_log, followed)
    assert followed == ["known", "mirrored 1", "mirrored 2"]
    assert await strikes(database) == 1
    assert len(await stored(database)) == 2


async def test_what_is_broken_off_is_not_followed(
    audit_log: AuditLog, database: Database, followed: list[str]
) -> None:
    with suppress(ZeroDivisionError):
        async with audit_log.transaction() as within:
            await within.record(ENTRY)
            within.once_committed(lambda: followed.append("known"))
            _ = 1 / 0
    assert followed == await stored(database) == []


@pytest.mark.sqlite
async def test_a_log_that_takes_no_entry_takes_the_decision_back(
    audit_log: AuditLog, database: Database, followed: list[str]
) -> None:
    async with database.write() as connection:
        await connection.exec_driver_sql(REFUSING)
    with pytest.raises(StorageUnavailableError, match="refused"):
        await decide(audit_log, followed)
    assert followed == await stored(database) == []
    assert await strikes(database) == 0


async def test_a_decision_is_followed_whenever_its_task_is_cancelled_after_the_commit(
    audit_log: AuditLog, database: Database, followed: list[str]
) -> None:
    turns = 0
    # A busy disk takes longer for a commit, up to seconds: then the steps grow.
    while turns < 60 or (turns < 20_000 and await strikes(database) == 0):
        task = asyncio.create_task(decide(audit_log, followed))
        for _ in range(turns):
            await asyncio.sleep(0.0002)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert followed.count("known") == await strikes(database)
        turns += 1 if turns < 60 else turns // 4
    assert await strikes(database) > 0
