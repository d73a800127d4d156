"""Interface that `Database` needs of a kind of database. There is one implementation for each kind."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Protocol, TypeAlias

from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.storage.address import DatabaseAddress
from bot.storage.advisory_locks import SharedLock, SoleWork
from bot.storage.alarms import StorageAlarms
from bot.storage.change_feed import ChangeListener
from bot.storage.errors import StorageError
from bot.storage.single_writes import SingleWrite

Writing: TypeAlias = Callable[[], AbstractAsyncContextManager[AsyncConnection]]
"""Waits for a turn and connects the writer, without beginning a transaction."""
Confirm: TypeAlias = Callable[[], Awaitable[None]]
"""Returns if no other process can have begun the same work at this moment. Raises `NotAloneError`."""


async def confirmed() -> None:
    """Return at once: there is no other process."""


class Backend(Protocol):
    """A kind of database, open."""

    @property
    def address(self) -> DatabaseAddress:
        """Where the database is."""
        ...

    @property
    def alarms(self) -> StorageAlarms:
        """Where trouble is reported."""
        ...

    @property
    def writer(self) -> AsyncEngine:
        """One connection, for writes."""
        ...

    @property
    def reader(self) -> AsyncEngine:
        """`readers` connections, which cannot change anything."""
        ...

    @property
    def readers(self) -> int:
        """Number of connections for reads."""
        ...

    @property
    def taken(self) -> asyncio.Event:
        """Set once another process owns the database: this one has to exit."""
        ...

    @property
    def listener(self) -> ChangeListener | None:
        """Hears what other processes announce; None if no other process writes."""
        ...

    async def announce(self, connection: AsyncConnection, announced: str) -> None:
        """Tell the other processes that share the database, once the transaction is committed."""
        ...

    async def lock(self, connection: AsyncConnection, lock: SharedLock) -> None:
        """Hold a lock until the end of the transaction, if other processes write."""
        ...

    def alone(self, work: SoleWork, to: str) -> AbstractAsyncContextManager[Confirm]:
        """Keep other processes, if they write, from doing this to the same thing. Raises `StorageError`."""
        ...

    async def place(self, connection: AsyncConnection) -> str | None:
        """Return a name of the place where the tables are, 48 characters at most, which no copy of them shares.

        None where copies are told by another mark (`bot.jobs.heartbeat`).
        """
        ...

    @property
    def is_surely_own(self) -> bool:
        """True if no other process can own the database at this moment. Does not block."""
        ...

    def error(self, error: DBAPIError) -> StorageError:
        """Translate a driver's error. The text contains no values."""
        ...

    def report(self, error: StorageError) -> None:
        """Act on an error that left a transaction, such as one that only the operator can end. Does not block."""
        ...

    async def commit(self, connection: AsyncConnection) -> None:
        """Commit a transaction of the writer. Returning means that it is on the disk.

        Raises:
            StorageError: It is not committed, or that cannot be found out.
            DBAPIError: It is not committed.
        """
        ...

    async def execute_each(
        self, connection: AsyncConnection, writes: Sequence[SingleWrite]
    ) -> Sequence[int | Exception]:
        """Carry out and commit statements, each as if in a transaction of its own.

        Returns:
            For each the number of rows that it changed, or its error: `IntegrityError`, or a `StorageError`.

        Raises:
            StorageError: None of them is committed, or that cannot be found out.
            DBAPIError: None of them is committed.
        """
        ...

    async def roll_back(self, connection: AsyncConnection) -> None:
        """End a transaction of the writer, also one of which SQLAlchemy does not know (any more)."""
        ...

    async def give_back(self, connection: AsyncConnection) -> None:
        """Return a connection to its pool, with no transaction open in it, even if the caller is cancelled."""
        ...

    async def empty_log(self, writing: Writing) -> None:
        """Remove what was deleted from the database's log as well, where that is in its clients' hands."""
        ...

    async def check(self, writing: Writing) -> None:
        """Return if what is written is kept in the database that was opened, and this process owns it.

        Raises:
            StorageUnavailableError: It is not, or does not answer.
        """
        ...

    async def close(self) -> None:
        """Close all connections, once no transaction is open."""
        ...
