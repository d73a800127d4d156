"""The way to PostgreSQL for the rest of the package: what needs psycopg is imported when it is called."""

from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from importlib.util import find_spec

from sqlalchemy import Connection

from bot.extras import Extra, install_command
from bot.storage.address import PostgresqlAddress
from bot.storage.backend import Backend
from bot.storage.errors import UnsupportedDatabaseError


@asynccontextmanager
async def open_server(address: PostgresqlAddress) -> AsyncGenerator[Backend]:
    """Own a database on a server until the block ends, with current tables.

    Raises as `bot.storage.opening.open_database`.
    """
    require_driver(address)
    from bot.storage import postgresql_opening  # noqa: PLC0415 - imports psycopg, which is an extra

    async with postgresql_opening.owned(address) as backend:
        yield backend


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
        command = install_command(Extra.POSTGRES)
        raise UnsupportedDatabaseError(
            f"{address.name}: psycopg is not installed; install it with: {command}"
        )
