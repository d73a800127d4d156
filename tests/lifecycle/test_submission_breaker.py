"""The circuit breaker of submissions, paused: one probe passes at a time; resumed it forgets nobody."""

import asyncio
from dataclasses import dataclass
from enum import StrEnum
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.jobs.submission_pause import PauseReason
from bot.lifecycle.submission_breaker import SubmissionBreaker
from tests.dimilinks.virtual_time import SLACK_S, in_virtual_time, run_in_virtual_time
from tests.lifecycle.breakers import PACE, Crowd, until_open

SOON_S = PACE.first_s / 10


@in_virtual_time
async def test_an_open_gate_lets_everybody_pass_at_once() -> None:
    crowd = Crowd()
    await crowd.come("a", "b")
    assert crowd.names == ["a", "b"]
    assert crowd.breaker.reason is None
    assert crowd.told == []


@in_virtual_time
async def test_a_closed_gate_lets_one_pass_when_it_is_time_and_the_others_wait_for_its_answer() -> None:
    crowd = Crowd()
    crowd.breaker.refused_whole_bot("first", PauseReason.MODEL_NOT_ALLOWED)
    assert crowd.breaker.reason is PauseReason.MODEL_NOT_ALLOWED
    await crowd.come("a", "b", "c")
    await asyncio.sleep(100)
    assert len(crowd.passed) == 1
    assert crowd.times_s == pytest.approx([PACE.first_s], abs=2 * SLACK_S)
    await crowd.leave()


@in_virtual_time
async def test_the_pause_between_refused_probes_doubles_up_to_the_longest() -> None:
    crowd = Crowd()
    crowd.breaker.refused_whole_bot("first", PauseReason.MODEL_NOT_ALLOWED)
    await crowd.come(*"abcde")
    for _ in range(4):
        crowd.breaker.refused_whole_bot(await crowd.until_next(), PauseReason.MODEL_NOT_ALLOWED)
    await crowd.until_next()
    assert sorted(crowd.names) == list("abcde")
    assert crowd.times_s == pytest.approx([1, 3, 7, 11, 15], abs=10 * SLACK_S)


@in_virtual_time
async def test_a_request_that_is_taken_opens_for_all_who_wait_and_the_next_closing_begins_anew() -> None:
    crowd = Crowd()
    crowd.breaker.refused_whole_bot("first", PauseReason.MODEL_NOT_ALLOWED)
    await crowd.come(*"abcd")
    crowd.breaker.refused_whole_bot(await crowd.until_next(), PauseReason.MODEL_NOT_ALLOWED)
    crowd.breaker.taken(await crowd.until_next())
    await asyncio.sleep(SLACK_S)
    assert sorted(crowd.names) == list("abcd")
    crowd.breaker.refused_whole_bot("later", PauseReason.KEY_REJECTED)
    await crowd.come("e")
    closed_s = crowd.times_s[-1]
    await crowd.until_next()
    assert crowd.times_s[-1] - closed_s == pytest.approx(PACE.first_s, abs=10 * SLACK_S)


@in_virtual_time
async def test_a_request_sent_before_the_gate_closed_opens_it_when_it_is_taken() -> None:
    crowd = Crowd()
    await crowd.come("early")
    crowd.breaker.refused_whole_bot("other", PauseReason.MODEL_NOT_ALLOWED)
    await crowd.come("a", "b")
    crowd.breaker.taken("early")
    await asyncio.sleep(SLACK_S)
    assert crowd.names == ["early", "a", "b"]


@in_virtual_time
async def test_those_who_were_refused_while_a_probe_is_under_way_do_not_end_it() -> None:
    crowd = Crowd()
    crowd.breaker.refused_whole_bot("first", PauseReason.MODEL_NOT_ALLOWED)
    await crowd.come("a", "b")
    await crowd.until_next()
    crowd.breaker.refused_whole_bot("straggler", PauseReason.MODEL_NOT_ALLOWED)
    crowd.breaker.inconclusive("straggler")
    await asyncio.sleep(100)
    assert len(crowd.passed) == 1
    await crowd.leave()


