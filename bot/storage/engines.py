"""How SQLite is opened: one engine a purpose, each with its settings and the way its transactions begin.

Python's driver opens transactions by itself, though not for every statement. It is told not to
(`isolation_level=None`), and SQLAlchemy says BEGIN instead: *Serializable isolation / Savepoints /
Transactional DDL* in its SQLite documentation.
"""

import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from sqlalchemy import URL, Connection, Engine, NullPool, create_engine, event
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

READERS: Final = 2
BUSY_TIMEOUT_S: Final = 5.0
_DRIVER: Final = {"isolation_level": None, "timeout": BUSY_TIMEOUT_S}
_COMMON: Final = ("temp_store=MEMORY", "cache_size=-512")  # negative: KiB
_WRITING: Final = (
    "journal_mode=WAL",
    # NORMAL, the usual choice with WAL, may forget the last commits when the power fails. Ours must survive
    # that: what is committed before a video is bought is all that knows of the money afterwards.
    "synchronous=FULL",
)


def writer(path: Path) -> AsyncEngine:
    """One connection for the bot's writes; each transaction takes SQLite's write lock as it begins."""
    engine = create_async_engine(
        URL.create("sqlite+aiosqlite", database=str(path)),
        connect_args=_DRIVER,
        pool_size=1,
        max_overflow=0,
        hide_parameters=True,
    )
    _set_up(engine.sync_engine, (*_COMMON, *_WRITING, "foreign_keys=ON"), "BEGIN IMMEDIATE")
    return engine


def reader(path: Path) -> AsyncEngine:
    """Connections for the bot's reads, each transaction of which sees one state of the database."""
    engine = create_async_engine(
        URL.create("sqlite+aiosqlite", database=str(path)),
        connect_args=_DRIVER,
        pool_size=READERS,
        max_overflow=0,
        hide_parameters=True,
    )
    _set_up(engine.sync_engine, (*_COMMON, "foreign_keys=ON", "query_only=ON"), "BEGIN")
    return engine


def migrating(path: Path) -> Engine:
    """A blocking engine that may change tables. Foreign keys are off, because SQLite changes a table by
    copying it, and dropping the old one would take the rows along that point to it.
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
    """A blocking engine that changes nothing and creates nothing, for a file that somebody may be using."""
    engine = create_engine(
        "sqlite://",
        creator=lambda: connect_read_only(path),
        poolclass=NullPool,
        hide_parameters=True,
    )
    _set_up(engine, _COMMON, "BEGIN")
    return engine


def connect_read_only(path: Path) -> sqlite3.Connection:
    """A plain connection of that kind. Raises `sqlite3.Error`.

    Reading a database in WAL mode creates a log beside it. Where there is none, nobody has the file open, and
    it is read as one that does not change, which leaves nothing behind (sqlite.org/uri.html, *immutable*).
    """
    alone = not path.with_name(f"{path.name}-wal").exists()
    address = f"file:{quote(str(path))}?mode=ro{'&immutable=1' if alone else ''}"
    return sqlite3.connect(address, uri=True, isolation_level=None, timeout=BUSY_TIMEOUT_S)


def _set_up(engine: Engine, pragmas: Sequence[str], begin: str) -> None:
    def connected(connection: Any, _record: object) -> None:  # noqa: ANN401 - the driver's own, one of two kinds
        cursor = connection.cursor()
        for pragma in pragmas:
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    def began(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    event.listen(engine, "connect", connected)
    event.listen(engine, "begin", began)
