"""Jobs' rows, by which processes that share jobs tell each other of changes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import RowMapping, select, update

from bot.jobs.job import JobState
from bot.storage.change_feed import ChangeKind
from bot.storage.database import Database
from bot.storage.reading import read_rows
from bot.storage.tables import jobs

_AT_ONCE: Final = 500
_COLUMNS: Final = (
    jobs.c.id,
    jobs.c.claim,
    jobs.c.claimed_by,
    jobs.c.state,
    jobs.c.review_id,
    jobs.c.parked_at,
    jobs.c.ask_again_since,
    jobs.c.answered_at,
)


@dataclass(frozen=True)
class RowState:
    """How a job's row stands."""

    claim: int
    claimed_by: str | None
    state: JobState
    review_id: str | None
    parked_at: datetime | None
    ask_again_since: datetime | None
    answered_at: datetime


class RunRows:
    """Reads how rows stand, without what people wrote, and notes what a run has to know. Raises `StorageError`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def states(self, job_ids: Sequence[str]) -> dict[str, RowState]:
        """Return how the rows of these jobs stand, but for those that cannot be read. Asks also for none."""
        found: dict[str, RowState] = {}
        async with self._database.read() as connection:
            for start in range(0, max(1, len(job_ids)), _AT_ONCE):
                chosen = select(*_COLUMNS).where(jobs.c.id.in_(job_ids[start : start + _AT_ONCE]))
                rows = await read_rows(
                    connection, chosen, _row_state, keys=[jobs.c.id], alarms=self._database.alarms
                )
                found.update(rows)
        return found

    async def announce(self, job_ids: Sequence[str]) -> None:
        """Have the processes that run these jobs look at their rows."""
        async with self._database.write() as connection:
            for job_id in job_ids:
                await self._database.announce(connection, ChangeKind.JOB, job_id)

    async def note_message(self, job_id: str, message_id: int) -> None:
        """Store the reply's message of a job of which none is known."""
        condition = (jobs.c.id == job_id, jobs.c.message_id.is_(None), jobs.c.settled_at.is_(None))
        await self._database.write_one(update(jobs).where(*condition).values(message_id=message_id))


def _row_state(row: RowMapping) -> tuple[str, RowState]:
    return row["id"], RowState(
        claim=row["claim"],
        claimed_by=row["claimed_by"],
        state=JobState(row["state"]),
        review_id=row["review_id"],
        parked_at=row["parked_at"],
        ask_again_since=row["ask_again_since"],
        answered_at=row["answered_at"],
    )
