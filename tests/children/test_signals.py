"""What the terminal and a killed parent do to children."""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from pathlib import Path

import psutil
import pytest

from tests.children.pools import lines
from tests.e2e.actors.timing import until

REPOSITORY = Path(__file__).parents[2]


async def parent(working_folders: Path, *arguments: str) -> Process:
    """Start a process with a pool, in a process group of its own."""
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.children.lone_parent", *arguments),
        cwd=REPOSITORY,
        env={**os.environ, "TMPDIR": str(working_folders)},
        stdout=PIPE,
        start_new_session=True,
    )


async def printed(process: Process) -> int:
    """The next process id that the parent prints."""
    assert process.stdout is not None
    async with asyncio.timeout(60):
        return int(await process.stdout.readline())


async def test_the_terminal_s_interrupts_do_not_reach_a_child(working_folders: Path) -> None:
    process = await parent(working_folders)
    first = await printed(process)
    os.killpg(process.pid, signal.SIGINT)
    assert await printed(process) == first
    process.kill()
    await process.wait()
    await until(lambda: not psutil.pid_exists(first))


async def test_a_killed_parent_leaves_no_child_and_no_folder(working_folders: Path) -> None:
    process = await parent(working_folders)
    child = await printed(process)
    assert len(list(working_folders.iterdir())) == 1
    process.kill()
    await process.wait()
    await until(lambda: not psutil.pid_exists(child) and not list(working_folders.iterdir()))


@pytest.mark.slow
async def test_a_child_at_work_ends_itself_though_its_parent_was_killed(
    working_folders: Path, notes: Path
) -> None:
    process = await parent(working_folders, str(notes))
    await until(lambda: bool(lines(notes)))
    process.kill()
    await process.wait()
    await until(lambda: not psutil.pid_exists(int(lines(notes)[0])))
    for folder in working_folders.iterdir():  # ended by a signal, it could not remove it
        folder.rmdir()
