"""The pace itself, in virtual time: how fast turns follow, who goes first, and what answers change."""

import asyncio
import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.dimilinks import Pace, RequestKind
from bot.dimilinks.pace import Turn
from tests.dimilinks.paced_requests import PacedRequests
from tests.dimilinks.virtual_time import SLACK_S, in_virtual_time

POLL, SUBMISSION, DOWNLOAD = RequestKind.POLL, RequestKind.SUBMISSION, RequestKind.DOWNLOAD


class ManualClock:
    def __init__(self) -> None:
        self.now_s = 50.0

    def __call__(self) -> float:
        return self.now_s


async def turn_of(pace: Pace) -> Turn:
    async with asyncio.timeout(1):
        return await pace.turn(POLL)


@in_virtual_time
async def test_after_a_burst_of_one_second_the_turns_follow_at_the_rate() -> None:
    requests = PacedRequests(Pace(20))
    await asyncio.gather(*(requests.request(str(number)) for number in range(50)))
    assert requests.names == [str(number) for number in range(50)]
    expected_s = [0.0] * 20 + [count / 20 for count in range(1, 31)]
    assert requests.times_s == pytest.approx(expected_s, abs=SLACK_S)


@in_virtual_time
async def test_below_one_a_second_there_is_no_burst() -> None:
    requests = PacedRequests(Pace(0.25))
    await asyncio.gather(*(requests.request(str(number)) for number in range(4)))
    assert requests.times_s == pytest.approx([0, 4, 8, 12], abs=SLACK_S)


@in_virtual_time
async def test_a_share_of_the_rate_knows_no_burst_and_ends_with_the_sharing() -> None:
    pace = Pace(20)
    pace.share(4)
    requests = PacedRequests(pace)
    await asyncio.gather(*(requests.request(str(number)) for number in range(4)))
    pace.share(1)
    await asyncio.gather(*(requests.request(str(number)) for number in range(4)))
    assert requests.times_s == pytest.approx([0, 0.2, 0.4, 0.6, 0.6, 0.6, 0.6, 0.6], abs=SLACK_S)


@pytest.mark.parametrize("rate", [0, -1, math.nan, math.inf])
def test_a_rate_that_is_none_is_refused(rate: float) -> None:
    with pytest.raises(ValueError, match="requests per second"):
        Pace(rate)


@in_virtual_time
async def test_submissions_and_downloads_overtake_every_waiting_poll() -> None:
    """Even the first of them, which the limiter is about to let go."""
    requests = PacedRequests(Pace(1))
    tasks = [requests.start(f"poll {number}") for number in range(4)]
    await asyncio.sleep(0.9)
    tasks += [requests.start("submission", SUBMISSION), requests.start("download", DOWNLOAD)]
    await asyncio.gather(*tasks)
    assert requests.names == ["poll 0", "submission", "download", "poll 1", "poll 2", "poll 3"]
    assert requests.times_s == pytest.approx(range(6), abs=SLACK_S)


@in_virtual_time
async def test_no_stream_of_submissions_keeps_a_poll_waiting_for_ever() -> None:
    requests = PacedRequests(Pace(1))
    submissions = [requests.start(f"early {number}", SUBMISSION) for number in range(10)]
    poll = requests.start("poll")
    while not poll.done():
        submissions.append(requests.start("late", SUBMISSION))
        await asyncio.sleep(0.5)
        assert len(submissions) < 1000
    assert 60 <= requests.times_s[-1] <= 200
    for task in submissions:
        task.cancel()
    await asyncio.gather(*submissions, return_exceptions=True)


@in_virtual_time
async def test_who_gives_up_takes_nothing_from_the_others() -> None:
    """The first, one in the middle, and the last; the others leave as if those had never come."""
    requests = PacedRequests(Pace(2))
    tasks = [requests.start(str(number)) for number in range(8)]
    await asyncio.sleep(0.3)
    assert requests.names == ["0", "1"]
    for leaver in (2, 4, 7):
        tasks[leaver].cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert requests.names == ["0", "1", "3", "5", "6"]
    assert requests.times_s == pytest.approx([0, 0, 0.5, 1, 1.5], abs=SLACK_S)
    assert [task.cancelled() for task in tasks] == [number in {2, 4, 7} for number in range(8)]


@in_virtual_time
async def test_a_deadline_of_the_callers_own_passes_while_it_waits() -> None:
    requests = PacedRequests(Pace(0.1))
    await requests.request("burst")
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(3):
            await requests.request("impatient")
    await requests.request("patient")
    assert requests.names == ["burst", "patient"]
    assert requests.times_s[1] == pytest.approx(10, abs=SLACK_S)


@in_virtual_time
async def test_after_429_nobody_leaves_before_the_time_it_names_not_even_who_waited_before() -> None:
    requests = PacedRequests(Pace(1))
    tasks = [requests.start(str(number)) for number in range(4)]
    await asyncio.sleep(0.5)
    requests.pace.answered(requests.turns["0"], 429, 20.0)
    await asyncio.gather(*tasks)
    assert requests.names == ["0", "1", "2", "3"]
    # Two seconds apart at half the rate, and less as it recovers by a sixtieth each second.
    gaps_s = [later - earlier for earlier, later in itertools.pairwise(requests.times_s)]
    assert requests.times_s[1] == pytest.approx(20.5, abs=SLACK_S)
    assert 1.5 < gaps_s[2] < gaps_s[1] < 2


