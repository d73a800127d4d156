"""Jobs that own files: those whose files are still to be used, and files without one."""

from collections.abc import Collection

from sqlalchemy import select

from bot.jobs.job import TERMINAL
from bot.storage.database import Database
from bot.storage.tables import jobs


async def under_way_among(database: Database, job_ids: Collection[str]) -> frozenset[str]:
    """Return those of these jobs that are not over. Raises `StorageError`."""
    ids, found = list(job_ids), set[str]()
    ended = [state.value for state in TERMINAL]
    async with database.read() as connection:
        for start in range(0, len(ids), 500):
            these = jobs.c.id.in_(ids[start : start + 500])
            rows = await connection.execute(select(jobs.c.id).where(these, jobs.c.state.not_in(ended)))
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
