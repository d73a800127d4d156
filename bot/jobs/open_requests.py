"""Open requests of a server or of one user there: SQL statements in the transaction of a decision about them."""

from collections.abc import Sequence

from sqlalchemy import and_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.jobs.job import JobState
from bot.storage.tables import jobs
from bot.video import Preset


async def hold_queued(connection: AsyncConnection, guild_id: int, preset: Preset) -> Sequence[str]:
    """Have a server's queued requests of a preset wait for its moderators. Returns their ids.

    What moderators approved of them before no longer counts. A run of such a job finds its write refused.
    """
    queued = and_(
        jobs.c.guild_id == guild_id,
        jobs.c.preset == preset.value,
        jobs.c.state == JobState.QUEUED.value,
        jobs.c.settled_at.is_(None),
    )
    ids = (await connection.execute(select(jobs.c.id).where(queued))).scalars().all()
    approved: list[str] = []
    held = update(jobs).where(queued).values(state=JobState.HELD.value, approved=approved)
    await connection.execute(held)
    return ids
