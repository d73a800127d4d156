"""People's records: what is kept, how strikes add up and fade, and how suspensions end."""

import asyncio
import sqlite3
from collections.abc import AsyncGenerator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.moderation.audit.log import AuditLog
from bot.moderation.members.cache import MemberCache
from bot.moderation.members.member import ListStatus, Member, Strike, active, suspended_until
from bot.moderation.members.store import MemberStore
from bot.moderation.policy import MemberStatus
from bot.moderation.rules import ServerRules
from bot.storage.database import Database
from bot.storage.errors import StorageUnavailableError
from bot.storage.opening import open_database
from tests.moderation.audited import alone

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SERVER, ADA, BOB = 2**62, 2**61, 7
THREE = ServerRules(strikes_to_suspend=3, suspend_hours=24, strike_days=30)


@pytest.fixture
async def database(tmp_path: Path, database_url: str | None) -> AsyncGenerator[Database]:
    async with open_database(database_url, tmp_path) as opened:
        yield opened


@pytest.fixture
def audit_log(database: Database) -> AuditLog:
    return AuditLog(database)


@pytest.fixture
def book(database: Database) -> MemberCache:
    return MemberCache(MemberStore(database))


async def reopened(database: Database) -> MemberCache:
    """The book as the next start finds it."""
    book = MemberCache(MemberStore(database))
    await book.load()
    return book


def a_strike(at: datetime = NOW, *, person_id: int = ADA, guild_id: int = SERVER, by: int = BOB) -> Strike:
    return Strike(guild_id, person_id, at, by, "too much; 'quoted' 🎞", "a" * 32)


# Records.


async def test_of_most_people_nothing_is_kept(book: MemberCache) -> None:
    await book.load()
    assert book.of(SERVER, ADA) == Member(SERVER, ADA)
    assert book.of(None, ADA).status == MemberStatus()
    assert not book.of(None, ADA).is_suspended(NOW)


@pytest.mark.parametrize("listed", [*ListStatus, None])
async def test_lists(
    database: Database, book: MemberCache, listed: ListStatus | None, audit_log: AuditLog
) -> None:
    await alone(audit_log, book.list_as, SERVER, ADA, ListStatus.TRUSTED)
    await alone(audit_log, book.list_as, SERVER, ADA, listed)
    for seen in (book, await reopened(database)):
        assert seen.of(SERVER, ADA).listed is listed
        status = seen.of(SERVER, ADA).status
        assert (status.trusted, status.blocked) == (
            listed is ListStatus.TRUSTED,
            listed is ListStatus.BLOCKED,
        )
        assert seen.of(SERVER, BOB) == Member(SERVER, BOB)
        assert seen.of(3, ADA) == Member(3, ADA)


async def test_everything_of_a_record_outlives_the_process(
    database: Database, book: MemberCache, audit_log: AuditLog
) -> None:
    await alone(audit_log, book.list_as, SERVER, ADA, ListStatus.BLOCKED)
    await alone(
        audit_log, book.suspend, SERVER, ADA, until=NOW + HOUR, by=BOB, reason="a 'reason' 🎞", now=NOW
    )
    await alone(audit_log, book.appeal, SERVER, ADA, NOW)
    await alone(audit_log, book.mute_reports, SERVER, ADA, muted=True)
    expected = Member(
        SERVER,
        ADA,
        ListStatus.BLOCKED,
        NOW + HOUR,
        BOB,
        "a 'reason' 🎞",
        NOW,
        reports_muted=True,
        end_is_told=False,
    )
    assert book.of(SERVER, ADA) == (await reopened(database)).of(SERVER, ADA) == expected


async def test_changes_in_the_same_moment_are_all_kept(
    database: Database, book: MemberCache, audit_log: AuditLog
) -> None:
    await asyncio.gather(
        alone(audit_log, book.list_as, SERVER, ADA, ListStatus.TRUSTED),
        alone(audit_log, book.suspend, SERVER, ADA, until=NOW + HOUR, by=BOB, reason="why", now=NOW),
        alone(audit_log, book.mute_reports, SERVER, ADA, muted=True),
        alone(audit_log, book.appeal, SERVER, ADA, NOW),
    )
    expected = Member(
        SERVER, ADA, ListStatus.TRUSTED, NOW + HOUR, BOB, "why", NOW, reports_muted=True, end_is_told=False
    )
    assert book.of(SERVER, ADA) == (await reopened(database)).of(SERVER, ADA) == expected


async def test_what_cannot_be_kept_does_not_hold(
    database: Database, book: MemberCache, audit_log: AuditLog
) -> None:
    await alone(audit_log, book.suspend, SERVER, ADA, until=NOW + HOUR, by=BOB, reason="why", now=NOW)
    before = book.of(SERVER, ADA)
    await database.close()
    for change in (
        alone(audit_log, book.list_as, SERVER, ADA, ListStatus.BLOCKED),
        alone(audit_log, book.lift, SERVER, ADA),
        alone(audit_log, book.suspend, SERVER, ADA, until=NOW + DAY, by=None, reason="", now=NOW),
        alone(audit_log, book.appeal, SERVER, ADA, NOW),
        alone(audit_log, book.mute_reports, SERVER, ADA, muted=True),
        alone(audit_log, book.strike, a_strike(), THREE),
    ):
        with pytest.raises(StorageUnavailableError):
            await change
    assert book.of(SERVER, ADA) == before


