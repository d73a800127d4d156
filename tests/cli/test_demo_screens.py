"""The screens of `python -m bot demo`: on a terminal, and on a machine with much else to do."""

import asyncio
import fcntl
import json
import os
import pty
import re
import struct
import sys
import termios
from asyncio.subprocess import DEVNULL, Process
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.cli.demo.card_view import card_lines
from bot.extras import is_checkout
from bot.sandbox.discord import MessageVersion
from bot.sandbox.discord.versions import VersionKind
from bot.sandbox.sandbox import Sandbox
from bot.texts.console_demo import next_steps
from bot.texts.durations import megabytes
from tests.cli.shell import Shell

BURNERS_PER_CORE = 2
BURNER = "import os; os.nice(10)\nwhile True: pass"
LONGEST_S = 300.0
"""A film is many seconds of work for a processor of one's own."""


def test_marks_become_styles_and_none_is_read() -> None:
    version = MessageVersion(
        VersionKind.POSTED,
        0.0,
        datetime(2026, 1, 1, tzinfo=UTC),
        content="### Title\n> a \\*quoted\\* **prompt**\n-# small",
        components=(
            {"type": 1, "components": [{"type": 2, "label": "Again"}, {"type": 2, "label": "Change"}]},
            {"type": 12, "items": [{"spoiler": True}]},
        ),
    )
    title, quote, small, buttons, spoiler = card_lines(version)
    assert (title, quote, small, buttons) == ("Title", "▎ a *quoted* prompt", "small", "[Again] [Change]")
    assert "spoiler" in spoiler


async def test_a_file_has_the_size_that_its_card_and_the_end_name(sandbox: Sandbox) -> None:
    film = sandbox.discord.upload("film.mp4", bytes(2_000_000))
    version = MessageVersion(VersionKind.POSTED, 0.0, datetime(2026, 1, 1, tzinfo=UTC), attachments=(film,))
    assert card_lines(version) == [f"▶ film.mp4 ({megabytes(2_000_000)})"]


def test_what_to_do_next_can_be_done_where_the_bot_is_installed(tmp_path: Path) -> None:
    assert is_checkout()
    assert not is_checkout(tmp_path)
    here, installed = (next_steps("open film.mp4", checkout=checkout) for checkout in (True, False))
    assert "make test" in dict(here)
    assert not any(command.startswith(("make", "cp")) for command, _ in installed)


@asynccontextmanager
async def busy_machine() -> AsyncGenerator[None]:
    """Several processes for each core that never rest."""
    count = BURNERS_PER_CORE * (os.cpu_count() or 1)
    burners: list[Process] = []
    try:
        for _ in range(count):
            burner = await asyncio.create_subprocess_exec(sys.executable, "-c", BURNER)
            burners.append(burner)
        yield
    finally:
        for burner in burners:
            burner.kill()
            await burner.wait()


@pytest.mark.slow
async def test_a_busy_machine_is_no_end(shell: Shell) -> None:
    async with busy_machine():
        process = await shell.start("demo", "--resolution", "480p", "--size", "1024x1024", "--json")
        async with asyncio.timeout(LONGEST_S):
            out, err = await process.communicate()
    assert (process.returncode, err) == (0, b"")
    assert json.loads(out.splitlines()[-1])["event"] == "saved"


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="there are no such terminals")
async def test_no_line_is_wider_than_the_terminal(shell: Shell) -> None:
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 60, 0, 0))
    # COLUMNS, which the workers of the tests have, counts more than the terminal.
    inherited = {name: value for name, value in os.environ.items() if name not in {"COLUMNS", "LINES"}}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "demo", "--prompt", " "),
        cwd=shell.folder,
        env={**inherited, "PYTHONPATH": os.pathsep.join(sys.path), "TERM": "xterm"},
        stdin=DEVNULL,
        stdout=theirs,
        stderr=DEVNULL,
    )
    os.close(theirs)
    written = bare(await asyncio.to_thread(read_all, ours))
    assert await process.wait() == 1
    assert "The prompt is empty." in written
    assert "╭─ #general · Only the person who asked sees this" in written
    assert max(len(line) for line in written.splitlines()) <= 60


def read_all(descriptor: int) -> str:
    parts: list[bytes] = []
    # Linux answers EIO when the other side is closed.
    with suppress(OSError):
        while part := os.read(descriptor, 65536):
            parts.append(part)
    os.close(descriptor)
    return b"".join(parts).decode()


def bare(written: str) -> str:
    """Take out what moves the cursor and colours the letters."""
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", written)
