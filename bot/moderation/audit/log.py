"""The audit log as the rest of the bot writes it: each entry together with the change that it tells of."""

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.moderation.audit.entries import AuditEntry, RecordedEntry
from bot.moderation.audit.store import AuditStore, append_within
from bot.storage.database import Database


def _nowhere(recorded: RecordedEntry) -> None:
    """The mirror until one is set."""
    del recorded


class AuditedTransaction:
    """One transaction of the database that holds a decision and its entries: both are kept, or neither.

    Stores whose changes moderators have to be able to trace take it in place of a connection.
    """

    def __init__(self, connection: AsyncConnection) -> None:
        self.connection = connection
        self.recorded: list[RecordedEntry] = []
        self._steps: list[Callable[[], None]] = []

    async def record(self, *entries: AuditEntry) -> None:
        """Add entries to the log, in this order. Raises `bot.storage.StorageError`."""
        self.recorded += await append_within(self.connection, *entries)

    def once_committed(self, step: Callable[[], None]) -> None:
        """Have what is in memory follow what is on the disk. A step must neither wait nor raise."""
        self._steps.append(step)

    def committed(self) -> None:
        """Take the steps, in the order in which they were given."""
        for step in self._steps:
            step()


class AuditLog:
    """Opens the transactions in which decisions are made, and mirrors the entries of those that were kept."""

    def __init__(self, database: Database) -> None:
        self.store = AuditStore(database)
        self.mirror: Callable[[RecordedEntry], None] = _nowhere
        """Told of every entry once it is kept; must neither wait nor raise."""
        self._database = database

    @asynccontextmanager
    async def transaction(self) -> AsyncGenerator[AuditedTransaction]:
        """One transaction for a decision and its entries, committed at the end of the block; not to be nested.

        Decisions come one after the other: what is in memory does not change while the block runs. Raises
        `bot.storage.StorageError`, and then nothing has changed, neither on the disk nor in memory.
        """
        opened: list[AuditedTransaction] = []

        def committed() -> None:
            for transaction in opened:
                transaction.committed()
                for recorded in transaction.recorded:
                    self.mirror(recorded)

        async with self._database.write(committed) as connection:
            opened.append(AuditedTransaction(connection))
            yield opened[0]

    async def append(self, *entries: AuditEntry) -> None:
        """Add entries about what changes nothing that is kept, all or none. Raises `bot.storage.StorageError`."""
        async with self.transaction() as within:
            await within.record(*entries)
