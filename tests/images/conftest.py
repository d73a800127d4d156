"""A local CDN on a real socket, and the spool that fetches from it."""

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
from aiohttp import web

from bot.images.spool import ReferenceSpool
from tests.images.cdn import Cdn
from tests.images.spools import open_spool


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
    async with open_spool(folder) as opened:
        yield opened
    await asyncio.sleep(0)
