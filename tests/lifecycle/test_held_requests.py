"""Requests of jobs of a process that stood still."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import aiohttp
import pytest
from aiohttp import web

from bot.lifecycle.held_requests import begin_job, hold_requests

_SECONDS = 10.0


@dataclass
class _Server:
    """A server that notes what arrives, and a process that may or may not be sure to have its jobs."""

    is_sure: bool = True
    url: str = ""
    arrived: "asyncio.Queue[bytes]" = field(default_factory=asyncio.Queue[bytes])
    asked: "asyncio.Queue[bool]" = field(default_factory=asyncio.Queue[bool])

    def may_send(self) -> bool:
        self.asked.put_nowait(self.is_sure)
        return self.is_sure

    async def receive(self, request: web.Request) -> web.Response:
        self.arrived.put_nowait(request.method.encode())
        async for piece in request.content.iter_any():
            self.arrived.put_nowait(piece)
        return web.Response()

    async def until_held(self) -> None:
        """Return once a request asked twice in vain."""
        while await self.asked.get():
            pass
        assert not await self.asked.get()

    @asynccontextmanager
    async def session(self) -> AsyncGenerator[aiohttp.ClientSession]:
        application = web.Application()
        application.router.add_route("*", "/", self.receive)
        runner = web.AppRunner(application)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}/"
        trace = aiohttp.TraceConfig()
        hold_requests(trace, self.may_send)
        async with asyncio.timeout(_SECONDS), aiohttp.ClientSession(trace_configs=[trace]) as session:
            yield session
        await runner.cleanup()


@pytest.mark.parametrize("reused", [False, True], ids=["a new connection", "an open connection"])
async def test_a_request_waits_until_it_is_sure_that_nobody_else_took_the_job_over(*, reused: bool) -> None:
    server = _Server()
    begin_job()
    async with server.session() as session:
        if reused:
            (await session.post(server.url)).close()
            assert await server.arrived.get() == b"POST"
        server.is_sure = False
        sending = asyncio.create_task(session.patch(server.url))
        await server.until_held()
        assert server.arrived.empty()
        server.is_sure = True
        (await sending).close()
        assert await server.arrived.get() == b"PATCH"


async def test_the_rest_of_an_upload_waits_until_it_is_sure_that_nobody_else_took_the_job_over() -> None:
    server = _Server()

    async def video() -> AsyncGenerator[bytes]:
        yield b"first"
        assert await server.arrived.get() == b"POST"
        assert await server.arrived.get() == b"first"
        server.is_sure = False
        yield b"second"

    begin_job()
    async with server.session() as session:
        sending = asyncio.create_task(session.post(server.url, data=video()))
        await server.until_held()
        assert server.arrived.empty()
        server.is_sure = True
        assert await server.arrived.get() == b"second"
        (await sending).close()


async def test_reading_and_what_is_of_no_job_do_not_wait() -> None:
    server = _Server(is_sure=False)
    async with server.session() as session:
        (await session.post(server.url)).close()
        begin_job()
        (await session.get(server.url)).close()
    assert [server.arrived.get_nowait() for _ in range(2)] == [b"POST", b"GET"]
