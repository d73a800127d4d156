"""Questions to moderators: kept, voted on, decided once."""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.moderation.audit.log import AuditLog
from bot.reviews.review import Review, ReviewState, ReviewSubject, Vote, tally
from bot.reviews.store import ReviewStore
from bot.storage.database import Database
from bot.storage.errors import StorageUnavailableError, UnreadableRowError
from bot.storage.opening import open_database
from tests.moderation.audited import alone

pytestmark = pytest.mark.postgresql

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
SERVER, ADA = 2**62, 2**61
QUESTION = Review(
    "a" * 32, "j" * 32, SERVER, ADA, ReviewSubject.SUBMISSION, ReviewState.OPEN, NOW, NOW + 12 * HOUR
)
REPORT = replace(QUESTION, subject=ReviewSubject.REPORT, shown_channel_id=2**60, shown_message_id=2**59)


@pytest.fixture
async def database(tmp_path: Path, database_url: str | None) -> AsyncGenerator[Database]:
    async with open_database(database_url, tmp_path) as opened:
        yield opened


@pytest.fixture
def audit_log(database: Database) -> AuditLog:
    return AuditLog(database)


@pytest.fixture
def store(database: Database) -> ReviewStore:
    return ReviewStore(database)


def yes(person_id: int, minute: int = 0) -> Vote:
    return Vote(person_id, approves=True, reason="", cast_at=NOW + timedelta(minutes=minute))


def no(person_id: int, minute: int = 0, reason: str = "a 'reason' 🎞") -> Vote:
    return Vote(person_id, approves=False, reason=reason, cast_at=NOW + timedelta(minutes=minute))


@pytest.mark.parametrize(
    ("votes", "quorum", "decided"),
    [
        ("", 1, None),
        ("+", 1, True),
        ("-", 1, False),
        ("+", 2, None),
        ("-", 2, None),
        ("+-", 2, None),
        ("++", 2, True),
        ("--", 2, False),
        ("+-+", 2, True),
        ("-+-", 2, False),
        ("++--", 3, None),
        ("+++++", 10, None),
        ("+++", 2, True),
        ("+-", 1, False),
        ("++--", 2, False),
    ],
)
def test_either_side_needs_the_quorum_and_doubt_denies(votes: str, quorum: int, decided: bool | None) -> None:  # noqa: FBT001
    cast = [yes(number) if sign == "+" else no(number) for number, sign in enumerate(votes)]
    assert tally(cast, quorum) is decided


@given(st.lists(st.booleans()), st.integers(1, 10))
def test_votes_decide_only_with_a_quorum_behind_them(votes: list[bool], quorum: int) -> None:
    cast = [yes(number) if vote else no(number) for number, vote in enumerate(votes)]
    decided = tally(cast, quorum)
    assert decided is None or votes.count(decided) >= quorum
    assert decided is not None or max(votes.count(True), votes.count(False)) < quorum
    assert tally(cast[::-1], quorum) is decided


@pytest.mark.parametrize("asked", [QUESTION, replace(QUESTION, subject=ReviewSubject.POSTING), REPORT])
async def test_a_question_is_kept_as_it_was_asked(
    database: Database, asked: Review, audit_log: AuditLog
) -> None:
    assert await alone(audit_log, ReviewStore(database).add, asked)
    again = ReviewStore(database)  # as after a restart
    assert await again.get(asked.id) == asked
    assert await again.latest(asked.job_id, asked.subject) == asked
    assert await again.open_about(asked.job_id) == asked
    assert await again.pending_in(SERVER, 10) == await again.open_of(SERVER, ADA) == [asked]
    assert await again.of_person(SERVER, ADA, 10) == [asked]
    await again.place(asked.id, 2**58, 2**57)
    assert await again.get(asked.id) == replace(asked, channel_id=2**58, message_id=2**57)


async def test_what_is_not_there_is_none(store: ReviewStore, audit_log: AuditLog) -> None:
    assert await store.get("b" * 32) is None
    assert await store.latest("b" * 32, ReviewSubject.REPORT) is None
    assert await store.open_about("b" * 32) is None
    assert await alone(audit_log, store.vote, "b" * 32, yes(1), 1) is None
    assert await alone(audit_log, store.take_back, "b" * 32, 1) is None
    assert await alone(audit_log, store.close, "b" * 32, ReviewState.EXPIRED, NOW) is None
    assert await store.pending_in(SERVER, 10) == await store.overdue(NOW) == []


