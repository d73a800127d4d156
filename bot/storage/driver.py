"""SQLite's driver with one trip to its thread for each statement, for SQLAlchemy's asyncio engines.

aiosqlite runs every call in the thread of its connection, and SQLAlchemy makes three or four calls for a statement.
While the event loop is busy each of them waits for the interpreter: with hundreds of jobs at their ends, those
waits and not the disk were what a transaction took.
"""

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from types import TracebackType
from typing import Any, Final, Self, TypeVar

import aiosqlite

_CHUNK_ROWS: Final = 64

_Result = TypeVar("_Result")


class OneTripConnection(aiosqlite.Connection):
    """A connection whose cursors execute, fetch and close at once.

    Args:
        connector: Opens the database; called in the connection's thread, as `look` is.
        look: Called before each `begin` and after each commit. What it raises is raised there.
    """

    def __init__(self, connector: Callable[[], sqlite3.Connection], look: Callable[[], None]) -> None:
        super().__init__(connector, _CHUNK_ROWS)
        self._look = look
        self._thread.daemon = True  # as SQLAlchemy has it for connections that it makes itself

    def cursor(self) -> "OneTripCursor":  # pyright: ignore[reportIncompatibleMethodOverride] - needs no trip
        """Return a cursor, which is made only when it executes something."""
        return OneTripCursor(self)

    async def begin(self, statement: str) -> None:
        """Look, then begin a transaction. Raises what the look raises, and `sqlite3.Error`."""
        await self.trip(partial(self._look_and_begin, statement))

    async def commit(self) -> None:
        """Commit, then look. Raises what the look raises, although the transaction is committed then."""
        await self.trip(self._commit_and_look)

    async def executed(self, work: Callable[[sqlite3.Connection], sqlite3.Cursor]) -> "Outcome":
        """Have a statement executed, and return all that came of it."""
        return await self.trip(lambda: Outcome(work(self._conn)))

    async def trip(self, work: Callable[[], _Result]) -> _Result:
        """Do a piece of work in the connection's thread."""
        return await self._execute(work)  # pyright: ignore[reportUnknownMemberType] - aiosqlite's, without types

    def _look_and_begin(self, statement: str) -> None:
        self._look()
        self._conn.execute(statement)

    def _commit_and_look(self) -> None:
        self._conn.commit()
        self._look()


class Outcome:
    """All that is left of a cursor that has executed a statement: its rows, and what it told about itself."""

    __slots__ = ("description", "lastrowid", "rowcount", "rows")

    def __init__(self, cursor: sqlite3.Cursor) -> None:
        self.description = cursor.description
        self.rows: list[Any] = cursor.fetchall() if self.description else []
        self.rowcount, self.lastrowid = cursor.rowcount, cursor.lastrowid
        cursor.close()


class OneTripCursor:
    """A cursor as SQLAlchemy's adapter for asyncio drivers uses it (`sqlalchemy.connectors.asyncio`)."""

    def __init__(self, connection: OneTripConnection) -> None:
        self._connection = connection
        self._rows: list[Any] = []
        self.description: Any = None
        self.rowcount = -1
        self.lastrowid: int | None = None
        self.arraysize = 1

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def execute(self, statement: str, parameters: Iterable[Any] = ()) -> Self:
        """Execute a statement and fetch all that it finds."""
        values = tuple(parameters)
        return self._tell(await self._connection.executed(lambda on: on.execute(statement, values)))

    async def executemany(self, statement: str, parameters: Iterable[Sequence[Any]]) -> Self:
        """Execute a statement with several sets of parameters."""
        values = list(parameters)
        return self._tell(await self._connection.executed(lambda on: on.executemany(statement, values)))

    async def fetchall(self) -> list[Any]:
        """Return the rows that were found."""
        rows, self._rows = self._rows, []
        return rows

    async def close(self) -> None:
        """Forget the rows; nothing is open."""
        self._rows = []

    def _tell(self, outcome: Outcome) -> Self:
        self._rows, self.description = outcome.rows, outcome.description
        self.rowcount, self.lastrowid = outcome.rowcount, outcome.lastrowid
        return self


def connect(path: str, *, look: Callable[[], None], **options: Any) -> OneTripConnection:  # noqa: ANN401 - those of `sqlite3.connect`
    """Return a connection, which is opened when it is awaited."""
    return OneTripConnection(lambda: sqlite3.connect(path, **options), look)
