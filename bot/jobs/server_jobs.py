"""Jobs of a server or of one user there: SQL statements for decisions of its moderators about many at once."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from sqlalchemy import ColumnElement, RowMapping, and_, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.jobs.job import TERMINAL, Job, JobState
from bot.jobs.rows import job_from, named
from bot.jobs.spicy_rows import continues_spicy
from bot.storage.database import Database
from bot.storage.reading import read_rows
from bot.storage.tables import jobs
from bot.video import Preset


class ServerJobs:
    """Reads and changes jobs of servers. Methods raise `bot.storage.errors.StorageUnavailableError`."""

    def __init__(self, database: Database, spool_dir: Path) -> None:
        self._database = database
        self._spool_dir = spool_dir

    async def hold_queued_spicy(self, connection: AsyncConnection, guild_id: int) -> Sequence[str]:
        """Have a server's queued requests that are spicy wait for its moderators, and return their ids.

        Done in the caller's transaction. What moderators approved of them before no longer counts; a run of such
        a job finds its write refused.
        """
        queued = and_(
            jobs.c.guild_id == guild_id,
            or_(jobs.c.preset == Preset.SPICY.value, continues_spicy()),
            jobs.c.state == JobState.QUEUED.value,
            jobs.c.settled_at.is_(None),
        )
        # Locked: one that another process hands to the video service meanwhile is not among them. By their ids, so
        # that two transactions about the same jobs do not wait for each other.
        chosen = select(jobs.c.id).where(queued).order_by(jobs.c.id).with_for_update()
        ids = (await connection.execute(chosen)).scalars().all()
        approved: dict[str, str] = {}
        held = update(jobs).where(queued).values(state=JobState.HELD.value, approved=approved)
        await connection.execute(held)
        return ids

    async def open_of(self, guild_id: int, person_id: int) -> Sequence[Job]:
        """Return what a user has open in a server, but for what is being handed to the video service now."""
        ended = [state.value for state in TERMINAL]
        return await self._where(
            jobs.c.guild_id == guild_id,
            jobs.c.person_id == person_id,
            jobs.c.settled_at.is_(None),
            jobs.c.state.not_in([*ended, JobState.SUBMITTING.value]),
        )

    async def handed_over(self, guild_id: int, person_id: int) -> frozenset[str]:
        """Return the ids of what a user is having handed to the video service now, from a server."""
        chosen = select(jobs.c.id).where(
            jobs.c.guild_id == guild_id,
            jobs.c.person_id == person_id,
            jobs.c.settled_at.is_(None),
            jobs.c.state == JobState.SUBMITTING.value,
        )
        async with self._database.read() as connection:
            return frozenset((await connection.execute(chosen)).scalars())

    async def delivered_since(self, guild_id: int, person_id: int, moment: datetime) -> Sequence[Job]:
        """Return a user's videos that a server's channels show, delivered since a moment, oldest first.

        Also those that were laid aside since then, and may be shown (`Job.may_be_in_sight`).
        """
        delivered = and_(jobs.c.state == JobState.DELIVERED.value, jobs.c.ended_at >= moment)
        laid_aside = and_(jobs.c.state == JobState.DELIVERING.value, jobs.c.parked_at >= moment)
        return await self._where(
            jobs.c.guild_id == guild_id,
            jobs.c.reply_guild_id == guild_id,
            jobs.c.person_id == person_id,
            jobs.c.private.is_(False),
            or_(delivered, and_(laid_aside, jobs.c.posted_file.is_not(None))),
        )

    async def _where(self, *conditions: ColumnElement[bool]) -> Sequence[Job]:
        chosen = select(jobs).where(*conditions).order_by(jobs.c.created_at, jobs.c.id)
        alarms = self._database.alarms
        async with self._database.read() as connection:
            return await read_rows(connection, chosen, self._job, keys=(jobs.c.id,), alarms=alarms)

    def _job(self, row: RowMapping) -> Job:
        return job_from(named(row), self._spool_dir)