@in_virtual_time
async def test_a_probe_that_told_nothing_is_soon_followed_by_the_next() -> None:
    crowd = Crowd()
    crowd.breaker.refused_whole_bot("first", PauseReason.MODEL_NOT_ALLOWED)
    await crowd.come("a", "b")
    crowd.breaker.inconclusive(await crowd.until_next())
    await crowd.until_next()
    first_s, second_s = crowd.times_s
    assert SOON_S <= second_s - first_s <= 3 * SOON_S


@in_virtual_time
async def test_each_refusal_of_the_bot_is_told_and_the_opening_once() -> None:
    crowd = Crowd()
    for number in range(5):
        crowd.breaker.refused_whole_bot(f"early-{number}", PauseReason.KEY_REJECTED)
    await crowd.come(*"abc")
    crowd.breaker.refused_whole_bot(await crowd.until_next(), PauseReason.MODEL_NOT_ALLOWED)
    assert crowd.breaker.reason is PauseReason.MODEL_NOT_ALLOWED
    crowd.breaker.taken(await crowd.until_next())
    crowd.breaker.taken("c")
    # Repeated while it lasts; the operator hears of it once an hour (`test_alarms.py`).
    assert list(dict.fromkeys(crowd.told)) == [PauseReason.KEY_REJECTED, PauseReason.MODEL_NOT_ALLOWED, None]
    assert crowd.told.count(None) == 1
    await crowd.leave()


@in_virtual_time
async def test_what_can_be_told_for_free_saves_the_probe() -> None:
    asked_s: list[float] = []

    async def is_pointless(closure: PauseReason) -> bool:
        assert closure is PauseReason.KEY_REJECTED
        asked_s.append(asyncio.get_running_loop().time())
        await asyncio.sleep(0.1)
        return len(asked_s) < 3

    crowd = Crowd(is_pointless)
    crowd.breaker.refused_whole_bot("first", PauseReason.KEY_REJECTED)
    await crowd.come("a", "b")
    await crowd.until_next()
    since_s = [at_s - crowd.began_s for at_s in asked_s]
    assert since_s == pytest.approx([1, 3.1, 7.2], abs=10 * SLACK_S)
    assert len(crowd.passed) == 1
    await crowd.leave()


@in_virtual_time
async def test_who_is_cancelled_while_asking_for_free_leaves_the_probe_to_others() -> None:
    asked = asyncio.Event()

    async def is_pointless(_closure: PauseReason) -> bool:
        if not asked.is_set():
            asked.set()
            await asyncio.sleep(1000)
        return False

    crowd = Crowd(is_pointless)
    crowd.breaker.refused_whole_bot("first", PauseReason.KEY_REJECTED)
    await crowd.come("a")
    await asked.wait()
    await crowd.come("b")
    crowd.tasks["a"].cancel()
    assert await crowd.until_next() == "b"
    assert crowd.times_s[0] < PACE.first_s + 3 * SOON_S


@in_virtual_time
async def test_who_asked_for_free_while_the_gate_opened_and_closed_anew_is_no_second_probe() -> None:
    async def is_pointless(_closure: PauseReason) -> bool:
        await asyncio.sleep(3 if asyncio.current_task() is crowd.tasks["slow"] else 0)
        return False

    crowd = Crowd(is_pointless)
    await crowd.come("early", "late")
    crowd.breaker.refused_whole_bot("first", PauseReason.KEY_REJECTED)
    await crowd.come("slow")
    await asyncio.sleep(PACE.first_s)
    crowd.breaker.taken("early")
    crowd.breaker.refused_whole_bot("late", PauseReason.MODEL_NOT_ALLOWED)
    await crowd.come("quick")
    assert await crowd.until_next() == "quick"
    await asyncio.sleep(100)
    assert crowd.names == ["early", "late", "quick"]
    await crowd.leave()


@in_virtual_time
async def test_a_waiter_that_is_cancelled_blocks_nobody() -> None:
    crowd = Crowd()
    crowd.breaker.refused_whole_bot("first", PauseReason.MODEL_NOT_ALLOWED)
    await crowd.come("a", "b")
    crowd.tasks["a"].cancel()
    assert await crowd.until_next() == "b"


