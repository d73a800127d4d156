"""PostgreSQL as `Database` uses it: one session that owns the database and writes, and readers beside it."""

import asyncio
import math
import secrets
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from typing import Final

import psycopg
import structlog
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError, StatementError
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.boot_clock import since_boot_s
from bot.storage import postgresql_engines
from bot.storage.address import PostgresqlAddress
from bot.storage.advisory_locks import SHARED_KEY, SharedLock, SoleWork
from bot.storage.alarms import StorageAlarms, StorageTrouble
from bot.storage.backend import Confirm, Writing, confirmed
from bot.storage.errors import DatabaseReplacedError, StorageError, StorageUnavailableError
from bot.storage.postgresql_errors import is_connection_lost, translated
from bot.storage.postgresql_listener import CHANNEL, PostgresqlListener
from bot.storage.postgresql_owner import PLACE, PostgresqlOwner, ServerSession
from bot.storage.postgresql_sole_sessions import sole_session
from bot.storage.shielding import shield_until_done
from bot.storage.single_writes import SingleWrite

log: Final = structlog.get_logger(__name__)

_FIND_OUT_WITHIN_S: Final = 20.0
_ASK_EVERY_S: Final = 0.2
_SURE_FOR_S: Final = 12.0
"""Seconds after the server's last answer. It gives up a session that is silent, and its lock, only after 25."""
SOLE_SESSIONS: Final = {SoleWork.TAKEDOWN: 16, SoleWork.CARD: 4, SoleWork.FILE_DELETIONS: 1}
"""A card keeps one while Discord takes it, however many are to be shown at once. A takedown may keep one while the
video service gives the file, for which no other video stays visible."""
_UNREACHABLE: Final = "unreachable"
_IN_PROGRESS: Final = "in progress"
_INVALID_PARAMETER: Final = "22023"
_ASSIGNED: Final = text("SELECT pg_current_xact_id_if_assigned()::text, CAST(to_regclass('jobs') AS oid)")
_ANNOUNCE: Final = text("SELECT pg_notify(:channel, :announced)")
_LOCK: Final = text("SELECT pg_advisory_xact_lock(:of, :lock)")
_STATUS: Final = "SELECT pg_xact_status(%s::xid8), (SELECT stats_reset FROM pg_stat_bgwriter)"


