"""A stopped bot's database with something in every table, and an empty database on a server."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.storage.opening import open_database
from tests.moving.moves import Move
from tests.personal_data.stored_person import fill
from tests.postgresql.server import PostgresqlServer
from tests.storage.new_database import place_new_database


@pytest.fixture
async def data(tmp_path: Path) -> Path:
    """The data folder."""
    folder = tmp_path / "data"
    place_new_database(folder)
    async with open_database(None, folder) as database:
        await fill(database, folder)
    return folder


@pytest.fixture
def move(data: Path, postgresql: PostgresqlServer) -> Iterator[Move]:
    with postgresql.new_database(empty=True) as name:
        yield Move(data, postgresql.address(name))
