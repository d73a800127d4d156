"""A child for videos."""

from collections.abc import AsyncGenerator

import pytest

from bot.children.pool import ChildPool
from bot.video_files.frames import video_pool


@pytest.fixture
async def pool() -> AsyncGenerator[ChildPool]:
    async with video_pool(768 * 1024**2) as opened:
        yield opened
