"""Audit log: writes each entry in the same transaction as the change that it records."""

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.moderation.audit.entries import AuditEntry, RecordedEntry
from bot.moderation.audit.store import AuditStore, append_within
from bot.storage.advisory_locks import SharedLock
from bot.storage.database import Database


class AuditedTransaction:
    """One database transaction with a decision and its entries: both are committed, or neither.

    Stores whose changes must be traceable take it in place of a connection.
    """

    def __init__(self, connection: AsyncConnection) -> None:
        self.connection = connection
        self.recorded: list[RecordedEntry] = []
        self._steps: list[Callable[[], None]] = []

    async def record(self, *entries: AuditEntry) -> None:
        """Append entries to the log, in this order. Raises `bot.storage.errors.StorageError`."""
        self.recorded += await append_within(self.connection, *entries)

    def once_committed(self, step: Callable[[], None]) -> None:
        """Call a function after the commit, to update a cache. It must neither wait nor raise."""
        self._steps.append(step)

    def committed(self) -> None:
        """Call the functions given to `once_committed`, in that order."""
        for step in self._steps:
            step()


class AuditLog:
    """Opens the transactions of decisions, and mirrors their entries once they are committed."""

    def __init__(self, database: Database, mirror: Callable[[RecordedEntry], None] | None = None) -> None:
        """Args: `mirror` is called with every committed entry. It must neither wait nor raise."""
        self.store = AuditStore(database)
        self._database = database
        self._mirror = mirror

    @asynccontextmanager
    async def transaction(self) -> AsyncGenerator[AuditedTransaction]:
        """Open a transaction for a decision and its entries, which is committed at the end of the block.

        Transactions must not be nested. One runs at a time, also of those of other processes on the database: what
        is read within it about rules, records, words and questions stays so until its end.

        Raises:
            StorageError: Nothing has changed, neither in the database nor in a cache.
        """
        opened: list[AuditedTransaction] = []

        def committed() -> None:
            for transaction in opened:
                transaction.committed()
                if self._mirror is not None:
                    for recorded in transaction.recorded:
                        self._mirror(recorded)

        async with self._database.write(committed) as connection:
            await self._database.lock(connection, SharedLock.DECISIONS)
            opened.append(AuditedTransaction(connection))
            yield opened[0]

    async def append(self, *entries: AuditEntry) -> None:
        """Append entries about actions that change nothing in the database.

        Raises `bot.storage.errors.StorageError`.
        """
        async with self.transaction() as within:
            await within.record(*entries)
