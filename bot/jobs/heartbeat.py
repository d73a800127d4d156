"""Heartbeat in the database: a start sees by it how long the bot was away, and has users asked.

A copy of the database that was put back has an old heartbeat as well, and its waiting requests may have been made
since it was copied. A copy that the bot made says by a mark that it is one, however young it is
(`bot.storage.backup_mark`). A copy that an operator put back on a server is told by its place, which is not the one
that another row names.

A machine whose clock has no battery starts with the time of its end, and sets the clock some time later: how long
the bot was away is found out only then.
"""

import asyncio
from collections.abc import Callable, Sequence, Set
from datetime import UTC, datetime, timedelta
from typing import Final

import structlog
from sqlalchemy import ColumnElement, Update, and_, delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.boot_clock import since_boot_s
from bot.jobs.job import JobState
from bot.storage.advisory_locks import SharedLock
from bot.storage.backup_mark import PUT_BACK
from bot.storage.database import Database
from bot.storage.errors import StorageError
from bot.storage.tables import heartbeats, jobs

log: Final = structlog.get_logger(__name__)

EVERY_S: Final = 60.0
_LOOK_EVERY_S: Final = 1.0
"""Between two looks at the clock, which may be set at any moment: what waits is bought soon after a start."""
AWAY_FOR_LONG: Final = timedelta(hours=1)
_PLACE: Final = "place "
"""Begins what is in the place of a process: the database was here when it was started last."""
FILES: Final = "files "
"""Begins what is in the place of a process: the data folder of all processes is the one with this id."""
_FIRST_START: Final = "first start"
"""In the place of a process: when a bot was first started on the database; `_NOT_STARTED` if it was long ago."""
IS_PLACE_NOTE: Final = heartbeats.c.process_id.startswith(_PLACE)
"""Condition of the rows that say where the database was."""
_NOT_STARTED: Final = datetime(1970, 1, 1, tzinfo=UTC)
"""The moment of the mark of a copy; earlier versions left that row there, with the moment of the start."""
_WAITING: Final = (JobState.QUEUED, JobState.HELD)
_UNDER_WAY: Final = (JobState.SUBMITTING, JobState.GENERATING, JobState.READY, JobState.DELIVERING)


def _tell_nobody(marked: Set[str]) -> None:
    del marked


