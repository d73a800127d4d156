"""The pace among many at once: whatever comes at whatever moment, in virtual time."""

import asyncio
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.dimilinks import Pace, RequestKind
from tests.dimilinks.paced_requests import PacedRequests, now_s
from tests.dimilinks.virtual_time import SLACK_S, TICK_S, run_in_virtual_time

# From before the limiter wakes the first in the queue until after that one has left.
STEPS = range(8)


async def just_before_a_second_is_over(steps: int) -> None:
    await asyncio.sleep(1 - 3 * TICK_S)
    for _ in range(steps):
        await asyncio.sleep(0)


@pytest.mark.parametrize("steps", STEPS)
def test_giving_up_in_the_very_moment_of_the_turn_wastes_none(steps: int) -> None:
    """At each of the loop's steps around the moment in which capacity comes free."""

    async def scenario() -> None:
        requests = PacedRequests(Pace(1))
        await requests.request("burst")
        first, second = requests.start("first"), requests.start("second")
        await just_before_a_second_is_over(steps)
        cancelled = first.cancel()
        await asyncio.gather(first, second, return_exceptions=True)
        assert first.cancelled() is cancelled
        times = dict(requests.sent)
        assert times["second"] == pytest.approx(1 if cancelled else 2, abs=SLACK_S)

    run_in_virtual_time(scenario())


@pytest.mark.parametrize("steps", STEPS)
def test_429_in_the_very_moment_of_the_turn_still_holds_it_back(steps: int) -> None:
    async def scenario() -> None:
        requests = PacedRequests(Pace(1))
        await requests.request("burst")
        tasks = [requests.start("first"), requests.start("second")]
        await just_before_a_second_is_over(steps)
        left = len(requests.sent)
        requests.pace.answered(requests.turns["burst"], 429, 9.0)
        await asyncio.gather(*tasks)
        assert requests.names == ["burst", "first", "second"]
        assert requests.times_s[left] == pytest.approx(10, abs=SLACK_S)

    run_in_virtual_time(scenario())


@pytest.mark.parametrize("steps", STEPS)
def test_submission_in_the_very_moment_of_a_polls_turn_is_the_next_at_the_latest(steps: int) -> None:
    async def scenario() -> None:
        requests = PacedRequests(Pace(1))
        await requests.request("burst")
        tasks = [requests.start("first"), requests.start("second")]
        await just_before_a_second_is_over(steps)
        tasks.append(requests.start("person", RequestKind.SUBMISSION))
        await asyncio.gather(*tasks)
        assert requests.names.index("person") <= 2
        assert requests.times_s == pytest.approx(range(4), abs=SLACK_S)

    run_in_virtual_time(scenario())


@dataclass(frozen=True)
class Call:
    """A request: when it comes, how long it would wait, and what it is answered."""

    after_s: float
    kind: RequestKind
    patience_s: float | None
    status: int
    answer_s: float
    retry_after_s: float | None


calls = st.builds(
    Call,
    after_s=st.sampled_from([0.0, 0.0, 0.0, 0.1, 1.0, 7.0]),
    kind=st.sampled_from(RequestKind),
    patience_s=st.none() | st.floats(0.0, 5.0),
    status=st.sampled_from([200, 200, 200, 200, 429, 503]),
    answer_s=st.floats(0.0, 3.0),
    retry_after_s=st.none() | st.floats(0.0, 20.0),
)


@dataclass
class Callers:
    """Calls as they arrive, each its own task, with when they were sent and when nothing was to be sent."""

    pace: Pace
    left: list[tuple[RequestKind, float]] = field(default_factory=list[tuple[RequestKind, float]])
    closed_s: list[tuple[RequestKind, float, float]] = field(
        default_factory=list[tuple[RequestKind, float, float]]
    )

    async def call(self, call: Call) -> None:
        try:
            async with asyncio.timeout(call.patience_s):
                turn = await self.pace.turn(call.kind)
        except TimeoutError:
            return
        self.left.append((call.kind, now_s()))
        await asyncio.sleep(call.answer_s)
        if call.status in {429, 503} and call.retry_after_s is not None:
            self.closed_s.append((call.kind, now_s(), now_s() + call.retry_after_s))
        self.pace.answered(turn, call.status, call.retry_after_s)

    async def run(self, arriving: list[Call]) -> None:
        tasks: list[asyncio.Task[None]] = []
        for call in arriving:
            await asyncio.sleep(call.after_s)
            tasks.append(asyncio.create_task(self.call(call)))
        await asyncio.gather(*tasks)


@given(st.floats(0.2, 40), st.lists(calls, max_size=40))
def test_no_window_ever_sees_more_than_the_burst_and_the_rate(rate: float, arriving: list[Call]) -> None:
    """And nobody leaves while its kind is held back, everybody who waits gets a turn."""
    callers = Callers(Pace(rate))
    run_in_virtual_time(callers.run(arriving))
    left_s = [at_s for _, at_s in callers.left]
    assert len(left_s) >= sum(call.patience_s is None for call in arriving)
    for first, start_s in enumerate(left_s):
        for last, end_s in enumerate(left_s[first:], first):
            assert last - first + 1 <= max(1, rate) + rate * (end_s - start_s) + 1e-6
    for held, closed_s, open_s in callers.closed_s:
        assert not [at_s for kind, at_s in callers.left if kind is held and closed_s < at_s < open_s]


@given(st.floats(0.2, 40), st.lists(st.floats(0.0, 3.0) | st.none(), min_size=1, max_size=40))
def test_whoever_stays_leaves_as_if_those_who_gave_up_without_a_turn_had_never_come(
    rate: float, patiences_s: list[float | None]
) -> None:
    async def sent(patiences_s: list[float | None]) -> list[float | None]:
        pace, began_s = Pace(rate), now_s()

        async def wait(patience_s: float | None) -> float | None:
            try:
                async with asyncio.timeout(patience_s):
                    await pace.turn(RequestKind.POLL)
            except TimeoutError:
                return None
            return now_s() - began_s

        return await asyncio.gather(*(wait(patience_s) for patience_s in patiences_s))

    mixed_s = [at_s for at_s in run_in_virtual_time(sent(patiences_s)) if at_s is not None]
    alone_s = run_in_virtual_time(sent([None] * len(mixed_s)))
    assert mixed_s == pytest.approx(alone_s, abs=SLACK_S)