@pytest.mark.parametrize("damage", ["listed = 'watched'", "suspended_until = 'tomorrow'"])
@pytest.mark.sqlite
async def test_a_user_whose_record_cannot_be_read_is_blocked_and_nobody_else(
    database: Database, book: MemberCache, audit_log: AuditLog, damage: str
) -> None:
    for person_id in (ADA, ADA + 1):
        await alone(audit_log, book.list_as, SERVER, person_id, ListStatus.TRUSTED)
    with closing(sqlite3.connect(database.path)) as connection:
        connection.execute(f"UPDATE members SET {damage} WHERE person_id = ?", (ADA,))  # noqa: S608 - ours
        connection.commit()
    found = await reopened(database)
    assert found.of(SERVER, ADA).listed is ListStatus.BLOCKED
    assert found.of(SERVER, ADA + 1).listed is ListStatus.TRUSTED


# Suspensions.


async def test_a_suspension_ends_by_itself(
    database: Database, book: MemberCache, audit_log: AuditLog
) -> None:
    await alone(audit_log, book.suspend, SERVER, ADA, until=NOW + HOUR, by=BOB, reason="why", now=NOW)
    for seen in (book, await reopened(database)):
        member = seen.of(SERVER, ADA)
        assert member.status.suspended_until == NOW + HOUR
        moments = (NOW, NOW + HOUR - timedelta(microseconds=1), NOW + HOUR, NOW + DAY)
        assert [member.is_suspended(moment) for moment in moments] == [True, True, False, False]


async def test_a_lifted_suspension_is_over_at_once(
    database: Database, book: MemberCache, audit_log: AuditLog
) -> None:
    await alone(audit_log, book.suspend, SERVER, ADA, until=NOW + HOUR, by=BOB, reason="why", now=NOW)
    await alone(audit_log, book.lift, SERVER, ADA)
    for seen in (book, await reopened(database)):
        assert not seen.of(SERVER, ADA).is_suspended(NOW)
        assert seen.of(SERVER, ADA).suspended_for == ""
    assert not await alone(audit_log, book.appeal, SERVER, ADA, NOW)


async def test_an_appeal_is_made_once_a_suspension(
    database: Database, book: MemberCache, audit_log: AuditLog
) -> None:
    assert not await alone(audit_log, book.appeal, SERVER, ADA, NOW)
    await alone(audit_log, book.suspend, SERVER, ADA, until=NOW + HOUR, by=BOB, reason="why", now=NOW)
    assert not await alone(audit_log, book.appeal, SERVER, ADA, NOW + HOUR)
    assert await alone(audit_log, book.appeal, SERVER, ADA, NOW)
    assert not await alone(audit_log, book.appeal, SERVER, ADA, NOW)
    later = await reopened(database)
    assert not await alone(audit_log, later.appeal, SERVER, ADA, NOW)
    await alone(audit_log, later.suspend, SERVER, ADA, until=NOW + DAY, by=BOB, reason="again", now=NOW)
    assert await alone(audit_log, later.appeal, SERVER, ADA, NOW)


async def test_of_two_appeals_in_the_same_moment_one_counts(book: MemberCache, audit_log: AuditLog) -> None:
    await alone(audit_log, book.suspend, SERVER, ADA, until=NOW + HOUR, by=BOB, reason="why", now=NOW)
    made = await asyncio.gather(*(alone(audit_log, book.appeal, SERVER, ADA, NOW) for _ in range(5)))
    assert [one for one in made if one is not None] == [book.of(SERVER, ADA)]


async def test_appeals_are_listed_by_server_oldest_first(
    database: Database, book: MemberCache, audit_log: AuditLog
) -> None:
    for person, at in ((ADA, NOW + HOUR / 2), (BOB, NOW)):
        await alone(audit_log, book.suspend, SERVER, person, until=NOW + HOUR, by=None, reason="why", now=NOW)
        assert await alone(audit_log, book.appeal, SERVER, person, at)
    for known in (book, await reopened(database)):
        assert [one.person_id for one in known.appealing(SERVER)] == [BOB, ADA]
        assert not known.appealing(SERVER + 1)


# Strikes.


