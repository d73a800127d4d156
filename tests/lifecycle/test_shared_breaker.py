"""The circuit breaker of several processes: each pauses when one is refused, and one probe at a time passes."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from bot.jobs.job import JobState
from bot.jobs.store import JobStore
from bot.jobs.submission_pause import PauseReason, SharedPause
from bot.lifecycle.pauses import ProbeIntervals
from bot.lifecycle.shared_breaker import SharedBreaker
from bot.lifecycle.submission_breaker import RefusalRuling
from bot.storage.database import Database
from bot.storage.opening import open_database, open_existing
from bot.storage.submission_tables import submission_pauses
from bot.storage.tables import jobs
from tests.jobs.builders import a_job
from tests.lifecycle.breakers import until_open

PACE = ProbeIntervals(first_s=0.1, longest_s=0.2)

pytestmark = pytest.mark.postgresql


def now() -> datetime:
    return datetime.now(UTC)


async def never_pointless(_reason: PauseReason) -> bool:
    return False


@pytest.fixture
async def processes(tmp_path: Path, database_url: str | None) -> AsyncGenerator[Sequence[Database]]:
    """Four processes on one database; a file has one."""
    async with AsyncExitStack() as stack:
        first = await stack.enter_async_context(open_database(database_url, tmp_path))
        if database_url is None:
            yield [first] * 4
            return
        others = [open_existing(database_url, tmp_path) for _ in range(3)]
        yield [first, *[await stack.enter_async_context(other) for other in others]]


class Submitting:
    """Jobs of several processes that are submitted; the service refuses the bot, until it takes a request."""

    def __init__(
        self,
        processes: Sequence[Database],
        refusals: int,
        *,
        pace: ProbeIntervals = PACE,
        is_pointless: Callable[[PauseReason], Awaitable[bool]] = never_pointless,
        clock: Callable[[], datetime] = now,
    ) -> None:
        self.heard: list[PauseReason | None] = []
        self.told: list[PauseReason | None] = []
        self.breakers = [
            SharedBreaker(
                pace,
                self.heard.append,
                is_pointless,
                shared=SharedPause(one, clock),
                tell_operator=self.told.append,
                now=clock,
            )
            for one in processes
        ]
        self.store = JobStore(processes[0], Path("/somewhere"))
        self.refusals = refusals
        self.probes: set[str] = set()
        self.most_at_once = 0
        self.submitted: list[str] = []

    async def refuse(self, number: int, job_id: str, reason: PauseReason = PauseReason.KEY_REJECTED) -> None:
        breaker = self.breakers[number]
        breaker.refused_whole_bot(job_id, reason)
        await breaker.tell(job_id)

    async def be_probe(self, number: int, job_id: str) -> None:
        """Wait until the job is the only one that may be submitted."""
        await self.store.add(a_job(job_id=job_id))
        breaker = self.breakers[number]
        while not await breaker.admits(job_id):
            await until_open(breaker, job_id)

    async def submit(self, number: int, job_id: str) -> None:
        """Carry a job as `SubmitStep` does."""
        await self.store.add(a_job(job_id=job_id))
        breaker, taken = self.breakers[number], False
        while not taken:
            while not await breaker.admits(job_id):
                while breaker.must_wait(job_id):
                    await breaker.wait_for_change(job_id)
            taken = await self._post(breaker, job_id)
            breaker.inconclusive(job_id)
            await breaker.tell(job_id)

    async def _post(self, breaker: SharedBreaker, job_id: str) -> bool:
        self.probes |= {job_id}
        if self.refusals:
            self.most_at_once = max(self.most_at_once, len(self.probes))
        await self.store.get(job_id)  # takes time
        self.probes -= {job_id}
        if self.refusals:
            self.refusals -= 1
            breaker.refused_whole_bot(job_id, PauseReason.KEY_REJECTED)
            return False
        breaker.taken(job_id)
        self.submitted.append(job_id)
        return True


async def test_one_refusal_pauses_all_processes_and_one_probe_passes_at_a_time(
    processes: Sequence[Database],
) -> None:
    submitting = Submitting(processes, refusals=4)
    await submitting.refuse(0, "first")
    assert [await one.admits("other") for one in submitting.breakers] == [False] * 4
    assert {one.reason for one in submitting.breakers} == {PauseReason.KEY_REJECTED}
    async with asyncio.timeout(60), asyncio.TaskGroup() as group:
        for number in range(12):
            group.create_task(submitting.submit(number % 4, f"job-{number}"))
    assert submitting.most_at_once == 1
    assert len(submitting.submitted) == 12
    for breaker in submitting.breakers:
        await breaker.refresh()
        assert breaker.reason is None


async def test_a_probe_whose_process_was_killed_blocks_nobody_for_ever(processes: Sequence[Database]) -> None:
    submitting = Submitting(processes, refusals=0)
    await submitting.refuse(0, "first")
    store = JobStore(processes[0], Path("/somewhere"))
    await store.add(a_job(job_id="killed"))
    later = now() + timedelta(minutes=1)
    pause, other = SharedPause(processes[0], lambda: later), SharedPause(processes[1], lambda: later)
    assert await pause.take_probe("killed", is_fresh=False)
    assert not await other.take_probe("next", is_fresh=True)
    # Whoever carries its job on finds that nobody knows what became of it.
    await processes[0].write_one(update(jobs).values(state=JobState.UNKNOWN.value))
    await store.add(replace(a_job(job_id="next"), state=JobState.SUBMITTING))
    assert await other.take_probe("next", is_fresh=True)
    assert not await pause.take_probe("third", is_fresh=True)
    much_later = SharedPause(processes[2], lambda: later + timedelta(hours=1))
    assert await much_later.take_probe("third", is_fresh=True)


async def test_a_process_that_was_just_started_may_probe_at_once(processes: Sequence[Database]) -> None:
    pause = SharedPause(processes[0], now)
    submitting = Submitting(processes, refusals=0)
    await submitting.refuse(0, "first")
    earlier = SharedPause(processes[1], lambda: now() - timedelta(minutes=1))
    assert not await earlier.take_probe("job", is_fresh=False)
    await earlier.make_due()
    assert await earlier.take_probe("job", is_fresh=False)
    await pause.end()
    assert await pause.read() is None


async def test_a_pause_for_a_reason_of_a_newer_version_lets_a_probe_pass_alone(
    processes: Sequence[Database],
) -> None:
    submitting = Submitting(processes, refusals=0)
    await submitting.refuse(0, "first")
    await processes[0].write_one(update(submission_pauses).values(reason="newer", behind="newest"))
    found = await SharedPause(processes[1], now).read()
    assert found is not None
    assert (found.reason, found.behind) == (PauseReason.UNKNOWN, PauseReason.UNKNOWN)
    breaker = submitting.breakers[1]
    assert not await breaker.admits("other")
    assert breaker.reason is PauseReason.UNKNOWN
    async with asyncio.timeout(60):
        await submitting.submit(1, "probe")
    assert await SharedPause(processes[0], now).read() is None


async def test_while_another_process_probes_an_empty_account_a_new_job_tries_every_few_seconds(
    processes: Sequence[Database],
) -> None:
    pace = ProbeIntervals(first_s=3.0, longest_s=6.0)
    submitting = Submitting(processes, refusals=0, pace=pace)
    await submitting.refuse(0, "dear", PauseReason.OUT_OF_MONEY)
    async with asyncio.timeout(60):
        await submitting.be_probe(0, "first")
        other, loop = submitting.breakers[1], asyncio.get_running_loop()
        for _ in range(2):
            assert not await other.admits("second")
            refused_s = loop.time()
            await until_open(other, "second")
        assert loop.time() - refused_s > pace.first_s / 20
        await submitting.refuse(0, "first", PauseReason.OUT_OF_MONEY)
        assert await other.admits("second")


async def test_free_questions_that_are_refused_are_asked_less_and_less_often(
    processes: Sequence[Database],
) -> None:
    asked_s: list[float] = []

    async def is_pointless(_reason: PauseReason) -> bool:
        asked_s.append(asyncio.get_running_loop().time())
        return True

    pace = ProbeIntervals(first_s=0.3, longest_s=1.2)
    submitting = Submitting(processes, refusals=0, pace=pace, is_pointless=is_pointless)
    began = now()
    await submitting.refuse(0, "first")
    breaker = submitting.breakers[1]
    assert not await breaker.admits("waits")
    async with asyncio.timeout(60):
        while len(asked_s) < 3:
            await breaker.wait_for_change("waits")
    first_s, second_s, third_s = asked_s
    assert second_s - first_s > 1.9 * pace.first_s
    assert third_s - second_s > 0.9 * pace.longest_s
    row = await SharedPause(processes[2], now).read()
    assert row is not None
    assert row.interval_s == pace.longest_s
    assert row.next_at > began + timedelta(seconds=2.5 * pace.longest_s)


async def test_the_operator_hears_of_a_pause_and_of_its_end_from_one_process_of_all(
    processes: Sequence[Database],
) -> None:
    wrong_key, later = PauseReason.KEY_REJECTED, timedelta()
    submitting = Submitting(processes, refusals=0, clock=lambda: now() + later)

    async def pause_and_resume(number: int) -> None:
        for one in range(4):
            await submitting.refuse((number + one) % 4, f"refused-{one}")
        breaker = submitting.breakers[number]
        breaker.taken("taken")
        await breaker.tell("taken")
        for other in submitting.breakers:
            await other.refresh()
            assert other.reason is None

    await pause_and_resume(0)
    assert submitting.told == [wrong_key, None]
    assert submitting.heard.count(None) == 4
    await pause_and_resume(1)
    assert submitting.told == [wrong_key, None]
    later = timedelta(hours=1, minutes=1)
    await pause_and_resume(2)
    assert submitting.told == [wrong_key, None] * 2


async def test_the_operator_hears_once_of_free_questions_that_are_refused_in_all_processes(
    processes: Sequence[Database],
) -> None:
    async def is_pointless(_reason: PauseReason) -> bool:
        return True

    submitting = Submitting(processes, refusals=0, is_pointless=is_pointless)
    await submitting.refuse(0, "first")
    async with asyncio.timeout(60):
        for breaker in submitting.breakers:
            assert not await breaker.admits("waits")
            heard = len(submitting.heard)
            while len(submitting.heard) == heard:
                await breaker.wait_for_change("waits")
    assert submitting.told == [PauseReason.KEY_REJECTED]


async def test_a_probe_whose_job_another_run_carries_on_is_over(processes: Sequence[Database]) -> None:
    submitting = Submitting(processes, refusals=0)
    await submitting.refuse(0, "first")
    store = JobStore(processes[0], Path("/somewhere"))
    await store.add(a_job(job_id="killed"))
    later = now() + timedelta(minutes=1)
    pause, other = SharedPause(processes[0], lambda: later), SharedPause(processes[1], lambda: later)
    assert await pause.take_probe("killed", is_fresh=False)
    assert not await other.take_probe("next", is_fresh=True)
    carried_on = await store.take_claim(await store.get("killed"), "other")
    assert carried_on.state is JobState.QUEUED
    # It is in line again, and its turn may be far away.
    await store.add(a_job(job_id="next"))
    assert await other.take_probe("next", is_fresh=True)
    assert not await pause.take_probe("killed", is_fresh=True)


@pytest.mark.parametrize("sent_s_later", [1, -1])
async def test_a_request_that_another_process_had_taken_since_is_evidence(
    processes: Sequence[Database], sent_s_later: int
) -> None:
    submitting = Submitting(processes, refusals=0)
    quiet, money = submitting.breakers[0], PauseReason.OUT_OF_MONEY
    assert quiet.refused_perhaps_alone("dear", pauses=money) is RefusalRuling.TRY_AGAIN
    sent_at = now() + timedelta(seconds=sent_s_later)
    bought = replace(a_job(job_id="bought"), state=JobState.GENERATING, task_id="task", submitted_at=sent_at)
    lookup = replace(bought, id="lookup", state=JobState.DELIVERED, lookup=True, submitted_at=now())
    for job in (lookup, bought):
        await submitting.store.add(job)
    await quiet.find_evidence()
    ruling = quiet.refused_perhaps_alone("dear", pauses=money)
    if sent_s_later > 0:
        assert ruling is RefusalRuling.OWN_FAULT
        assert quiet.reason is None
    else:
        assert ruling is RefusalRuling.TRY_AGAIN
        assert quiet.reason is money


async def test_a_pause_that_is_over_is_no_news(processes: Sequence[Database]) -> None:
    submitting = Submitting(processes, refusals=0)
    pause, silence = SharedPause(processes[1], now), timedelta(hours=1)
    await submitting.refuse(0, "first")
    assert await pause.end()
    assert not await pause.claim_news(PauseReason.OUT_OF_MONEY, silence)
    assert not await pause.end()


async def test_a_probe_that_is_refused_for_something_else_ends_a_pause_for_the_key_in_all_processes(
    processes: Sequence[Database],
) -> None:
    submitting = Submitting(processes, refusals=0)
    await submitting.refuse(0, "first")
    async with asyncio.timeout(60):
        await submitting.be_probe(1, "poison")
        breaker = submitting.breakers[1]
        assert breaker.refused_perhaps_alone("poison", pauses=None) is RefusalRuling.TRY_AGAIN
        breaker.inconclusive("poison")
        await breaker.tell("poison")
    assert submitting.told[-1] is None
    assert await SharedPause(processes[2], now).read() is None
    for number, other in enumerate(submitting.breakers):
        assert await other.admits(f"other-{number}")


async def test_a_poisoned_probe_leaves_the_next_one_to_any_process(processes: Sequence[Database]) -> None:
    submitting = Submitting(processes, refusals=0)
    await submitting.refuse(0, "first", PauseReason.MODEL_NOT_ALLOWED)
    heard = len(submitting.heard)
    async with asyncio.timeout(60):
        await submitting.be_probe(1, "poison")
        breaker = submitting.breakers[1]
        breaker.refused_perhaps_alone("poison", pauses=None)
        breaker.inconclusive("poison")
        await breaker.tell("poison")
        assert len(submitting.heard) == heard
        row = await SharedPause(processes[2], now).read()
        assert row is not None
        assert row.reason is PauseReason.MODEL_NOT_ALLOWED
        assert row.next_at < now() + timedelta(seconds=PACE.first_s)
        await submitting.submit(2, "other")
    assert await SharedPause(processes[0], now).read() is None


async def test_after_a_page_one_request_of_all_processes_is_the_probe(processes: Sequence[Database]) -> None:
    submitting = Submitting(processes, refusals=0)
    await submitting.refuse(0, "lost", PauseReason.SERVICE_AWAY)
    async with asyncio.timeout(60):
        await submitting.be_probe(1, "probe")
        assert [await one.admits(f"other-{n}") for n, one in enumerate(submitting.breakers)] == [False] * 4
        submitting.breakers[1].taken("probe")
        await submitting.breakers[1].tell("probe")
    assert [await one.admits(f"other-{n}") for n, one in enumerate(submitting.breakers)] == [True] * 4


async def test_a_process_that_found_requests_waiting_tries_one_and_holds_up_no_other_process(
    processes: Sequence[Database],
) -> None:
    submitting = Submitting(processes, refusals=0)
    first, second, third = submitting.breakers[:3]
    for breaker in (first, second):
        breaker.doubt()
    async with asyncio.timeout(60):
        for breaker in (first, second):
            await until_open(breaker, "probe")
            assert await breaker.admits("probe")
            assert not await breaker.admits("other")
        assert await third.admits("other")
        first.taken("probe")
        await first.tell("probe")
        assert await first.admits("other")
        assert await SharedPause(processes[0], now).read() is None
        await submitting.refuse(1, "probe", PauseReason.SERVICE_AWAY)
        assert not await first.admits("another")
