"""Jobs that own files: those whose files are still to be used or decided about, and files without a job."""

from collections.abc import Collection

from sqlalchemy import ColumnElement, or_, select

from bot.jobs.job import TERMINAL
from bot.jobs.open_questions import is_asked_about, is_reported
from bot.storage.database import Database
from bot.storage.tables import jobs

_ENDED = [state.value for state in TERMINAL]


async def under_way_among(database: Database, job_ids: Collection[str]) -> frozenset[str]:
    """Return those of these jobs that are not over, or about which moderators are asked. Raises `StorageError`."""
    return await _among(database, job_ids, or_(jobs.c.state.not_in(_ENDED), is_asked_about()))


async def reported_among(database: Database, job_ids: Collection[str]) -> frozenset[str]:
    """Return those of these jobs whose hidden videos are looked at or may be shown again. Raises `StorageError`."""
    return await _among(database, job_ids, is_reported())


async def _among(
    database: Database, job_ids: Collection[str], condition: ColumnElement[bool]
) -> frozenset[str]:
    ids, found = list(job_ids), set[str]()
    async with database.read() as connection:
        for start in range(0, len(ids), 500):
            these = jobs.c.id.in_(ids[start : start + 500])
            rows = await connection.execute(select(jobs.c.id).where(these, condition))
            found.update(rows.scalars())
    return frozenset(found)


async def without_rows(database: Database, job_ids: Collection[str]) -> frozenset[str]:
    """Return those of these jobs that are not in the database. Raises `StorageError`."""
    ids, found = list(job_ids), set[str]()
    async with database.read() as connection:
        for start in range(0, len(ids), 500):
            these = select(jobs.c.id).where(jobs.c.id.in_(ids[start : start + 500]))
            found.update((await connection.execute(these)).scalars())
    return frozenset(ids) - found
