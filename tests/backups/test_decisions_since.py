"""Decisions of moderators after a backup: what restricts is taken over from the data that the backup replaces."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest

from bot.backups.data_folder import DataFolder
from bot.backups.restoring import put_back
from bot.moderation.audit.entries import AuditAction, AuditEntry
from bot.moderation.audit.log import AuditedTransaction, AuditLog
from bot.moderation.audit.store import verify_log
from bot.moderation.members.member import ListStatus, Member, Strike
from bot.moderation.members.store import MemberStore
from bot.moderation.rules import Gate, Mode, ServerRules
from bot.moderation.servers.store import RuleStore
from bot.moderation.words.matching import Effect, Term
from bot.moderation.words.store import TermStore
from bot.storage.address import SqliteAddress
from bot.storage.database import Database
from bot.storage.opening import open_database
from tests.backups.stored_data import NOW, backed_up, change, lost

GUILD, TRUSTED, ADA, BOB, CY = 5, 10, 11, 12, 13
TOMORROW = NOW + timedelta(days=1)
SOME = AuditEntry(GUILD, NOW, AuditAction.RULES_CHANGED, 1)
"""Every decision has an entry."""


@asynccontextmanager
async def deciding(data: DataFolder) -> AsyncGenerator[tuple[Database, AuditedTransaction]]:
    async with open_database(None, data.folder) as database, AuditLog(database).transaction() as within:
        await within.record(SOME)
        yield database, within


async def decided(
    data: DataFolder, *records: Member, rules: ServerRules | None = None, at: datetime = NOW
) -> None:
    """What moderators have decided by now."""
    async with deciding(data) as (database, within):
        for record in records:
            await MemberStore(database).save(within, record)
        if rules is not None:
            await RuleStore(database).save(within, GUILD, rules, at)


async def records_of(data: DataFolder) -> Mapping[int, Member]:
    async with open_database(None, data.folder) as database:
        return {one.person_id: one for one in await MemberStore(database).everything()}


async def rules_of(data: DataFolder) -> ServerRules:
    async with open_database(None, data.folder) as database:
        return (await RuleStore(database).everything())[GUILD]


async def taken_over(data: DataFolder) -> list[tuple[AuditAction, int | None]]:
    """The entries about decisions that were taken over, of a log that is whole."""
    assert verify_log(SqliteAddress(data.database)).broken is None
    async with open_database(None, data.folder) as database:
        entries = [one async for one in AuditLog(database).store.all_in_order()]
    found = [one for one in entries if one.details.get("taken_over")]
    assert all(one.actor_id is None for one in found)
    return [(one.action, one.person_id) for one in found]


async def test_suspensions_blocks_and_lost_trust_are_kept(data: DataFolder) -> None:
    await decided(data, Member(GUILD, TRUSTED, ListStatus.TRUSTED), Member(GUILD, BOB, ListStatus.BLOCKED))
    archive = backed_up(data)
    suspended = Member(
        GUILD, ADA, suspended_until=TOMORROW, suspended_by=3, suspended_for="spam", end_is_told=False
    )
    blocked = Member(GUILD, CY, ListStatus.BLOCKED, reports_muted=True)
    await decided(data, Member(GUILD, TRUSTED), Member(GUILD, BOB, ListStatus.TRUSTED), suspended, blocked)
    done = put_back(data, archive, NOW)
    assert done.since is not None
    assert (done.since.decisions, done.since.decisions_problem) == (4, None)
    assert await records_of(data) == {
        TRUSTED: Member(GUILD, TRUSTED),
        BOB: Member(GUILD, BOB, ListStatus.BLOCKED),
        ADA: suspended,
        CY: blocked,
    }
    assert sorted(await taken_over(data)) == [
        (AuditAction.BLOCKED, CY),
        (AuditAction.REPORTS_MUTED, CY),
        (AuditAction.SUSPENDED, ADA),
        (AuditAction.UNLISTED, TRUSTED),
    ]


async def test_what_moderators_allowed_since_is_not_taken_over(data: DataFolder) -> None:
    longer = Member(GUILD, ADA, suspended_until=TOMORROW + timedelta(days=1))
    closed = ServerRules(modes={Gate.FUN: Mode.OFF}, quorum=3)
    await decided(data, longer, rules=closed)
    archive = backed_up(data)
    await decided(data, Member(GUILD, ADA, suspended_until=TOMORROW), rules=ServerRules())
    await decided(data, Member(GUILD, BOB, ListStatus.TRUSTED))
    done = put_back(data, archive, NOW)
    assert done.since is not None
    assert done.since.decisions == 0
    assert await records_of(data) == {ADA: longer}
    assert await rules_of(data) == closed


async def test_a_stop_and_stricter_rules_are_kept(data: DataFolder) -> None:
    await decided(data, rules=ServerRules(spicy_confirmed_by=1, modes={Gate.SPICY: Mode.OPEN}, quorum=2))
    archive = backed_up(data)
    later = ServerRules(
        spicy_confirmed_by=1,
        spicy_stopped=True,
        spicy_stopped_at=NOW,
        modes={Gate.SPICY: Mode.OPEN, Gate.FUN: Mode.APPROVAL},
        channel_modes={7: {Gate.NORMAL: Mode.OFF}},
        review_channel_id=9,
        quorum=1,
    )
    await decided(data, rules=later)
    put_back(data, archive, NOW)
    assert await rules_of(data) == later.model_copy(update={"quorum": 2})
    assert await taken_over(data) == [
        (AuditAction.SPICY_STOPPED, None),
        (AuditAction.RULES_CHANGED, None),
        (AuditAction.RULES_CHANGED, None),
        (AuditAction.RULES_CHANGED, None),
    ]


async def test_strikes_and_words_are_kept(data: DataFolder) -> None:
    first = Strike(GUILD, ADA, NOW - timedelta(days=1), 3, "first")
    async with deciding(data) as (database, within):
        await MemberStore(database).strike(within, first)
        await TermStore(database).add(within, GUILD, Term("cat", Effect.BLOCKED, fragment=False), 3, NOW)
        await TermStore(database).add(within, GUILD, Term("dog", Effect.HELD, fragment=False), 3, NOW)
    archive = backed_up(data)
    second = Strike(GUILD, ADA, NOW, 3, "second", "j")
    async with deciding(data) as (database, within):
        await MemberStore(database).strike(within, second)
        await TermStore(database).remove(within, GUILD, "dog")
        await TermStore(database).add(within, GUILD, Term("cat", Effect.ALERTS, fragment=True), 3, NOW)
        await TermStore(database).add(within, GUILD, Term("owl", Effect.HELD, fragment=False), 4, NOW)
    put_back(data, archive, NOW)
    async with open_database(None, data.folder) as database:
        kept = await MemberStore(database).strikes(GUILD, ADA, since=NOW - timedelta(days=2))
        listed = (await TermStore(database).everything())[GUILD]
    assert list(kept) == [first, second]
    assert [one.term for one in listed] == [
        Term("cat", Effect.BLOCKED, fragment=True),
        Term("dog", Effect.HELD, fragment=False),
        Term("owl", Effect.HELD, fragment=False),
    ]
    assert await taken_over(data) == [
        (AuditAction.STRIKE_GIVEN, ADA),
        (AuditAction.TERM_ADDED, None),
        (AuditAction.TERM_ADDED, None),
    ]


def review(**columns: Any) -> str:
    values = {
        "id": "r",
        "job_id": "waits",
        "guild_id": GUILD,
        "person_id": ADA,
        "stage": "report",
        "state": "open",
        "created_at": 1,
        "expires_at": 2,
        **columns,
    }
    return f"INSERT INTO reviews ({', '.join(values)}) VALUES ({', '.join(map(repr, values.values()))})"  # noqa: S608 - ours


@pytest.mark.parametrize(
    ("state", "action"), [("open", AuditAction.VIDEO_HIDDEN), ("denied", AuditAction.VIDEO_REMOVED)]
)
async def test_hidden_and_removed_videos_stay_so(data: DataFolder, state: str, action: AuditAction) -> None:
    archive = backed_up(data)
    await decided(data)
    change(data.database, review(state=state), "INSERT INTO votes VALUES ('r', 3, 0, 'no', 1)")
    put_back(data, archive, NOW)
    async with open_database(None, data.folder) as database, database.read() as connection:
        (found,) = (await connection.exec_driver_sql("SELECT id, state FROM reviews")).all()
        (vote,) = (await connection.exec_driver_sql("SELECT reason FROM votes")).all()
    assert (tuple(found), tuple(vote)) == (("r", state), ("no",))
    assert await taken_over(data) == [(action, ADA)]


async def test_data_older_than_the_backup_decides_nothing(data: DataFolder) -> None:
    await decided(data, Member(GUILD, ADA, ListStatus.BLOCKED))
    older = backed_up(data).rename(data.folder.parent / "older.tar.gz")
    await decided(data, Member(GUILD, ADA))
    newer = backed_up(data)
    lost(data)
    put_back(data, older, NOW)
    done = put_back(data, newer, NOW)
    assert done.since is not None
    assert done.since.decisions == 0
    assert await records_of(data) == {ADA: Member(GUILD, ADA)}


async def test_a_record_that_cannot_be_read_is_told_and_keeps_no_other_one_out(data: DataFolder) -> None:
    archive = backed_up(data)
    await decided(data, Member(GUILD, ADA), Member(GUILD, BOB, ListStatus.BLOCKED))
    change(data.database, f"UPDATE members SET listed = 'odd' WHERE person_id = {ADA}")  # noqa: S608 - ours
    done = put_back(data, archive, NOW)
    assert done.since is not None
    assert (done.since.decisions, done.since.decisions_problem) == (1, "members")
    assert await records_of(data) == {BOB: Member(GUILD, BOB, ListStatus.BLOCKED)}
