"""An open database in a folder of its own."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from bot.moderation.audit import AuditTrail
from bot.storage import Database, open_database


@pytest.fixture
async def database(tmp_path: Path) -> AsyncGenerator[Database]:
    async with open_database(None, tmp_path) as opened:
        yield opened


@pytest.fixture
def trail(database: Database) -> AuditTrail:
    return AuditTrail(database)
