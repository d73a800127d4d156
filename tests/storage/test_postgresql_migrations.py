"""Migrations on a server: the same tables as on SQLite, once, in one transaction."""

import threading
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, text

from bot.storage import (
    file_tables,
    gateway_tables,
    line_tables,
    moderation_tables,
    privacy_tables,
    quota_tables,
    submission_tables,
)
from bot.storage.errors import NewerDatabaseError, StorageError, UnsupportedDatabaseError
from bot.storage.migrate import head_revision
from bot.storage.opening import open_database, open_existing
from bot.storage.postgresql_engines import blocking
from bot.storage.postgresql_opening import migrate_server
from tests.postgresql.server import PostgresqlServer

BROKEN = """
from alembic import op
revision, down_revision = "0001", None
def upgrade():
    op.execute("CREATE TABLE films (id INTEGER)")
    op.execute("broken")
"""


@pytest.fixture
def name(postgresql: PostgresqlServer) -> Iterator[str]:
    with postgresql.new_database(empty=True) as made:
        yield made


def tables(connection: Connection) -> list[str]:
    found = connection.execute(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'"))
    return sorted(found.scalars())


def definitions(connection: Connection) -> set[tuple[object, ...]]:
    """Columns, indices and constraints, as the server has them."""
    found: set[tuple[object, ...]] = set()
    for query in (
        "SELECT tablename, indexdef FROM pg_indexes WHERE schemaname = 'public'",
        "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint"
        " WHERE connamespace = 'public'::regnamespace",
        "SELECT table_name, column_name, data_type, character_maximum_length, is_nullable, column_default"
        " FROM information_schema.columns WHERE table_schema = 'public'",
    ):
        found |= {tuple(row) for row in connection.execute(text(query))}
    return {row for row in found if row[0] != "alembic_version"}


def test_the_migrations_make_exactly_the_tables_of_the_metadata(
    postgresql: PostgresqlServer, name: str
) -> None:
    metadata = moderation_tables.metadata
    assert metadata is privacy_tables.metadata is gateway_tables.metadata
    assert metadata is quota_tables.metadata is submission_tables.metadata is line_tables.metadata
    assert metadata is file_tables.metadata
    migrate_server(postgresql.address(name))
    with (
        postgresql.new_database(empty=True) as other,
        blocking(postgresql.address(name), read_only=True).connect() as by_steps,
        blocking(postgresql.address(other), read_only=False).connect() as at_once,
    ):
        metadata.create_all(at_once)
        assert definitions(by_steps) == definitions(at_once)
        assert len(definitions(by_steps)) > 150
        assert compare_metadata(MigrationContext.configure(by_steps), metadata) == []


def test_processes_that_migrate_at_once_do_it_once(postgresql: PostgresqlServer, name: str) -> None:
    failed: list[BaseException] = []

    def one() -> None:
        try:
            migrate_server(postgresql.address(name))
        except BaseException as error:  # noqa: BLE001 - shown below
            failed.append(error)

    # Alembic runs one migration at a time in a process: what is held up here is held up by the server.
    threads = [threading.Thread(target=one) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []


def test_a_migration_that_fails_leaves_nothing(
    postgresql: PostgresqlServer, name: str, tmp_path: Path
) -> None:
    (tmp_path / "0001_broken.py").write_text(BROKEN)
    with pytest.raises(StorageError, match="42601"):
        migrate_server(postgresql.address(name), tmp_path)
    with blocking(postgresql.address(name), read_only=True).connect() as connection:
        assert tables(connection) == []


async def test_another_programs_database_is_left_alone(
    postgresql: PostgresqlServer, name: str, tmp_path: Path
) -> None:
    url = postgresql.url(name)
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE films (id INTEGER)")
    for opening in (open_database, open_existing):
        with pytest.raises(UnsupportedDatabaseError, match=r"not .* of this bot"):
            async with opening(url, tmp_path):
                pass
    with blocking(postgresql.address(name), read_only=True).connect() as connection:
        assert tables(connection) == ["films"]


async def test_a_newer_versions_database_is_left_alone(
    postgresql: PostgresqlServer, name: str, tmp_path: Path
) -> None:
    url = postgresql.url(name)
    async with open_database(url, tmp_path):
        pass
    with psycopg.connect(url) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(NewerDatabaseError, match=rf"revision 9999, this one knows up to {head_revision()}"):
        async with open_database(url, tmp_path):
            pass


async def test_nothing_is_made_where_the_bot_was_never_started(
    postgresql: PostgresqlServer, name: str, tmp_path: Path
) -> None:
    with pytest.raises(UnsupportedDatabaseError, match="start the bot once"):
        async with open_existing(postgresql.url(name), tmp_path):
            pass
    with blocking(postgresql.address(name), read_only=True).connect() as connection:
        assert tables(connection) == []
