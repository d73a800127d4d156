"""Task ids that the database did not take when they were bought."""

from collections.abc import AsyncGenerator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.jobs.job import NOBODY, Failure, FailureReason, JobState
from bot.jobs.purchase_notes import PurchaseNotes
from bot.jobs.store import JobStore
from bot.services.noted_purchases import NotedPurchases
from bot.storage.opening import open_database
from tests.jobs.builders import MOMENT, a_job

LATER = MOMENT + timedelta(minutes=5)


@pytest.fixture
async def store(tmp_path: Path, database_url: str | None) -> AsyncGenerator[JobStore]:
    async with open_database(database_url, tmp_path) as database:
        yield JobStore(database, tmp_path / "spool")


@pytest.fixture
def notes(tmp_path: Path) -> PurchaseNotes:
    return PurchaseNotes(tmp_path / "purchases")


@pytest.fixture
def noted(notes: PurchaseNotes, store: JobStore) -> NotedPurchases:
    return NotedPurchases(notes, store, watch_s=600.0, now=lambda: LATER)


@pytest.mark.parametrize("state", [JobState.SUBMITTING, JobState.UNKNOWN, JobState.QUEUED])
async def test_a_noted_task_is_watched_and_its_note_goes(
    store: JobStore, notes: PurchaseNotes, noted: NotedPurchases, state: JobState
) -> None:
    ended = MOMENT if state is JobState.UNKNOWN else None
    await store.add(
        replace(
            a_job(state=state),
            submitted_at=MOMENT,
            ended_at=ended,
            settled_at=ended,
            failure=Failure(FailureReason.PURCHASE_UNKNOWN) if ended else None,
        )
    )
    await notes.note("job-1", "task-1")
    await noted.take_up()
    job = await store.get("job-1")
    assert (job.state, job.task_id, job.failure) == (JobState.GENERATING, "task-1", None)
    assert job.expires_at == LATER + timedelta(seconds=600)
    assert [job.id for job in await store.unsettled()] == ["job-1"]
    assert await notes.read_all() == {}


async def test_a_purchase_of_a_user_whose_data_was_deleted_is_charged_and_not_fetched(
    store: JobStore, notes: PurchaseNotes, noted: NotedPurchases
) -> None:
    job = a_job(state=JobState.UNKNOWN)
    reply = replace(job.reply, person_id=NOBODY)
    await store.add(replace(job, reply=reply, submitted_at=MOMENT, ended_at=MOMENT, settled_at=MOMENT))
    await notes.note("job-1", "task-1")
    await noted.take_up()
    kept = await store.get("job-1")
    assert (kept.state, kept.task_id, kept.bought) == (JobState.FAILED, "task-1", True)
    assert await store.unsettled() == ()
    assert await notes.read_all() == {}


async def test_a_row_that_has_the_task_by_now_stays_as_it_is(
    store: JobStore, notes: PurchaseNotes, noted: NotedPurchases
) -> None:
    delivered = replace(a_job(state=JobState.DELIVERED), task_id="task-1", settled_at=MOMENT)
    await store.add(delivered)
    await notes.note("job-1", "task-1")
    await noted.take_up()
    assert await store.get("job-1") == delivered
    assert await notes.read_all() == {}


async def test_a_note_that_fits_no_row_is_kept(
    store: JobStore, notes: PurchaseNotes, noted: NotedPurchases
) -> None:
    cancelled = replace(a_job(state=JobState.CANCELLED, job_id="job-2"), settled_at=MOMENT)
    with_another = replace(a_job(state=JobState.GENERATING, job_id="job-3"), task_id="task-9")
    for job in (cancelled, with_another, a_job(state=JobState.SUBMITTING, job_id="job-4")):
        await store.add(job)
    kept = {"job-1": "task-1", "job-2": "task-2", "job-3": "task-3", "job-4": "task-9"}
    for job_id, task_id in kept.items():
        await notes.note(job_id, task_id)
    assert set(await noted.take_up()) == set(kept)
    assert await notes.read_all() == kept
    assert await store.get("job-2") == cancelled
    assert await store.get("job-3") == with_another


async def test_notes_that_cannot_be_read_do_not_stop_the_start(
    store: JobStore, tmp_path: Path, noted: NotedPurchases
) -> None:
    await store.add(a_job(state=JobState.SUBMITTING))
    folder = tmp_path / "purchases"
    folder.mkdir()
    (folder / "job-1.task").mkdir()
    await noted.take_up()
    assert (await store.get("job-1")).state is JobState.SUBMITTING
