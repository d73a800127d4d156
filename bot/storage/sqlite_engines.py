"""SQLAlchemy engines for SQLite: one for each purpose, with its settings and its kind of BEGIN.

Python's driver opens transactions by itself, though not for every statement. `isolation_level=None` turns that
off, and SQLAlchemy sends BEGIN instead (*Serializable isolation / Savepoints / Transactional DDL* in its
SQLite documentation).
"""

import os
import sqlite3
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from sqlalchemy import URL, Connection, Engine, NullPool, create_engine, event
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from bot.storage import sqlite_driver

READERS: Final = 2
BUSY_TIMEOUT_S: Final = 5.0
"""Seconds that SQLite waits for another process's lock: an operator may have the file open in a tool."""
_DRIVER: Final = {"isolation_level": None, "timeout": BUSY_TIMEOUT_S}
# A negative cache size is in KiB. Temporary tables and sorts stay in memory instead of files under /tmp.
_COMMON: Final = ("temp_store=MEMORY", "cache_size=-512")
_WRITING: Final = (
    "journal_mode=WAL",
    # NORMAL, the usual choice with WAL, may lose the last commits at a power failure. These must survive one:
    # the row that is committed before a video is bought is the only record of that money.
    "synchronous=FULL",
)


def writer(path: Path, look: Callable[[], None]) -> AsyncEngine:
    """Return an engine with one connection for the bot's writes.

    `look` is called in the connection's thread before each transaction and after each commit, and what it raises
    is raised there. Whoever leaves a transaction open has to roll it back: the pool does not.

    BEGIN IMMEDIATE takes SQLite's write lock at the start of each transaction. With a plain BEGIN, a
    transaction that reads before it writes could fail with SQLITE_BUSY halfway, without any waiting.
    """
    # What is deleted is overwritten as well: nobody finds it in the file any more.
    pragmas = (*_WRITING, "foreign_keys=ON", "secure_delete=ON")
    return _pooled(path, 1, pragmas, "BEGIN IMMEDIATE", look=look, resets=False)


def reader(path: Path) -> AsyncEngine:
    """Return an engine with `READERS` connections for the bot's reads.

    Each transaction sees one state of the database.
    """
    return _pooled(path, READERS, ("foreign_keys=ON", "query_only=ON"), "BEGIN")


def migrating(path: Path) -> Engine:
    """Return a blocking engine that may change tables, for migrations.

    Foreign keys are off: SQLite alters a table by copying it, and dropping the original would delete the rows
    of other tables that refer to it (sqlite.org/lang_altertable.html).
    """
    engine = create_engine(
        URL.create("sqlite", database=str(path)),
        connect_args=_DRIVER,
        poolclass=NullPool,
        hide_parameters=True,
    )
    _set_up(engine, (*_COMMON, *_WRITING, "foreign_keys=OFF"), "BEGIN IMMEDIATE")
    return engine


def read_only(path: Path) -> Engine:
    """Return a blocking engine that changes and creates nothing, for a file that another process may be using."""
    engine = create_engine(
        "sqlite://",
        creator=lambda: connect_read_only(path),
        poolclass=NullPool,
        hide_parameters=True,
    )
    _set_up(engine, _COMMON, "BEGIN")
    return engine


def connect_read_only(path: Path) -> sqlite3.Connection:
    """Open a plain read-only connection that leaves no file behind. Raises `sqlite3.Error`.

    Even a reader of a database in WAL mode creates the log file beside it. If there is no log, no process has
    the database open, so it is opened as `immutable` (sqlite.org/uri.html), which creates nothing.
    """
    not_in_use = not path.with_name(f"{path.name}-wal").exists()
    address = f"file:{quote(os.fsencode(path))}?mode=ro{'&immutable=1' if not_in_use else ''}"
    return sqlite3.connect(address, uri=True, isolation_level=None, timeout=BUSY_TIMEOUT_S)


def _unchecked() -> None:
    """Look at nothing."""


def _pooled(
    path: Path,
    connections: int,
    pragmas: Sequence[str],
    begin: str,
    *,
    look: Callable[[], None] = _unchecked,
    resets: bool = True,
) -> AsyncEngine:
    engine = create_async_engine(
        URL.create("sqlite+aiosqlite", database=str(path)),
        connect_args={**_DRIVER, "async_creator_fn": partial(sqlite_driver.connect, look=look)},
        pool_size=connections,
        max_overflow=0,
        pool_reset_on_return="rollback" if resets else None,
        hide_parameters=True,
    )
    _prepare(engine.sync_engine, (*_COMMON, *pragmas))

    def began(connection: Connection) -> None:
        adapted: Any = connection.connection.dbapi_connection
        adapted.driver_connection.begin(begin)

    event.listen(engine.sync_engine, "begin", began)
    return engine


def _set_up(engine: Engine, pragmas: Sequence[str], begin: str) -> None:
    _prepare(engine, pragmas)

    def began(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    event.listen(engine, "begin", began)


def _prepare(engine: Engine, pragmas: Sequence[str]) -> None:
    def connected(connection: Any, _record: object) -> None:  # noqa: ANN401 - the driver's own, one of two kinds
        # Most pragmas hold for one connection only, so each new connection gets them again.
        cursor = connection.cursor()
        for pragma in pragmas:
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    event.listen(engine, "connect", connected)
