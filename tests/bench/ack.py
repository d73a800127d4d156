"""From an interaction's dispatch to its acknowledgement, while 200 jobs run.

The bot is a process of its own, as in real life; the sandbox, which measures, is in this one, so its own delays
are part of the figures.
"""

import asyncio
import os
import statistics
import sys
import tempfile
from asyncio.subprocess import DEVNULL, Process
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

from bot.interpreter import freeze_startup_objects
from bot.sandbox.dimilinks import TaskPace
from bot.sandbox.sandbox import Sandbox
from bot.sandbox.video_factory import SampleVideoFactory
from tests.bench.figures import Figure

RUNNING = 200
_PEOPLE = 50
_SAMPLES = 400
_EVERY_S = 0.04
_TIMEOUT_S = 120.0
_UNLIMITED = "100000"


@asynccontextmanager
async def running_bot(
    sandbox: Sandbox, folder: Path, *command: str, stdout: int = DEVNULL, **settings: str
) -> AsyncGenerator[Process]:
    """The bot as a child process, by `python -m command`; stopped by SIGTERM, which has to end well."""
    environment = {name: value for name, value in os.environ.items() if name != "DISCORD_OPENAPI"}
    # The sandbox stands for other machines. A full collection in its process, of 150 ms and more with some hundred
    # commands in memory, would be counted as the bot's delay.
    freeze_startup_objects()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", *command),
        env={
            **environment,
            **sandbox.environment,
            "DATA_DIR": str(folder / "data"),
            "LOG_LEVEL": "WARNING",
            "JOBS_AT_ONCE": _UNLIMITED,
            "JOBS_AT_ONCE_PER_SERVER": _UNLIMITED,
            "JOBS_AT_ONCE_PER_PERSON": _UNLIMITED,
            "API_REQUESTS_PER_S": "1000",
            **settings,
        },
        stdout=stdout,
        stderr=DEVNULL,
    )
    try:
        await sandbox.discord.wait_until_ready(timeout_s=_TIMEOUT_S)
        await sandbox.discord.wait_for_commands(timeout_s=_TIMEOUT_S)
        yield process
        process.terminate()
        if await process.wait() != 0:
            raise RuntimeError("the bot did not stop cleanly")
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def run() -> list[Figure]:
    """Start 200 jobs, then ask for more at a steady pace and see how soon each is acknowledged."""
    os.environ.pop("DISCORD_OPENAPI", None)  # checking every request would be part of what is measured
    with tempfile.TemporaryDirectory(prefix="stillmotion-bench-") as scratch:
        folder = Path(scratch)
        pace = TaskPace(queue_s=1.0, generate_s=3600.0)
        async with Sandbox(SampleVideoFactory(folder / "films"), pace=pace) as sandbox:
            guild = sandbox.discord.add_guild("Server")
            channel = guild.add_channel("general")
            people = [sandbox.discord.add_user(f"person{number}") for number in range(_PEOPLE)]
            for person in people:
                guild.join(person)

            async def ask(number: int) -> float:
                person = people[number % _PEOPLE]
                reply = await sandbox.discord.invoke(
                    "video", user=person, channel=channel, options={"prompt": f"video {number}"}
                )
                await reply.wait_for_ack(timeout_s=_TIMEOUT_S)
                return reply.ack_delay_s or 0.0

            async with running_bot(sandbox, folder, "bot", "run"):
                await asyncio.gather(*(ask(number) for number in range(RUNNING)))
                await _until_all_are_polled(sandbox)
                async with asyncio.TaskGroup() as group:
                    tasks: list[asyncio.Task[float]] = []
                    for number in range(_SAMPLES):
                        tasks.append(group.create_task(ask(RUNNING + number)))
                        await asyncio.sleep(_EVERY_S)
    delays_ms = sorted(task.result() * 1000 for task in tasks)
    hundredths = statistics.quantiles(delays_ms, n=100)
    told = f"dispatch to acknowledgement, {_SAMPLES} commands while {RUNNING} and more jobs run"
    return [
        Figure("ack.p50_ms", hundredths[49], f"median, {told}"),
        Figure("ack.p99_ms", hundredths[98], f"99th percentile, {told}", at_most=50),
        Figure("ack.max_ms", delays_ms[-1], f"the slowest, {told}"),
        Figure("ack.jobs_running_count", RUNNING, "jobs at the service when the measuring began"),
    ]


async def _until_all_are_polled(sandbox: Sandbox) -> None:
    async with asyncio.timeout(_TIMEOUT_S):
        while len(sandbox.dimilinks.request_log.polls) < RUNNING:  # noqa: ASYNC110 - a plain record
            await asyncio.sleep(0.1)
