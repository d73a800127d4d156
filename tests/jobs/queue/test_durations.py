"""Estimates: which jobs speak for which, what is never learned, and what is said of a running job."""

import math
from random import Random
from statistics import median

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.jobs.queue.durations import DurationStats, FinishedJob, countdown_s, rest_s
from bot.jobs.queue.poll_schedule import ProgressHistory
from bot.video import REFERENCES_MAX, Resolution, Seconds


def estimates_from(*finished: FinishedJob) -> DurationStats:
    durations = DurationStats()
    for one in finished:
        durations.learn(one)
    return durations


def jobs(
    *durations_s: float,
    seconds: Seconds = Seconds.S6,
    resolution: Resolution = Resolution.P720,
    reference_count: int = 0,
) -> list[FinishedJob]:
    return [FinishedJob(seconds, resolution, reference_count, took_s) for took_s in durations_s]


def test_of_what_nobody_knows_nothing_is_said() -> None:
    assert DurationStats().took_s(Seconds.S6, Resolution.P720, 0) is None


def test_three_jobs_of_one_kind_speak_for_it_by_their_median() -> None:
    durations = estimates_from(*jobs(50, 400, 70), *jobs(5, 5, 5, 5, 5, reference_count=1))
    assert durations.took_s(Seconds.S6, Resolution.P720, 0) == 70


@pytest.mark.parametrize("same", [{0}, {1}, {2, 3}, {4, 5, 6, 7}])
def test_numbers_of_references_count_in_buckets(same: set[int]) -> None:
    durations = DurationStats()
    for count in range(REFERENCES_MAX + 1):
        for finished in jobs(*[10 if count in same else 90] * 5, reference_count=count):
            durations.learn(finished)
    answers = {
        count: durations.took_s(Seconds.S6, Resolution.P720, count) for count in range(REFERENCES_MAX + 1)
    }
    assert {count for count, took_s in answers.items() if took_s == 10} == same


def test_with_two_of_its_kind_the_same_video_with_other_references_counts_too() -> None:
    durations = estimates_from(*jobs(10, 20), *jobs(30, 40, 50, reference_count=7))
    assert durations.took_s(Seconds.S6, Resolution.P720, 0) == 30


def test_then_other_seconds_of_the_same_resolution_scaled_by_the_root_of_the_ratio() -> None:
    durations = estimates_from(
        *jobs(80, 100, 120, seconds=Seconds.S20), *jobs(1, 1, 1, 1, resolution=Resolution.P480)
    )
    estimate_s = durations.took_s(Seconds.S6, Resolution.P720, 0)
    assert estimate_s == pytest.approx(100 * math.sqrt(6 / 20))


def test_at_last_any_job_at_all() -> None:
    durations = estimates_from(*jobs(80, seconds=Seconds.S6), *jobs(40, resolution=Resolution.P480))
    assert durations.took_s(Seconds.S6, Resolution.P720, 0) == 60


@pytest.mark.parametrize("garbage_s", [0.0, -1.0, math.nan, math.inf, -math.inf, 7200.1])
def test_garbage_is_not_learned(garbage_s: float) -> None:
    durations = estimates_from(*jobs(*[garbage_s] * 5))
    assert durations.took_s(Seconds.S6, Resolution.P720, 0) is None


def test_the_newest_fifty_count() -> None:
    durations = estimates_from(*jobs(*[500.0] * 1000), *jobs(*[60.0] * 50))
    assert durations.took_s(Seconds.S6, Resolution.P720, 0) == 60


durations = st.floats(min_value=0.1, max_value=7200)
seconds_on_offer = st.sampled_from(Seconds)
resolutions = st.sampled_from(Resolution)
counts = st.integers(min_value=0, max_value=REFERENCES_MAX)
histories = st.lists(st.builds(FinishedJob, seconds_on_offer, resolutions, counts, durations), max_size=30)


@given(histories, seconds_on_offer, resolutions, counts)
def test_an_estimate_stays_near_what_was_seen(
    history: list[FinishedJob], seconds: Seconds, resolution: Resolution, reference_count: int
) -> None:
    estimate_s = estimates_from(*history).took_s(seconds, resolution, reference_count)
    if not history:
        assert estimate_s is None
        return
    assert estimate_s is not None
    seen_s = [finished.took_s for finished in history]
    assert min(seen_s) / 1.83 <= estimate_s <= max(seen_s) * 1.83


@given(st.lists(durations, min_size=3, max_size=30), seconds_on_offer, resolutions)
def test_where_one_kind_is_known_longer_videos_are_not_estimated_to_be_made_sooner(
    durations_s: list[float], seconds: Seconds, resolution: Resolution
) -> None:
    durations = estimates_from(*jobs(*durations_s, seconds=seconds, resolution=resolution))
    answers = [durations.took_s(asked, resolution, 0) or 0.0 for asked in Seconds]
    assert answers == sorted(answers)


@given(histories, st.floats(min_value=1, max_value=10), seconds_on_offer, resolutions, counts)
def test_if_everything_takes_longer_so_do_the_estimates(
    history: list[FinishedJob], factor: float, seconds: Seconds, resolution: Resolution, reference_count: int
) -> None:
    slower = [
        FinishedJob(one.seconds, one.resolution, one.reference_count, one.took_s * factor)
        for one in history
        if one.took_s * factor <= 7200
    ]
    faster = [
        FinishedJob(one.seconds, one.resolution, one.reference_count, one.took_s / factor) for one in slower
    ]
    asked = (seconds, resolution, reference_count)
    fast_s, slow_s = (estimates_from(*jobs_of).took_s(*asked) for jobs_of in (faster, slower))
    assert (fast_s is None) == (slow_s is None)
    assert (fast_s or 0.0) * factor == pytest.approx(slow_s or 0.0)


