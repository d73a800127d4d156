"""Migration of a database to this version's tables, in one transaction. `open_database` runs it at start-up."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Final

import structlog
from sqlalchemy import Connection, inspect

from bot.storage import sqlite_engines
from bot.storage.backup import back_up
from bot.storage.errors import NewerDatabaseError, UnsupportedDatabaseError, translating
from bot.storage.move_mark import VERSION_TABLE, refuse_moved

log: Final = structlog.get_logger(__name__)

MIGRATIONS: Final = Path(__file__).parent / "migrations"
VERSIONS: Final = MIGRATIONS / "versions"
_ALEMBIC: Final = threading.Lock()
"""Alembic keeps its current migration in module globals (`alembic.context`), so only one may run at a time."""


class SchemaState(StrEnum):
    """Relation of a database's tables to this version's."""

    NEW = "new"
    """No tables yet."""
    OLDER = "older"
    CURRENT = "current"
    NEWER = "newer"
    """At a revision that this version does not know."""
    FOREIGN = "foreign"
    """Has tables, but not the bot's."""


def _utc_now() -> datetime:
    return datetime.now(UTC)


def accept_new() -> None:
    """Accept that a database has no tables yet."""


def migrate(
    path: Path,
    *,
    versions: Path = VERSIONS,
    now: Callable[[], datetime] = _utc_now,
    before_new: Callable[[], None] = accept_new,
) -> None:
    """Run the migrations that the database lacks, after a backup if it has tables already.

    Blocking. Only the process that owns the database may call it. If a migration fails, the database is
    unchanged.

    Args:
        path: The database file, which need not exist.
        versions: Folder of the migrations.
        now: Clock for the name of the backup.
        before_new: Called before the first tables are made. What it raises is raised here.

    Raises:
        NewerDatabaseError: A newer version of the bot made the database.
        UnsupportedDatabaseError: The tables are another program's.
        StorageError: Another failure of SQLite or the file system.
    """
    with translating(path):
        standing, revision = SchemaState.NEW, None
        if path.exists():
            # Read-only: opening for writing would already turn a foreign or newer file to WAL mode.
            with sqlite_engines.read_only(path).connect() as connection:
                standing, revision = standing_of(connection, versions)
        refuse_foreign(standing, revision, str(path), versions)
        match standing:
            case SchemaState.CURRENT:
                return
            case SchemaState.OLDER:
                copy = back_up(path, str(revision), now())
                log.info("database_backed_up", copy=str(copy))
            case SchemaState.NEW:
                before_new()
            case _:
                pass
        # SQLite's DDL is transactional: all missing migrations are committed together or not at all.
        with sqlite_engines.migrating(path).begin() as connection:
            upgrade(connection, versions)
        log.info("database_migrated", was=revision, now=head_revision(versions))


def refuse_foreign(standing: SchemaState, revision: str | None, name: str, versions: Path = VERSIONS) -> None:
    """Raise `NewerDatabaseError` or `UnsupportedDatabaseError` for tables that this version must not change."""
    if standing is SchemaState.NEWER:
        raise NewerDatabaseError(
            f"{name}: made by a newer version (revision {revision}, this one knows up to"
            f" {head_revision(versions)}); update the bot or restore a backup"
        )
    if standing is SchemaState.FOREIGN:
        raise UnsupportedDatabaseError(f"{name}: a database, but not one of this bot")


def require_current(standing: SchemaState, name: str) -> None:
    """Raise `UnsupportedDatabaseError` unless the tables are this version's."""
    match standing:
        case SchemaState.CURRENT:
            return
        case SchemaState.OLDER:
            raise UnsupportedDatabaseError(f"{name}: of an older version; start the bot of this version once")
        case SchemaState.NEWER:
            raise UnsupportedDatabaseError(f"{name}: made by a newer version; update the bot")
        case SchemaState.NEW | SchemaState.FOREIGN:
            raise UnsupportedDatabaseError(f"{name}: not a database of this bot")


def upgrade(connection: Connection, versions: Path = VERSIONS) -> None:
    """Run the missing migrations in the open transaction of `connection`. The caller commits it."""
    # Alembic takes 12 MB and 0.15 s of CPU, which a start on a current database does without.
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("path_separator", "newline")
    config.set_main_option("script_location", _option(MIGRATIONS))
    config.set_main_option("version_locations", _option(versions))
    config.attributes["connection"] = connection
    with _ALEMBIC:
        command.upgrade(config, "head")


def standing_of(connection: Connection, versions: Path = VERSIONS) -> tuple[SchemaState, str | None]:
    """Return the database's relation to the migrations in `versions`, and its revision (None if it has none).

    Raises:
        DatabaseMovedError: Its rows are on a server now.
        UnfinishedMoveError: A move to it is not complete.
    """
    revision = current_revision(connection)
    refuse_moved(connection, revision)
    if revision is None:
        tables = set(inspect(connection).get_table_names()) - {VERSION_TABLE}
        return (SchemaState.FOREIGN if tables else SchemaState.NEW), None
    known = revisions(versions)
    if revision == known[-1]:
        return SchemaState.CURRENT, revision
    return (SchemaState.OLDER if revision in known else SchemaState.NEWER), revision


def current_revision(connection: Connection) -> str | None:
    """Return the revision that is recorded in the database, or None."""
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    revision: str | None = connection.exec_driver_sql(f"SELECT version_num FROM {VERSION_TABLE}").scalar()  # noqa: S608 - a constant
    return revision


def revisions(versions: Path = VERSIONS) -> tuple[str, ...]:
    """Return the revisions in `versions`, oldest first: file names begin with them and sort in their order."""
    return tuple(sorted(path.stem.partition("_")[0] for path in versions.glob("[!_]*.py")))


def head_revision(versions: Path = VERSIONS) -> str:
    """Return the newest revision in `versions`."""
    return revisions(versions)[-1]


def _option(path: Path) -> str:
    return str(path).replace("%", "%%")  # the per cent sign is special in an ini file