@pytest.mark.parametrize(
    ("threshold", "suspends"),
    [
        (1, [True, True, True, True, True, True, True]),
        (2, [False, True, False, True, False, True, False]),
        (3, [False, False, True, False, False, True, False]),
        (7, [False, False, False, False, False, False, True]),
    ],
)
async def test_strikes_suspend_at_every_multiple_of_the_threshold(
    book: MemberCache, threshold: int, suspends: list[bool], audit_log: AuditLog
) -> None:
    rules = THREE.model_copy(update={"strikes_to_suspend": threshold})
    for number, expected in enumerate(suspends):
        at = NOW + number * DAY
        until = await alone(audit_log, book.strike, a_strike(at), rules)
        assert until == (at + DAY if expected else None)
        assert book.of(SERVER, ADA).is_suspended(at) is expected
        assert len(await book.strikes(SERVER, ADA, rules, at)) == number + 1


async def test_a_suspension_by_strikes_names_the_last_of_them(
    database: Database, book: MemberCache, audit_log: AuditLog
) -> None:
    rules = THREE.model_copy(update={"strikes_to_suspend": 2})
    await alone(audit_log, book.strike, a_strike(by=5), rules)
    await alone(audit_log, (await reopened(database)).strike, a_strike(by=6), rules)
    member = (await reopened(database)).of(SERVER, ADA)
    assert (member.suspended_by, member.suspended_for) == (6, a_strike().reason)


async def test_strikes_fade(database: Database, book: MemberCache, audit_log: AuditLog) -> None:
    for day in (0, 10):
        assert await alone(audit_log, book.strike, a_strike(NOW + day * DAY), THREE) is None
    faded = NOW + THREE.strike_days * DAY
    assert len(await book.strikes(SERVER, ADA, THREE, faded - timedelta(microseconds=1))) == 2
    assert len(await book.strikes(SERVER, ADA, THREE, faded)) == 1
    assert await alone(audit_log, book.strike, a_strike(faded), THREE) is None, "the first of three has faded"
    assert (
        await alone(audit_log, (await reopened(database)).strike, a_strike(faded + DAY), THREE)
        == faded + 2 * DAY
    )


async def test_strikes_of_others_and_elsewhere_do_not_count(book: MemberCache, audit_log: AuditLog) -> None:
    for other in (
        a_strike(person_id=BOB),
        a_strike(guild_id=3),
        a_strike(person_id=BOB),
        a_strike(guild_id=3),
    ):
        assert await alone(audit_log, book.strike, other, THREE) is None
    assert await book.strikes(SERVER, ADA, THREE, NOW) == ()
    kept = a_strike()
    await alone(audit_log, book.strike, kept, THREE)
    assert await book.strikes(SERVER, ADA, THREE, NOW) == (kept,)


async def test_strikes_in_the_same_moment_suspend_once(book: MemberCache, audit_log: AuditLog) -> None:
    rules = THREE.model_copy(update={"strikes_to_suspend": 2})
    given = await asyncio.gather(*(alone(audit_log, book.strike, a_strike(), rules) for _ in range(3)))
    assert sorted(one is not None for one in given) == [False, False, True]
    assert book.of(SERVER, ADA).is_suspended(NOW)


async def test_a_strike_shortens_no_suspension(book: MemberCache, audit_log: AuditLog) -> None:
    once = THREE.model_copy(update={"strikes_to_suspend": 1})
    await alone(audit_log, book.suspend, SERVER, ADA, until=NOW + 90 * DAY, by=BOB, reason="worse", now=NOW)
    assert await alone(audit_log, book.strike, a_strike(), once) is None
    assert book.of(SERVER, ADA).suspended_until == NOW + 90 * DAY
    assert await alone(audit_log, book.strike, a_strike(NOW + 90 * DAY), once) == NOW + 91 * DAY


def test_the_pure_rules_of_strikes() -> None:
    strikes = [a_strike(NOW - day * DAY) for day in (31, 30, 29, 1)]
    assert active(strikes, THREE, NOW) == tuple(strikes[2:])
    assert suspended_until([], THREE, NOW) is None
    assert suspended_until(strikes, THREE, NOW) is None
    assert suspended_until([*strikes, a_strike()], THREE, NOW) == NOW + DAY


async def test_a_shorter_suspension_does_not_replace_a_longer_one(
    book: MemberCache, audit_log: AuditLog
) -> None:
    assert await alone(audit_log, book.suspend, SERVER, ADA, until=NOW + DAY, by=BOB, reason="long", now=NOW)
    before = book.of(SERVER, ADA)
    for until in (NOW + HOUR, NOW + DAY):
        assert not await alone(
            audit_log, book.suspend, SERVER, ADA, until=until, by=8, reason="short", now=NOW
        )
    assert book.of(SERVER, ADA) == before
    longer = NOW + 2 * DAY
    assert await alone(audit_log, book.suspend, SERVER, ADA, until=longer, by=8, reason="worse", now=NOW)
    assert (book.of(SERVER, ADA).suspended_until, book.of(SERVER, ADA).suspended_by) == (longer, 8)
    again = longer + HOUR
    assert await alone(
        audit_log,
        book.suspend,
        SERVER,
        ADA,
        until=again,
        by=8,
        reason="new",
        now=longer + timedelta(minutes=1),
    )
