"""SQLite's driver with one trip to its thread for each statement, for SQLAlchemy's asyncio engines.

aiosqlite runs every call in the thread of its connection, and SQLAlchemy makes three or four calls for a statement.
While the event loop is busy each of them waits for the interpreter: with hundreds of jobs at their ends, those
waits and not the disk were what a transaction took. So a transaction begins with its first statement, and
statements that need no answer from one another are collected and carried out in one trip.
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
        look: Called before each transaction and after each commit. What it raises is raised there.
    """

    def __init__(self, connector: Callable[[], sqlite3.Connection], look: Callable[[], None]) -> None:
        super().__init__(connector, _CHUNK_ROWS)
        self._look = look
        self._thread.daemon = True  # as SQLAlchemy has it for connections that it makes itself
        self._begin: str | None = None
        """The statement that begins the transaction which was asked for, until there is something to do in it."""
        self._may_be_open = False
        """True from the moment at which a transaction may have begun in the thread."""
        self._collected: list[_Work] | None = None

    def cursor(self) -> "OneTripCursor":  # pyright: ignore[reportIncompatibleMethodOverride] - needs no trip
        """Return a cursor, which is made only when it executes something."""
        return OneTripCursor(self)

    def begin(self, statement: str) -> None:
        """Have a transaction begin by this statement, with a look, right before what is executed next."""
        self._begin = statement

    async def commit(self) -> None:
        """Commit, then look. Raises what the look raises, although the transaction is committed then."""
        self._begin = None
        if self._may_be_open:
            await self.trip(self._commit_and_look)
            self._may_be_open = False

    async def rollback(self) -> None:
        """Undo what is not committed, also of a transaction whose begin or commit was cancelled or has failed."""
        self._begin, self._collected = None, None
        if self._may_be_open:
            await super().rollback()
            self._may_be_open = False

    def collect(self) -> None:
        """Do nothing with the statements that are executed from now on but collect them."""
        self._collected = []

    async def carry_out_collected(self) -> Sequence[int | Exception]:
        """Carry out what was collected, in one transaction that is committed, as if each had one of its own.

        One that fails takes no other with it.

        Returns:
            For each statement the number of rows that it changed, or its error.
        """
        begin, works = self._begin or "BEGIN", self._collected or []
        self._begin, self._collected = None, None
        self._may_be_open = True
        outcomes = await self.trip(partial(self._carry_out, begin, works))
        self._may_be_open = False
        return outcomes

    async def executed(self, work: "_Work") -> "Outcome":
        """Have a statement executed, and return all that came of it."""
        if self._collected is not None:
            self._collected.append(work)
            return Outcome()
        begin, self._begin = self._begin, None
        if begin is None:
            return await self.trip(lambda: Outcome(work(self._conn)))
        self._may_be_open = True
        return await self.trip(partial(self._begin_and_execute, begin, work))

    async def trip(self, work: Callable[[], _Result]) -> _Result:
        """Do a piece of work in the connection's thread."""
        return await self._execute(work)  # pyright: ignore[reportUnknownMemberType] - aiosqlite's, without types

    def _begin_and_execute(self, begin: str, work: "_Work") -> "Outcome":
        self._look()
        self._conn.execute(begin)
        return Outcome(work(self._conn))

    def _commit_and_look(self) -> None:
        self._conn.commit()
        self._look()

    def _carry_out(self, begin: str, works: "Sequence[_Work]") -> Sequence[int | Exception]:
        self._look()
        try:
            self._conn.execute(begin)
            counts = [Outcome(work(self._conn)).rowcount for work in works]
            self._conn.commit()
        except _REFUSED as error:
            self._conn.rollback()
            if len(works) == 1:
                return [error]
            return [outcome for work in works for outcome in self._carry_out(begin, [work])]
        self._look()
        return counts


_Work = Callable[[sqlite3.Connection], sqlite3.Cursor]
_REFUSED: Final = (sqlite3.Error, ValueError, OverflowError)
"""Errors of a statement: of SQLite, of its values' encoding, and of numbers that SQLite does not hold."""


class Outcome:
    """All that is left of a cursor that has executed a statement: its rows, and what it told about itself.

    Without a cursor nothing is known yet.
    """

    __slots__ = ("description", "lastrowid", "rowcount", "rows")

    def __init__(self, cursor: sqlite3.Cursor | None = None) -> None:
        self.description: Any = None
        self.rows: list[Any] = []
        self.rowcount, self.lastrowid = -1, None
        if cursor is not None:
            self.description = cursor.description
            self.rows = cursor.fetchall() if self.description else []
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
