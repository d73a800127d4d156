"""Drafts: orders that were begun before a form was opened, and forms that were sent. Each becomes one job."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import RowMapping, and_, delete, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.jobs.job import Job
from bot.jobs.rows import SOURCES
from bot.services.order import VideoOrder
from bot.storage.database import Database
from bot.storage.reading import read_rows
from bot.storage.tables import drafts, jobs

_USED_BY: Final = (
    select(jobs.c.id).where(jobs.c.id == drafts.c.job_id).correlate(drafts).scalar_subquery().label("used_by")
)


@dataclass(frozen=True)
class Draft:
    """An order as it stood when a form was opened on it, kept until the user sends the form."""

    id: str
    person_id: int
    created_at: datetime
    order: VideoOrder
    used_by: str | None = None
    """The job that it became. One that is withdrawn leaves the draft as it was."""


class DraftUsedError(Exception):
    """The draft became another job before."""


class DraftStore:
    """Keeps drafts. Every method raises `bot.storage.errors.StorageUnavailableError`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, draft: Draft) -> None:
        """Keep a new draft."""
        values = {
            "id": draft.id,
            "person_id": draft.person_id,
            "created_at": draft.created_at,
            "sources": SOURCES.dump_python(draft.order.sources, mode="json"),
            "wish": draft.order.model_dump(mode="json", exclude={"sources"}),
        }
        async with self._database.write(urgent=True) as connection:
            await connection.execute(drafts.insert().values(values))

    async def get(self, draft_id: str, person_id: int) -> Draft | None:
        """Return a user's own draft; None if it is not kept any more, or cannot be read."""
        condition = and_(drafts.c.id == draft_id, drafts.c.person_id == person_id)
        chosen, alarms = select(drafts, _USED_BY).where(condition), self._database.alarms
        async with self._database.read() as connection:
            found = await read_rows(connection, chosen, _draft, keys=(drafts.c.id,), alarms=alarms)
        return found[0] if found else None

    async def owner_of(self, draft_id: str) -> int | None:
        """Return the id of the user to whom a draft belongs, or None if it is not kept any more."""
        chosen = select(drafts.c.person_id).where(drafts.c.id == draft_id)
        async with self._database.read() as connection:
            return (await connection.execute(chosen)).scalar_one_or_none()

    async def use_up(self, within: AsyncConnection, draft_id: str, job: Job) -> None:
        """Note in the caller's transaction which job a form became. Raises `DraftUsedError`.

        The form of an earlier job has no draft until it is sent: it is noted as one here.
        """
        condition = and_(drafts.c.id == draft_id, or_(_USED_BY.is_(None), drafts.c.job_id == job.id))
        used = await within.execute(update(drafts).where(condition).values(job_id=job.id))
        if used.rowcount:
            return
        if (await within.execute(select(drafts.c.id).where(drafts.c.id == draft_id))).first() is not None:
            raise DraftUsedError(draft_id)
        values = {"id": draft_id, "person_id": job.reply.person_id, "created_at": job.created_at}
        await within.execute(drafts.insert().values(values | {"sources": [], "job_id": job.id}))

    async def remove_of(self, person_id: int) -> None:
        """Delete the drafts of a user."""
        async with self._database.write() as connection:
            await connection.execute(delete(drafts).where(drafts.c.person_id == person_id))

    async def remove_before(self, moment: datetime) -> None:
        """Delete drafts from before then: nobody sends their forms any more."""
        async with self._database.write() as connection:
            await connection.execute(delete(drafts).where(drafts.c.created_at < moment))


def _draft(row: RowMapping) -> Draft:
    # Drafts of earlier versions have their pictures alone.
    order = VideoOrder.model_validate(
        {**(row["wish"] or {}), "sources": SOURCES.validate_python(row["sources"])}
    )
    return Draft(row["id"], row["person_id"], row["created_at"], order, row["used_by"])
