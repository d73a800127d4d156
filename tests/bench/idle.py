"""What the bot costs before the first request: its CPU until it is connected, its memory from then on.

Each start is a process of its own against one and the same local Discord, in turn with a client on discord.py that
does nothing else. The first start of each is not counted: it compiles modules and makes the database. What was
compiled is kept, as an operator's Python keeps it, in a folder of this benchmark's own.
"""

import asyncio
import contextlib
import os
import statistics
import sys
import tempfile
from asyncio.subprocess import DEVNULL
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import psutil

from bot.sandbox.dimilinks import TaskPace
from bot.sandbox.sandbox import Sandbox
from bot.sandbox.video_factory import SampleVideoFactory
from tests.bench.figures import Figure

_STARTS: Final = 7
_SETTLE_S: Final = 3.0
"""From the gateway's READY until memory is read."""
_TIMEOUT_S: Final = 60.0
_BOT: Final = ("bot", "run")
_BARE_CLIENT: Final = ("tests.bench.bare_client",)
_MEBIBYTE: Final = 1024 * 1024


@asynccontextmanager
async def _connected(
    sandbox: Sandbox, data_dir: Path, *module: str
) -> AsyncGenerator[tuple[psutil.Process, float]]:
    """A process of `python -m module`, and the CPU seconds it had used when the gateway was READY."""
    async with asyncio.timeout(_TIMEOUT_S):
        while sandbox.discord.gateway.ready_shards():  # noqa: ASYNC110 - the process before is just gone
            await asyncio.sleep(0.01)
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", *module),
        env={
            **{name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"},
            **sandbox.environment,
            "PYTHONPYCACHEPREFIX": str(data_dir.with_name("compiled")),
            "DATA_DIR": str(data_dir),
            "LOG_LEVEL": "WARNING",
        },
        stdout=DEVNULL,
        stderr=DEVNULL,
    )
    try:
        process = psutil.Process(child.pid)
        await sandbox.discord.wait_until_ready(timeout_s=_TIMEOUT_S)
        times = process.cpu_times()
        yield process, times.user + times.system + times.children_user + times.children_system
    finally:
        with contextlib.suppress(ProcessLookupError):
            child.kill()
        await child.wait()


async def _start_cpu_s(sandbox: Sandbox, data_dir: Path, *module: str) -> float:
    async with _connected(sandbox, data_dir, *module) as (_process, cpu_s):
        return cpu_s


async def _idle_mb(sandbox: Sandbox, data_dir: Path, *module: str) -> float:
    async with _connected(sandbox, data_dir, *module) as (process, _cpu_s):
        await asyncio.sleep(_SETTLE_S)
        return process.memory_info().rss / _MEBIBYTE


async def run() -> list[Figure]:
    """Start both again and again, and look at the bot while it idles: on a new database, and on its own."""
    os.environ.pop("DISCORD_OPENAPI", None)  # checking every request would slow the other side down
    with tempfile.TemporaryDirectory(prefix="stillmotion-bench-") as scratch:
        data_dir = Path(scratch, "data")
        async with Sandbox(SampleVideoFactory(Path(scratch, "films")), pace=TaskPace()) as sandbox:
            for module in (_BOT, _BARE_CLIENT):
                await _start_cpu_s(sandbox, data_dir, *module)
            idle_mb = await _idle_mb(sandbox, data_dir, *_BOT)
            first_mb = await _idle_mb(sandbox, Path(scratch, "new"), *_BOT)
            bare_mb = await _idle_mb(sandbox, data_dir, *_BARE_CLIENT)
            bot_s: list[float] = []
            bare_s: list[float] = []
            for _ in range(_STARTS):
                bare_s.append(await _start_cpu_s(sandbox, data_dir, *_BARE_CLIENT))
                bot_s.append(await _start_cpu_s(sandbox, data_dir, *_BOT))
            first_s = await _start_cpu_s(sandbox, Path(scratch, "newer"), *_BOT)
    bot, bare = statistics.median(bot_s), statistics.median(bare_s)
    return [
        Figure(
            "idle.rss_mb", idle_mb, "RSS of `run`'s own process, connected, with nothing to do", at_most=110
        ),
        Figure("idle.first_rss_mb", first_mb, "the same after the start that made the database", at_most=110),
        Figure("idle.bare_rss_mb", bare_mb, "a bare discord.py client's"),
        Figure(
            "idle.start_ratio",
            bot / bare,
            f"CPU from start to the gateway's READY over a bare discord.py client's, medians of {_STARTS}",
            at_most=4,
        ),
        Figure("idle.start_cpu_s", bot, "the bot's CPU from start to READY"),
        Figure("idle.first_start_cpu_s", first_s, "the same for the start that makes the database"),
        Figure("idle.bare_start_cpu_s", bare, "the bare client's"),
    ]
