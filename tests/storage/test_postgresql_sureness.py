"""Sureness of owning a database on a server, also of a process that stood still or was cut off."""

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from bot.storage import postgresql_backend
from bot.storage.database import Database
from bot.storage.errors import DatabaseTakenError
from bot.storage.opening import open_database
from tests.postgresql.server import PostgresqlServer
from tests.storage.rows import add, row


@pytest.fixture
async def database(postgresql: PostgresqlServer, name: str, tmp_path: Path) -> AsyncGenerator[Database]:
    async with open_database(postgresql.url(name), tmp_path) as opened:
        yield opened


async def test_it_ends_with_the_session_before_anybody_writes(
    postgresql: PostgresqlServer, name: str, database: Database
) -> None:
    assert database.is_surely_own
    postgresql.end_sessions(name)
    assert not database.is_surely_own
    await add(database, row())
    assert database.is_surely_own
    with postgresql.another_owner(name):
        assert not database.is_surely_own
        with pytest.raises(DatabaseTakenError):
            await add(database, row())
        assert not database.is_surely_own


async def test_it_lasts_only_a_while_after_the_servers_last_answer(
    postgresql: PostgresqlServer, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgresql_backend, "_SURE_FOR_S", 0.5)
    await add(database, row())
    assert database.is_surely_own
    with postgresql.frozen():
        adding = asyncio.create_task(add(database, row()))
        await asyncio.sleep(0.6)
        assert not database.is_surely_own
    await adding
    assert database.is_surely_own
