"""The caps on bought seconds: the rule, and counters that say the same as the jobs, whatever becomes of these."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from random import Random

import pytest
from sqlalchemy import select, text, update

from bot.jobs.job import TRANSITIONS, Job, JobState, advance
from bot.jobs.store import JobStore
from bot.quota.allowance import Allowance, Shortage, ShortageOf, day_after, day_of, judge
from bot.quota.use import QuotaCounters, SecondsUsed, first_day_kept, seconds_used
from bot.services.request_limits import CountedLimits, OverLimitError
from bot.storage.database import Database
from bot.storage.errors import StorageUnavailableError
from bot.storage.opening import open_database, open_existing
from bot.storage.quota_tables import ALL, DIFFERENCES, quota_use
from bot.storage.tables import jobs
from bot.video import Seconds, VideoRequest
from tests.jobs.builders import an_address
from tests.postgresql.server import PostgresqlServer
from tests.postgresql.sharing import shared
from tests.storage.rows import row

BEGIN = datetime(2026, 11, 24, 22, 0, tzinfo=UTC)
FOLDER = Path("/somewhere/spool")
MAY_BE_BOUGHT = {JobState.SUBMITTING, JobState.UNKNOWN}
SHORTEST = Seconds("6")
numbers = count()


@pytest.mark.parametrize(
    ("allowance", "asked_s", "bot_s", "person_s", "expected"),
    [
        (Allowance(), 20, 10_000, 10_000, None),
        (Allowance(bot_s=60), 20, 40, 40, None),
        (Allowance(bot_s=60), 20, 41, 0, Shortage(ShortageOf.BOT, 19)),
        (Allowance(bot_s=60), 6, 90, 0, Shortage(ShortageOf.BOT, 0)),
        (Allowance(person_s=20), 6, 500, 14, None),
        (Allowance(person_s=20), 6, 500, 15, Shortage(ShortageOf.PERSON, 5)),
        (Allowance(bot_s=60, person_s=20), 20, 60, 10, Shortage(ShortageOf.PERSON, 10)),
    ],
)
def test_both_caps_are_kept_and_the_persons_own_is_told_first(
    allowance: Allowance, asked_s: int, bot_s: int, person_s: int, expected: Shortage | None
) -> None:
    assert judge(allowance, asked_s=asked_s, used_by_bot_s=bot_s, used_by_person_s=person_s) == expected


def test_a_day_is_a_day_in_utc() -> None:
    evening = datetime(2026, 11, 24, 20, 0, tzinfo=UTC).astimezone(tz=None)
    assert day_of(evening) == datetime(2026, 11, 24, tzinfo=UTC)
    assert day_after(evening) == datetime(2026, 11, 25, tzinfo=UTC)


@asynccontextmanager
async def opened(url: str | None, folder: Path) -> AsyncGenerator[Database]:
    async with open_database(url, folder) as database:
        yield database


def request(person_id: int, seconds: Seconds = SHORTEST, *, at: datetime = BEGIN) -> Job:
    return Job(
        id=f"{next(numbers):032x}",
        request=VideoRequest(prompt="a boat", seconds=seconds),
        sources=(),
        reply=replace(an_address(), person_id=person_id),
        guild_id=5,
        state=JobState.QUEUED,
        created_at=at,
    )


async def used(database: Database, person_id: int, now: datetime) -> SecondsUsed:
    async with database.read() as connection:
        return await seconds_used(connection, person_id, now)


async def differences(database: Database, now: datetime) -> int:
    async with database.read() as connection:
        return (await connection.execute(DIFFERENCES, {"first": first_day_kept(now)})).scalar_one()


def plain_sum_s(found: Sequence[Job], person_id: int, now: datetime) -> int:
    """Sum of what waits, and of what was or may have been bought today."""
    total = 0
    for job in found:
        if job.lookup or person_id not in {ALL, job.reply.person_id}:
            continue
        waits = job.state in {JobState.QUEUED, JobState.HELD}
        bought = job.bought or job.state in MAY_BE_BOUGHT
        today = job.submitted_at is not None and job.submitted_at >= day_of(now)
        total += int(job.request.seconds) if waits or (bought and today) else 0
    return total


def moved(job: Job, to: JobState, now: datetime) -> Job:
    changes: dict[str, object] = {}
    if to is JobState.SUBMITTING:
        changes["submitted_at"] = now
    if job.state is JobState.SUBMITTING and to in {JobState.QUEUED, JobState.FAILED}:
        changes["submitted_at"] = None
    if to is JobState.GENERATING:
        changes["task_id"] = f"task-{job.id}"
    return advance(job, to, **changes)


@pytest.mark.postgresql
async def test_the_counters_follow_the_jobs_through_every_change(
    tmp_path: Path, database_url: str | None
) -> None:
    random, now, kept = Random(17), BEGIN, list[Job]()
    async with opened(database_url, tmp_path) as database:
        store = JobStore(database, FOLDER)
        for _ in range(150):
            now += timedelta(minutes=random.randrange(20))
            open_ = [job for job in kept if TRANSITIONS[job.state]]
            if len(open_) < 3 or random.random() < 0.2:
                job = request(random.randint(1, 2), random.choice([*Seconds]), at=now)
                job = replace(job, lookup=random.random() < 0.1)
                await store.add(job)
                kept.append(job)
            else:
                before = random.choice(open_)
                job = moved(before, random.choice(sorted(TRANSITIONS[before.state])), now)
                await store.save(job, before=before)
                kept[kept.index(before)] = job
            for person_id in (1, 2):
                found = await used(database, person_id, now)
                assert found.by_bot_s == plain_sum_s(kept, ALL, now)
                assert found.by_person_s == plain_sum_s(kept, person_id, now)
            assert await differences(database, now) == 0


@pytest.mark.postgresql
async def test_what_is_nobodys_counts_for_whom_it_was_bought_and_what_is_gone_for_none(
    tmp_path: Path, database_url: str | None
) -> None:
    async with opened(database_url, tmp_path) as database:
        store, waiting, bought = JobStore(database, FOLDER), request(1), request(1, Seconds("10"))
        for job in (waiting, replace(bought, state=JobState.UNKNOWN, submitted_at=BEGIN)):
            await store.add(job)
        await store.remove(waiting.id)
        assert await used(database, 1, BEGIN) == SecondsUsed(10, 10)
        await database.write_one(update(jobs).values(person_id=0, charged_to=1))
        assert await used(database, 1, BEGIN) == SecondsUsed(10, 10)
        assert await used(database, 1, BEGIN + timedelta(hours=3)) == SecondsUsed(0, 0)
        await database.write_one(update(jobs).values(charged_to=None))
        assert await used(database, 1, BEGIN) == SecondsUsed(10, 0)
        async with database.read() as connection:
            assert (await connection.execute(select(quota_use.c.person_id))).scalars().all() == [ALL]


@pytest.mark.postgresql
async def test_counters_that_somebody_changed_are_counted_anew_and_old_ones_go(
    tmp_path: Path, database_url: str | None
) -> None:
    async with opened(database_url, tmp_path) as database:
        store, counters = JobStore(database, FOLDER), QuotaCounters(database)
        old = replace(request(2), state=JobState.UNKNOWN, submitted_at=BEGIN - timedelta(days=3))
        for job in (request(1), request(2), old):
            await store.add(job)
        await counters.recount(BEGIN)
        await database.write_one(text("DELETE FROM quota_use WHERE person_id = 2 AND day = 0"))
        await database.write_one(text("UPDATE quota_use SET seconds = 99 WHERE person_id = 1"))
        assert await differences(database, BEGIN) == 3
        await counters.recount(BEGIN)
        assert await differences(database, BEGIN) == 0
        assert await used(database, 1, BEGIN) == SecondsUsed(12, 6)
        await counters.forget_before(BEGIN + timedelta(days=2))
        async with database.read() as connection:
            assert len((await connection.execute(select(quota_use))).all()) == 3


class Accepting:
    """Several processes that store requests within the caps."""

    def __init__(self, processes: Sequence[Database], allowance: Allowance) -> None:
        self.stores = [JobStore(process, FOLDER) for process in processes]
        self.limits = CountedLimits(allowance, held_per_person=5)
        self.accepted: list[Job] = []

    async def ask(self, number: int) -> None:
        job = request(number % 3 + 1)
        try:
            await self.stores[number % len(self.stores)].add(
                job, also=lambda within: self.limits.check(within, job)
            )
        except OverLimitError:
            return
        self.accepted.append(job)

    async def cancel(self, number: int, job: Job) -> None:
        ended = advance(job, JobState.CANCELLED)
        await self.stores[number % len(self.stores)].save(ended, before=job)
        self.accepted.remove(job)


async def test_requests_are_stored_beside_a_process_that_freezes_while_it_stores_one(
    postgresql: PostgresqlServer,
) -> None:
    with postgresql.new_database() as name:
        address = postgresql.address(name)
        async with shared(address) as frozen, shared(address) as other:
            with suppress(StorageUnavailableError):
                async with frozen.write() as connection:
                    await connection.execute(jobs.insert().values(row()))
                    await JobStore(other, FOLDER).add(request(1))
            assert (await used(other, 1, BEGIN)).by_bot_s == 6


@pytest.mark.postgresql
async def test_processes_that_ask_at_once_use_a_cap_up_and_never_exceed_it(
    tmp_path: Path, database_url: str | None
) -> None:
    async with AsyncExitStack() as stack:
        first = await stack.enter_async_context(opened(database_url, tmp_path))
        if database_url is None:
            processes = [first]
        else:
            others = [open_existing(database_url, tmp_path) for _ in range(3)]
            processes = [first, *[await stack.enter_async_context(other) for other in others]]
        accepting = Accepting(processes, Allowance(bot_s=303, person_s=120))
        await asyncio.gather(*(accepting.ask(number) for number in range(200)))
        assert len(accepting.accepted) == 50
        assert (await used(first, 1, BEGIN)).by_bot_s == 300
        assert max([(await used(first, one, BEGIN)).by_person_s for one in (1, 2, 3)]) <= 120
        cancelled = enumerate(accepting.accepted[::3])
        await asyncio.gather(
            *(accepting.cancel(number, job) for number, job in cancelled),
            *(accepting.ask(number) for number in range(60)),
        )
        assert (await used(first, 1, BEGIN)).by_bot_s == len(accepting.accepted) * 6 <= 300
        await asyncio.gather(*(accepting.ask(number) for number in range(60)))
        assert len(accepting.accepted) == 50
        assert await differences(first, BEGIN) == 0
