"""The command line as an operator uses it: a child process, in a folder of its own."""

import asyncio
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import (
    Mapping,
    Sequence,
)
from dataclasses import dataclass
from pathlib import Path

from bot.sandbox.discord import Reply
from bot.sandbox.sandbox import Sandbox
from bot.settings import Settings

REPOSITORY = Path(__file__).parents[2]
TIMEOUT_S = 60.0


@dataclass(frozen=True)
class Outcome:
    """What a command left on the screen, and how it ended."""

    status: int
    out: str
    err: str

    @property
    def all(self) -> str:
        return self.out + self.err


@dataclass(frozen=True)
class Shell:
    """Starts `python -m bot …` in an empty folder, with nothing configured but what is given."""

    folder: Path

    async def start(
        self,
        *arguments: str | Path,
        environment: Mapping[str, str] | None = None,
        typing: bool = False,
        under: Sequence[str] = (),
        own_group: bool = False,
    ) -> Process:
        """Start a command.

        With `typing` its standard input is a pipe, `under` is a command that starts it, and with `own_group` it
        leads a group of processes, as on a terminal.
        """
        inherited = {
            name: value for name, value in os.environ.items() if name.lower() not in Settings.model_fields
        }
        return await asyncio.create_subprocess_exec(
            *under,
            sys.executable,
            "-m",
            "bot",
            *map(str, arguments),
            cwd=self.folder,
            env={
                **inherited,
                "PYTHONPATH": str(REPOSITORY),
                "COLUMNS": "200",
                "DATA_DIR": str(self.folder / "data"),
                **(environment or {}),
            },
            stdin=PIPE if typing else None,
            stdout=PIPE,
            stderr=PIPE,
            start_new_session=own_group,
        )

    async def run(
        self,
        *arguments: str | Path,
        environment: Mapping[str, str] | None = None,
        under: Sequence[str] = (),
        timeout_s: float = TIMEOUT_S,
    ) -> Outcome:
        process = await self.start(*arguments, environment=environment, under=under)
        return await self.ended(process, timeout_s)

    async def ended(self, process: Process, timeout_s: float = TIMEOUT_S) -> Outcome:
        async with asyncio.timeout(timeout_s):
            out, err = await process.communicate()
        assert process.returncode is not None
        return Outcome(process.returncode, out.decode(), err.decode())


async def asked(sandbox: Sandbox) -> Reply:
    """Somebody types `/video` once the bot is up."""
    await sandbox.discord.wait_until_ready(timeout_s=60)
    await sandbox.discord.wait_for_commands(timeout_s=60)
    guild = sandbox.discord.add_guild("Server")
    user = sandbox.discord.add_user("ada")
    guild.join(user)
    return await sandbox.discord.invoke(
        "video", user=user, channel=guild.add_channel("general"), options={"prompt": "a paper boat"}
    )