@in_virtual_time
async def test_429_without_a_time_pauses_for_a_second() -> None:
    requests = PacedRequests(Pace(50))
    await requests.request("first")
    requests.pace.answered(requests.turns["first"], 429)
    await requests.request("second")
    assert requests.times_s[1] == pytest.approx(1, abs=SLACK_S)


@in_virtual_time
async def test_a_slowed_pace_knows_no_burst() -> None:
    requests = PacedRequests(Pace(10))
    await requests.request("first")
    requests.pace.answered(requests.turns["first"], 429, 5.0)
    await asyncio.sleep(5)
    await asyncio.gather(*(requests.request(str(number)) for number in range(5)))
    assert requests.times_s[1:] == pytest.approx([5 + count / 5 for count in range(5)], abs=0.02)


@in_virtual_time
async def test_503_pauses_where_it_names_a_time_and_slows_nothing_down() -> None:
    requests = PacedRequests(Pace(4))
    await requests.request("first")
    requests.pace.answered(requests.turns["first"], 503, 7.0)
    assert requests.pace.rate_per_s == 4
    await asyncio.gather(*(requests.request(str(number)) for number in range(4)))
    assert requests.times_s[1:] == pytest.approx([7.0] * 4, abs=SLACK_S)
    requests.pace.answered(requests.turns["first"], 503)
    await asyncio.sleep(1)
    await requests.request("last")
    assert requests.times_s[-1] == pytest.approx(8, abs=SLACK_S)


@in_virtual_time
async def test_a_pause_costs_who_waits_no_more_than_the_pause() -> None:
    """The next turn comes free within the pause, and is still there when it ends."""
    requests = PacedRequests(Pace(0.1))
    await requests.request("first")
    second = requests.start("second")
    await asyncio.sleep(9.5)
    requests.pace.answered(requests.turns["first"], 503, 1.0)
    await second
    assert requests.times_s[1] == pytest.approx(10.5, abs=SLACK_S)


@in_virtual_time
async def test_a_shorter_pause_does_not_shorten_a_longer_one() -> None:
    requests = PacedRequests(Pace(10))
    await asyncio.gather(requests.request("a"), requests.request("b"))
    requests.pace.answered(requests.turns["a"], 429, 30.0)
    requests.pace.answered(requests.turns["b"], 429, 2.0)
    await requests.request("c")
    assert requests.times_s[-1] == pytest.approx(30, abs=SLACK_S)


async def test_429s_of_requests_under_way_together_count_once() -> None:
    clock = ManualClock()
    pace = Pace(8, clock=clock)
    turns = [await turn_of(pace) for _ in range(4)]
    for turn in turns:
        pace.answered(turn, 429, 0.0)
    assert pace.rate_per_s == 4
    clock.now_s += 1
    pace.answered(await turn_of(pace), 429, 0.0)
    assert pace.rate_per_s == pytest.approx((4 + 8 / 60) / 2)


@pytest.mark.parametrize(("full", "slowest"), [(20, 1), (4, 0.2), (1, 0.1), (0.15, 0.1), (0.05, 0.05)])
async def test_there_is_a_slowest_pace(full: float, slowest: float) -> None:
    clock = ManualClock()
    pace = Pace(full, clock=clock)
    turn = await turn_of(pace)
    for _ in range(10):
        pace.answered(turn, 429, 0.0)
        turn = Turn(POLL, 1, turn.slowdowns + 1)
    assert pace.rate_per_s == pytest.approx(slowest)


async def test_the_pace_recovers_gradually_and_only_after_the_pause() -> None:
    clock = ManualClock()
    pace = Pace(10, clock=clock)
    pace.answered(await turn_of(pace), 429, 100.0)
    rates: list[float] = []
    for second in range(141):
        if second % 10 == 0:
            rates.append(round(pace.rate_per_s, 2))
        clock.now_s += 1
    # The pause lasts a minute at most, whatever was asked for.
    assert rates == [5.0] * 7 + [6.67, 8.33] + [10.0] * 6


async def test_a_refusal_on_the_way_back_halves_what_was_regained() -> None:
    clock = ManualClock()
    pace = Pace(10, clock=clock)
    pace.answered(await turn_of(pace), 429, 0.0)
    clock.now_s += 12
    assert pace.rate_per_s == pytest.approx(7)
    pace.answered(await turn_of(pace), 429, 0.0)
    assert pace.rate_per_s == pytest.approx(3.5)
    clock.now_s += 60
    assert pace.rate_per_s == 10


@pytest.mark.parametrize("status", [200, 302, 400, 404, 500, 502])
async def test_other_answers_change_nothing(status: int) -> None:
    clock = ManualClock()
    pace = Pace(3, clock=clock)
    pace.answered(await turn_of(pace), status, 50.0)
    assert pace.rate_per_s == 3
    await turn_of(pace)


@given(st.floats(0.05, 100), st.floats(0.01, 10_000), st.integers(0, 3))
def test_all_polling_together_leaves_a_fifth_of_the_rate(full: float, wanted: float, slowdowns: int) -> None:
    pace = Pace(full, clock=ManualClock())
    for number in range(slowdowns):
        pace.answered(Turn(POLL, number, number), 429, 0.0)
    left = wanted / pace.stretch(wanted)
    assert left == pytest.approx(min(wanted, 0.8 * pace.rate_per_s))


def test_polls_that_the_rate_has_room_for_are_not_put_off() -> None:
    pace = Pace(5, clock=ManualClock())
    assert [pace.stretch(wanted) for wanted in (0, 1, 4, 8, 400)] == [1, 1, 1, 2, 100]