class Heartbeat:
    """Writes this process's heartbeat. `run` belongs to one task; `begin` comes before any job runs."""

    def __init__(
        self,
        database: Database,
        process_id: str,
        now: Callable[[], datetime],
        *,
        since_boot_s: Callable[[], float] = since_boot_s,
        marked_late: Callable[[Set[str]], None] = _tell_nobody,
    ) -> None:
        """Args: `marked_late` is called with the ids of jobs that were marked after the start."""
        self._database = database
        self._process_id = process_id
        self._now = now
        self._since_boot_s = since_boot_s
        self._marked_late = marked_late
        self._began_s = 0.0
        self._before: datetime | None = None
        """The last heartbeat before the start, until it is known that the bot was away for long."""
        self._until: datetime | None = None
        """Requests until then were made before the start."""

    async def begin(self) -> None:
        """Write the first heartbeat. If the last one is over an hour old, mark the requests that wait.

        Both are one transaction: a process that is killed right after it leaves nothing unmarked. Held requests are
        marked, too: moderators may have approved them after a backup that was put back. Of such a backup what is
        under way is marked as well: its video may have been posted since. Its videos that wait to be fetched do so
        from now on: their time would be over before anybody saw them. A new database has no heartbeat, and nothing
        is marked. Raises `bot.storage.errors.StorageError`.
        """
        now, self._began_s = self._now(), self._since_boot_s()
        marked = None
        async with self._database.write() as connection:
            # Of several processes that start at once, the first does what has to be done once.
            await self._database.lock(connection, SharedLock.STARTS)
            beats = (await connection.execute(select(heartbeats.c.process_id, heartbeats.c.beat_at))).all()
            last = max((beat.beat_at for beat in beats if is_process(beat.process_id)), default=None)
            moved = await self._note_place(connection, [beat.process_id for beat in beats])
            if moved or (PUT_BACK, _NOT_STARTED) in beats:
                marked = await connection.execute(_mark(now, *_WAITING, *_UNDER_WAY))
                await connection.execute(_doubt())
                await connection.execute(delete(heartbeats).where(heartbeats.c.process_id == PUT_BACK))
                await connection.execute(_keep_from(now))
                log.warning("backup_was_put_back", requests=marked.rowcount)
            elif last is not None and now - last > AWAY_FOR_LONG:
                marked = await connection.execute(_mark(now, *_WAITING))
                log.warning("bot_was_away", since=last.isoformat(), requests=marked.rowcount)
            if _FIRST_START not in [beat.process_id for beat in beats]:
                # Earlier versions noted nothing; a new database has no heartbeat.
                first = now if last is None and marked is None else _NOT_STARTED
                await connection.execute(heartbeats.insert().values(process_id=_FIRST_START, beat_at=first))
            over = [
                beat.process_id
                for beat in beats
                if is_process(beat.process_id) and now - beat.beat_at > AWAY_FOR_LONG
            ]
            await connection.execute(delete(heartbeats).where(heartbeats.c.process_id.in_(over)))
            await connection.execute(heartbeats.insert().values(process_id=self._process_id, beat_at=now))
        self._before = last if marked is None else None
        # A clock that starts with an earlier time than the last heartbeat's has requests of the future.
        self._until = max(now, last) if last is not None else now

    async def _note_place(self, connection: AsyncConnection, noted: Sequence[str]) -> bool:
        """Note where the database is. Returns True if it was elsewhere when it was started last."""
        place = await self._database.place(connection)
        if place is None or place_note(place) in noted:
            return False
        earlier = [name for name in noted if name.startswith(_PLACE)]
        await connection.execute(delete(heartbeats).where(heartbeats.c.process_id.in_(earlier)))
        await connection.execute(
            heartbeats.insert().values(process_id=place_note(place), beat_at=self._now())
        )
        return bool(earlier)

    async def run(self) -> None:
        """Write a heartbeat every minute, and as soon as the clock was set, until cancelled."""
        while True:
            await self._wait()
            await self.try_to_beat()

    async def try_to_beat(self) -> None:
        """Write a heartbeat, as far as the database allows: the next one does what this one could not."""
        try:
            await self.beat()
        except StorageError as error:
            log.warning("heartbeat_not_written", reason=str(error))

    async def beat(self) -> None:
        """Write a heartbeat. Raises `StorageError`.

        If the clock was set since the start, and says now that the bot was away for long before it, the requests
        are marked that the start would have marked.
        """
        this, now = heartbeats.c.process_id == self._process_id, self._now()
        late: Set[str] = frozenset()
        async with self._database.write() as connection:
            beaten = await connection.execute(update(heartbeats).where(this).values(beat_at=now))
            if not beaten.rowcount:
                # After an outage of the database that was as long as an absence, another process that starts takes
                # this one for gone, and deletes its heartbeat.
                await connection.execute(heartbeats.insert().values(process_id=self._process_id, beat_at=now))
            if was_away := self._was_away_after_all(now):
                late = await self._mark_late(connection, now)
        if was_away:
            log.warning("clock_set_after_start", requests=len(late))
            self._before = None
            self._marked_late(late)

    async def _wait(self) -> None:
        until_s = asyncio.get_running_loop().time() + EVERY_S
        while asyncio.get_running_loop().time() < until_s:
            await asyncio.sleep(_LOOK_EVERY_S)
            if self._was_away_after_all(self._now()):
                return

    def _was_away_after_all(self, now: datetime) -> bool:
        began = now - timedelta(seconds=self._since_boot_s() - self._began_s)
        return self._before is not None and began - self._before > AWAY_FOR_LONG

    async def _mark_late(self, connection: AsyncConnection, now: datetime) -> Set[str]:
        waited = and_(_may_be_marked(*_WAITING), jobs.c.created_at <= self._until)
        ids = (await connection.execute(select(jobs.c.id).where(waited))).scalars().all()
        await connection.execute(update(jobs).where(waited).values(ask_again_since=now))
        return frozenset(ids)


def is_process(name: str) -> bool:
    """Return True if a heartbeat is that of a process."""
    return name not in {PUT_BACK, _FIRST_START} and not name.startswith((_PLACE, FILES))


async def first_start(database: Database) -> datetime:
    """Return when a bot was first started on a database, at the latest. Raises `StorageError`."""
    chosen = select(heartbeats.c.beat_at).where(heartbeats.c.process_id == _FIRST_START)
    async with database.read() as connection:
        return (await connection.execute(chosen)).scalar() or _NOT_STARTED


def _mark(now: datetime, *states: JobState) -> Update:
    """Return the statement that marks requests of these states."""
    return update(jobs).where(_may_be_marked(*states)).values(ask_again_since=now)


def _may_be_marked(*states: JobState) -> ColumnElement[bool]:
    """True for requests of these states, unless they are marked or wait to be fetched.

    Not for those that look for an earlier video: they buy nothing, and the reply may show it for another reason.
    """
    return and_(
        jobs.c.state.in_([state.value for state in states]),
        jobs.c.settled_at.is_(None),
        jobs.c.parked_at.is_(None),
        jobs.c.lookup.is_(False),
        jobs.c.ask_again_since.is_(None),
    )


def _doubt() -> Update:
    """Return the statement that notes of all requests that wait that they may have been bought since the backup."""
    waits = (jobs.c.state.in_([state.value for state in _WAITING]), jobs.c.settled_at.is_(None))
    return update(jobs).where(*waits, jobs.c.lookup.is_(False)).values(may_be_bought=True)


def _keep_from(now: datetime) -> Update:
    """Return the statement by which videos that could not be delivered wait from now on."""
    waits = (jobs.c.settled_at.is_(None), jobs.c.parked_at.is_not(None))
    return update(jobs).where(*waits).values(parked_at=now)


def place_note(place: str) -> str:
    """Return what stands in the place of a process to say that the database is there."""
    return f"{_PLACE}{place}"
