"""The states of a job: only the arrows of the diagram exist."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.jobs.job import TERMINAL, TRANSITIONS, ForbiddenTransitionError, JobState, advance
from bot.jobs.store import MemoryJobStore, StaleJobError, UnknownJobError
from tests.jobs.builders import a_job

DIAGRAM = {
    ("held", "denied"), ("held", "queued"), ("held", "cancelled"),
    ("queued", "submitting"), ("queued", "failed"), ("queued", "cancelled"),
    ("submitting", "generating"), ("submitting", "queued"), ("submitting", "failed"),
    ("submitting", "unknown"),
    ("generating", "ready"), ("generating", "failed"), ("generating", "expired"), ("generating", "cancelled"),
    ("ready", "delivering"), ("ready", "failed"),
    ("delivering", "delivered"), ("delivering", "failed"),
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


def test_ends_are_final() -> None:
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


async def test_of_two_who_move_a_job_from_one_state_only_the_first_succeeds() -> None:
    store = MemoryJobStore()
    job = a_job(state=JobState.QUEUED)
    await store.add(job)
    await store.save(advance(job, JobState.SUBMITTING), moved_from=JobState.QUEUED)
    with pytest.raises(StaleJobError):
        await store.save(advance(job, JobState.SUBMITTING), moved_from=JobState.QUEUED)


async def test_an_ended_job_is_forgotten_by_the_store_in_memory() -> None:
    store = MemoryJobStore()
    job = a_job(state=JobState.QUEUED)
    await store.add(job)
    assert await store.unfinished() == (job,)
    await store.save(advance(job, JobState.CANCELLED), moved_from=JobState.QUEUED)
    assert await store.unfinished() == ()
    with pytest.raises(UnknownJobError):
        await store.get(job.id)
