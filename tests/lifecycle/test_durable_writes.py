"""A write that is repeated knows what an earlier try stored from what somebody else changed."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import pytest

from bot.jobs.job import Job, JobState, advance
from bot.jobs.store import JobStore, StaleJobError
from bot.lifecycle.durable_writes import saving, write_until_stored
from bot.storage.errors import StorageUnavailableError
from bot.storage.opening import open_database
from tests.jobs.builders import MOMENT, a_job

BEFORE: Final = a_job()
CHANGED: Final = advance(BEFORE, JobState.SUBMITTING, submitted_at=MOMENT)


class _AnswerLost(JobStore):
    """A store that cannot tell what became of the first change; `kept` is what did."""

    kept: Job | None = CHANGED

    async def save(self, job: Job, *, before: Job) -> None:
        if (kept := self.kept) is not None:
            self.kept = None
            await super().save(kept, before=before)
            raise StorageUnavailableError("the change may or may not have been kept")
        await super().save(job, before=before)


@asynccontextmanager
async def stored(folder: Path) -> AsyncGenerator[_AnswerLost]:
    async with open_database(None, folder) as database:
        store = _AnswerLost(database, folder)
        await store.add(BEFORE)
        yield store


async def save(store: JobStore) -> None:
    await write_until_stored(saving(store, CHANGED, BEFORE), lambda _: None, longest_pause_s=0.1)


async def test_a_change_whose_answer_was_lost_counts_as_stored(tmp_path: Path) -> None:
    async with stored(tmp_path) as store:
        await save(store)
        assert await store.find(BEFORE.id) == CHANGED


async def test_another_change_meanwhile_does_not(tmp_path: Path) -> None:
    async with stored(tmp_path) as store:
        store.kept = advance(BEFORE, JobState.CANCELLED, ended_at=MOMENT)
        with pytest.raises(StaleJobError):
            await save(store)


async def test_the_same_state_at_the_first_try_does_not(tmp_path: Path) -> None:
    async with stored(tmp_path) as store:
        store.kept = None
        await store.save(CHANGED, before=BEFORE)
        with pytest.raises(StaleJobError):
            await save(store)
