"""Ownership of a database on a server: one process writes, and none without the lock."""

from pathlib import Path

import psycopg
import pytest
from sqlalchemy import update

from bot.storage.advisory_locks import OWNER_KEY
from bot.storage.alarms import StorageTrouble
from bot.storage.errors import (
    DatabaseInUseError,
    DatabaseReplacedError,
    DatabaseTakenError,
    StorageUnavailableError,
    UnsupportedDatabaseError,
)
from bot.storage.inspection import inspect_database
from bot.storage.opening import open_database, open_existing
from bot.storage.tables import jobs
from tests.postgresql.proxy import Break, proxy_to
from tests.postgresql.server import PASSWORD, PostgresqlServer, postgresql_server
from tests.storage.rows import NOW, add, job_count, row

LOCK = f"SELECT pg_try_advisory_lock({OWNER_KEY[0]}, {OWNER_KEY[1]})".encode()
END_OWNER = (
    "SELECT pg_terminate_backend(pid, 5000) FROM pg_locks"
    " WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
)


async def test_a_second_process_is_told_who_owns_the_database(url: str, tmp_path: Path) -> None:
    async with open_database(url, tmp_path):
        with pytest.raises(
            DatabaseInUseError, match=r"in use by stillmotion .* \(from 127\.0\.0\.1, pid"
        ) as refused:
            async with open_database(url, tmp_path):
                pass
        assert PASSWORD not in str(refused.value)
        report = inspect_database(url, tmp_path, since=NOW)
        assert report.in_use_by == refused.value.pid
    async with open_database(url, tmp_path) as database:
        await add(database, row())
    assert inspect_database(url, tmp_path, since=NOW).in_use_by is None


async def test_beside_the_owner_others_read_and_leave_orders(url: str, tmp_path: Path) -> None:
    async with open_database(url, tmp_path) as owner, open_existing(url, tmp_path) as beside:
        await add(beside, row())
        assert await job_count(owner) == 1


async def test_a_lost_connection_is_made_anew_with_the_lock(url: str, tmp_path: Path) -> None:
    async with open_database(url, tmp_path) as database:
        await add(database, row())
        with psycopg.connect(url, autocommit=True) as other:
            other.execute(END_OWNER)
        await add(database, row())
        with psycopg.connect(url, autocommit=True) as other:
            assert other.execute(LOCK).fetchone() == (False,)
        assert not database.taken.is_set()
        assert await job_count(database) == 2


async def test_a_connection_that_is_lost_within_a_transaction_never_was(url: str, tmp_path: Path) -> None:
    async with open_database(url, tmp_path) as database:

        async def lose() -> None:
            async with database.write() as connection, await psycopg.AsyncConnection.connect(url) as other:
                await connection.execute(jobs.insert().values(row()))
                await other.execute(END_OWNER)
                await connection.execute(jobs.insert().values(row()))

        with pytest.raises(StorageUnavailableError):
            await lose()
        assert await job_count(database) == 0
        await add(database, row())
        assert database.commits == 1


async def test_a_process_whose_database_was_taken_writes_nothing_any_more(url: str, tmp_path: Path) -> None:
    async with open_database(url, tmp_path) as database:
        with psycopg.connect(url, autocommit=True) as other:
            other.execute(END_OWNER)
            assert other.execute(LOCK).fetchone() == (True,)
            with pytest.raises(DatabaseTakenError):
                await add(database, row())
            assert database.taken.is_set()
            assert await job_count(database) == 0


async def test_the_session_that_a_broken_network_left_behind_is_ended(
    postgresql: PostgresqlServer, name: str, tmp_path: Path
) -> None:
    async with (
        proxy_to(postgresql.port) as proxy,
        open_database(postgresql.url(name, port=proxy.port), tmp_path) as database,
    ):
        proxy.breaking = Break.SILENTLY
        with pytest.raises(StorageUnavailableError, match="was not kept"):
            await add(database, row())
        await add(database, row())
        assert (await job_count(database), database.commits) == (1, 1)
        assert not database.taken.is_set()


async def test_a_server_that_is_started_again_costs_what_was_under_way_alone(tmp_path: Path) -> None:
    with postgresql_server() as server, server.new_database() as name:
        async with open_database(server.url(name), tmp_path) as database:
            await add(database, row())
            server.stop()
            with pytest.raises(StorageUnavailableError, match="refused"):
                await add(database, row())
            with pytest.raises(StorageUnavailableError, match="refused"):
                await job_count(database)
            server.start()
            await add(database, row())
            assert await job_count(database) == 2


async def test_tables_that_were_replaced_meanwhile_are_not_written_to(
    postgresql: PostgresqlServer, name: str, url: str, tmp_path: Path
) -> None:
    told: list[object] = []
    dump = postgresql.dump(name)
    async with open_database(url, tmp_path) as database:
        database.alarms.listener = lambda *trouble: told.append(trouble)
        await add(database, row())
        postgresql.put_back(b"DROP SCHEMA public CASCADE; CREATE SCHEMA public;" + dump, name)
        with pytest.raises(DatabaseReplacedError):
            await add(database, row())
        with pytest.raises(DatabaseReplacedError):
            await database.write_one(update(jobs).values(prompt="x"))
        assert await job_count(database) == 0
        assert told == [(StorageTrouble.FILE_REPLACED, database.address.name)]


async def test_a_server_that_is_not_there_is_named_without_the_password(tmp_path: Path) -> None:
    with pytest.raises(
        StorageUnavailableError, match=r"^postgresql://127\.0\.0\.1:1/bot: .*refused"
    ) as refused:
        async with open_database("postgresql://me:hunter2@127.0.0.1:1/bot?sslmode=disable", tmp_path):
            pass
    assert "hunter2" not in str(refused.value)


async def test_a_database_that_does_not_exist_and_a_wrong_password_are_unavailable(
    postgresql: PostgresqlServer, tmp_path: Path
) -> None:
    for url in (postgresql.url("nothing"), postgresql.url("postgres").replace("pass", "hunter2")):
        with pytest.raises(StorageUnavailableError) as refused:
            async with open_database(url, tmp_path):
                pass
        assert "hunter2" not in str(refused.value)


async def test_a_database_in_another_encoding_is_refused(
    postgresql: PostgresqlServer, tmp_path: Path
) -> None:
    with psycopg.connect(postgresql.url("postgres"), autocommit=True) as admin:
        admin.execute("CREATE DATABASE latin TEMPLATE template0 ENCODING 'LATIN1'")
        try:
            with pytest.raises(UnsupportedDatabaseError, match="LATIN1"):
                async with open_database(postgresql.url("latin"), tmp_path):
                    pass
        finally:
            admin.execute("DROP DATABASE latin WITH (FORCE)")
