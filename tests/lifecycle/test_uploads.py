"""Uploads of a process that stood still."""

import asyncio
from collections.abc import AsyncGenerator

import aiohttp
from aiohttp import web

from bot.lifecycle.uploads import begin_job, watch_uploads


async def test_the_rest_of_an_upload_waits_until_it_is_sure_that_nobody_else_took_the_job_over() -> None:
    arrived: asyncio.Queue[bytes] = asyncio.Queue()
    asked: asyncio.Queue[bool] = asyncio.Queue()
    current = True

    def may_send() -> bool:
        asked.put_nowait(current)
        return current

    async def receive(request: web.Request) -> web.Response:
        async for piece in request.content.iter_any():
            arrived.put_nowait(piece)
        return web.Response()

    async def video() -> AsyncGenerator[bytes]:
        nonlocal current
        yield b"first"
        assert await arrived.get() == b"first"
        current = False
        yield b"second"

    application = web.Application()
    application.router.add_post("/", receive)
    runner = web.AppRunner(application)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    trace = aiohttp.TraceConfig()
    watch_uploads(trace, may_send)
    begin_job()
    async with aiohttp.ClientSession(trace_configs=[trace]) as session:
        sending = asyncio.create_task(
            session.post(f"http://127.0.0.1:{runner.addresses[0][1]}/", data=video())
        )
        async with asyncio.timeout(10):
            while await asked.get():
                pass
            assert not await asked.get()
            assert arrived.empty()
            current = True
            assert await arrived.get() == b"second"
            (await sending).close()
    await runner.cleanup()
