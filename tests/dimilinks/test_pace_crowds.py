"""The pace among many at once: whatever comes at whatever moment, in virtual time."""

import asyncio
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.dimilinks import Pace, RequestKind
from tests.dimilinks.street import Street, now_s
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
        street = Street(Pace(1))
        await street.request("burst")
        first, second = street.come("first"), street.come("second")
        await just_before_a_second_is_over(steps)
        cancelled = first.cancel()
        await asyncio.gather(first, second, return_exceptions=True)
        assert first.cancelled() is cancelled
        times = dict(street.departures)
        assert times["second"] == pytest.approx(1 if cancelled else 2, abs=SLACK_S)

    run_in_virtual_time(scenario())


@pytest.mark.parametrize("steps", STEPS)
def test_429_in_the_very_moment_of_the_turn_still_holds_it_back(steps: int) -> None:
    async def scenario() -> None:
        street = Street(Pace(1))
        await street.request("burst")
        tasks = [street.come("first"), street.come("second")]
        await just_before_a_second_is_over(steps)
        left = len(street.departures)
        street.pace.answered(street.turns["burst"], 429, 9.0)
        await asyncio.gather(*tasks)
        assert street.names == ["burst", "first", "second"]
        assert street.times_s[left] == pytest.approx(10, abs=SLACK_S)

    run_in_virtual_time(scenario())


@pytest.mark.parametrize("steps", STEPS)
def test_submission_in_the_very_moment_of_a_polls_turn_is_the_next_at_the_latest(steps: int) -> None:
    async def scenario() -> None:
        street = Street(Pace(1))
        await street.request("burst")
        tasks = [street.come("first"), street.come("second")]
        await just_before_a_second_is_over(steps)
        tasks.append(street.come("person", RequestKind.SUBMISSION))
        await asyncio.gather(*tasks)
        assert street.names.index("person") <= 2
        assert street.times_s == pytest.approx(range(4), abs=SLACK_S)

    run_in_virtual_time(scenario())


@dataclass(frozen=True)
class Visit:
    """A request: when it comes, how long it would wait, and what it is answered."""

    after_s: float
    kind: RequestKind
    patience_s: float | None
    status: int
    answer_s: float
    retry_after_s: float | None


visits = st.builds(
    Visit,
    after_s=st.sampled_from([0.0, 0.0, 0.0, 0.1, 1.0, 7.0]),
    kind=st.sampled_from(RequestKind),
    patience_s=st.none() | st.floats(0.0, 5.0),
    status=st.sampled_from([200, 200, 200, 200, 429, 503]),
    answer_s=st.floats(0.0, 3.0),
    retry_after_s=st.none() | st.floats(0.0, 20.0),
)


@dataclass
class Town:
    """Visits as they come, each its own task, and when they left and when nobody was to leave."""

    pace: Pace
    left_s: list[float] = field(default_factory=list[float])
    closed_s: list[tuple[float, float]] = field(default_factory=list[tuple[float, float]])

    async def visit(self, visit: Visit) -> None:
        try:
            async with asyncio.timeout(visit.patience_s):
                turn = await self.pace.turn(visit.kind)
        except TimeoutError:
            return
        self.left_s.append(now_s())
        await asyncio.sleep(visit.answer_s)
        if visit.status in {429, 503} and visit.retry_after_s is not None:
            self.closed_s.append((now_s(), now_s() + visit.retry_after_s))
        self.pace.answered(turn, visit.status, visit.retry_after_s)

    async def live(self, coming: list[Visit]) -> None:
        tasks: list[asyncio.Task[None]] = []
        for visit in coming:
            await asyncio.sleep(visit.after_s)
            tasks.append(asyncio.create_task(self.visit(visit)))
        await asyncio.gather(*tasks)


@settings(deadline=None)  # a loop for each example; a busy machine is slow to make one
@given(st.floats(0.2, 40), st.lists(visits, max_size=40))
def test_no_window_ever_sees_more_than_the_burst_and_the_rate(rate: float, coming: list[Visit]) -> None:
    """And nobody leaves in a pause, everybody who waits gets a turn."""
    town = Town(Pace(rate))
    run_in_virtual_time(town.live(coming))
    assert len(town.left_s) >= sum(visit.patience_s is None for visit in coming)
    for first, start_s in enumerate(town.left_s):
        for last, end_s in enumerate(town.left_s[first:], first):
            assert last - first + 1 <= max(1, rate) + rate * (end_s - start_s) + 1e-6
    for closed_s, open_s in town.closed_s:
        assert not [at_s for at_s in town.left_s if closed_s < at_s < open_s]


@settings(deadline=None)  # a loop for each example; a busy machine is slow to make one
@given(st.floats(0.2, 40), st.lists(st.floats(0.0, 3.0) | st.none(), min_size=1, max_size=40))
def test_whoever_stays_leaves_as_if_those_who_gave_up_without_a_turn_had_never_come(
    rate: float, patiences_s: list[float | None]
) -> None:
    async def departures(patiences_s: list[float | None]) -> list[float | None]:
        pace, began_s = Pace(rate), now_s()

        async def wait(patience_s: float | None) -> float | None:
            try:
                async with asyncio.timeout(patience_s):
                    await pace.turn(RequestKind.POLL)
            except TimeoutError:
                return None
            return now_s() - began_s

        return await asyncio.gather(*(wait(patience_s) for patience_s in patiences_s))

    mixed_s = [at_s for at_s in run_in_virtual_time(departures(patiences_s)) if at_s is not None]
    alone_s = run_in_virtual_time(departures([None] * len(mixed_s)))
    assert mixed_s == pytest.approx(alone_s, abs=SLACK_S)
