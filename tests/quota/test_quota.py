"""What is reserved and bought: the ledger in memory and the jobs on the disk always say the same."""

import asyncio
import tempfile
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.jobs.history import JobHistory
from bot.jobs.job import Job, JobState, advance
from bot.jobs.reservations import update_ledger
from bot.jobs.store import JobStore
from bot.quota.allowance import Allowance, Shortage, ShortageOf, day_after, day_of, judge
from bot.quota.ledger import Ledger
from bot.storage.opening import open_database
from bot.video import Seconds, VideoRequest
from tests.jobs.builders import an_address

BEGIN = datetime(2026, 11, 24, 22, 0, tzinfo=UTC)


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


STEPS: dict[JobState, tuple[JobState, ...]] = {
    JobState.QUEUED: (JobState.SUBMITTING, JobState.FAILED, JobState.CANCELLED),
    JobState.SUBMITTING: (JobState.QUEUED, JobState.GENERATING, JobState.FAILED, JobState.UNKNOWN),
    JobState.GENERATING: (JobState.READY, JobState.FAILED, JobState.EXPIRED, JobState.CANCELLED),
    JobState.READY: (JobState.DELIVERING, JobState.FAILED),
    JobState.DELIVERING: (JobState.DELIVERED, JobState.FAILED),
}


class Simulation:
    """Jobs that take arrows of the diagram, a ledger that is told of each, and a database that keeps them."""

    def __init__(self, store: JobStore, history: JobHistory) -> None:
        self.store = store
        self.history = history
        self.ledger = Ledger()
        self.jobs: list[Job] = []
        self.now = BEGIN

    async def accept(self, person_id: int, seconds: Seconds) -> None:
        job = Job(
            id=f"{len(self.jobs):032x}",
            request=VideoRequest(prompt="a boat", seconds=seconds),
            sources=(),
            reply=replace(an_address(), person_id=person_id),
            guild_id=5,
            state=JobState.QUEUED,
            created_at=self.now,
        )
        self.ledger.reserve(job.id, person_id, int(seconds))
        await self.store.add(job)
        self.jobs.append(job)

    async def step(self, which: int, choice: int) -> None:
        moving = [number for number, job in enumerate(self.jobs) if job.state in STEPS]
        if not moving:
            return
        number = moving[which % len(moving)]
        job = self.jobs[number]
        to = STEPS[job.state][choice % len(STEPS[job.state])]
        changes: dict[str, object] = {}
        if to is JobState.SUBMITTING:
            changes["submitted_at"] = self.now
        if to is JobState.QUEUED or (to is JobState.FAILED and job.state is JobState.SUBMITTING):
            changes["submitted_at"] = None
        if to is JobState.GENERATING:
            changes["task_id"] = f"task-{number}"
        if to not in STEPS:
            changes["ended_at"] = self.now
        moved = advance(job, to, **changes)
        await self.store.save(moved, before=job)
        update_ledger(self.ledger, moved)
        self.jobs[number] = moved

    def counted_s(self, person_id: int | None) -> int:
        """The sum, by the plain rule: what waits, and what was or may have been bought today."""
        today = day_of(self.now)
        total = 0
        for job in self.jobs:
            if person_id is not None and job.reply.person_id != person_id:
                continue
            waits = job.state is JobState.QUEUED
            bought = job.bought or job.state in {JobState.SUBMITTING, JobState.UNKNOWN}
            if waits or (bought and job.submitted_at is not None and job.submitted_at >= today):
                total += int(job.request.seconds)
        return total

    async def check(self) -> None:
        anew = Ledger(await self.history.claims(day_of(self.now)))
        for person_id in (None, 1, 2):
            counted_s = self.counted_s(person_id)
            assert self.ledger.used_s(self.now, person_id) == counted_s
            assert anew.used_s(self.now, person_id) == counted_s


events = st.lists(
    st.one_of(
        st.tuples(st.just("accept"), st.integers(1, 2), st.sampled_from(list(Seconds))),
        st.tuples(st.just("step"), st.integers(0, 50), st.integers(0, 3)),
        st.tuples(st.just("wait"), st.integers(1, 180), st.just(0)),
    ),
    min_size=5,
    max_size=25,
)


@pytest.mark.slow
@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow])
@given(events)
def test_reservations_balance_whatever_becomes_of_the_jobs(happening: list[tuple[str, int, object]]) -> None:
    async def live() -> None:
        with tempfile.TemporaryDirectory() as scratch:
            async with open_database(None, Path(scratch)) as database:
                simulation = Simulation(JobStore(database, Path(scratch)), JobHistory(database))
                for what, number, other in happening:
                    if what == "accept":
                        await simulation.accept(number, Seconds(str(other)))
                    elif what == "step":
                        await simulation.step(number, int(str(other)))
                    else:
                        simulation.now += timedelta(minutes=number)
                    await simulation.check()

    asyncio.run(live())


def test_what_waits_counts_on_the_next_day_too_and_what_was_bought_does_not() -> None:
    ledger = Ledger()
    ledger.reserve("waiting", 1, 6)
    ledger.reserve("bought", 1, 20)
    ledger.buy("bought", BEGIN)
    assert ledger.used_s(BEGIN, 1) == 26
    assert ledger.used_s(BEGIN + timedelta(hours=3), 1) == 6
    ledger.release("waiting")
    assert ledger.used_s(BEGIN + timedelta(hours=3)) == 0
