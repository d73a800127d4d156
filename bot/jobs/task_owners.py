"""Which job has a task: each task is one job's, and those jobs' that look for the same video."""

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.storage.tables import jobs


class TaskTakenError(Exception):
    """Another job has the task; `owner_id` is that job."""

    def __init__(self, task_id: str, owner_id: str) -> None:
        super().__init__(f"{task_id} belongs to {owner_id}")
        self.owner_id = owner_id


async def require_own_task(within: AsyncConnection, task_id: str, job_id: str) -> None:
    """Raise `TaskTakenError` if another job than the named one has this task."""
    owner_id = await other_with_task(within, task_id, job_id)
    if owner_id is not None:
        raise TaskTakenError(task_id, owner_id)


async def other_with_task(within: AsyncConnection, task_id: str, job_id: str) -> str | None:
    """Return the job that has this task, if it is not the named one. One that bought comes before lookups."""
    condition = and_(jobs.c.task_id == task_id, jobs.c.id != job_id)
    found = await within.execute(select(jobs.c.id).where(condition).order_by(jobs.c.lookup).limit(1))
    return found.scalar()


def looked_for_since() -> ColumnElement[bool]:
    """True for rows whose task another job took over. Such jobs have the moment of the first, which is indexed."""
    other = jobs.alias()
    same_task = and_(
        other.c.person_id == jobs.c.person_id,
        other.c.created_at == jobs.c.created_at,
        other.c.task_id == jobs.c.task_id,
        other.c.id != jobs.c.id,
    )
    later = or_(other.c.ended_at.is_(None), other.c.ended_at > jobs.c.ended_at)
    return select(other.c.id).where(same_task, later).exists()
