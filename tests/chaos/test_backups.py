"""Killed at random times and put back from a backup of another time, the bot buys and shows nothing twice."""

import asyncio
import random
import shutil
import sqlite3
from asyncio.subprocess import Process
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from bot.sandbox.dimilinks import TaskPace
from bot.sandbox.discord import Channel, Reply, User
from bot.sandbox.sandbox import Sandbox
from bot.sandbox.video_factory import SampleVideoFactory
from tests.cli.shell import Shell
from tests.e2e.actors.timing import until
from tests.patience import ACK_DEADLINE_S

_ROUNDS = 3
_ARCHIVE = "bot.tar.gz"
_UNDER_WAY = "state IN ('submitting', 'generating', 'ready', 'delivering') AND parked_at IS NULL"
_NOT_ASKED = "state = 'queued' AND ask_again_since IS NULL"


@dataclass
class BackupRun:
    """A bot that is killed and put back again and again. `run` is called once."""

    shell: Shell
    sandbox: Sandbox
    chance: random.Random
    wiped: bool
    """True if nothing but the backup is left after each kill."""
    replies: dict[str, Reply] = field(default_factory=dict[str, Reply])
    posted: set[str] = field(default_factory=set[str])

    async def run(self) -> None:
        channel, users = self._people()
        self._channel = channel
        for _ in range(_ROUNDS):
            process = await self._started()
            async with asyncio.TaskGroup() as group:
                group.create_task(self._ask(channel, users))
                group.create_task(self._back_up())
            await asyncio.sleep(self.chance.uniform(0.0, 1.5))
            process.kill()
            await process.wait()
            self.posted = {prompt for prompt, reply in self.replies.items() if reply.current.videos}
            await self._put_back()
        process = await self._started()
        await self._settled()
        process.terminate()
        assert (await self.shell.ended(process)).status == 0

    @property
    def shown(self) -> list[str]:
        """The names of all videos in the channel, in replies and in messages beside them."""
        return [video.filename for message in self._channel.messages for video in message.current.videos]

    @property
    def database(self) -> Path:
        return self.shell.folder / "data" / "stillmotion.sqlite3"

    def states(self) -> dict[str, str]:
        with closing(sqlite3.connect(self.database)) as connection:
            return dict(connection.execute("SELECT prompt, state FROM jobs"))

    def _people(self) -> tuple[Channel, list[User]]:
        guild = self.sandbox.discord.add_guild("Server")
        users = [self.sandbox.discord.add_user(f"person{number}") for number in range(4)]
        for user in users:
            guild.join(user)
        return guild.add_channel("general"), users

    async def _started(self) -> Process:
        environment = {**self.sandbox.environment, "JOBS_AT_ONCE": "2", "LOG_LEVEL": "ERROR"}
        process = await self.shell.start("run", environment=environment)
        await self.sandbox.discord.wait_until_ready(timeout_s=60)
        await self.sandbox.discord.wait_for_commands(timeout_s=60)
        return process

    async def _ask(self, channel: Channel, users: list[User]) -> None:
        for _ in range(6):
            prompt = f"video {len(self.replies):03}"
            self.replies[prompt] = await self.sandbox.discord.invoke(
                "video", user=self.chance.choice(users), channel=channel, options={"prompt": prompt}
            )
            await asyncio.sleep(self.chance.uniform(0.0, 0.4))

    async def _back_up(self) -> None:
        await asyncio.sleep(self.chance.uniform(0.0, 1.0))
        outcome = await self.shell.run("backup", _ARCHIVE, "--force")
        assert outcome.status == 0, outcome.all

    async def _put_back(self) -> None:
        if self.wiped:
            shutil.rmtree(self.shell.folder / "data")
        outcome = await self.shell.run("restore", _ARCHIVE)
        assert outcome.status == 0, outcome.all

    def _count(self, condition: str) -> int:
        address = f"file:{self.database}?mode=ro"
        with closing(sqlite3.connect(address, uri=True, timeout=10)) as connection:
            return connection.execute(f"SELECT COUNT(*) FROM jobs WHERE {condition}").fetchone()[0]  # noqa: S608 - ours

    async def _settled(self) -> None:
        await until(lambda: not self._count(f"({_UNDER_WAY}) OR ({_NOT_ASKED})"))


@pytest.mark.slow
@pytest.mark.parametrize(("seed", "wiped"), [(0, True), (1, False)], ids=["nothing left", "data left"])
async def test_nothing_is_bought_or_shown_twice_whatever_is_put_back(
    tmp_path: Path, seed: int, *, wiped: bool
) -> None:
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    pace = TaskPace(queue_s=0.2, generate_s=1.0, jitter=0.6)
    async with Sandbox(
        SampleVideoFactory(tmp_path / "films"), pace=pace, seed=seed, ack_deadline_s=ACK_DEADLINE_S
    ) as sandbox:
        run = BackupRun(Shell(folder), sandbox, random.Random(seed), wiped)
        await run.run()
        bought = [made.prompt for made in sandbox.dimilinks.request_log.submissions]
        assert bought
        assert len(bought) == len(set(bought))
        assert [prompt for prompt in sorted(run.posted) if not run.replies[prompt].current.videos] == []
        shown = run.shown
        assert len(shown) == len(set(shown))
        if not wiped:
            # What was bought is posted, or is open for the operator: the kill came before the answer did.
            states = run.states()
            unposted = {prompt for prompt in bought if not run.replies[prompt].current.videos}
            assert {prompt: states[prompt] for prompt in unposted} == dict.fromkeys(unposted, "unknown")
