"""Fixtures of the end-to-end tests."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from tests.e2e.stage import Stage, open_stage


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncGenerator[Stage]:
    """A running bot in a server, with waits short enough for tests."""
    async with open_stage(tmp_path) as opened:
        yield opened