class Outcome(StrEnum):
    TAKEN = "taken"
    REFUSED = "refused"
    NOTHING = "nothing"
    CANCELLED = "cancelled"


@dataclass(frozen=True)
class Visit:
    """One passage in the life of a job: it comes, passes, and after a while says what came of it."""

    comes_after: int
    takes: int
    outcome: Outcome
    asks: int
    pointless: bool


STEP_S = 0.25
"""All moments of a scenario lie on this grid, so that the one at which the breaker is opened is between them."""

visits = st.builds(
    Visit, st.integers(0, 8), st.integers(1, 8), st.sampled_from(Outcome), st.integers(1, 4), st.booleans()
)


class Scenario:
    """Many jobs before one breaker, and a check of who is under way as a probe."""

    def __init__(self) -> None:
        self.told: list[PauseReason | None] = []
        self.probing: set[str] = set()
        self.waiting: set[str] = set()
        self.asking: set[str] = set()
        self.visits: dict[str, Visit] = {}
        self.chance = Random(0)
        self.breaker = SubmissionBreaker(PACE, self._tell, self._is_pointless)

    def _tell(self, closure: PauseReason | None) -> None:
        self.told.append(closure)
        if closure is None:
            self.probing.clear()

    async def _is_pointless(self, _closure: PauseReason) -> bool:
        task = asyncio.current_task()
        assert task is not None
        visit = self.visits[task.get_name()]
        self.asking.add(task.get_name())
        try:
            await asyncio.sleep(visit.asks * STEP_S)
        finally:
            self.asking.discard(task.get_name())
        return visit.pointless and self.chance.random() < 0.7

    async def live(self, job_id: str, life: list[Visit]) -> None:
        for visit in life:
            await asyncio.sleep(visit.comes_after * STEP_S)
            self.visits[job_id] = visit
            self.waiting.add(job_id)
            try:
                await until_open(self.breaker, job_id)
            finally:
                self.waiting.discard(job_id)
            if self.breaker.reason is not None:
                assert not self.probing
                self.probing.add(job_id)
            await self._say(job_id, visit)

    async def _say(self, job_id: str, visit: Visit) -> None:
        try:
            await asyncio.sleep(visit.takes * STEP_S)
            match visit.outcome:
                case Outcome.TAKEN:
                    self.breaker.taken(job_id)
                case Outcome.REFUSED:
                    self.breaker.refused_whole_bot(job_id, PauseReason.MODEL_NOT_ALLOWED)
                case Outcome.NOTHING | Outcome.CANCELLED:
                    pass
        finally:
            self.probing.discard(job_id)
            self.breaker.inconclusive(job_id)


@given(
    lives=st.lists(st.lists(visits, min_size=1, max_size=4), min_size=1, max_size=6),
    opened_after=st.integers(1, 40),
    leavers=st.sets(st.integers(0, 5)),
)
def test_whatever_comes_no_two_probe_at_once_and_nobody_is_left_behind(
    lives: list[list[Visit]], opened_after: int, leavers: set[int]
) -> None:
    async def scenario() -> None:
        crowd = Scenario()
        crowd.breaker.refused_whole_bot("first", PauseReason.MODEL_NOT_ALLOWED)
        tasks = [
            asyncio.create_task(crowd.live(f"job-{number}", life), name=f"job-{number}")
            for number, life in enumerate(lives)
        ]
        await asyncio.sleep((opened_after + 0.5) * STEP_S)
        for number in leavers:
            if number < len(tasks):
                tasks[number].cancel()
        await asyncio.sleep(SLACK_S)
        crowd.breaker.taken("somebody")
        await asyncio.sleep(SLACK_S)
        assert crowd.waiting <= crowd.asking
        ended = await asyncio.gather(*tasks, return_exceptions=True)
        assert not [end for end in ended if isinstance(end, Exception)]
        assert not crowd.waiting
        assert crowd.told[0] is PauseReason.MODEL_NOT_ALLOWED
        assert all(one or other for one, other in zip(crowd.told, crowd.told[1:], strict=False))

    run_in_virtual_time(scenario())
