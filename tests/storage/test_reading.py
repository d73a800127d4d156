"""Rows that cannot be read: set aside, reported once, and no reason not to read the others."""

import sqlite3
from collections.abc import AsyncGenerator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.jobs.job import Job, JobState
from bot.jobs.rows import row_of
from bot.jobs.store import JobStore, UnreadableJobError
from bot.people.preferences import Preferences
from bot.people.store import PeopleStore
from bot.quota.use import QuotaCounters, seconds_used
from bot.services.drafts import Draft, DraftStore
from bot.services.order import VideoOrder
from bot.storage.alarms import StorageTrouble
from bot.storage.database import Database
from bot.storage.opening import open_database
from bot.storage.reading import read_rows
from bot.storage.tables import jobs, people
from bot.video import Seconds
from tests.jobs.builders import MOMENT, a_job

DAMAGES = [
    "state = 'levitating'",
    "size = 'huge'",
    "prompt = ''",
    "sources = '[{'",
    'failure = \'{"reason": "whim"}\'',
    "ended_at = 'yesterday'",
    "created_at = 9e18",
    "prompt = CAST(x'ff' AS TEXT)",
    "pictures = '[{}]'",
    "approved = '[\"everything\"]'",
]


@pytest.fixture
async def database(tmp_path: Path, database_url: str | None) -> AsyncGenerator[Database]:
    async with open_database(database_url, tmp_path) as opened:
        yield opened


@pytest.fixture
def told(database: Database) -> list[tuple[StorageTrouble, str]]:
    found: list[tuple[StorageTrouble, str]] = []
    database.alarms.listener = lambda trouble, subject: found.append((trouble, subject))
    return found


def damage(database: Database, statement: str) -> None:
    with closing(sqlite3.connect(database.path)) as connection:
        assert connection.execute(statement).rowcount == 1
        connection.commit()


def ids_of(found: tuple[Job, ...]) -> list[str]:
    return [job.id for job in found]


@pytest.mark.parametrize("damaged", DAMAGES)
@pytest.mark.sqlite
async def test_one_unreadable_job_hides_no_other(
    database: Database, told: list[tuple[StorageTrouble, str]], tmp_path: Path, damaged: str
) -> None:
    store = JobStore(database, tmp_path)
    # More than one portion; in one transaction, since each takes a disk's time.
    async with database.write() as connection:
        rows = [row_of(a_job(job_id=f"job-{number:03}")) for number in range(450)]
        await connection.execute(jobs.insert(), rows)
    damage(database, f"UPDATE jobs SET {damaged} WHERE id = 'job-203'")  # noqa: S608 - ours
    others = [f"job-{number:03}" for number in range(450) if number != 203]
    assert ids_of(await store.unsettled()) == others
    shown = await store.of_person(2, ended_since=MOMENT, delivered_since=MOMENT, limit=1000)
    assert sorted(ids_of(shown)) == others
    with pytest.raises(UnreadableJobError):
        await store.get("job-203")
    with pytest.raises(UnreadableJobError):
        await store.take_claim(await store.get("job-203"), "process")
    assert await store.exists("job-203")
    assert not await store.exists("no-such-job")
    assert await store.unreadable_among(["job-202", "job-203", "no-such-job"]) == {"job-203"}
    assert told == [(StorageTrouble.UNREADABLE_ROW, "jobs")]


@pytest.mark.parametrize(
    ("damaged", "counted_s"),
    [("seconds = 'many'", 20), ("submitted_at = 'once'", 6), ("state = 'levitating'", 6)],
)
@pytest.mark.sqlite
async def test_what_may_have_been_bought_counts_in_full(
    database: Database, tmp_path: Path, damaged: str, counted_s: int
) -> None:
    store = JobStore(database, tmp_path)
    await store.add(replace(a_job(state=JobState.SUBMITTING, job_id="job-1"), submitted_at=MOMENT))
    await store.add(a_job(job_id="job-2"))
    damage(database, f"UPDATE jobs SET {damaged} WHERE id = 'job-1'")  # noqa: S608 - ours
    for _ in range(2):
        async with database.read() as connection:
            used = await seconds_used(connection, 2, MOMENT)
        assert (used.by_bot_s, used.by_person_s) == (6 + counted_s, 6 + counted_s)
        await QuotaCounters(database).recount(MOMENT)


@pytest.mark.sqlite
async def test_defaults_that_cannot_be_read_are_left_out(database: Database) -> None:
    store, chosen = PeopleStore(database), Preferences(seconds=Seconds.S10)
    for person_id in (1, 2):
        await store.change(person_id, chosen, MOMENT, lambda _: None)
    damage(database, "UPDATE people SET preset = 'noir' WHERE person_id = 1")
    assert await store.everybody() == {2: chosen}


@pytest.mark.sqlite
async def test_a_draft_that_cannot_be_read_is_as_one_that_is_gone(database: Database) -> None:
    store = DraftStore(database)
    await store.add(Draft("draft", 1, MOMENT, VideoOrder(prompt="a boat")))
    damage(database, "UPDATE drafts SET wish = '{'")
    assert await store.get("draft", 1) is None


async def test_a_bug_is_no_unreadable_row(database: Database) -> None:
    moment = datetime.now(UTC) - timedelta(days=1)
    await PeopleStore(database).change(1, Preferences(), moment, lambda _: None)

    def broken(_: object) -> None:
        raise RuntimeError("ours")

    async with database.read() as connection:
        with pytest.raises(RuntimeError, match="ours"):
            await read_rows(
                connection, select(people), broken, keys=(people.c.person_id,), alarms=database.alarms
            )
