"""A gateway and workers as processes of their own, on one PostgreSQL database and in one sandbox."""

import asyncio
import contextlib
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, Process
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bot.sandbox.dimilinks import TaskOutcome, TaskPace
from bot.sandbox.discord import Channel, Guild, Reply, User
from bot.sandbox.sandbox import Sandbox
from bot.sandbox.video_factory import SampleVideoFactory
from bot.settings import Settings
from tests.postgresql.outside import rows_of

REPOSITORY = Path(__file__).parents[2]
TIMEOUT_S = 120.0
_LOOK_EVERY_S = 0.02


@dataclass
class Crew:
    """The processes, and the server in which people ask for videos."""

    sandbox: Sandbox
    folder: Path
    database_url: str
    guild: Guild
    channel: Channel
    user: User
    settings: Mapping[str, str] = field(default_factory=dict[str, str])
    program: Sequence[str] = ("-m", "bot")
    """Arguments of Python, before the role."""
    apart: bool = False
    """True if each process has a data folder of its own."""
    processes: dict[str, Process] = field(default_factory=dict[str, Process])

    async def start(self, role: str, name: str) -> Process:
        """Start a process; its log is `<name>.log`."""
        inherited = {
            one: value for one, value in os.environ.items() if one.lower() not in Settings.model_fields
        }
        with self.log(name).open("ab") as log:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, *self.program, role),
                cwd=self.folder,
                env={
                    **inherited,
                    **self.sandbox.environment,
                    "PYTHONPATH": str(REPOSITORY),
                    "DATA_DIR": str(self.folder / (f"data-{name}" if self.apart else "data")),
                    "API_REQUESTS_PER_S": "100",
                    "FILE_MARK": "false",
                    "LOG_FORMAT": "json",
                    "DATABASE_URL": self.database_url,
                    **self.settings,
                },
                stdin=DEVNULL,
                stdout=DEVNULL,
                stderr=log,
            )
        self.processes[name] = process
        return process

    async def start_all(self, workers: int = 2) -> None:
        """Start a gateway and workers, and wait until all are there."""
        names = [f"worker{number}" for number in range(workers)]
        await self.start("gateway", "gateway")
        for name in names:
            await self.start("worker", name)
        discord = self.sandbox.discord
        await self.until(lambda: bool(discord.gateway.ready_shards() and discord.commands), "the gateway")
        # Some seconds after it was connected: its first work is done, and an answer in time depends on it no more.
        await self.until(lambda: self.said("gateway", "shard_ready"), "the gateway's servers")
        for name in names:
            await self.until(lambda name=name: self.said(name, "worker_ready"), name)

    async def until(self, condition: Callable[[], bool], what: str, timeout_s: float = TIMEOUT_S) -> None:
        """Wait for what other processes do, which ring no bell."""
        loop = asyncio.get_running_loop()
        ends_s = loop.time() + timeout_s
        while not condition():
            assert loop.time() < ends_s, f"{what} did not come; see {self.folder}"
            await asyncio.sleep(_LOOK_EVERY_S)

    def log(self, name: str) -> Path:
        return self.folder / f"{name}.log"

    def said(self, name: str, event: str) -> bool:
        """True if a process logged an event."""
        return f'"{event}"' in self.log(name).read_text("utf-8")

    def jobs(self) -> list[dict[str, Any]]:
        return rows_of(self.database_url, self.folder, "SELECT * FROM jobs ORDER BY created_at")

    def holder(self) -> str | None:
        """The process that runs the only job, by its name."""
        owners = [str(row["claimed_by"]).split(":")[1] for row in self.jobs() if row["claimed_by"]]
        pids = {str(process.pid): name for name, process in self.processes.items()}
        return pids[owners[0]] if owners else None

    async def ask(self, prompt: str) -> Reply:
        return await self.sandbox.discord.invoke(
            "video", user=self.user, channel=self.channel, options={"prompt": prompt}
        )

    def hold(self) -> None:
        """Have the next video stay unfinished, until `finish`."""
        self.sandbox.dimilinks.faults.outcomes.append(TaskOutcome.NEVER_FINISHES)

    def finish(self) -> None:
        tasks = self.sandbox.dimilinks._tasks  # pyright: ignore[reportPrivateUsage] - scripted by time alone
        for task in tasks.values():
            task.outcome = None

    async def in_state(self, state: str) -> str:
        """Wait until the only job is in a state. Returns the name of the process that runs it."""
        await self.until(
            lambda: [row["state"] for row in self.jobs()] == [state] and self.holder() is not None, state
        )
        holder = self.holder()
        assert holder is not None
        return holder

    @property
    def bought(self) -> int:
        return len(self.sandbox.dimilinks.request_log.submissions)

    async def stop(self, name: str) -> int:
        """Stop a process as an operator does. Returns its status."""
        process = self.processes[name]
        process.send_signal(signal.SIGTERM)
        return await self.ended(name)

    async def kill(self, name: str) -> None:
        self.processes[name].kill()
        await self.processes[name].wait()

    async def ended(self, name: str) -> int:
        async with asyncio.timeout(TIMEOUT_S):
            return await self.processes[name].wait()


@asynccontextmanager
async def crew(
    folder: Path,
    database_url: str,
    *,
    settings: Mapping[str, str] | None = None,
    program: Sequence[str] = ("-m", "bot"),
    apart: bool = False,
) -> AsyncGenerator[Crew]:
    """Give a sandbox with a server, and end all processes that were started in it; arguments as in `Crew`."""
    # On a machine that is busy with other tests a gateway that has just begun answers its first command late.
    pace = TaskPace(queue_s=0.1, generate_s=0.5)
    sandbox = Sandbox(SampleVideoFactory(folder / "films"), pace=pace, ack_deadline_s=6.0)
    async with sandbox:
        guild, user = sandbox.discord.add_guild("Server"), sandbox.discord.add_user("person")
        guild.join(user)
        channel, others = guild.add_channel("general"), settings or {}
        made = Crew(sandbox, folder, database_url, guild, channel, user, others, program, apart)
        try:
            yield made
        finally:
            for process in made.processes.values():
                with contextlib.suppress(ProcessLookupError):
                    process.kill()
                await process.wait()