class PostgresqlBackend:
    """A database on a server."""

    def __init__(self, address: PostgresqlAddress, *, owns: bool, sharing: bool = False) -> None:
        """Set the connections up.

        Args:
            address: The database.
            owns: False for a database that another process may own.
            sharing: True if other processes write as well.
        """
        self.address = address
        self._mark = secrets.token_hex(8)
        self.listener = PostgresqlListener(address, self._mark) if sharing else None
        self.alarms = StorageAlarms()
        self._owner = PostgresqlOwner(address, sharing=sharing)
        self.taken = self._owner.taken
        self.writer = postgresql_engines.writer(self._owner.connect if owns else self._connect)
        self.reader = postgresql_engines.reader(address)
        self.readers = postgresql_engines.READERS
        self._sole_sessions = {work: asyncio.Semaphore(most) for work, most in SOLE_SESSIONS.items()}
        self._owned_at_s = -math.inf
        """When the server was last asked something that it answered to the session with the lock."""
        self._tables: int | None = None
        """Number of the table `jobs`, from the first commit on; `pg_restore` makes another one."""

    async def own(self) -> None:
        """Connect the writer, which owns the database from then on. Raises `StorageError`."""
        asked_at_s = self._now_s()
        try:
            async with self.writer.connect():
                self._owned_at_s = asked_at_s
        except DBAPIError as error:
            raise self.error(error) from None

    def know_revision(self, revision: str | None) -> None:
        """Work with tables of this revision alone, from the next connection of the writer on."""
        self._owner.revision = revision

    async def announce(self, connection: AsyncConnection, announced: str) -> None:
        """Notify, which the server does at the commit."""
        if self.listener is not None:
            values = {"channel": CHANNEL, "announced": f"{self._mark} {announced}"}
            await connection.execute(_ANNOUNCE, values)

    async def lock(self, connection: AsyncConnection, lock: SharedLock) -> None:
        """Take an advisory lock. What is read after it is what the last one who had it committed."""
        if self.listener is not None:
            await connection.execute(_LOCK, {"of": SHARED_KEY, "lock": lock.value})

    @asynccontextmanager
    async def alone(self, work: SoleWork, to: str) -> AsyncGenerator[Confirm]:
        """Have a session of its own hold an advisory lock, which ends with the process.

        Each kind of work has its own few sessions: one that waits for another kind never waits for itself.
        """
        if self.listener is None:
            yield confirmed
            return
        async with self._sole_sessions[work], sole_session(self.address, work, to) as confirm:
            yield confirm

    async def place(self, connection: AsyncConnection) -> str | None:
        """Return what a dump that is put back, a standby that took over, and a move to another server change."""
        return (await connection.execute(text(PLACE))).scalar_one()

    @property
    def is_surely_own(self) -> bool:
        """True while the session with the lock is open and the server has answered it lately."""
        return self._now_s() - self._owned_at_s < _SURE_FOR_S and self._owner.is_session_open

    def error(self, error: DBAPIError) -> StorageError:
        """Translate by SQLSTATE."""
        return translated(error, self.address.name)

    def report(self, error: StorageError) -> None:
        """Tell the operator of tables that were replaced. `taken` was set where that was seen."""
        if isinstance(error, DatabaseReplacedError):
            self.alarms.tell(StorageTrouble.FILE_REPLACED, self.address.name)

    async def commit(self, connection: AsyncConnection) -> None:
        """Commit; if the connection is lost before the answer comes, ask by another what became of it."""
        number, tables = (await connection.execute(_ASSIGNED)).one()
        if number is not None:
            self._tables = self._tables or tables
        self._require_same(tables)
        session, asked_at_s = self._owner.session, self._now_s()
        try:
            await connection.commit()
            self._owned_at_s = asked_at_s
        except DBAPIError as error:
            # Without a number nothing was written.
            if number is None or not is_connection_lost(error):
                raise
            await self._find_out(number, session)

    async def execute_each(
        self, connection: AsyncConnection, writes: Sequence[SingleWrite]
    ) -> Sequence[int | Exception]:
        """Carry out statements in one transaction; after an error, each in one of its own."""
        try:
            await connection.begin()
            counts = [(await connection.execute(one.statement, one.values)).rowcount for one in writes]
            await self.commit(connection)
        except StatementError as error:
            if isinstance(error, DBAPIError) and is_connection_lost(error):
                raise
            await self.roll_back(connection)
            if len(writes) > 1:
                return [outcome for one in writes for outcome in await self.execute_each(connection, [one])]
            return [self._ending(error)]
        return counts

    def _ending(self, error: StatementError) -> Exception:
        """Return what a statement's own error is for its caller."""
        if isinstance(error, IntegrityError) or not isinstance(error, DBAPIError):
            return error
        return self.error(error)

    def _require_same(self, tables: int | None) -> None:
        if self._tables is not None and tables != self._tables:
            raise DatabaseReplacedError(self.address.name)

    async def roll_back(self, connection: AsyncConnection) -> None:
        """Roll back; a connection that cannot is given up, and the server rolls back at its end."""
        try:
            await connection.rollback()
        except DBAPIError:
            await connection.invalidate()

    async def give_back(self, connection: AsyncConnection) -> None:
        """Return a connection to its pool. Cut off, it would still roll back when the next transaction begins."""
        await shield_until_done(connection.close())

    async def empty_log(self, writing: Writing) -> None:
        """Do nothing: the write-ahead log is the server's, which writes it over by and by."""

    async def check(self, writing: Writing) -> None:
        """Connect the writer, which takes the owner's lock again if it has to connect anew; look at the tables."""
        asked_at_s = self._now_s()
        async with writing() as connection:
            _number, tables = (await connection.execute(_ASSIGNED)).one()
            self._require_same(tables)
            self._owned_at_s = asked_at_s

    async def close(self) -> None:
        """Close the connections, and with them the owner's lock."""
        await self.writer.dispose()
        await self.reader.dispose()

    def _now_s(self) -> float:
        return since_boot_s()

    async def _connect(self) -> postgresql_engines.ServerConnection:
        connection = await postgresql_engines.connect(self.address)
        await connection.set_autocommit(False)
        return connection

    async def _find_out(self, number: str, session: ServerSession | None) -> None:
        """Return if the transaction was committed; raise `StorageUnavailableError` if not, or if nobody knows."""
        loop = asyncio.get_running_loop()
        ends_s = loop.time() + _FIND_OUT_WITHIN_S
        outcome = await self._outcome(number, session)
        while outcome in {_UNREACHABLE, _IN_PROGRESS} and loop.time() < ends_s:
            await asyncio.sleep(_ASK_EVERY_S)
            outcome = await self._outcome(number, session)
        log.warning("commit_answer_lost", outcome=outcome)
        if outcome == "committed":
            return
        known = "was not kept" if outcome == "aborted" else "may or may not have been kept"
        raise StorageUnavailableError(
            f"{self.address.name}: the connection was lost; the last change {known}"
        )

    async def _outcome(self, number: str, session: ServerSession | None) -> str:
        try:
            connection = await postgresql_engines.connect(self.address)
        except psycopg.Error:
            return _UNREACHABLE
        try:
            if session is not None:
                # It may still be about to commit: what is read after its end stays true.
                await self._owner.end_session(connection, (session.pid, session.began_at))
            row = await (await connection.execute(_STATUS, (number,))).fetchone()
        except psycopg.Error as error:
            # A number that the server has not given out yet: it lost the transaction in a crash.
            return "aborted" if error.sqlstate == _INVALID_PARAMETER else _UNREACHABLE
        finally:
            await connection.close()
        status, statistics_since = row if row is not None else (None, None)
        if status == "committed" and session is not None and statistics_since != session.statistics_since:
            # After a crash a number may be given out again, if the transaction that had it was lost.
            return "unknown"
        return status or "unknown"
