"""SQLite as `Database` uses it: a file, whose identity is looked at before and after each transaction."""

import asyncio
import sqlite3
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from typing import cast

from sqlalchemy.exc import DBAPIError, StatementError
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.storage import sqlite_engines
from bot.storage.address import SqliteAddress
from bot.storage.advisory_locks import SharedLock, SoleWork
from bot.storage.alarms import StorageAlarms
from bot.storage.backend import Confirm, Writing, confirmed
from bot.storage.errors import DatabaseReplacedError, StorageError, storage_error
from bot.storage.same_file import FileIdentity, SameFile
from bot.storage.shielding import shield_until_done
from bot.storage.single_writes import SingleWrite
from bot.storage.sqlite_driver import OneTripConnection


class SqliteBackend:
    """A database file. The process that owns it is found out before this is made (`bot.storage.ownership`)."""

    def __init__(self, address: SqliteAddress, opened: FileIdentity | None = None) -> None:
        """Args: `opened` is the identity of the file that is to stay at the path; None leaves that unchecked."""
        path = address.path
        self.address = address
        self.alarms = StorageAlarms()
        self.taken = asyncio.Event()
        """Never set: the kernel takes the file's lock from no process that lives."""
        self._file = SameFile(path, opened, self.alarms)
        self.writer = sqlite_engines.writer(path, self._file.look)
        self.reader = sqlite_engines.reader(path)
        self.readers = sqlite_engines.READERS
        for engine in (self.writer, self.reader):
            self._file.guard(engine)

    @property
    def listener(self) -> None:
        """None: one process has the file."""
        return None

    async def announce(self, connection: AsyncConnection, announced: str) -> None:
        """Do nothing: there is nobody to tell."""

    async def lock(self, connection: AsyncConnection, lock: SharedLock) -> None:
        """Do nothing: the transaction is the only one that writes."""

    def alone(self, work: SoleWork, to: str) -> AbstractAsyncContextManager[Confirm]:
        """Do nothing: no other process has the file."""
        del work, to
        return nullcontext(confirmed)

    async def place(self, connection: AsyncConnection) -> str | None:
        """Return None: `restore` marks the copy that it puts back."""
        del connection
        return None

    @property
    def is_surely_own(self) -> bool:
        """True: see `taken`."""
        return True

    def error(self, error: DBAPIError) -> StorageError:
        """Translate by SQLite's result code."""
        return storage_error(error, self.address.path)

    def report(self, error: StorageError) -> None:
        """Tell the operator of a file that was deleted or replaced."""
        if isinstance(error, DatabaseReplacedError):
            self._file.tell_replaced()

    async def commit(self, connection: AsyncConnection) -> None:
        """Commit, then look at the file.

        The connection looks at the file before a transaction and after it, in the same trip to its thread: what
        follows a commit may be a purchase, which only a row that will be found again allows.
        """
        await connection.commit()

    async def execute_each(
        self, connection: AsyncConnection, writes: Sequence[SingleWrite]
    ) -> Sequence[int | Exception]:
        """Carry out statements in one trip to the connection's thread, and commit them."""
        await connection.begin()
        raw = await connection.get_raw_connection()
        driver = cast("OneTripConnection", raw.driver_connection)
        driver.collect()
        outcomes: list[int | Exception | None] = []
        for write in writes:
            try:
                await connection.execute(write.statement, write.values)
            except StatementError as error:  # a value that its column does not take
                outcomes.append(error)
            else:
                outcomes.append(None)
        carried_out = iter(await driver.carry_out_collected())
        return [self._outcome(next(carried_out) if outcome is None else outcome) for outcome in outcomes]

    def _outcome(self, outcome: int | Exception) -> int | Exception:
        if isinstance(outcome, sqlite3.IntegrityError):
            return DBAPIError.instance(None, None, outcome, sqlite3.Error, hide_parameters=True)
        return storage_error(outcome, self.address.path) if isinstance(outcome, sqlite3.Error) else outcome

    async def roll_back(self, connection: AsyncConnection) -> None:
        """Roll back twice: after a failed commit SQLite keeps the transaction open, and a cancelled BEGIN is
        carried out all the same, which SQLAlchemy does not know.
        """
        await connection.rollback()
        raw = await connection.get_raw_connection()
        if raw.driver_connection is not None:
            await raw.driver_connection.rollback()

    async def give_back(self, connection: AsyncConnection) -> None:
        """Return a connection to its pool; the writer's at once, as the next transaction waits for that."""
        if connection.engine is self.writer:
            # It was committed or rolled back before: no step of this waits, and none can be cut off.
            await connection.close()
        else:
            await shield_until_done(connection.close())

    async def empty_log(self, writing: Writing) -> None:
        """Move what the write-ahead log holds into the database, and empty it.

        Does what it can: while somebody reads an earlier state, what that reader needs stays.
        """
        async with writing() as connection:
            raw = await connection.get_raw_connection()
            driver = cast("OneTripConnection", raw.driver_connection)
            # All of it is read: a statement that is not at its end lets no later transaction commit.
            await driver.executed(lambda file: file.execute("PRAGMA wal_checkpoint(TRUNCATE)"))

    async def check(self, writing: Writing) -> None:
        """Look if the file was deleted or replaced."""
        del writing
        await self._file.check()

    async def close(self) -> None:
        """Close the file."""
        await self.writer.dispose()
        await self.reader.dispose()
        self._file.close()
