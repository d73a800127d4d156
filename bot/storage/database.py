"""The open database: write transactions, one at a time, and read transactions beside them. All stores use it."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from typing import Final

import structlog
from sqlalchemy import Executable
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.storage.address import SqliteAddress
from bot.storage.advisory_locks import SharedLock, SoleWork
from bot.storage.backend import Backend, Confirm
from bot.storage.change_feed import ChangeFeed, ChangeKind
from bot.storage.errors import StorageError, StorageUnavailableError
from bot.storage.fence import current_fence
from bot.storage.shielding import shield_until_done
from bot.storage.single_writes import SingleWrite, SingleWrites
from bot.storage.write_turns import WriteTurns

log: Final = structlog.get_logger(__name__)

_LOOK_EVERY_S: Final = 5.0


class Database:
    """A database whose tables are current, and which this process owns. `open_database` makes it.

    `open_existing` makes one that another process may own.

    `write` and `read` turn the driver's errors into `StorageError`. `sqlalchemy.exc.IntegrityError` alone passes
    unchanged, for callers that expect a duplicate row. No error text contains a row's values.
    """

    def __init__(self, backend: Backend) -> None:
        self.address = backend.address
        self.path = backend.address.path if isinstance(backend.address, SqliteAddress) else None
        """The database's file; None if it is on a server."""
        self.alarms = backend.alarms
        self.taken = backend.taken
        """Set once another process owns the database: this one has to exit."""
        self.commits = 0
        """Number of transactions of `write` that were committed."""
        self.feed = ChangeFeed()
        """Has what this process keeps in memory follow the rows; it runs with `watch`, if others write."""
        self.is_shared = backend.listener is not None
        """True if other processes write at the same time: what is in memory may be outdated."""
        self._announced: list[tuple[ChangeKind, str]] = []
        self._backend = backend
        # The writer's engine has one connection. Without this lock, transactions would wait for that connection,
        # which SQLAlchemy's pool gives up after 30 seconds.
        self._writing = WriteTurns()
        self._single_writes = SingleWrites(self._carry_out_single_writes)
        self._urgent_writes = SingleWrites(self._carry_out_urgent_writes)
        self._reading = asyncio.Semaphore(backend.readers)
        self._closed = False
        self.is_confirmed: Callable[[], bool] = lambda: True
        """Tells where processes share the database if none can have taken over what this one does."""

    @asynccontextmanager
    async def write(
        self, committed: Callable[[], None] | None = None, *, urgent: bool = False
    ) -> AsyncGenerator[AsyncConnection]:
        """Open one write transaction; no other runs at the same time. It cannot be nested.

        The end of the block commits it to the disk. A database that was deleted, replaced or taken over raises
        `StorageUnavailableError`, by the first statement or after the commit. An exception or a cancellation that
        leaves the block rolls it back. A cancellation during the commit is raised only after the commit has
        succeeded or failed. A task whose writes have a condition (`bot.storage.fence`) writes nothing without it.

        Args:
            committed: Called right after the commit, before the next transaction begins, even if the block's
                task is cancelled meanwhile. It must not raise.
            urgent: True if an acknowledgement waits for this transaction, which then begins before others.
        """
        async with self._writing.turn(urgent=urgent), self._connected(self._backend.writer) as connection:
            try:
                await connection.begin()
                if (fence := current_fence()) is not None:
                    await fence(connection)
                yield connection
                await shield_until_done(self._commit(connection, committed))
            except BaseException:
                await shield_until_done(self._backend.roll_back(connection))
                raise
            finally:
                # Whatever became of it: after a lost answer the change may have been kept.
                announced, self._announced = self._announced, []
                for kind, key in announced:
                    self.feed.changed(kind, key)

    @property
    def is_surely_own(self) -> bool:
        """True if no other process can have taken over at this moment: what is known here is not outdated."""
        return self._backend.is_surely_own and self.is_confirmed()

    async def announce(self, connection: AsyncConnection, kind: ChangeKind, key: str) -> None:
        """Have every process that shares the database read a changed row again, once the change is committed.

        Does nothing where no other process writes. What this process keeps of the row is its writer's to change
        after the commit, and is read again after that.

        Args:
            connection: That of the open `write`.
            kind: What the row is.
            key: Names the row, as `kind` says. At most some hundred characters.
        """
        if self.is_shared and (kind, key) not in self._announced:
            await self._backend.announce(connection, f"{kind.value} {key}")
            self._announced.append((kind, key))

    async def lock(self, connection: AsyncConnection, lock: SharedLock) -> None:
        """Wait until no other process is within a transaction with this lock, and hold it until this one ends.

        Does nothing where no other process writes. What is read afterwards is as others left it.

        Args:
            connection: That of the open `write`.
            lock: The lock. To be taken before any row is changed, or two processes may wait for each other.
        """
        await self._backend.lock(connection, lock)

    def alone(self, work: SoleWork, to: str = "") -> AbstractAsyncContextManager[Confirm]:
        """Keep other processes from doing the same until the block ends, in which no transaction is open.

        Does nothing where no other process writes. Elsewhere it waits while this process does too much of the same
        work already.

        Args:
            work: What is done.
            to: The id of what it is done to.

        Yields:
            What is to be called right before anything that others would see or could not take back: a process that
            stood still may have been followed by another meanwhile.

        Raises:
            NotAloneError: Another process has been at it for longer than is worth waiting for.
            StorageUnavailableError: The database cannot be reached.
        """
        return self._backend.alone(work, to)

    async def write_one(
        self, statement: Executable, values: Mapping[str, object] | None = None, *, urgent: bool = False
    ) -> int:
        """Execute one statement as a transaction of its own, which costs a part of what `write` does.

        It is committed to the disk when this returns. What waits at the same time is committed with it, and each
        succeeds or fails by itself. A cancellation withdraws it while it waits for its turn; later it is raised
        only after the statement has succeeded or failed.

        Args:
            statement: Changes rows and returns none.
            values: Those of its parameters.
            urgent: As for `write`.

        Returns:
            The number of rows that it changed.
        """
        if current_fence() is not None:
            async with self.write() as connection:
                return (await connection.execute(statement, values)).rowcount
        return await (self._urgent_writes if urgent else self._single_writes).write(statement, values)

    @asynccontextmanager
    async def read(self) -> AsyncGenerator[AsyncConnection]:
        """Open one transaction that cannot change anything.

        It sees what was committed before its first statement. It neither waits for the writer nor delays it.
        """
        async with self._reading, self._connected(self._backend.reader) as connection:
            yield connection

    async def place(self, connection: AsyncConnection) -> str | None:
        """Return a name of the place where the tables are; None where a copy of them is told by another mark.

        Args:
            connection: One in a transaction.
        """
        return await self._backend.place(connection)

    async def empty_log_file(self) -> None:
        """Remove what was deleted from the database's log as well, as far as that is in its clients' hands."""
        await self._backend.empty_log(self._writer)

    async def close(self) -> None:
        """Wait for the open transactions, then close. Later calls raise `StorageUnavailableError`."""
        self._closed = True
        # Holding the write lock and every slot for readers proves that no transaction is open.
        async with AsyncExitStack() as held:
            await held.enter_async_context(self._writing.turn())
            for _ in range(self._backend.readers):
                await held.enter_async_context(self._reading)
            await shield_until_done(self._backend.close())
        await self._urgent_writes.close()
        await self._single_writes.close()

    async def watch(self) -> None:
        """Look if the database is still this process's own, and follow what others change, until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._look(), name="database-look")
            if self._backend.listener is not None:
                group.create_task(self.feed.run(self._backend.listener), name="changes")

    async def _look(self) -> None:
        while True:
            try:
                await self._backend.check(self._writer)
            except StorageUnavailableError as error:
                log.error("database_unavailable", reason=str(error))
            await asyncio.sleep(_LOOK_EVERY_S)

    @asynccontextmanager
    async def _writer(self, *, urgent: bool = False) -> AsyncGenerator[AsyncConnection]:
        async with self._writing.turn(urgent=urgent), self._connected(self._backend.writer) as connection:
            yield connection

    @asynccontextmanager
    async def _connected(self, engine: AsyncEngine) -> AsyncGenerator[AsyncConnection]:
        if self._closed:
            raise StorageUnavailableError(f"{self._backend.address.name}: closed")
        try:
            connection = await engine.connect()
            try:
                yield connection
            finally:
                await self._backend.give_back(connection)
        except IntegrityError as error:
            error.__cause__ = error.orig  # without the server's own error behind it, which quotes the row
            raise
        except StorageError as error:
            self._backend.report(error)
            raise
        except DBAPIError as error:
            # `from None`: SQLAlchemy's text quotes the statement.
            raise self._backend.error(error) from None

    async def _carry_out_single_writes(self) -> None:
        async with self._writer() as connection:
            await self._carry_out(self._single_writes.take(), connection)

    async def _carry_out_urgent_writes(self) -> None:
        async with self._writer(urgent=True) as connection:
            await self._carry_out(self._urgent_writes.take(), connection)

    async def _carry_out(self, writes: Sequence[SingleWrite], connection: AsyncConnection) -> None:
        try:
            outcomes = await self._backend.execute_each(connection, writes)
        except BaseException:
            await shield_until_done(self._backend.roll_back(connection))
            raise
        self.commits += 1
        for write, outcome in zip(writes, outcomes, strict=True):
            write.end(outcome)

    async def _commit(self, connection: AsyncConnection, committed: Callable[[], None] | None) -> None:
        await self._backend.commit(connection)
        self.commits += 1
        if committed is not None:
            committed()
