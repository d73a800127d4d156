"""The states of a job: only the arrows of the diagram exist."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from bot.jobs.job import (
    TERMINAL,
    TRANSITIONS,
    ForbiddenTransitionError,
    JobState,
    advance,
    found_delivered,
)
from tests.jobs.builders import MOMENT, a_job

LATER = MOMENT + timedelta(hours=1)

DIAGRAM = {
    ("held", "denied"), ("held", "queued"), ("held", "failed"), ("held", "cancelled"),
    ("queued", "submitting"), ("queued", "held"), ("queued", "failed"), ("queued", "cancelled"),
    ("held", "unknown"), ("queued", "unknown"),  # by what a backup that was put back does not know
    ("submitting", "generating"), ("submitting", "queued"), ("submitting", "failed"),
    ("submitting", "unknown"),
    ("generating", "ready"), ("generating", "failed"), ("generating", "expired"), ("generating", "cancelled"),
    ("ready", "delivering"), ("ready", "failed"),
    ("delivering", "delivered"), ("delivering", "failed"),
    ("unknown", "generating"), ("unknown", "failed"),
}  # fmt: skip


@pytest.mark.parametrize("start", JobState)
@pytest.mark.parametrize("end", JobState)
def test_a_job_moves_along_the_diagram_and_nowhere_else(start: JobState, end: JobState) -> None:
    job = a_job(state=start)
    if (start, end) in DIAGRAM:
        assert advance(job, end).state is end
    else:
        with pytest.raises(ForbiddenTransitionError):
            advance(job, end)


@pytest.mark.parametrize("start", JobState)
def test_a_job_behind_its_reply_is_as_that_shows_it_wherever_its_row_is(start: JobState) -> None:
    found = found_delivered(replace(a_job(state=start), ask_again_since=MOMENT, review_id="r"), LATER)
    assert (found.state, found.settled_at) == (JobState.DELIVERED, LATER)
    assert (found.review_id, found.ask_again_since) == (None, None)
    with pytest.raises(ForbiddenTransitionError):
        found_delivered(found, LATER)


def test_ends_are_named_and_each_state_has_its_arrows() -> None:
    assert {"denied", "delivered", "failed", "expired", "unknown", "cancelled"} == TERMINAL
    assert set(TRANSITIONS) == set(JobState)


def test_a_purchase_of_unknown_outcome_never_becomes_a_second_one() -> None:
    assert JobState.SUBMITTING not in _reachable(JobState.UNKNOWN)


@given(st.sampled_from([state for state in JobState if state not in TERMINAL]))
def test_every_state_can_reach_an_end(state: JobState) -> None:
    assert _reachable(state) & TERMINAL


def _reachable(state: JobState) -> set[JobState]:
    reached: set[JobState] = set()
    frontier = {state}
    while frontier:
        following = {target for origin in frontier for target in TRANSITIONS[origin]}
        frontier = following - reached
        reached |= following
    return reached


class Wanderer(RuleBasedStateMachine):
    """A job that is pushed along whatever arrow somebody thinks of."""

    def __init__(self) -> None:
        super().__init__()
        self.job = a_job(state=JobState.QUEUED)
        self.bought = False

    @rule(to=st.sampled_from(JobState))
    def push(self, to: JobState) -> None:
        before = self.job
        changes = {"task_id": "task"} if to is JobState.GENERATING else {}
        if (before.state, to) in DIAGRAM:
            self.job = advance(before, to, **changes)
        else:
            with pytest.raises(ForbiddenTransitionError):
                advance(before, to, **changes)
        self.bought = self.bought or (to is JobState.GENERATING and self.job.state is to)

    @invariant()
    def what_was_bought_stays_bought_and_is_not_bought_again(self) -> None:
        assert self.job.bought == self.bought
        if self.bought:
            assert not _reachable(self.job.state) & {JobState.QUEUED, JobState.SUBMITTING}

    @invariant()
    def only_an_unknown_purchase_can_still_be_settled_after_its_end(self) -> None:
        goes_on = bool(_reachable(self.job.state))
        assert goes_on == (self.job.state not in TERMINAL or self.job.state is JobState.UNKNOWN)


TestWanderer = Wanderer.TestCase
