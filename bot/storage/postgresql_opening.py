"""Opening of a database on a PostgreSQL server: ownership first, then migrations."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Final

import psycopg
import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from bot.storage import postgresql_engines
from bot.storage.address import PostgresqlAddress
from bot.storage.advisory_locks import HOLDER, MIGRATION_KEY, OWNER_KEY
from bot.storage.errors import DatabaseInUseError, UnsupportedDatabaseError
from bot.storage.migrate import (
    VERSIONS,
    SchemaState,
    accept_new,
    head_revision,
    refuse_foreign,
    require_current,
    standing_of,
    upgrade,
)
from bot.storage.postgresql_backend import PostgresqlBackend
from bot.storage.postgresql_errors import translated
from bot.storage.postgresql_owner import described
from bot.storage.shielding import shield_until_done

log: Final = structlog.get_logger(__name__)


@asynccontextmanager
async def owned(
    address: PostgresqlAddress, before_new: Callable[[], None] = accept_new
) -> AsyncGenerator[PostgresqlBackend]:
    """Own the database until the block ends, with current tables. `before_new` as in `migrate_server`."""
    backend = PostgresqlBackend(address, owns=True)
    try:
        await backend.own()
        # Shielded from cancellation: the thread would go on migrating after the lock was released.
        await shield_until_done(asyncio.to_thread(migrate_server, address, before_new=before_new))
        backend.know_revision(head_revision())
        yield backend
    finally:
        await shield_until_done(backend.close())


@asynccontextmanager
async def shared(
    address: PostgresqlAddress, before_new: Callable[[], None] = accept_new
) -> AsyncGenerator[PostgresqlBackend]:
    """Own the database together with other processes that share it until the block ends, with current tables.

    Only one that nobody owns is migrated. `before_new` as in `migrate_server`.
    """
    backend = PostgresqlBackend(address, owns=True, sharing=True)
    try:
        migrating = asyncio.to_thread(migrate_server, address, alone=True, before_new=before_new)
        await shield_until_done(migrating)
        await backend.own()
        # A newer version may have migrated it before this process had the lock.
        await asyncio.to_thread(_check_current, address)
        backend.know_revision(head_revision())
        yield backend
    finally:
        await shield_until_done(backend.close())


@asynccontextmanager
async def existing(address: PostgresqlAddress) -> AsyncGenerator[PostgresqlBackend]:
    """Use the database beside the process that owns it; nothing is created or migrated."""
    await asyncio.to_thread(_check_current, address)
    backend = PostgresqlBackend(address, owns=False)
    try:
        yield backend
    finally:
        await shield_until_done(backend.close())


@contextmanager
def read_only(address: PostgresqlAddress) -> Generator[Connection]:
    """Connect without being able to change anything. Blocking. Raises `StorageError`."""
    with translating(address), postgresql_engines.blocking(address, read_only=True).connect() as connection:
        yield connection


@contextmanager
def translating(address: PostgresqlAddress) -> Generator[None]:
    """Re-raise errors of the server inside the block as `StorageError`."""
    try:
        yield
    except (DBAPIError, psycopg.Error) as error:
        raise translated(error, address.name) from None


def migrate_server(
    address: PostgresqlAddress,
    versions: Path = VERSIONS,
    *,
    alone: bool = False,
    before_new: Callable[[], None] = accept_new,
) -> None:
    """Run the migrations that the database lacks, all in one transaction. Blocking.

    There is no copy before them as there is of a file: copies of a server's databases are the operator's, who makes
    them with `pg_dump`.

    Args:
        address: The database.
        versions: Folder of the migrations.
        alone: True if the caller does not own the database: where something is to be changed, the owner's lock is
            taken for that transaction.
        before_new: Called before the first tables are made. What it raises is raised here.

    Raises:
        DatabaseInUseError: Others own the database, which is to be changed.
        NewerDatabaseError: A newer version of the bot made the database.
        UnsupportedDatabaseError: The tables are another program's.
        StorageError: The server refused.
    """
    with (
        translating(address),
        postgresql_engines.blocking(address, read_only=False).begin() as connection,
    ):
        # The owner's session may have been lost since: what is read after this lock nobody else changes.
        key, kind = MIGRATION_KEY
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({key}, {kind})")
        standing, revision = standing_of(connection, versions)
        refuse_foreign(standing, revision, address.name, versions)
        if standing is SchemaState.CURRENT:
            return
        if alone:
            _require_nobody(connection, address)
        if standing is SchemaState.NEW:
            before_new()
        if standing is SchemaState.OLDER:
            log.warning("database_not_backed_up", advice="pg_dump before an update", was=revision)
        upgrade(connection, versions)
    log.info("database_migrated", was=revision, now=head_revision(versions))


def _require_nobody(connection: Connection, address: PostgresqlAddress) -> None:
    """Take the owner's lock for this transaction. Raises `DatabaseInUseError`."""
    key, kind = OWNER_KEY
    if connection.exec_driver_sql(f"SELECT pg_try_advisory_xact_lock({key}, {kind})").scalar_one():
        return
    holder = connection.exec_driver_sql(HOLDER).first()
    pid, _began_at, application, host = holder if holder is not None else (0, None, None, None)
    raise DatabaseInUseError(address.name, pid, described(pid, application, host))


def _check_current(address: PostgresqlAddress) -> None:
    with read_only(address) as connection:
        standing, _revision = standing_of(connection)
    if standing is SchemaState.NEW:
        raise UnsupportedDatabaseError(f"{address.name}: not a database of this bot yet; start the bot once")
    require_current(standing, address.name)
