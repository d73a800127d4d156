"""The heartbeat: how long the bot was away, and whose requests are asked about after that."""

import sqlite3
from collections.abc import AsyncGenerator, Set
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.jobs.heartbeat import Heartbeat, first_start, is_process
from bot.jobs.job import JobState
from bot.jobs.store import JobStore
from bot.storage.backup_mark import mark_put_back
from bot.storage.database import Database
from bot.storage.opening import open_database
from bot.storage.tables import heartbeats
from tests.jobs.builders import MOMENT, a_job

HOUR = timedelta(hours=1)


@pytest.fixture
async def database(tmp_path: Path, database_url: str | None) -> AsyncGenerator[Database]:
    async with open_database(database_url, tmp_path) as opened:
        yield opened


async def started(database: Database, at: datetime, name: str) -> None:
    await Heartbeat(database, name, lambda: at).begin()


@pytest.mark.parametrize(
    ("away", "asks"), [(None, False), (HOUR, False), (HOUR + timedelta(seconds=1), True), (-HOUR, False)]
)
async def test_only_a_long_absence_asks(
    database: Database, tmp_path: Path, away: timedelta | None, *, asks: bool
) -> None:
    store = JobStore(database, tmp_path)
    waiting = (JobState.QUEUED, JobState.HELD)
    for state in JobState:
        await store.add(replace(a_job(state=state, job_id=state.value), parent_id=state.value))
    if away is not None:
        await started(database, MOMENT, "first")
    now = MOMENT + (away or timedelta())
    await started(database, now, "second")
    marked = {state: (await store.get(state.value)).ask_again_since for state in JobState}
    assert marked == {state: now if asks and state in waiting else None for state in JobState}


@pytest.mark.sqlite
async def test_a_backup_that_was_put_back_asks_however_young_it_is_and_looks_at_what_is_under_way(
    database: Database, tmp_path: Path
) -> None:
    store = JobStore(database, tmp_path)
    for state in JobState:
        await store.add(replace(a_job(state=state, job_id=state.value), parent_id=state.value))
    parked = replace(a_job(state=JobState.DELIVERING, job_id="parked"), undelivered_since=MOMENT)
    await store.add(replace(parked, parent_id="parked"))
    await started(database, MOMENT, "first")
    with closing(sqlite3.connect(database.path)) as copy, copy:
        mark_put_back(copy)
    now = MOMENT + timedelta(seconds=1)
    await started(database, now, "second")
    marked = {state for state in JobState if (await store.get(state.value)).ask_again_since == now}
    assert marked == {
        JobState.QUEUED,
        JobState.HELD,
        JobState.SUBMITTING,
        JobState.GENERATING,
        JobState.READY,
        JobState.DELIVERING,
    }
    assert (await store.get("parked")).ask_again_since is None
    assert (await store.get("parked")).undelivered_since == now
    async with database.read() as connection:
        kept = (await connection.execute(select(heartbeats.c.process_id))).scalars().all()
    assert set(kept) == {"first start", "first", "second"}
    await started(database, now + HOUR, "third")
    assert (await store.get("queued")).ask_again_since == now
    doubtful = {state for state in JobState if (await store.get(state.value)).may_be_bought}
    assert doubtful == {JobState.QUEUED, JobState.HELD}


async def test_a_second_absence_does_not_put_the_end_off(database: Database, tmp_path: Path) -> None:
    store = JobStore(database, tmp_path)
    await store.add(a_job())
    for number in range(3):
        await started(database, MOMENT + 2 * HOUR * number, f"process {number}")
    assert (await store.get(a_job().id)).ask_again_since == MOMENT + 2 * HOUR


async def test_old_heartbeats_are_not_kept(database: Database) -> None:
    for number in range(3):
        await started(database, MOMENT + 2 * HOUR * number, f"process {number}")
    async with database.read() as connection:
        kept = (await connection.execute(select(heartbeats.c.process_id))).scalars().all()
    assert [name for name in kept if is_process(name)] == ["process 2"]


async def test_when_a_database_is_new_is_kept(database: Database) -> None:
    for number in range(2):
        await started(database, MOMENT + 2 * HOUR * number, f"process {number}")
        assert await first_start(database) == MOMENT


async def test_a_database_of_an_earlier_version_is_not_new(database: Database) -> None:
    await database.write_one(heartbeats.insert().values(process_id="earlier", beat_at=MOMENT))
    await started(database, MOMENT, "process")
    assert await first_start(database) < MOMENT - 1000 * HOUR


async def test_a_process_that_another_took_for_gone_has_a_heartbeat_again(database: Database) -> None:
    survivor = Heartbeat(database, "survivor", lambda: MOMENT + 2 * HOUR)
    await started(database, MOMENT, "survivor")
    await started(database, MOMENT + 2 * HOUR, "new")
    await survivor.beat()
    async with database.read() as connection:
        beats = (await connection.execute(select(heartbeats.c.process_id, heartbeats.c.beat_at))).all()
    assert ("survivor", MOMENT + 2 * HOUR) in beats


@dataclass
class ClocklessMachine:
    """A machine whose clock is wrong at first."""

    now: datetime
    since_boot_s: float = 30.0

    def pass_s(self, seconds: float) -> None:
        self.since_boot_s += seconds
        self.now += timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("starts_at", "set_by", "asks"),
    [
        (timedelta(), 48 * HOUR, True),
        # A clock that was kept on the disk every hour is behind the last heartbeat.
        (-HOUR, HOUR + timedelta(minutes=5), False),
        (-HOUR, 3 * HOUR, True),
        (timedelta(minutes=10), timedelta(), False),
    ],
)
async def test_a_clock_that_is_set_after_the_start_asks_who_waited_before_it(
    database: Database, tmp_path: Path, starts_at: timedelta, set_by: timedelta, *, asks: bool
) -> None:
    store = JobStore(database, tmp_path)
    for state in (JobState.QUEUED, JobState.HELD, JobState.GENERATING):
        await store.add(replace(a_job(state=state, job_id=state.value), parent_id=state.value))
    await started(database, MOMENT, "first")
    machine = ClocklessMachine(MOMENT + starts_at)
    marked: list[Set[str]] = []
    heartbeat = Heartbeat(
        database,
        "second",
        lambda: machine.now,
        since_boot_s=lambda: machine.since_boot_s,
        marked_late=marked.append,
    )
    await heartbeat.begin()
    machine.pass_s(4000.0)  # an hour as such is no absence
    await store.add(replace(a_job(job_id="new"), created_at=machine.now))
    await heartbeat.beat()
    assert marked == []
    machine.now += set_by
    for _ in range(2):
        await heartbeat.beat()
    assert marked == ([{"queued", "held"}] if asks else [])
    since = [(await store.get(job_id)).ask_again_since for job_id in ("queued", "held", "generating", "new")]
    assert since == ([machine.now, machine.now, None, None] if asks else [None] * 4)
