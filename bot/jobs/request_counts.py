"""Counts of a user's or a server's requests, read in the transaction that stores one more."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.jobs.job import TERMINAL, JobState
from bot.jobs.open_questions import is_asked_about
from bot.storage.tables import jobs

_ENDED = [state.value for state in TERMINAL]


async def count_waiting(connection: AsyncConnection, guild_id: int, person_id: int | None = None) -> int:
    """Return how many requests of a server, or of one user there, wait for moderators.

    Those count too that are under way and whose videos moderators are to see before they are posted, and those that
    ended with their user's data while moderators were asked: they still have to decide.
    """
    condition = jobs.c.guild_id == guild_id
    if person_id is not None:
        condition = and_(condition, jobs.c.person_id == person_id)
    under_way = and_(jobs.c.settled_at.is_(None), jobs.c.parked_at.is_(None), _waits())
    chosen = select(func.count()).select_from(jobs).where(condition, or_(under_way, is_asked_about()))
    return (await connection.execute(chosen)).scalar_one()


async def moments_of_requests(
    connection: AsyncConnection, guild_id: int, person_id: int, *, since: datetime, but_for: str
) -> Sequence[datetime]:
    """Return when a user's requests in a server were made, oldest first.

    Args:
        connection: The transaction.
        guild_id: The server.
        person_id: The user.
        since: The first moment that counts.
        but_for: The id of a job that does not count. Those that failed before they were bought do not either.
    """
    chosen = select(jobs.c.created_at).where(
        jobs.c.guild_id == guild_id,
        or_(jobs.c.person_id == person_id, jobs.c.charged_to == person_id),
        jobs.c.created_at >= since,
        jobs.c.lookup.is_(False),
        jobs.c.id != but_for,
        or_(jobs.c.state != JobState.FAILED.value, jobs.c.task_id.is_not(None)),
    )
    return (await connection.execute(chosen.order_by(jobs.c.created_at))).scalars().all()


def _waits() -> ColumnElement[bool]:
    to_be_shown = and_(jobs.c.awaits_posting.is_(True), jobs.c.state.not_in(_ENDED))
    return or_(jobs.c.state == JobState.HELD.value, jobs.c.review_id.is_not(None), to_be_shown)
