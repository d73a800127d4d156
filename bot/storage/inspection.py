"""Read-only inspection of the database for `python -m bot check`. It works while the bot runs, too."""

import asyncio
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import ColumnElement, Connection, func, select, text

from bot.storage import sqlite_engines
from bot.storage.address import PostgresqlAddress, database_address
from bot.storage.advisory_locks import HOLDER
from bot.storage.errors import StorageDamagedError, translating
from bot.storage.migrate import SchemaState, standing_of
from bot.storage.ownership import owner_of
from bot.storage.postgresql import read_only_server
from bot.storage.postgresql_rights import what_forbids_writing
from bot.storage.quota_tables import DIFFERENCES
from bot.storage.tables import jobs


@dataclass(frozen=True)
class DatabaseReport:
    """State of a database. The counts of jobs are None unless its tables are this version's."""

    name: str
    """The database, as the operator reads it."""
    exists: bool
    size_bytes: int
    in_use_by: int | None
    """Process id of the owner, or None; on a server, the id of its session there."""
    on_server: bool = False
    problems: tuple[str, ...] = ()
    """Damage that SQLite reports, in its words; or why the server takes no changes."""
    standing: SchemaState | None = SchemaState.NEW
    """None if the database is too damaged to tell."""
    revision: str | None = None
    unfinished: int | None = None
    """Jobs that the bot resumes when it starts."""
    unknown: int | None = None
    """Recently ended jobs of which it is not known whether they were bought."""
    undelivered: int | None = None
    """Jobs whose video was fetched, but not posted yet."""
    mismatched: int | None = None
    """Recently ended jobs whose video was not as asked for."""
    miscounted: int | None = None
    """Counters of the daily caps that are not as the jobs say."""


def inspect_database(url: str | None, data_dir: Path, *, since: datetime) -> DatabaseReport:
    """Check the whole file for damage and count the jobs. Blocking; takes no lock and creates nothing.

    Args:
        url: The configured address, or None for the default file in `data_dir`.
        since: Jobs of unknown outcome, and those whose video is not as asked for, count if they ended at this
            moment or later.

    Returns:
        The report. Damage is reported in it, not raised.

    Raises:
        UnsupportedDatabaseError: The address is not supported.
        StorageUnavailableError: The file cannot be read at present.
    """
    address = database_address(url, data_dir)
    if isinstance(address, PostgresqlAddress):
        return _of_server(address, since)
    path = address.path
    with translating(path):
        if not path.exists():
            return DatabaseReport(address.name, exists=False, size_bytes=0, in_use_by=None)
        size_bytes, owner = path.stat().st_size, owner_of(path)
        found = DatabaseReport(address.name, exists=True, size_bytes=size_bytes, in_use_by=owner)
    try:
        with translating(path), sqlite_engines.read_only(path).connect() as connection:
            standing, revision = standing_of(connection)
            found = replace(found, problems=_problems(connection), standing=standing, revision=revision)
            return _with_counts(found, connection, since) if standing is SchemaState.CURRENT else found
    except StorageDamagedError as error:
        return replace(found, problems=(str(error),), standing=None)


async def inspect_database_in_thread(url: str | None, data_dir: Path, *, since: datetime) -> DatabaseReport:
    """Run `inspect_database` in a thread: checking a large file takes seconds."""
    return await asyncio.to_thread(inspect_database, url, data_dir, since=since)


def _of_server(address: PostgresqlAddress, since: datetime) -> DatabaseReport:
    """Report on a database on a server, which looks for damage itself (`data_checksums`, `amcheck`)."""
    with read_only_server(address) as connection:
        size_bytes = connection.scalar(text("SELECT pg_database_size(current_database())")) or 0
        owner = connection.execute(text(HOLDER)).scalars().first()
        standing, revision = standing_of(connection)
        found = DatabaseReport(
            address.name,
            exists=True,
            size_bytes=size_bytes,
            in_use_by=owner,
            on_server=True,
            problems=what_forbids_writing(connection, standing),
            standing=standing,
            revision=revision,
        )
        counted = standing is SchemaState.CURRENT and not found.problems
        return _with_counts(found, connection, since) if counted else found


def _problems(connection: Connection) -> tuple[str, ...]:
    broken = connection.exec_driver_sql("PRAGMA integrity_check").scalars()
    dangling = connection.exec_driver_sql("PRAGMA foreign_key_check")
    return (
        *(" ".join(line.split()) for line in broken if line != "ok"),
        *(f"a row of {table} refers to a missing row of {parent}" for table, _row, parent, _key in dangling),
    )


def _with_counts(report: DatabaseReport, connection: Connection, since: datetime) -> DatabaseReport:
    def count(*conditions: ColumnElement[bool]) -> int:
        return connection.scalar(select(func.count()).select_from(jobs).where(*conditions)) or 0

    return replace(
        report,
        unfinished=count(jobs.c.settled_at.is_(None)),
        unknown=count(jobs.c.state == "unknown", jobs.c.ended_at >= since),
        undelivered=count(jobs.c.state == "delivering", jobs.c.parked_at.is_not(None)),
        mismatched=count(jobs.c.mismatch.is_not(None), jobs.c.ended_at >= since),
        miscounted=connection.scalar(DIFFERENCES, {"first": datetime.now(UTC) - timedelta(days=1)}),
    )
