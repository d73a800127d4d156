"""An open database in a folder of its own, and a new one on a PostgreSQL server."""

from collections.abc import AsyncGenerator, Iterator
from pathlib import Path

import pytest

from bot.storage.database import Database
from bot.storage.opening import open_database
from tests.postgresql.server import PostgresqlServer


@pytest.fixture
async def database(tmp_path: Path, database_url: str | None) -> AsyncGenerator[Database]:
    async with open_database(database_url, tmp_path) as opened:
        yield opened


@pytest.fixture
def name(postgresql: PostgresqlServer) -> Iterator[str]:
    with postgresql.new_database() as made:
        yield made


@pytest.fixture
def url(postgresql: PostgresqlServer, name: str) -> str:
    return postgresql.url(name)
