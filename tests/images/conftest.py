"""A local CDN on a real socket, and the spool that fetches from it."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from bot.images import ImageSource, ReferenceSpool

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class Cdn:
    """Serves bytes, or whatever a handler does, and counts the requests."""

    origin: str = ""
    files: dict[str, bytes] = field(default_factory=dict[str, bytes])
    handlers: dict[str, Handler] = field(default_factory=dict[str, Handler])
    requests: list[str] = field(default_factory=list[str])

    def source(self, name: str, content: bytes | Handler, *, size_bytes: int | None = None) -> ImageSource:
        """A picture that the CDN has."""
        if isinstance(content, bytes):
            self.files[name] = content
        else:
            self.handlers[name] = content
        return ImageSource(f"{self.origin}/{name}", name, size_bytes)

    async def serve(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["name"]
        self.requests.append(name)
        if name in self.handlers:
            return await self.handlers[name](request)
        if name in self.files:
            return web.Response(body=self.files[name])
        return web.Response(status=404)


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
    async with aiohttp.ClientSession() as session:
        yield ReferenceSpool(session, folder=folder, allowed_hosts=["127.0.0.1"])
    await asyncio.sleep(0)