async def test_a_job_has_one_open_question_at_a_time(store: ReviewStore, audit_log: AuditLog) -> None:
    assert await alone(audit_log, store.add, QUESTION)
    second = replace(QUESTION, id="b" * 32, subject=ReviewSubject.POSTING, created_at=NOW + HOUR)
    assert not await alone(audit_log, store.add, second)
    assert await store.get(second.id) is None
    await alone(audit_log, store.vote, QUESTION.id, yes(1), 1)
    assert await alone(audit_log, store.add, second)
    assert await store.open_about(QUESTION.job_id) == second
    newer = replace(second, id="c" * 32, job_id="k" * 32, created_at=NOW + 2 * HOUR)
    assert await alone(audit_log, store.add, newer)
    assert [one.id for one in await store.pending_in(SERVER, 10)] == [second.id, newer.id]
    assert [one.id for one in await store.of_person(SERVER, ADA, 2)] == [newer.id, second.id]


async def test_the_last_question_counts_whatever_clock_it_was_asked_by(
    store: ReviewStore, audit_log: AuditLog
) -> None:
    assert await alone(audit_log, store.add, replace(REPORT, state=ReviewState.APPROVED, decided_at=NOW))
    for number, created_at in ((1, NOW - HOUR), (2, NOW - 2 * HOUR)):
        removal = replace(
            REPORT,
            id=f"{number}" * 32,
            state=ReviewState.DENIED,
            decided_at=created_at,
            created_at=created_at,
        )
        assert await alone(audit_log, store.add, removal)
        latest = await store.latest(REPORT.job_id, ReviewSubject.REPORT)
        assert latest is not None
        assert latest.id == removal.id


async def test_questions_of_other_servers_and_people_are_not_among_them(
    store: ReviewStore, audit_log: AuditLog
) -> None:
    await alone(audit_log, store.add, QUESTION)
    assert (
        await store.pending_in(3, 10) == await store.open_of(SERVER, 3) == await store.open_of(3, ADA) == []
    )
    assert await store.of_person(3, ADA, 10) == []


@pytest.mark.parametrize("approves", [True, False])
async def test_a_quorum_decides_for_good(store: ReviewStore, audit_log: AuditLog, *, approves: bool) -> None:
    cast = yes if approves else no
    await alone(audit_log, store.add, QUESTION)
    first, last = cast(1), cast(2, 1)
    counted = await alone(audit_log, store.vote, QUESTION.id, first, 2)
    assert counted == replace(QUESTION, votes=(first,))
    decided = await alone(audit_log, store.vote, QUESTION.id, last, 2)
    expected = replace(
        QUESTION,
        state=ReviewState.APPROVED if approves else ReviewState.DENIED,
        decided_at=last.cast_at,
        decided_by=2,
        reason=last.reason,
        votes=(first, last),
    )
    assert decided == expected == await store.get(QUESTION.id)
    assert await alone(audit_log, store.vote, QUESTION.id, no(3), 1) is None
    assert await alone(audit_log, store.take_back, QUESTION.id, 1) is None
    assert await alone(audit_log, store.close, QUESTION.id, ReviewState.EXPIRED, NOW) is None
    assert await store.get(QUESTION.id) == expected


async def test_a_vote_can_be_changed_and_counts_once(store: ReviewStore, audit_log: AuditLog) -> None:
    await alone(audit_log, store.add, QUESTION)
    for minute in range(3):
        counted = await alone(audit_log, store.vote, QUESTION.id, yes(1, minute), 2)
        assert counted is not None
        assert counted.state is ReviewState.OPEN
        assert counted.votes == (yes(1, minute),)
    changed = await alone(audit_log, store.vote, QUESTION.id, no(1, 4), 2)
    assert changed is not None
    assert changed.votes == (no(1, 4),)
    assert await store.get(QUESTION.id) == changed


