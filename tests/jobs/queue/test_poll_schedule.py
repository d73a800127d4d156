"""When to ask: bounds that always hold, and the delay and cost over many simulated jobs."""

import math
import random
import statistics
from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from bot.jobs.queue.poll_schedule import PollIntervals, ProgressHistory, next_poll_s

PACE = PollIntervals()


@dataclass(frozen=True)
class SimulatedJob:
    total_s: float
    queue_s: float
    curve: float

    def progress(self, at_s: float) -> int | None:
        if at_s < self.queue_s:
            return None
        return min(99, int(100 * ((at_s - self.queue_s) / (self.total_s - self.queue_s)) ** self.curve))


def simulated_jobs(count: int) -> list[SimulatedJob]:
    """30 s to 10 min, most around two minutes, queueing first, progress that bends either way."""
    chance = random.Random(20_261_124)
    jobs: list[SimulatedJob] = []
    for _ in range(count):
        total_s = min(600.0, max(30.0, chance.lognormvariate(math.log(120), 0.6)))
        jobs.append(SimulatedJob(total_s, total_s * chance.uniform(0.02, 0.3), chance.uniform(0.5, 2)))
    return jobs


def watch(job: SimulatedJob) -> tuple[float, int]:
    """The delay until completion is seen in seconds, and the number of questions it took."""
    at_s, polls, progress_history = 0.0, 1, ProgressHistory(since_s=0.0)
    while at_s < job.total_s:
        progress_history = progress_history.saw(at_s, job.progress(at_s))
        at_s += next_poll_s(PACE, progress_history, at_s)
        polls += 1
    return at_s - job.total_s, polls


def test_completion_is_seen_soon_and_with_few_questions() -> None:
    watched = [watch(job) for job in simulated_jobs(4_000)]
    delays_s = sorted(delay_s for delay_s, _ in watched)
    assert statistics.mean(delays_s) <= 0.6
    assert delays_s[int(0.95 * len(delays_s))] <= 1.1
    assert statistics.mean(polls for _, polls in watched) <= 30


times = st.floats(min_value=0, max_value=1e7, allow_nan=False)
answers = st.lists(st.tuples(times, st.none() | st.integers(min_value=0, max_value=100)), max_size=30)


@given(answers, times)
def test_the_pause_stays_within_its_bounds_whatever_was_seen(
    seen: list[tuple[float, int | None]], now_s: float
) -> None:
    progress_history = ProgressHistory(since_s=0.0)
    for at_s, progress in sorted(seen, key=lambda answer: answer[0]):
        progress_history = progress_history.saw(at_s, progress)
    assert PACE.shortest_s <= next_poll_s(PACE, progress_history, now_s) <= PACE.longest_s


@given(answers)
def test_progress_never_falls_back(seen: list[tuple[float, int | None]]) -> None:
    progress_history = ProgressHistory(since_s=0.0)
    shown: list[int] = []
    for at_s, progress in seen:
        progress_history = progress_history.saw(at_s, progress)
        shown.append(progress_history.last)
    assert shown == sorted(shown)


def test_while_nothing_is_known_the_pauses_double() -> None:
    at_s, asked = 0.0, [0.0]
    while at_s < 20:
        at_s += next_poll_s(PACE, ProgressHistory(since_s=0.0), at_s)
        asked.append(at_s)
    assert asked == [0.0, 1.0, 2.0, 4.0, 8.0, 16.0, 24.0]


def test_steady_progress_is_extrapolated_to_the_second() -> None:
    progress_history = ProgressHistory(since_s=0.0).saw(10.0, 20).saw(40.0, 50)
    assert progress_history.rest_s(40.0) == 50.0
    assert next_poll_s(PACE, progress_history, 40.0) == PACE.longest_s
    nearly = progress_history.saw(84.0, 94)
    assert next_poll_s(PACE, nearly, 84.0) == 0.3 * 6 * 74 / 74
