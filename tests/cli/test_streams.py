"""Commands whose terminal, pipe or file is gone: what they do is done all the same, and no traceback is printed."""

import asyncio
import os
import sys
from asyncio.subprocess import PIPE

import pytest

from bot.sandbox.dimilinks import FailedWith
from bot.sandbox.sandbox import Sandbox
from bot.storage.opening import open_database
from tests.cli.shell import REPOSITORY, TIMEOUT_S, Outcome, Shell, asked

BUY = "generate boat -o boat.mp4 --yes"


async def in_bash(shell: Shell, sandbox: Sandbox, command: str) -> Outcome:
    """Run `python -m bot …` with redirections, which `bot` in the command stands for."""
    environment = {
        **os.environ,
        **sandbox.environment,
        "PYTHONPATH": str(REPOSITORY),
        "DATA_DIR": str(shell.folder / "data"),
    }
    process = await asyncio.create_subprocess_exec(
        "bash",
        "-c",
        f'bot() {{ "{sys.executable}" -m bot "$@"; }}; {command}',
        cwd=shell.folder,
        env=environment,
        stdin=PIPE,
        stdout=PIPE,
        stderr=PIPE,
    )
    return await shell.ended(process)


@pytest.mark.parametrize(
    "redirected",
    [
        "2>/dev/full",
        pytest.param("2>&1 | head -n 1", marks=pytest.mark.slow),
        pytest.param("2>&-", marks=pytest.mark.slow),
        pytest.param("<&- >&- 2>&-", marks=pytest.mark.slow),
    ],
)
async def test_a_video_is_saved_though_nobody_can_be_told_of_it(
    shell: Shell, sandbox: Sandbox, redirected: str
) -> None:
    outcome = await in_bash(shell, sandbox, f"bot {BUY} {redirected}")
    assert outcome.status == 0, outcome.all
    assert (shell.folder / "boat.mp4").stat().st_size > 0
    assert len(sandbox.dimilinks.request_log.submissions) == 1


@pytest.mark.slow
async def test_how_to_fetch_is_told_where_anybody_can_see_it(shell: Shell, sandbox: Sandbox) -> None:
    sandbox.dimilinks.faults.outcomes.append(FailedWith("upstream_error", "no"))
    outcome = await in_bash(shell, sandbox, f"bot {BUY} 2>/dev/full")
    assert outcome.status == 1
    (bought,) = sandbox.dimilinks.request_log.submissions
    assert f"python -m bot fetch {bought.task_id}" in outcome.out


@pytest.mark.slow
async def test_without_standard_input_nothing_is_bought(shell: Shell, sandbox: Sandbox) -> None:
    outcome = await in_bash(shell, sandbox, "bot generate boat -o boat.mp4 <&-")
    assert outcome.status == 1
    assert outcome.err.splitlines()[-1].startswith("Nothing was bought.")
    assert "Traceback" not in outcome.all
    assert sandbox.dimilinks.request_log.submissions == []


@pytest.mark.slow
async def test_a_picture_without_an_end_is_refused(shell: Shell, sandbox: Sandbox) -> None:
    outcome = await in_bash(shell, sandbox, f"bot {BUY} --image /dev/zero")
    assert outcome.status == 1
    assert outcome.err.splitlines() == ["No video: zero: it is no picture. Nothing was bought."]


@pytest.mark.parametrize("redirected", [">/dev/full", pytest.param(">&-", marks=pytest.mark.slow)])
async def test_a_list_that_cannot_be_printed_is_one_line(
    shell: Shell, sandbox: Sandbox, redirected: str
) -> None:
    process = await shell.start("run", environment=sandbox.environment)
    await asked(sandbox)
    process.terminate()
    await shell.ended(process)
    outcome = await in_bash(shell, sandbox, f"bot unknown {redirected}")
    assert outcome.status == 1
    (line,) = outcome.err.splitlines()
    assert line.startswith("The output cannot be written: ")


@pytest.mark.parametrize(
    "arguments",
    [
        "--help",
        *(pytest.param(one, marks=pytest.mark.slow) for one in ("", "backup --help", "--version", "check")),
    ],
)
@pytest.mark.parametrize(
    ("redirected", "reason"),
    [
        (">/dev/full", "No space left on device"),
        pytest.param(">&-", "Bad file descriptor", marks=pytest.mark.slow),
    ],
)
async def test_what_cannot_be_printed_is_one_line(
    shell: Shell, sandbox: Sandbox, arguments: str, redirected: str, reason: str
) -> None:
    outcome = await in_bash(shell, sandbox, f"bot {arguments} {redirected}")
    assert outcome.status == 1
    assert outcome.err.splitlines() == [f"The output cannot be written: {reason}"]


@pytest.mark.slow
@pytest.mark.parametrize("redirected", [">/dev/full", ">&-"])
async def test_a_backup_is_written_and_told_of_where_anybody_can_see_it(
    shell: Shell, sandbox: Sandbox, redirected: str
) -> None:
    async with open_database(None, shell.folder / "data"):
        pass
    outcome = await in_bash(shell, sandbox, f"bot backup bot.tar.gz {redirected}")
    assert outcome.status == 0
    (line,) = outcome.err.splitlines()
    assert line.startswith("Saved bot.tar.gz ")
    assert (shell.folder / "bot.tar.gz").exists()


@pytest.mark.slow
async def test_a_bot_runs_without_anybody_who_listens(shell: Shell, sandbox: Sandbox) -> None:
    running = asyncio.create_task(
        in_bash(shell, sandbox, "bot run <&- >/dev/full 2>/dev/full & echo $!; wait")
    )
    reply = await asked(sandbox)
    await reply.wait_for_video(timeout_s=TIMEOUT_S)
    sandbox.discord.gateway.token = "reset"
    await sandbox.discord.drop_gateway(resumable=False)
    await running
    sandbox.discord.violations.clear()
