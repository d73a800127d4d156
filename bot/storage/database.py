"""The open database: write transactions, one at a time, and read transactions beside them. All stores use it."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Final, cast

import structlog
from sqlalchemy import Executable
from sqlalchemy.exc import DBAPIError, IntegrityError, StatementError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.storage import engines
from bot.storage.alarms import StorageAlarms
from bot.storage.driver import OneTripConnection
from bot.storage.errors import DatabaseReplacedError, StorageUnavailableError, storage_error, write_error
from bot.storage.same_file import FileIdentity, SameFile
from bot.storage.shielding import shield_until_done
from bot.storage.single_writes import SingleWrite, SingleWrites
from bot.storage.write_turns import WriteTurns

log: Final = structlog.get_logger(__name__)

_LOOK_EVERY_S: Final = 5.0


class Database:
    """A database file whose tables are current, and which this process owns. `open_database` makes it.

    `open_existing` makes one that another process may own.

    `write` and `read` turn SQLite's errors into `StorageError`. `sqlalchemy.exc.IntegrityError` alone passes
    unchanged, for callers that expect a duplicate row. No error text contains a row's values.
    """

    def __init__(self, path: Path, opened: FileIdentity | None = None) -> None:
        """Args: `opened` is the identity of the file that is to stay at the path; None leaves that unchecked."""
        self.path = path
        self.alarms = StorageAlarms()
        self.commits = 0
        """Number of transactions of `write` that were committed."""
        self._file = SameFile(path, opened, self.alarms)
        self._writer = engines.writer(path, self._file.look)
        self._reader = engines.reader(path)
        # SQLite has one writer at a time, so the engine has one connection. Without this lock, transactions
        # would wait for that connection, which SQLAlchemy's pool gives up after 30 seconds.
        self._writing = WriteTurns()
        self._single_writes = SingleWrites(self._carry_out_single_writes)
        self._reading = asyncio.Semaphore(engines.READERS)
        for engine in (self._writer, self._reader):
            self._file.guard(engine)
        self._closed = False

    @asynccontextmanager
    async def write(
        self, committed: Callable[[], None] | None = None, *, urgent: bool = False
    ) -> AsyncGenerator[AsyncConnection]:
        """Open one write transaction; no other runs at the same time. It cannot be nested.

        The end of the block commits it to the disk. A file that was deleted or replaced raises
        `DatabaseReplacedError`, at the block's first statement or after the commit. An exception or a cancellation
        that leaves the block rolls it back. A cancellation during the commit is raised only after the commit has
        succeeded or failed.

        Args:
            committed: Called right after the commit, before the next transaction begins, even if the block's
                task is cancelled meanwhile. It must not raise.
            urgent: True if an acknowledgement waits for this transaction, which then begins before others.
        """
        async with self._writing.turn(urgent=urgent), self._connected(self._writer) as connection:
            try:
                await connection.begin()
                yield connection
                await shield_until_done(self._commit(connection, committed))
            except BaseException:
                await shield_until_done(_roll_back(connection))
                raise

    async def write_one(self, statement: Executable, values: Mapping[str, object] | None = None) -> int:
        """Execute one statement as a transaction of its own, which costs a part of what `write` does.

        It is committed to the disk when this returns. What waits at the same time is committed with it, and each
        succeeds or fails by itself. A cancellation withdraws it while it waits for its turn; later it is raised
        only after the statement has succeeded or failed.

        Args:
            statement: Changes rows and returns none.
            values: Those of its parameters.

        Returns:
            The number of rows that it changed.
        """
        return await self._single_writes.write(statement, values)

    @asynccontextmanager
    async def read(self) -> AsyncGenerator[AsyncConnection]:
        """Open one transaction that cannot change anything.

        It sees what was committed before its first statement. With WAL it neither waits for the writer nor
        delays it.
        """
        async with self._reading, self._connected(self._reader) as connection:
            yield connection

    async def empty_log_file(self) -> None:
        """Move what the write-ahead log holds into the database, so that what was deleted is not in the log either.

        Does what it can: while somebody reads an earlier state, what that reader needs stays.
        """
        async with self._writing.turn(), self._connected(self._writer) as connection:
            raw = await connection.get_raw_connection()
            driver = cast("OneTripConnection", raw.driver_connection)
            # All of it is read: a statement that is not at its end lets no later transaction commit.
            await driver.executed(lambda file: file.execute("PRAGMA wal_checkpoint(TRUNCATE)"))

    async def close(self) -> None:
        """Wait for the open transactions, then close the file. Later calls raise `StorageUnavailableError`."""
        self._closed = True
        # Holding the write lock and every slot for readers proves that no transaction is open.
        async with AsyncExitStack() as held:
            await held.enter_async_context(self._writing.turn())
            for _ in range(engines.READERS):
                await held.enter_async_context(self._reading)
            await shield_until_done(self._writer.dispose())
            await shield_until_done(self._reader.dispose())
        await self._single_writes.close()
        self._file.close()

    async def watch_file(self) -> None:
        """Look every few seconds if the file was deleted or replaced, until cancelled: an idle bot says so, too."""
        while True:
            try:
                await self._file.check()
            except StorageUnavailableError as error:
                log.error("database_not_at_its_path", reason=str(error))
            await asyncio.sleep(_LOOK_EVERY_S)

    @asynccontextmanager
    async def _connected(self, engine: AsyncEngine) -> AsyncGenerator[AsyncConnection]:
        if self._closed:
            raise StorageUnavailableError(f"{self.path}: closed")
        try:
            connection = await engine.connect()
            try:
                yield connection
            finally:
                # Shielded: a cancelled close would still be rolling back in the driver's thread when the next
                # transaction begins or the file is closed.
                await shield_until_done(connection.close())
        except IntegrityError:
            raise
        except DatabaseReplacedError:
            self._file.tell_replaced()
            raise
        except DBAPIError as error:
            # `from None`: SQLAlchemy's text quotes the statement.
            raise storage_error(error, self.path) from None

    async def _carry_out_single_writes(self) -> None:
        async with self._writing.turn(), self._connected(self._writer) as connection:
            try:
                outcomes = await self._carried_out(connection, self._single_writes.take())
            except BaseException:
                await shield_until_done(_roll_back(connection))
                raise
            self.commits += 1
            for write, outcome in outcomes:
                write.end(outcome if isinstance(outcome, int) else write_error(outcome, self.path))

    async def _carried_out(
        self, connection: AsyncConnection, writes: Sequence[SingleWrite]
    ) -> list[tuple[SingleWrite, int | Exception]]:
        await connection.begin()
        raw = await connection.get_raw_connection()
        driver = cast("OneTripConnection", raw.driver_connection)
        driver.collect()
        collected: list[SingleWrite] = []
        for write in writes:
            try:
                await connection.execute(write.statement, write.values)
            except StatementError as error:  # a value that its column does not take
                write.end(error)
            else:
                collected.append(write)
        return list(zip(collected, await driver.carry_out_collected(), strict=True))

    async def _commit(self, connection: AsyncConnection, committed: Callable[[], None] | None) -> None:
        # The connection looks at the file before a transaction and after it, in the same trip to its thread: what
        # follows a commit may be a purchase, which only a row that will be found again allows.
        await connection.commit()
        self.commits += 1
        if committed is not None:
            committed()


async def _roll_back(connection: AsyncConnection) -> None:
    """End a transaction, also one of which SQLAlchemy does not know (any more).

    After a failed commit SQLite keeps it open, and a cancelled BEGIN is carried out all the same.
    """
    await connection.rollback()
    raw = await connection.get_raw_connection()
    if raw.driver_connection is not None:
        await raw.driver_connection.rollback()
