"""Heartbeat in the database: a start sees by it how long the bot was away, and has users asked.

A database that was put back from a backup has an old heartbeat as well, and its waiting requests may have been made
since the backup.
"""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

import structlog
from sqlalchemy import and_, delete, func, select, update

from bot.jobs.job import JobState
from bot.storage.database import Database
from bot.storage.errors import StorageError
from bot.storage.tables import heartbeats, jobs

log: Final = structlog.get_logger(__name__)

EVERY_S: Final = 60.0
AWAY_FOR_LONG: Final = timedelta(hours=1)


class Heartbeat:
    """Writes this process's heartbeat. `run` belongs to one task; `begin` comes before any job runs."""

    def __init__(self, database: Database, process_id: str, now: Callable[[], datetime]) -> None:
        self._database = database
        self._process_id = process_id
        self._now = now

    async def begin(self) -> None:
        """Write the first heartbeat. If the last one is over an hour old, mark the requests that wait.

        Both are one transaction: a process that is killed right after it leaves nothing unmarked. Held requests are
        marked, too: moderators may have approved them after a backup that was put back. A new database has no
        heartbeat, and nothing is marked. Raises `bot.storage.errors.StorageError`.
        """
        now = self._now()
        waiting = and_(
            jobs.c.state.in_((JobState.QUEUED.value, JobState.HELD.value)),
            jobs.c.settled_at.is_(None),
            jobs.c.ask_again_since.is_(None),
        )
        async with self._database.write() as connection:
            last = (await connection.execute(select(func.max(heartbeats.c.beat_at)))).scalar()
            if last is not None and now - last > AWAY_FOR_LONG:
                marked = await connection.execute(update(jobs).where(waiting).values(ask_again_since=now))
                log.warning("bot_was_away", since=last.isoformat(), requests=marked.rowcount)
            await connection.execute(delete(heartbeats).where(heartbeats.c.beat_at < now - AWAY_FOR_LONG))
            await connection.execute(heartbeats.insert().values(process_id=self._process_id, beat_at=now))

    async def run(self) -> None:
        """Write a heartbeat every minute, until cancelled."""
        this = heartbeats.c.process_id == self._process_id
        while True:
            await asyncio.sleep(EVERY_S)
            try:
                async with self._database.write() as connection:
                    await connection.execute(update(heartbeats).where(this).values(beat_at=self._now()))
            except StorageError as error:
                log.warning("heartbeat_not_written", reason=str(error))
