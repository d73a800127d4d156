"""Ownership that gateways and workers share: beside each other, never beside a process that owns alone."""

import asyncio
from contextlib import suppress
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import update

from bot.storage.advisory_locks import HOLDER, OWNER_KEY, SoleWork
from bot.storage.errors import (
    DatabaseInUseError,
    DatabaseTakenError,
    StorageUnavailableError,
    UnsupportedDatabaseError,
)
from bot.storage.opening import open_database
from bot.storage.postgresql_backend import SOLE_SESSIONS
from bot.storage.tables import jobs
from tests.postgresql.proxy import Break, proxy_to
from tests.postgresql.server import PostgresqlServer
from tests.storage.rows import add, job_count, row

END_OWNERS = f"SELECT pg_terminate_backend(pid, 5000) FROM ({HOLDER}) AS holders".encode()  # noqa: S608 - ours
LOCK = f"SELECT pg_try_advisory_lock({OWNER_KEY[0]}, {OWNER_KEY[1]})".encode()
OLDER = b"UPDATE alembic_version SET version_num = '0013'"


async def test_processes_that_share_a_database_exclude_one_that_does_not(url: str, tmp_path: Path) -> None:
    async with open_database(url, tmp_path, sharing=True) as one:
        async with open_database(url, tmp_path, sharing=True) as other:
            await add(one, row())
            await add(other, row())
            assert await job_count(one) == 2
        with pytest.raises(DatabaseInUseError, match="in use by stillmotion"):
            async with open_database(url, tmp_path):
                pass
    async with open_database(url, tmp_path):
        with pytest.raises(DatabaseInUseError, match="in use by stillmotion"):
            async with open_database(url, tmp_path, sharing=True):
                pass


async def test_a_lost_session_is_made_anew_beside_the_others(url: str, tmp_path: Path) -> None:
    async with (
        open_database(url, tmp_path, sharing=True) as one,
        open_database(url, tmp_path, sharing=True) as other,
    ):
        with psycopg.connect(url, autocommit=True) as outside:
            outside.execute(END_OWNERS)
            await add(one, row())
            await add(other, row())
            assert outside.execute(LOCK).fetchone() == (False,)
        assert not one.taken.is_set()
        assert await job_count(one) == 2


async def test_one_that_was_taken_over_by_a_process_that_owns_alone_writes_nothing(
    postgresql: PostgresqlServer, name: str, url: str, tmp_path: Path
) -> None:
    async with open_database(url, tmp_path, sharing=True) as database:
        with postgresql.another_owner(name), pytest.raises(DatabaseTakenError):
            await add(database, row())
        assert database.taken.is_set()
        assert await job_count(database) == 0


async def test_the_session_that_a_broken_network_left_behind_is_ended(
    postgresql: PostgresqlServer, name: str, tmp_path: Path
) -> None:
    async with (
        proxy_to(postgresql.port) as proxy,
        open_database(postgresql.url(name, port=proxy.port), tmp_path, sharing=True) as database,
    ):
        proxy.breaking = Break.SILENTLY
        with pytest.raises(StorageUnavailableError, match="was not kept"):
            await add(database, row())
        await add(database, row())
        with psycopg.connect(postgresql.url(name)) as outside:
            assert len(outside.execute(HOLDER.encode()).fetchall()) == 1
        proxy.breaking = Break.AFTER_COMMIT
        await add(database, row())
        assert (await job_count(database), database.commits) == (2, 2)


async def test_tables_that_another_version_changed_are_not_written_to(url: str, tmp_path: Path) -> None:
    async with open_database(url, tmp_path, sharing=True) as database:
        with psycopg.connect(url, autocommit=True) as newer:
            newer.execute(END_OWNERS)
            newer.execute(b"UPDATE alembic_version SET version_num = '9999'")
        with pytest.raises(DatabaseTakenError, match="another version"):
            await add(database, row())
        assert database.taken.is_set()


async def test_what_others_use_is_not_migrated(url: str, tmp_path: Path) -> None:
    async with open_database(url, tmp_path, sharing=True):
        with psycopg.connect(url, autocommit=True) as outside:
            outside.execute(OLDER)
        with pytest.raises(DatabaseInUseError):
            async with open_database(url, tmp_path, sharing=True):
                pass


async def test_a_new_database_is_made_by_the_first(postgresql: PostgresqlServer, tmp_path: Path) -> None:
    with postgresql.new_database(empty=True) as name:
        async with (
            open_database(postgresql.url(name), tmp_path, sharing=True) as one,
            open_database(postgresql.url(name), tmp_path, sharing=True),
        ):
            assert await job_count(one) == 0


async def test_a_file_is_one_processs_alone(tmp_path: Path) -> None:
    with pytest.raises(UnsupportedDatabaseError, match="PostgreSQL"):
        async with open_database(None, tmp_path, sharing=True):
            pass


@pytest.mark.slow
async def test_one_that_stands_still_with_a_row_in_its_hands_holds_nobody_up_for_long(
    url: str, tmp_path: Path
) -> None:
    prompt = update(jobs).values(prompt="changed")
    async with (
        open_database(url, tmp_path, sharing=True) as frozen,
        open_database(url, tmp_path, sharing=True) as other,
    ):
        await add(frozen, row())
        changed = 0
        with suppress(StorageUnavailableError):
            async with frozen.write() as connection:
                await connection.execute(prompt)
                # The other waits for the row for ten seconds at most.
                changed = await other.write_one(prompt)
        assert changed == 1
        assert await frozen.write_one(prompt) == 1


async def test_what_one_process_does_at_a_time_takes_few_sessions(url: str, tmp_path: Path) -> None:
    async with open_database(url, tmp_path, sharing=True) as database:
        open_cards, most, go_on = 0, 0, asyncio.Event()

        async def hide(number: int) -> None:
            async with database.alone(SoleWork.TAKEDOWN, str(number)):
                await show(number)

        async def show(number: int) -> None:
            nonlocal open_cards, most
            async with database.alone(SoleWork.CARD, str(number)):
                open_cards += 1
                most = max(most, open_cards)
                if open_cards == SOLE_SESSIONS[SoleWork.CARD]:
                    go_on.set()
                await go_on.wait()
                await job_count(database)  # so that others come between
                open_cards -= 1

        async with asyncio.timeout(60):
            work = (*(hide(number) for number in range(12)), *(show(number) for number in range(12, 24)))
            await asyncio.gather(*work)
        assert most == SOLE_SESSIONS[SoleWork.CARD]
