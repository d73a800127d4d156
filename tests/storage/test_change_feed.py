"""Changes that other processes announce, on a real PostgreSQL."""

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import text

from bot.storage.advisory_locks import SharedLock
from bot.storage.change_feed import ChangeKind, OwnChanges
from bot.storage.database import Database
from bot.storage.errors import StorageUnavailableError
from bot.storage.opening import open_database
from tests.postgresql.server import PostgresqlServer
from tests.postgresql.sharing import shared, watched


class Followed:
    """Records what a process was told to read again."""

    def __init__(self, database: Database) -> None:
        self.keys: asyncio.Queue[str | None] = asyncio.Queue()
        database.feed.register(ChangeKind.RULES, self._reload)

    async def next(self) -> str | None:
        async with asyncio.timeout(60):
            return await self.keys.get()

    async def _reload(self, key: str | None) -> None:
        self.keys.put_nowait(key)


async def announce(database: Database, key: str, error: Exception | None = None) -> None:
    async with database.write() as connection:
        await database.announce(connection, ChangeKind.RULES, key)
        if error is not None:
            raise error


async def test_every_process_hears_of_a_change_that_is_committed(
    postgresql: PostgresqlServer, name: str
) -> None:
    address = postgresql.address(name)
    async with shared(address) as one, shared(address) as two:
        followed = [Followed(database) for database in (one, two)]
        async with watched(one), watched(two):
            assert [await each.next() for each in followed] == [None, None]
            with pytest.raises(LookupError):
                await announce(two, "rolled back", LookupError())
            await announce(one, "7")
            assert await followed[0].next() == "7"
            assert await followed[1].next() == "rolled back"  # its own, whose end it may not know
            assert await followed[1].next() == "7"


async def test_after_a_lost_connection_everything_is_read_again(
    postgresql: PostgresqlServer, name: str
) -> None:
    async with shared(postgresql.address(name)) as database:
        followed = Followed(database)
        async with watched(database):
            assert await followed.next() is None
            postgresql.end_sessions(name)
            assert await followed.next() is None
            assert database.feed.is_current
        assert not database.feed.is_current


async def test_a_reload_that_failed_is_repeated(
    postgresql: PostgresqlServer, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.storage.change_feed._AGAIN_AFTER_S", 0.0)
    done, tried = asyncio.Event(), list[str | None]()

    async def fails_once(key: str | None) -> None:
        tried.append(key)
        if len(tried) == 1:
            raise StorageUnavailableError("away")
        done.set()

    async with shared(postgresql.address(name)) as database:
        database.feed.register(ChangeKind.RULES, fails_once)
        async with watched(database), asyncio.timeout(60):
            await done.wait()
    assert tried == [None, None]


async def test_rows_from_before_a_change_of_ones_own_are_read_again() -> None:
    own, rows = OwnChanges(), iter(("old", "new"))

    async def read() -> str:
        found = next(rows)
        if found == "old":
            own.note()  # committed while they were read
        return found

    assert await own.read(read) == "new"


async def test_a_lock_is_held_until_the_transaction_ends(postgresql: PostgresqlServer, name: str) -> None:
    address = postgresql.address(name)

    async def add_one(database: Database) -> None:
        async with database.write() as connection:
            await database.lock(connection, SharedLock.DECISIONS)
            found = (await connection.execute(text("SELECT max(number) FROM numbers"))).scalar_one()
            await connection.execute(text("INSERT INTO numbers VALUES (:next)"), {"next": (found or 0) + 1})

    async with shared(address) as one, shared(address) as two:
        async with one.write() as connection:
            await connection.execute(text("CREATE TABLE numbers (number int PRIMARY KEY)"))
        async with asyncio.TaskGroup() as group:
            for database in (one, two) * 20:
                group.create_task(add_one(database))


async def test_one_process_alone_announces_nothing(tmp_path: Path, database_url: str | None) -> None:
    async with open_database(database_url, tmp_path) as database:
        followed = Followed(database)
        await announce(database, "7")
        assert not database.is_shared
        assert followed.keys.empty()
