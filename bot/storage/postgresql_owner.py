"""Ownership of a database on a server, by one process alone or by several: an advisory lock of the writing session.

`run` takes the lock alone; gateways and workers share it with each other. The server releases it when that session
ends, however it ends. So no write is possible without the lock: a connection that is made anew takes it again
before anything else, and a process that finds another's session in possession writes nothing any more.
"""

import asyncio
import select
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, LiteralString, TypeAlias

import structlog

from bot.storage import postgresql_engines
from bot.storage.address import PostgresqlAddress
from bot.storage.advisory_locks import HOLDER, OWNER_KEY, SOLE_HOLDER
from bot.storage.errors import DatabaseInUseError, DatabaseTakenError, StorageUnavailableError
from bot.storage.postgresql_engines import ServerConnection

log: Final = structlog.get_logger(__name__)

_FIRST_WITHIN_S: Final = 1.0
"""Seconds that a start waits for the session of a process that has just been killed."""
_AGAIN_WITHIN_S: Final = 5.0
_PAUSE_S: Final = 0.1
_HUNG_UP: Final[int] = getattr(select, "POLLRDHUP", select.POLLHUP)
"""The server has closed its side; only Linux tells that while there is something left to read."""

PLACE: Final = (
    "SELECT (SELECT system_identifier FROM pg_control_system()) || '-'"
    " || left(pg_walfile_name(pg_current_wal_lsn()), 8) || '-' || coalesce(to_regclass('jobs')::oid, 0)"
)
"""Asks for a name of the place where the tables are: the installation of the server, its timeline, and the table.

A move to another server changes the first, a standby that took over or a recovery to a moment the second, and a
dump that was put back, also into the same database, the third.
"""
_WHO_AM_I: Final = (
    "SELECT pid, backend_start, (SELECT stats_reset FROM pg_stat_bgwriter),"  # noqa: S608 - constants
    f" CASE WHEN pg_is_in_recovery() THEN NULL ELSE ({PLACE}) END"
    " FROM pg_stat_activity WHERE pid = pg_backend_pid()"
)
_LOCK: Final = "SELECT pg_try_advisory_lock(%s, %s)"
_SHARED_LOCK: Final = "SELECT pg_try_advisory_lock_shared(%s, %s)"
_IDLE_FOR: Final = b"SET idle_in_transaction_session_timeout = '3s'"
"""Where processes share rows: one that stands still within a transaction holds up whoever wants the same rows."""
_REVISION: Final = "SELECT version_num FROM alembic_version"
_Session: TypeAlias = tuple[int, datetime | None]
"""Process id on the server, and the moment at which it began: ids are used again."""


@dataclass(frozen=True)
class ServerSession:
    """The session that owns the database."""

    pid: int
    began_at: datetime
    statistics_since: datetime | None
    """When the server began its statistics: anew after a crash, which may use transaction ids again."""
    place: str | None
    """Where the tables are; None on a standby, which takes no writes."""


