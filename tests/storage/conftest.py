"""An open database in a folder of its own."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from bot.storage.database import Database
from bot.storage.opening import open_database


@pytest.fixture
async def database(tmp_path: Path, database_url: str | None) -> AsyncGenerator[Database]:
    async with open_database(database_url, tmp_path) as opened:
        yield opened
