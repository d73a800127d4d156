"""Change of a job's row when the video service has taken its request."""

from typing import Final

from sqlalchemy import and_, bindparam, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.jobs.job import NOBODY, Failure, FailureReason, Job, JobState
from bot.jobs.rows import course_columns, stored_failure
from bot.jobs.task_owners import TaskTakenError, require_own_task
from bot.storage.database import Database
from bot.storage.tables import jobs

_THIS: Final = (jobs.c.id == bindparam("of_id"), jobs.c.task_id.is_(None))
_BUY: Final = update(jobs).where(*_THIS, jobs.c.person_id != NOBODY)
_BUY_FOR_NOBODY: Final = (
    update(jobs)
    .where(*_THIS, jobs.c.person_id == NOBODY)
    .values(state=JobState.FAILED.value, failure=stored_failure(Failure(FailureReason.DELETED_BY_OWNER)))
)
_TASK: Final = select(jobs.c.task_id).where(jobs.c.id == bindparam("of_id"))
_OTHER: Final = jobs.alias()
_OTHERS: Final = select(_OTHER.c.id).where(
    and_(_OTHER.c.task_id == bindparam("of_task"), _OTHER.c.id != bindparam("of_id"))
)
_BUY_AT_ONCE: Final = _BUY.where(~_OTHERS.exists())


async def store_purchase(database: Database, bought: Job) -> bool:
    """Store the task of a job, as `_keep_purchase` does, in one statement where nothing is odd.

    That holds the writer for a third of the time, with as many purchases as there are commands.

    Raises:
        TaskTakenError: Another job has the task.
    """
    values = course_columns(bought) | {"of_id": bought.id, "of_task": bought.task_id}
    try:
        if await database.write_one(_BUY_AT_ONCE, values):
            return True
        async with database.write() as connection:
            return await _keep_purchase(connection, bought)
    except IntegrityError:
        raise TaskTakenError(bought.task_id or "", "another job") from None


async def _keep_purchase(within: AsyncConnection, bought: Job) -> bool:
    """Store the task of a job in a transaction of `Database.write`, and that it is generating.

    A run that stood still may come with its answer long after: a row that has the task already stays as it is, and
    one whose user's data was deleted keeps the task alone.

    Returns:
        False if there is no such job, or it has another task.

    Raises:
        TaskTakenError: Another job has the task.
    """
    task_id, this = bought.task_id or "", {"of_id": bought.id}
    await require_own_task(within, task_id, bought.id)
    if (await within.execute(_BUY, course_columns(bought) | this)).rowcount:
        return True
    if (await within.execute(_BUY_FOR_NOBODY, {"task_id": task_id} | this)).rowcount:
        return True
    return (await within.execute(_TASK, this)).scalar() == task_id