class PostgresqlOwner:
    """Opens the writing connection, with the owner's lock."""

    def __init__(self, address: PostgresqlAddress, *, sharing: bool) -> None:
        """Args: `sharing` is True for a process that owns the database together with others that share it."""
        self.taken = asyncio.Event()
        """Set once another process was seen to own the database, which this one does not share."""
        self.revision: str | None = None
        """The revision of the tables that this process works with, once it is known."""
        self.session: ServerSession | None = None
        """The last session that had the lock."""
        self._connection: ServerConnection | None = None
        self._address = address
        self._sharing = sharing
        self._mine: set[_Session] = set()
        """Sessions of this process that may still hold the lock."""

    async def connect(self) -> ServerConnection:
        """Open a connection that owns the database.

        Raises:
            DatabaseInUseError: Another process owns it, at the first connection.
            DatabaseTakenError: Another process owns it now.
            StorageUnavailableError: A dead session of this process still has the lock.
            UnsupportedDatabaseError: As `bot.storage.postgresql_engines.connect`.
            psycopg.Error: The server cannot be reached, or refuses.
        """
        connection = await postgresql_engines.connect(self._address)
        try:
            await self._claim(connection)
            if self._sharing:
                await connection.execute(_IDLE_FOR)
            await connection.set_autocommit(False)
        except BaseException:
            await connection.close()
            raise
        return connection

    @property
    def is_session_open(self) -> bool:
        """True unless the session that had the lock is known to have ended. Asks the kernel alone."""
        if self._connection is None or self._connection.closed:
            return False
        polled = select.poll()
        polled.register(self._connection.fileno(), _HUNG_UP)
        return not polled.poll(0)

    async def end_session(self, connection: ServerConnection, session: _Session) -> None:
        """End a session of this process on the server, as far as it is still there."""
        pid, began_at = session
        await connection.execute(
            "SELECT pg_terminate_backend(pid, 1000) FROM pg_stat_activity WHERE pid = %s AND backend_start = %s",
            (pid, began_at),
        )

    async def _end_earlier(self, connection: ServerConnection, own: _Session) -> None:
        """End the earlier sessions of this process: a shared lock does not wait for them.

        A transaction of theirs could otherwise be committed after what this one read.
        """
        for pid, began_at in self._mine - {own}:
            await self.end_session(connection, (pid, began_at))
            left = await connection.execute(
                "SELECT FROM pg_stat_activity WHERE pid = %s AND backend_start = %s", (pid, began_at)
            )
            if left.rowcount:
                raise self._earlier_open

    async def _claim(self, connection: ServerConnection) -> None:
        pid, began_at, statistics_since, place = await _row(connection, _WHO_AM_I)
        if self.session is not None:
            self._compare(self.session.place, place)
        # Noted first: if the answer to the next statement is lost, the lock may be held all the same.
        self._mine.add((pid, began_at))
        loop = asyncio.get_running_loop()
        ends_s = loop.time() + (_FIRST_WITHIN_S if self.session is None else _AGAIN_WITHIN_S)
        while True:
            (locked,) = await _row(connection, _SHARED_LOCK if self._sharing else _LOCK, OWNER_KEY)
            if locked:
                if self._sharing:
                    await self._end_earlier(connection, (pid, began_at))
                await self._compare_revision(connection)
                self._mine = {(pid, began_at)}
                self.session = ServerSession(pid, began_at, statistics_since, place)
                self._connection = connection
                return
            await self._look_at_holder(connection, over=loop.time() >= ends_s)
            await asyncio.sleep(_PAUSE_S)

    def _compare(self, before: str | None, now: str | None) -> None:
        """Raise `DatabaseTakenError` if the tables are others than before: what this process knows is not in them.

        The next start has users asked before it buys (`bot.jobs.heartbeat`). The tables of a database that is new
        are made after the first connection.
        """
        if before is None or before.endswith("-0") or now == before:
            return
        if now is None:
            raise StorageUnavailableError(f"{self._address.name}: a standby, which takes no writes")
        log.error("database_put_back")
        self.taken.set()
        raise DatabaseTakenError(self._address.name, "another server, or by a copy that was put back")

    async def _compare_revision(self, connection: ServerConnection) -> None:
        """Raise `DatabaseTakenError` if a process of another version changed the tables without this one's lock."""
        if self.revision is None or await _row(connection, _REVISION) == (self.revision,):
            return
        log.error("database_migrated_by_another")
        self.taken.set()
        raise DatabaseTakenError(self._address.name, "another version of the bot")

    @property
    def _earlier_open(self) -> StorageUnavailableError:
        return StorageUnavailableError(
            f"{self._address.name}: an earlier connection of this process is still open"
        )

    async def _look_at_holder(self, connection: ServerConnection, *, over: bool) -> None:
        """Return if the lock may be free soon. Raises as `connect` does."""
        asked = SOLE_HOLDER if self._sharing else HOLDER
        holder = await (await connection.execute(asked.encode())).fetchone()
        if holder is None:
            if over:
                raise StorageUnavailableError(f"{self._address.name}: the owner's lock cannot be had")
            return
        pid, began_at, application, host = holder
        if (pid, began_at) in self._mine:
            await self.end_session(connection, (pid, began_at))
            if over:
                raise self._earlier_open
        elif self.session is not None:
            log.error("database_taken", application=application, host=host, pid=pid)
            self.taken.set()
            raise DatabaseTakenError(self._address.name, described(pid, application, host))
        elif over:
            raise DatabaseInUseError(self._address.name, pid, described(pid, application, host))


def described(pid: int, application: str | None, host: str | None) -> str:
    """Describe the session that owns a database, for the operator."""
    of = f"{application or 'another process'}"
    return f"{of} (from {host or 'this host'}, pid {pid} on the server)"


async def _row(
    connection: ServerConnection, query: LiteralString, values: tuple[int, ...] = ()
) -> tuple[Any, ...]:
    row = await (await connection.execute(query, values or None)).fetchone()
    if row is None:
        raise StorageUnavailableError("the server gave no answer")
    return row
