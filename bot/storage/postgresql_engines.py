"""Connections to PostgreSQL and SQLAlchemy engines over them, one for each purpose.

psycopg is imported here, so only an operator who uses PostgreSQL needs it.
"""

import os
import socket
from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeAlias

import psycopg
from psycopg.conninfo import conninfo_to_dict
from psycopg.types.string import StrDumper
from sqlalchemy import Engine, NullPool, create_engine, event
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from bot.storage.address import PostgresqlAddress
from bot.storage.errors import UnsupportedDatabaseError
from bot.storage.plain_text import plain
from bot.storage.postgresql_errors import without_values

ServerConnection: TypeAlias = psycopg.AsyncConnection[tuple[Any, ...]]

READERS: Final = 2
OLDEST: Final = 140_000
"""PostgreSQL 14: `pg_terminate_backend` waits from then on."""
_URL: Final = "postgresql+psycopg://"  # SQLAlchemy learns the kind from it; the address stays with psycopg
HOST_CHARS: Final = 24
"""Of the host's name, as in the owners of claims: PostgreSQL keeps 63 bytes of the name of a session."""
_CONNECTING: Final[dict[str, Any]] = {
    "connect_timeout": 10,
    # Ends a connection to a host that is gone, in half a minute instead of hours.
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 25_000,
}
# The same on the server's side, so that it gives up the session of a host that is gone, and its lock. Nothing waits
# for ever: neither for a lock nor for a client that began a transaction.
_SESSION: Final = {
    "tcp_keepalives_idle": "10",
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "3",
    "tcp_user_timeout": "25000",
    "statement_timeout": "60s",
    "lock_timeout": "10s",
    "idle_in_transaction_session_timeout": "60s",
    "idle_session_timeout": "0",
    "client_min_messages": "warning",
    # What an administrator may have set otherwise for the role or the database, and the driver or the bot rely on.
    "client_encoding": "UTF8",
    "DateStyle": "ISO",
    "default_transaction_isolation": "read committed",
}
_SET: Final = ", ".join(f"set_config('{name}', '{value}', false)" for name, value in _SESSION.items())
# `off` may lose the last commits at a crash. These must survive one: the row that is committed before a video is
# bought is the only record of that money.
_KEPT: Final = (
    "set_config('synchronous_commit', replace(current_setting('synchronous_commit'), 'off', 'on'), false)"
)
_PREPARE: Final = f"SELECT {_SET}, {_KEPT}, current_setting('server_encoding'), pg_backend_pid()".encode()


class PlainStrDumper(StrDumper):
    """Sends texts as PostgreSQL can store them: without zero bytes and halves of surrogate pairs."""

    def dump(self, obj: str) -> Any:  # noqa: ANN401 - bytes or a buffer, as in psycopg
        """Convert a text."""
        return super().dump(plain(obj))


def parameters(address: PostgresqlAddress) -> dict[str, Any]:
    """Return the parameters of a connection; what the address says comes first.

    Raises:
        UnsupportedDatabaseError: libpq cannot read the address.
    """
    try:
        stated = conninfo_to_dict(address.url)
    except psycopg.Error:
        # `from None`, without libpq's text: it may quote the password.
        raise UnsupportedDatabaseError(
            f"{address.name}: DATABASE_URL cannot be read, or has an unknown parameter"
        ) from None
    role = f"{address.role} " if address.role is not None else ""
    name = f"stillmotion {role}{socket.gethostname()[:HOST_CHARS]}:{os.getpid()}".encode("ascii", "replace")
    return {**_CONNECTING, "application_name": name.decode(), **stated}


async def connect(address: PostgresqlAddress) -> ServerConnection:
    """Open a connection in autocommit mode.

    Raises:
        UnsupportedDatabaseError: The server is too old, stores no UTF-8, or is behind a pooler of transactions.
        psycopg.Error: The server cannot be reached, or refuses.
    """
    connection: ServerConnection = await psycopg.AsyncConnection.connect(
        **parameters(address), autocommit=True
    )
    try:
        connection.adapters.register_dumper(str, PlainStrDumper)
        row = await (await connection.execute(_PREPARE)).fetchone()
        if row is not None:
            _check(address, connection.info.server_version, encoding=row[-2], pid=row[-1], told=connection)
    except BaseException:
        await connection.close()
        raise
    return connection


def writer(claim: Callable[[], Awaitable[ServerConnection]]) -> AsyncEngine:
    """Return an engine with one connection for the bot's writes, which `claim` opens.

    READ COMMITTED is enough: the process that holds the owner's lock is the only one that changes jobs, and its
    transactions follow one another.
    """
    return _pooled(claim, 1)


def reader(address: PostgresqlAddress) -> AsyncEngine:
    """Return an engine with `READERS` connections whose transactions see one state and cannot change anything."""

    async def opened() -> ServerConnection:
        connection = await connect(address)
        await connection.set_isolation_level(psycopg.IsolationLevel.REPEATABLE_READ)
        await connection.set_read_only(True)
        await connection.set_autocommit(False)
        return connection

    return _pooled(opened, READERS)


def blocking(address: PostgresqlAddress, *, read_only: bool) -> Engine:
    """Return a blocking engine: for migrations, and for commands that read. Each use is a connection of its own.

    Args:
        read_only: True if its transactions cannot change anything, and see one state.
    """

    def opened() -> psycopg.Connection[tuple[Any, ...]]:
        connection = psycopg.connect(**parameters(address), autocommit=True)
        try:
            connection.adapters.register_dumper(str, PlainStrDumper)
            row = connection.execute(_PREPARE).fetchone()
            if row is not None:
                _check(
                    address, connection.info.server_version, encoding=row[-2], pid=row[-1], told=connection
                )
            # A migration may take its time.
            connection.execute("SET statement_timeout = 0")
            if read_only:
                connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
                connection.read_only = True
            connection.autocommit = False
        except BaseException:
            connection.close()
            raise
        return connection

    engine = create_engine(
        _URL, creator=opened, poolclass=NullPool, hide_parameters=True, use_native_hstore=False
    )
    event.listen(engine, "handle_error", without_values, retval=True)
    return engine


def _pooled(opened: Callable[[], Awaitable[ServerConnection]], connections: int) -> AsyncEngine:
    engine = create_async_engine(
        _URL,
        async_creator=opened,
        pool_size=connections,
        max_overflow=0,
        # Asks before each transaction, so that none fails only because the server was restarted since the last.
        pool_pre_ping=True,
        hide_parameters=True,
        use_native_hstore=False,
    )
    event.listen(engine.sync_engine, "handle_error", without_values, retval=True)
    return engine


def _check(
    address: PostgresqlAddress,
    version: int,
    *,
    encoding: str,
    pid: int,
    told: psycopg.AsyncConnection[Any] | psycopg.Connection[Any],
) -> None:
    if version < OLDEST:
        raise UnsupportedDatabaseError(f"{address.name}: PostgreSQL {OLDEST // 10_000} or newer is needed")
    if encoding != "UTF8":
        raise UnsupportedDatabaseError(
            f"{address.name}: stores {encoding}; make the database with ENCODING 'UTF8'"
        )
    if pid != told.info.backend_pid:
        # A pooler answers for the server. One that shares sessions would share the owner's lock as well.
        raise UnsupportedDatabaseError(
            f"{address.name}: a connection pooler such as PgBouncer is in between; connect to the server itself"
        )
