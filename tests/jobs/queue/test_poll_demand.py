"""Questions that all watched tasks together want, and what becomes of a crowd's delays."""

import heapq
import random
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.dimilinks import Pace
from bot.jobs.queue.poll_demand import PollDemand, TaskDemand
from bot.jobs.queue.poll_schedule import PollIntervals, ProgressHistory, next_poll_s

PAUSES = st.floats(0.001, 3600.0)


@given(st.lists(st.lists(PAUSES, min_size=1, max_size=5), max_size=20))
def test_the_last_pause_of_each_task_counts_while_it_is_watched(tasks: list[list[float]]) -> None:
    demand = PollDemand()
    with ExitStack() as watched:
        for pauses in tasks:
            task = watched.enter_context(demand.watched())
            for pause_s in pauses:
                task.wants(pause_s)
        assert demand.per_s == pytest.approx(sum(1 / pauses[-1] for pauses in tasks), abs=1e-4)
    assert demand.per_s == 0


def test_a_task_whose_watch_fails_counts_no_longer() -> None:
    demand = PollDemand()
    with suppress(KeyError), demand.watched() as task:
        task.wants(0.5)
        raise KeyError
    assert demand.per_s == 0


@dataclass(order=True)
class Watch:
    """One task of the crowd and the moment of its next question."""

    at_s: float
    ends_s: float = field(compare=False)
    demand: TaskDemand = field(compare=False)
    history: ProgressHistory = field(compare=False)


def crowd(count: int, rate_per_s: float) -> tuple[list[float], float]:
    """Watch tasks of one to five minutes. Returns their delays, and the most questions a second within a minute."""
    chance, demand, pace = random.Random(7), PollDemand(), Pace(rate_per_s, clock=lambda: 0.0)
    delays_s: list[float] = []
    asked: dict[int, int] = {}
    with ExitStack() as watched:
        watches = [
            Watch(0.1, chance.uniform(60, 300), watched.enter_context(demand.watched()), ProgressHistory(0.0))
            for _ in range(count)
        ]
        heapq.heapify(watches)
        while watches:
            watch = heapq.heappop(watches)
            now_s = watch.at_s
            minute = int(now_s) // 60
            asked[minute] = asked.get(minute, 0) + 1
            if now_s >= watch.ends_s:
                delays_s.append(now_s - watch.ends_s)
                watch.demand.change(0)
                continue
            watch.history = watch.history.saw(now_s, int(100 * now_s / watch.ends_s))
            pause_s = next_poll_s(PollIntervals(), watch.history, now_s)
            watch.demand.wants(pause_s)
            watch.at_s += pause_s * pace.stretch(demand.per_s)
            heapq.heappush(watches, watch)
    return delays_s, max(asked.values()) / 60


def test_a_crowd_is_asked_about_within_the_rate_and_told_soon() -> None:
    delays_s, most = crowd(1000, 500.0)
    assert sum(delays_s) / len(delays_s) < 0.6
    assert max(delays_s) < 1.1
    assert most <= 500


def test_a_crowd_that_wants_more_than_the_rate_is_told_later_and_stays_within_it() -> None:
    delays_s, most = crowd(1000, 50.0)
    assert len(delays_s) == 1000
    assert most <= 50
