"""Moderators' decisions by two processes on one database: none undoes another, and each hears of the other's."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from bot.moderation.audit.entries import AuditAction, AuditEntry
from bot.moderation.audit.log import AuditLog
from bot.moderation.audit.store import verify_log
from bot.moderation.gatekeeper import ModerationCaches
from bot.moderation.members.cache import MemberCache
from bot.moderation.members.member import ListStatus, Strike
from bot.moderation.members.member_changes import MemberChange, MemberChanges
from bot.moderation.members.news import NewsStore
from bot.moderation.members.store import MemberStore
from bot.moderation.policy import OperatorRules
from bot.moderation.rules import ServerRules
from bot.moderation.servers.cache import RuleCache
from bot.moderation.servers.store import RuleStore
from bot.moderation.words.findings import WordVerdict
from bot.moderation.words.matching import Effect, Term
from bot.moderation.words.store import TermStore
from bot.moderation.words.word_lists import WordLists
from bot.people.cache import PreferenceCache
from bot.people.preferences import Preferences
from bot.people.store import PeopleStore
from bot.reviews.review import Review, ReviewState, ReviewSubject, Vote
from bot.reviews.store import ReviewStore
from bot.storage.database import Database
from bot.video import Preset, Seconds
from tests.postgresql.server import PostgresqlServer
from tests.postgresql.sharing import shared, watched

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
SERVER, ADA, BOB = 2**62, 2**61, 7
ENTRIES = 60


@dataclass(frozen=True)
class Process:
    """The moderation of one process."""

    database: Database
    log: AuditLog
    caches: ModerationCaches
    people: PreferenceCache
    reviews: ReviewStore
    changes: MemberChanges


def process_on(database: Database) -> Process:
    log = AuditLog(database)
    members = MemberCache(MemberStore(database))
    caches = ModerationCaches(
        RuleCache(RuleStore(database), log, lambda: NOW),
        members,
        WordLists(TermStore(database), log, lambda: NOW),
        OperatorRules(),
        database,
    )
    people = PreferenceCache(PeopleStore(database), lambda: NOW)
    changes = MemberChanges(members, log, NewsStore(database), now=lambda: NOW)
    return Process(database, log, caches, people, ReviewStore(database), changes)


@pytest.fixture
def name(postgresql: PostgresqlServer) -> Iterator[str]:
    with postgresql.new_database() as made:
        yield made


@pytest.fixture
async def two(postgresql: PostgresqlServer, name: str) -> AsyncGenerator[tuple[Process, Process]]:
    async with AsyncExitStack() as stack:
        address = postgresql.address(name)
        databases = [await stack.enter_async_context(shared(address)) for _ in range(2)]
        yield process_on(databases[0]), process_on(databases[1])


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not condition():  # noqa: ASYNC110 - a cache tells nobody
            await asyncio.sleep(0.01)


async def test_every_entry_of_both_is_in_the_log(
    postgresql: PostgresqlServer, name: str, two: tuple[Process, Process]
) -> None:
    async def record(process: Process, number: int) -> None:
        for at in range(ENTRIES):
            moment = NOW + timedelta(seconds=at)
            await process.log.append(AuditEntry(SERVER, moment, AuditAction.TRUSTED, number, ADA))

    await asyncio.gather(*(record(process, number) for number, process in enumerate(two)))
    report = await asyncio.to_thread(verify_log, postgresql.address(name))
    assert (report.entries, report.broken) == (2 * ENTRIES, None)


async def test_what_either_decides_about_a_user_survives_the_others_decision(
    two: tuple[Process, Process],
) -> None:
    one, other = two
    assert await one.changes.suspend(SERVER, ADA, hours=24, reason="spam", by=BOB) == NOW + 24 * HOUR
    await asyncio.gather(
        other.changes.list_as(SERVER, ADA, ListStatus.BLOCKED, by=BOB),
        one.changes.mute_reports(SERVER, ADA, muted=True, by=BOB),
    )
    assert await other.changes.suspend(SERVER, ADA, hours=1, reason="less", by=BOB) is None
    assert await other.changes.list_as(SERVER, ADA, ListStatus.BLOCKED, by=BOB) is MemberChange.UNCHANGED
    for process in two:
        await process.caches.members.load()
        member = process.caches.members.of(SERVER, ADA)
        assert (member.listed, member.reports_muted) == (ListStatus.BLOCKED, True)
        assert (member.suspended_until, member.suspended_for) == (NOW + 24 * HOUR, "spam")
    appeals = await asyncio.gather(*(appeal(process) for process in two))
    assert sorted(appeals) == [False, True]
    lifted = await asyncio.gather(*(one.changes.lift(SERVER, ADA, reason="", by=BOB) for one in two))
    assert sorted(lifted) == [MemberChange.DONE, MemberChange.UNCHANGED]


async def appeal(process: Process) -> bool:
    async with process.log.transaction() as within:
        return await process.caches.members.appeal(within, SERVER, ADA, NOW) is not None


async def test_strikes_by_both_suspend_together(two: tuple[Process, Process]) -> None:
    rules = ServerRules(strikes_to_suspend=2, suspend_hours=24)

    async def strike(process: Process) -> datetime | None:
        async with process.log.transaction() as within:
            return await process.caches.members.strike(within, Strike(SERVER, ADA, NOW, BOB, ""), rules)

    ends = await asyncio.gather(*(strike(process) for process in two))
    assert sorted(ends, key=str) == [NOW + 24 * HOUR, None]


async def test_rules_and_words_of_both_stay(two: tuple[Process, Process]) -> None:
    async def record(_within: object) -> None:
        pass

    def set_to(field: str, value: int) -> Callable[[ServerRules], ServerRules]:
        return lambda rules: rules.model_copy(update={field: value})

    fields = {"quorum": 2, "review_hours": 6}
    await asyncio.gather(
        *(
            process.caches.rules.alter(SERVER, set_to(field, value), record)
            for process, (field, value) in zip(two, fields.items(), strict=True)
        ),
        *(
            process.caches.words.add(SERVER, Term(text, Effect.BLOCKED), BOB)
            for process, text in zip(two, ("anchor", "barrel"), strict=True)
        ),
    )
    assert await two[0].caches.words.remove(SERVER, "barrel", BOB)
    assert not await two[1].caches.words.remove(SERVER, "barrel", BOB)
    for process in two:
        await process.caches.rules.load()
        await process.caches.words.load()
        assert process.caches.rules.of(SERVER) == ServerRules(**fields)
        assert [stored.term.text for stored in process.caches.words.terms(SERVER)] == ["anchor"]


async def test_defaults_of_both_stay(two: tuple[Process, Process]) -> None:
    for fields in ({"seconds": Seconds.S10, "ping": True}, {"private": True, "preset": Preset.NORMAL}):
        changes = [Preferences.model_validate({name: value}) for name, value in fields.items()]
        await asyncio.gather(
            *(process.people.change(ADA, change) for process, change in zip(two, changes, strict=True))
        )
    wanted = Preferences(seconds=Seconds.S10, ping=True, private=True, preset=Preset.NORMAL)
    for process in two:
        await process.people.reload(ADA)
        assert process.people.of(ADA) == wanted


async def test_of_two_votes_at_once_one_decides(two: tuple[Process, Process]) -> None:
    async def vote(process: Process, review_id: str, voter: int) -> ReviewState | None:
        async with process.log.transaction() as within:
            cast = Vote(voter, approves=bool(voter % 2), reason="", cast_at=NOW)
            review = await process.reviews.vote(within, review_id, cast, quorum=1)
            return review.state if review is not None else None

    for number in range(10):
        review_id, subject = f"{number:032}", ReviewSubject.SUBMISSION
        asked = Review(review_id, review_id, SERVER, ADA, subject, ReviewState.OPEN, NOW, NOW + HOUR)
        async with two[0].log.transaction() as within:
            assert await two[0].reviews.add(within, asked)
        found = await asyncio.gather(*(vote(process, review_id, 8 + at) for at, process in enumerate(two)))
        decided = [state for state in found if state is not None]
        stored = await two[0].reviews.get(review_id)
        assert stored is not None
        assert decided == [stored.state]
        assert len(stored.votes) == 1


async def test_each_hears_of_what_the_other_decides(
    postgresql: PostgresqlServer, name: str, two: tuple[Process, Process]
) -> None:
    one, other = two
    members, rules, words = other.caches.members, other.caches.rules, other.caches.words
    async with watched(other.database):
        await one.changes.list_as(SERVER, ADA, ListStatus.BLOCKED, by=BOB)
        await one.caches.rules.change(SERVER, ServerRules(quorum=2))
        await one.caches.words.add(SERVER, Term("anchor", Effect.BLOCKED), BOB)
        await one.people.change(ADA, Preferences(ping=True))
        await until(lambda: members.of(SERVER, ADA).listed is ListStatus.BLOCKED)
        await until(lambda: rules.of(SERVER).quorum == 2)
        await until(lambda: len(words.terms(SERVER)) == 1)
        await until(lambda: other.people.of(ADA).ping is True)
        postgresql.end_sessions(name)
        await one.changes.list_as(SERVER, ADA, None, by=BOB)
        await one.caches.words.remove(SERVER, "anchor", BOB)
        await until(lambda: members.of(SERVER, ADA).listed is None)
        await until(lambda: not words.terms(SERVER))


async def test_before_a_purchase_the_rows_are_read_though_nothing_is_heard(
    two: tuple[Process, Process],
) -> None:
    one, other = two
    await one.changes.list_as(SERVER, ADA, ListStatus.BLOCKED, by=BOB)
    await one.caches.rules.change(SERVER, ServerRules(quorum=2))
    await one.caches.words.add(SERVER, Term("anchor", Effect.BLOCKED), BOB)
    assert other.caches.standing(SERVER, ADA, SERVER).rules.quorum == 1
    standing = await other.caches.stored_standing(SERVER, ADA, SERVER)
    assert (standing.rules.quorum, standing.home.quorum) == (2, 2)
    assert standing.member.listed is ListStatus.BLOCKED
    found = await other.caches.find_words(SERVER, "an anchor", spicy=False, rules=standing.rules)
    assert found.verdict is WordVerdict.BLOCKED
