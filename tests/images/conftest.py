"""A local CDN on a real socket, and the spool that fetches from it."""

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from bot.children.pool import ChildPool
from bot.children.process import ChildSpec
from bot.images.preparation import PicturePreparation
from bot.images.spool import ReferenceSpool
from bot.video_files.frames import VideoFrames, video_pool
from tests.images.cdn import Cdn

_MEMORY_BYTES = 768 * 1024 * 1024


@pytest.fixture
async def cdn() -> AsyncGenerator[Cdn]:
    served = Cdn()
    app = web.Application()
    app.router.add_get("/{name}", served.serve)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    served.origin = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield served
    await runner.cleanup()


@pytest.fixture
async def spool(tmp_path: Path) -> AsyncGenerator[ReferenceSpool]:
    folder = tmp_path / "spool"
    folder.mkdir()
    # More time than in production: on a machine that runs tests side by side a large picture takes longer.
    pictures = ChildPool(ChildSpec("bot.images.decoding.main", _MEMORY_BYTES), at_once=2, within_s=60)
    async with aiohttp.ClientSession() as session, pictures, video_pool(_MEMORY_BYTES) as videos:
        yield ReferenceSpool(
            session,
            folder=folder,
            allowed_hosts=["127.0.0.1"],
            pictures=PicturePreparation(pictures),
            frames=VideoFrames(videos),
        )
    await asyncio.sleep(0)
