"""The clock for deletion and expiry: a jump makes nothing due, in either direction."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.jobs.deadline_clock import WAIT_S, DeadlineClock

START = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
MINUTE_S = 60.0


class Clocks:
    """A wall clock that can be set, and a monotonic one."""

    def __init__(self, wait_s: float = WAIT_S) -> None:
        self.moment = START
        self.elapsed_s = 1000.0
        self.deadlines = DeadlineClock(lambda: self.moment, wait_s=wait_s, monotonic=lambda: self.elapsed_s)

    def look(self, *, after_s: float = MINUTE_S, jump: timedelta = timedelta()) -> datetime | None:
        self.elapsed_s += after_s
        self.moment += timedelta(seconds=after_s) + jump
        return self.deadlines.look()


def steady() -> Clocks:
    """Clocks after the wait of a start."""
    clocks = Clocks()
    while clocks.look() is None:
        assert clocks.moment - START < timedelta(minutes=10)
    return clocks


def test_nothing_is_due_in_the_first_minutes() -> None:
    clocks = Clocks()
    looks = [clocks.look() for _ in range(6)]
    assert looks == [None] * 6
    assert clocks.look() == clocks.moment - timedelta(minutes=1)


def test_what_is_due_was_due_at_two_looks() -> None:
    clocks = steady()
    before = clocks.moment
    assert clocks.look() == before


@pytest.mark.parametrize("jump", [timedelta(days=400), timedelta(seconds=30), -timedelta(days=400)])
def test_a_jump_makes_nothing_due_for_minutes(jump: timedelta) -> None:
    clocks = steady()
    assert clocks.look(jump=jump) is None
    assert [clocks.look() for _ in range(5)] == [None] * 5
    assert clocks.look() == clocks.moment - timedelta(minutes=1)


@pytest.mark.parametrize("back_after", range(1, 5))
def test_a_clock_that_is_set_back_in_time_made_nothing_due(back_after: int) -> None:
    clocks = steady()
    jump = timedelta(days=400)
    latest = clocks.moment + timedelta(minutes=20)
    found = [clocks.look(jump=jump), *(clocks.look() for _ in range(back_after)), clocks.look(jump=-jump)]
    found += [clocks.look() for _ in range(8)]
    assert all(moment is None or moment < latest for moment in found)
    assert found[-1] is not None


def test_a_clock_that_is_corrected_in_small_steps_is_believed() -> None:
    clocks = steady()
    assert clocks.look(jump=timedelta(seconds=0.5)) is not None


@given(st.lists(st.tuples(st.floats(1, 600), st.sampled_from([0, 0, 0, 0, 86400, -86400, 3600]))))
def test_no_moment_is_due_that_two_looks_do_not_agree_on(steps: list[tuple[float, int]]) -> None:
    clocks = Clocks(wait_s=0)
    for after_s, jump_s in steps:
        due = clocks.look(after_s=after_s, jump=timedelta(seconds=jump_s))
        assert due is None or (jump_s == 0 and due <= clocks.moment - timedelta(seconds=after_s))
