"""The way to PostgreSQL for the rest of the package: what needs psycopg is imported when it is called."""

from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import asynccontextmanager, contextmanager
from importlib.util import find_spec
from typing import TYPE_CHECKING

from sqlalchemy import Connection

from bot.extras import Extra, install_command
from bot.storage.address import PostgresqlAddress
from bot.storage.backend import Backend
from bot.storage.errors import UnsupportedDatabaseError

if TYPE_CHECKING:
    from bot.storage.postgresql_queue import PostgresqlRunQueue
    from bot.storage.postgresql_session import PostgresqlSession


@asynccontextmanager
async def open_server(
    address: PostgresqlAddress, before_new: Callable[[], None], *, sharing: bool
) -> AsyncGenerator[Backend]:
    """Own a database on a server until the block ends, with current tables; alone, or `sharing` it with others.

    `before_new` is called before the first tables are made, and what it raises is raised here.

    Raises as `bot.storage.opening.open_database`.
    """
    require_driver(address)
    from bot.storage import postgresql_opening  # noqa: PLC0415 - imports psycopg, which is an extra

    owned = postgresql_opening.shared if sharing else postgresql_opening.owned
    async with owned(address, before_new) as backend:
        yield backend


@asynccontextmanager
async def open_run_queue(address: PostgresqlAddress) -> AsyncGenerator["PostgresqlRunQueue"]:
    """Open the queue of runs, with current tables. Raises `StorageError`."""
    if find_spec("pgqueuer") is None:
        raise _not_installed(address, "PgQueuer")
    from bot.storage import postgresql_queue  # noqa: PLC0415 - imports what is an extra

    queue = postgresql_queue.PostgresqlRunQueue(address)
    try:
        await queue.install()
        yield queue
    finally:
        await queue.close()


@asynccontextmanager
async def open_standing_session(address: PostgresqlAddress) -> AsyncGenerator["PostgresqlSession"]:
    """Give a connection for locks that a process has as long as it is well."""
    require_driver(address)
    from bot.storage import postgresql_session  # noqa: PLC0415 - imports psycopg, which is an extra

    session = postgresql_session.PostgresqlSession(address)
    try:
        yield session
    finally:
        await session.close()


@asynccontextmanager
async def open_existing_server(address: PostgresqlAddress) -> AsyncGenerator[Backend]:
    """Use a database on a server beside the process that owns it.

    Raises as `bot.storage.opening.open_existing`.
    """
    require_driver(address)
    from bot.storage import postgresql_opening  # noqa: PLC0415 - imports psycopg, which is an extra

    async with postgresql_opening.existing(address) as backend:
        yield backend


@contextmanager
def read_only_server(address: PostgresqlAddress) -> Generator[Connection]:
    """Open a connection that cannot change anything, in a transaction that sees one state. Blocking.

    Raises:
        StorageError: Any error of the server within the block.
    """
    require_driver(address)
    from bot.storage import postgresql_opening  # noqa: PLC0415 - imports psycopg, which is an extra

    with postgresql_opening.read_only(address) as connection:
        yield connection


def require_driver(address: PostgresqlAddress) -> None:
    """Raise `UnsupportedDatabaseError`, with the command that installs it, unless psycopg is there."""
    if find_spec("psycopg") is None:
        raise _not_installed(address, "psycopg")


def _not_installed(address: PostgresqlAddress, package: str) -> UnsupportedDatabaseError:
    command = install_command(Extra.POSTGRES)
    return UnsupportedDatabaseError(f"{address.name}: {package} is not installed; install it with: {command}")