async def test_a_vote_can_be_taken_back_while_the_question_is_open(
    store: ReviewStore, audit_log: AuditLog
) -> None:
    await alone(audit_log, store.add, QUESTION)
    await alone(audit_log, store.vote, QUESTION.id, yes(1), 2)
    await alone(audit_log, store.vote, QUESTION.id, no(2, 1), 2)
    assert await alone(audit_log, store.take_back, QUESTION.id, 3) is None
    assert await alone(audit_log, store.take_back, QUESTION.id, 1) == replace(QUESTION, votes=(no(2, 1),))
    assert await alone(audit_log, store.take_back, QUESTION.id, 1) is None
    counted = await alone(audit_log, store.vote, QUESTION.id, yes(3, 2), 2)
    assert counted is not None
    assert counted.state is ReviewState.OPEN, "the vote that was taken back counts no more"


async def test_of_two_votes_in_the_same_moment_one_decides(store: ReviewStore, audit_log: AuditLog) -> None:
    await alone(audit_log, store.add, QUESTION)
    cast = [yes(number) if number % 2 else no(number) for number in range(6)]
    found = await asyncio.gather(*(alone(audit_log, store.vote, QUESTION.id, vote, 1) for vote in cast))
    (decided,) = [one for one in found if one is not None]
    assert decided.state in {ReviewState.APPROVED, ReviewState.DENIED}
    assert len(decided.votes) == 1
    assert await store.get(QUESTION.id) == decided


async def test_two_votes_in_the_same_moment_make_a_quorum_of_two(
    store: ReviewStore, audit_log: AuditLog
) -> None:
    await alone(audit_log, store.add, QUESTION)
    found = await asyncio.gather(
        *(alone(audit_log, store.vote, QUESTION.id, yes(one), 2) for one in (1, 2, 3))
    )
    states = [one.state if one is not None else None for one in found]
    assert sorted(map(str, states)) == ["None", "approved", "open"]


async def test_a_vote_and_the_end_of_the_time_decide_once(store: ReviewStore, audit_log: AuditLog) -> None:
    await alone(audit_log, store.add, QUESTION)
    voted, closed = await asyncio.gather(
        alone(audit_log, store.vote, QUESTION.id, yes(1), 1),
        alone(audit_log, store.close, QUESTION.id, ReviewState.EXPIRED, NOW),
    )
    assert (voted is None) is not (closed is None)
    assert await store.get(QUESTION.id) == (voted or closed)


async def test_questions_are_overdue_when_their_time_is_over(store: ReviewStore, audit_log: AuditLog) -> None:
    await alone(audit_log, store.add, QUESTION)
    assert await store.overdue(QUESTION.expires_at - timedelta(microseconds=1)) == []
    assert await store.overdue(QUESTION.expires_at) == [QUESTION]
    closed = await alone(audit_log, store.close, QUESTION.id, ReviewState.EXPIRED, NOW + HOUR)
    assert closed == replace(QUESTION, state=ReviewState.EXPIRED, decided_at=NOW + HOUR)
    assert await store.overdue(QUESTION.expires_at) == []


async def test_what_cannot_be_stored_is_said_and_changes_nothing(
    tmp_path: Path, database_url: str | None
) -> None:
    async with open_database(database_url, tmp_path) as database:
        await alone(AuditLog(database), ReviewStore(database).add, QUESTION)
    with pytest.raises(StorageUnavailableError):
        await alone(AuditLog(database), ReviewStore(database).vote, QUESTION.id, yes(1), 1)
    async with open_database(database_url, tmp_path) as database:
        assert await ReviewStore(database).get(QUESTION.id) == QUESTION


@pytest.mark.parametrize("damage", ["state = 'shrugged'", "stage = 'afterwards'", "decided_at = 'noon'"])
@pytest.mark.sqlite
async def test_a_question_that_cannot_be_read_hides_no_other_and_is_no_missing_one(
    database: Database, audit_log: AuditLog, store: ReviewStore, damage: str
) -> None:
    other = replace(QUESTION, id="b" * 32, job_id="k" * 32)
    for review in (QUESTION, other):
        await alone(audit_log, store.add, review)
    async with database.write() as connection:
        await connection.exec_driver_sql(f"UPDATE reviews SET {damage} WHERE id = '{QUESTION.id}'")  # noqa: S608 - ours
    assert [review.id for review in await store.pending_in(SERVER, 10)] == [other.id]
    assert [review.id for review in await store.of_person(SERVER, ADA, 10)] == [other.id]
    with pytest.raises(UnreadableRowError):
        await store.get(QUESTION.id)
    if "stage" not in damage:
        with pytest.raises(UnreadableRowError):
            await store.latest(QUESTION.job_id, ReviewSubject.SUBMISSION)
