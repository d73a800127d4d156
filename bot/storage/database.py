"""The open database: transactions that read, and transactions that write, one at a time."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.storage import engines
from bot.storage.errors import StorageUnavailableError, storage_error
from bot.storage.settling import settled


class Database:
    """A database file whose tables are this version's and which this process owns; see `open_database`.

    What SQLite refuses leaves `write` and `read` as a `StorageError`; only `sqlalchemy.exc.IntegrityError`
    leaves as it is, for callers who expect a second row of a kind. None of them shows a row's values.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.commits = 0
        """How many transactions of `write` were committed."""
        self._writer = engines.writer(path)
        self._reader = engines.reader(path)
        self._writing = asyncio.Lock()
        self._reading = asyncio.Semaphore(engines.READERS)
        self._closed = False

    @asynccontextmanager
    async def write(self, committed: Callable[[], None] | None = None) -> AsyncGenerator[AsyncConnection]:
        """One transaction, which nobody else's interleaves: committed at the end of the block, and on the
        disk then, or rolled back if an exception or a cancellation leaves the block. Not to be nested.

        A cancellation while it is being committed comes out only when it is known whether it was.

        Args:
            committed: Called right after the commit, before the next transaction begins, even if the block's
                task is cancelled meanwhile. It must not raise.
        """
        async with self._writing, self._connected(self._writer) as connection:
            await connection.begin()
            try:
                yield connection
                await settled(self._commit(connection, committed))
            except BaseException:
                # After a commit that failed, too: SQLite keeps the transaction open then.
                await settled(connection.rollback())
                raise

    @asynccontextmanager
    async def read(self) -> AsyncGenerator[AsyncConnection]:
        """One transaction that cannot change anything. It sees what was committed before its first
        statement, and neither waits for writers nor keeps them waiting.
        """
        async with self._reading, self._connected(self._reader) as connection:
            yield connection

    async def close(self) -> None:
        """Wait for the transactions under way, then close the file. Whoever comes later is refused."""
        self._closed = True
        async with AsyncExitStack() as everyone:
            for turn in (self._writing, *(self._reading for _ in range(engines.READERS))):
                await everyone.enter_async_context(turn)
            await settled(self._writer.dispose())
            await settled(self._reader.dispose())

    @asynccontextmanager
    async def _connected(self, engine: AsyncEngine) -> AsyncGenerator[AsyncConnection]:
        if self._closed:
            raise StorageUnavailableError(f"{self.path}: closed")
        try:
            connection = await engine.connect()
            try:
                yield connection
            finally:
                # To its end, or a cancelled one would still be at it when the next comes, or the file is closed.
                await settled(connection.close())
        except IntegrityError:
            raise
        except DBAPIError as error:
            raise storage_error(error, self.path) from None

    async def _commit(self, connection: AsyncConnection, committed: Callable[[], None] | None) -> None:
        await connection.commit()
        self.commits += 1
        if committed is not None:
            committed()