def test_learning_finds_the_median_and_follows_it_when_the_service_slows_down() -> None:
    chance = Random(20_261_124)
    durations = DurationStats()
    for typical_s in (60.0, 180.0):
        for _ in range(60):
            took_s = chance.lognormvariate(math.log(typical_s), 0.3)
            durations.learn(FinishedJob(Seconds.S10, Resolution.P720, 3, took_s))
        assert durations.took_s(Seconds.S10, Resolution.P720, 2) == pytest.approx(typical_s, rel=0.15)


def test_the_estimate_is_the_median_of_the_newest() -> None:
    chance = Random(7)
    durations_s = [chance.uniform(1, 1000) for _ in range(80)]
    assert estimates_from(*jobs(*durations_s)).took_s(Seconds.S6, Resolution.P720, 0) == median(
        durations_s[-50:]
    )


def test_before_progress_the_rest_is_what_is_left_of_the_estimate() -> None:
    assert rest_s(ProgressHistory(since_s=0.0), 40.0, elapsed_s=40.0, estimated_s=100.0) == 60


def test_a_job_that_outlasts_its_estimate_has_an_unknown_rest() -> None:
    for elapsed_s in (100.0, 101.0):
        assert rest_s(ProgressHistory(since_s=0.0), 0.0, elapsed_s=elapsed_s, estimated_s=100.0) is None
    hardly_moved = ProgressHistory(since_s=0.0, first_s=0.0, first=0, last=5)
    assert rest_s(hardly_moved, 120.0, elapsed_s=120.0, estimated_s=100.0) is None


def test_after_fifteen_percent_the_pace_alone_counts() -> None:
    progress_history = ProgressHistory(since_s=0.0, first_s=0.0, first=5, last=20)
    assert (
        rest_s(progress_history, 30.0, elapsed_s=30.0, estimated_s=1000.0)
        == progress_history.rest_s(30.0)
        == 160
    )
    assert rest_s(progress_history, 30.0, elapsed_s=30.0, estimated_s=10.0) == 160


def test_until_then_pace_and_estimate_are_blended() -> None:
    progress_history = ProgressHistory(since_s=0.0, first_s=0.0, first=0, last=5)
    by_pace_s, by_estimate_s = 190.0, 50.0
    blended_s = rest_s(progress_history, 10.0, elapsed_s=10.0, estimated_s=60.0)
    assert blended_s == pytest.approx(by_pace_s / 3 + by_estimate_s * 2 / 3)


def test_without_an_estimate_the_pace_counts_from_the_start() -> None:
    progress_history = ProgressHistory(since_s=0.0, first_s=0.0, first=0, last=1)
    assert rest_s(progress_history, 1.0, elapsed_s=1.0, estimated_s=None) == 99
    assert rest_s(ProgressHistory(since_s=0.0), 1.0, elapsed_s=1.0, estimated_s=None) is None


def history(*seen: tuple[float, int]) -> ProgressHistory:
    """Progress at these moments, counted from the submission."""
    made = ProgressHistory(since_s=0.0)
    for at_s, progress in seen:
        made = made.saw(at_s, progress)
    return made


def test_while_progress_keeps_its_pace_the_countdown_is_the_rest() -> None:
    assert countdown_s(history((0.0, 1), (50.0, 51)), 50.0, elapsed_s=50.0, estimated_s=None) == 49


def test_a_job_that_stands_still_near_its_end_is_overdue_and_not_always_about_to_end() -> None:
    seen = history((0.0, 1), (98.0, 99))
    assert countdown_s(seen, 98.5, elapsed_s=98.5, estimated_s=None) == pytest.approx(1.0, abs=0.1)
    assert countdown_s(seen, 109.0, elapsed_s=109.0, estimated_s=None) == -10
    assert countdown_s(seen, 1099.0, elapsed_s=1099.0, estimated_s=None) == -1000


def test_a_job_that_stands_still_halfway_has_longer_to_go_until_it_is_overdue() -> None:
    seen = history((0.0, 1), (50.0, 51))
    assert countdown_s(seen, 80.0, elapsed_s=80.0, estimated_s=None) == pytest.approx(49 * 80 / 50)
    assert countdown_s(seen, 120.0, elapsed_s=120.0, estimated_s=None) == -21


@pytest.mark.parametrize(("estimated_s", "usual_s"), [(None, 300), (60.0, 300), (600.0, 600)])
def test_without_progress_nothing_is_late_before_the_usual_time_and_a_minute(
    estimated_s: float | None, usual_s: float
) -> None:
    seen = ProgressHistory(since_s=0.0)
    for elapsed_s, expected in ((usual_s + 59, None), (usual_s + 61, -61)):
        assert countdown_s(seen, elapsed_s, elapsed_s=elapsed_s, estimated_s=estimated_s) == expected


times_s = st.floats(min_value=0, max_value=1e5)


@given(
    st.lists(st.tuples(times_s, st.integers(min_value=0, max_value=100)), max_size=20),
    times_s,
    st.none() | st.floats(min_value=0.1, max_value=7200),
)
def test_the_rest_is_never_negative(
    seen: list[tuple[float, int]], now_s: float, estimated_s: float | None
) -> None:
    progress_history = ProgressHistory(since_s=0.0)
    for at_s, progress in sorted(seen):
        progress_history = progress_history.saw(at_s, progress)
    rest = rest_s(progress_history, now_s, elapsed_s=now_s, estimated_s=estimated_s)
    assert rest is None or rest >= 0
    if estimated_s is None:
        assert rest == progress_history.rest_s(now_s)
