"""How commands start: what they load, and that a signal meanwhile ends them without a word."""

import asyncio
import json
import signal
from asyncio.subprocess import Process
from collections.abc import Mapping

import pytest

from bot.sandbox.discord import DiscordFault
from bot.sandbox.sandbox import Sandbox
from bot.storage.opening import open_database
from tests.cli.shell import TIMEOUT_S, Outcome, Shell

TRACED = {"PYTHONPROFILEIMPORTTIME": "1"}
"""Has Python write a line to standard error for each module, when it is loaded."""
_TRACE = "import time:"
NOT_FOR_RUN = {
    *("bot.sandbox", "jsonschema", "av", "PIL", "pillow_heif", "numpy"),
    *("rich.console", "alembic", "confusable_homoglyphs"),
}


def loaded(outcome: Outcome) -> set[str]:
    """The modules that a traced command loaded, and the packages around them."""
    names = [line.rpartition("|")[2].strip() for line in outcome.err.splitlines() if line.startswith(_TRACE)]
    return {name[:end] for name in names for end in (*_dots(name), len(name))}


def _dots(name: str) -> list[int]:
    return [place for place, character in enumerate(name) if character == "."]


async def line_with(process: Process, text: str) -> None:
    """Read standard error up to a line that ends in `text`."""
    assert process.stderr is not None
    async with asyncio.timeout(TIMEOUT_S):
        while line := await process.stderr.readline():
            if line.decode().rstrip().endswith(text):
                return
    raise AssertionError(f"nothing said {text!r}")


async def interrupted(
    shell: Shell, *command: str, at: str, number: signal.Signals, environment: Mapping[str, str]
) -> Outcome:
    """What a command left that got a signal as soon as it had written a line that ends in `at`."""
    process = await shell.start(*command, environment=environment)
    await line_with(process, at)
    process.send_signal(number)
    return await shell.ended(process)


@pytest.mark.parametrize(
    ("at", "number"),
    [
        (" discord.client", signal.SIGTERM),
        *(
            pytest.param(at, number, marks=pytest.mark.slow)
            for at in (" typer", " discord.client", " sqlalchemy", " bot.wiring")
            for number in (signal.SIGINT, signal.SIGTERM)
            if (at, number) != (" discord.client", signal.SIGTERM)
        ),
    ],
)
async def test_a_signal_while_run_is_loaded_is_a_clean_stop(
    shell: Shell, at: str, number: signal.Signals
) -> None:
    outcome = await interrupted(shell, "run", at=at, number=number, environment=TRACED)
    assert outcome.status == 0
    assert outcome.out == ""
    assert [line for line in outcome.err.splitlines() if not line.startswith(_TRACE)] == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("command", "at"),
    [
        (("--help",), " typer"),
        (("demo",), " discord.client"),
        (("demo",), " av"),
        (("check",), " sqlalchemy"),
        (("generate", "a boat", "-o", "boat.mp4"), " bot.app"),
    ],
)
async def test_ctrl_c_while_another_command_is_loaded_ends_it_without_a_word(
    shell: Shell, command: tuple[str, ...], at: str
) -> None:
    outcome = await interrupted(shell, *command, at=at, number=signal.SIGINT, environment=TRACED)
    assert outcome.status == 130
    assert outcome.out == ""
    assert [line for line in outcome.err.splitlines() if not line.startswith(_TRACE)] == []


@pytest.mark.slow
async def test_ctrl_c_while_a_command_works_lets_it_clean_up(shell: Shell, sandbox: Sandbox) -> None:
    sandbox.discord.latency_s = TIMEOUT_S
    process = await shell.start("check", environment=sandbox.environment)
    assert process.stdout is not None
    async with asyncio.timeout(TIMEOUT_S):
        while b"audit log" not in await process.stdout.readline():
            pass
    process.send_signal(signal.SIGINT)
    outcome = await shell.ended(process)
    assert outcome.status == 130
    assert outcome.err == ""


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_a_signal_while_the_database_is_opened_is_a_clean_stop(
    shell: Shell, sandbox: Sandbox, number: signal.Signals
) -> None:
    process = await shell.start("run", environment={**sandbox.environment, "LOG_FORMAT": "json"})
    assert process.stderr is not None
    async with asyncio.timeout(TIMEOUT_S):
        while json.loads(await process.stderr.readline())["event"] != "database_migrated":
            pass
    process.send_signal(number)
    outcome = await shell.ended(process)
    assert outcome.status == 0
    assert "Traceback" not in outcome.err
    async with open_database(None, shell.folder / "data"):
        pass  # nobody owns it any more, and it is whole


@pytest.mark.slow
@pytest.mark.parametrize("route", ["GET /users/@me", "GET /gateway/bot", "PUT /applications/*/commands"])
async def test_a_signal_while_discord_takes_its_time_to_answer_is_a_clean_stop(
    shell: Shell, sandbox: Sandbox, route: str
) -> None:
    slow = sandbox.discord.faults.append(DiscordFault(route, delay_s=TIMEOUT_S))
    process = await shell.start("run", environment=sandbox.environment)
    async with asyncio.timeout(TIMEOUT_S):
        while not slow.hits:  # noqa: ASYNC110 - a plain record
            await asyncio.sleep(0.01)
    process.send_signal(signal.SIGINT)
    outcome = await shell.ended(process)
    assert outcome.status == 0, outcome.all
    assert "Traceback" not in outcome.all


@pytest.mark.slow
async def test_run_loads_neither_the_sandbox_nor_decoders_nor_what_only_other_commands_need(
    shell: Shell, sandbox: Sandbox
) -> None:
    async with open_database(None, shell.folder / "data"):
        pass  # so that there is nothing to migrate
    process = await shell.start("run", environment={**sandbox.environment, **TRACED})
    ended = asyncio.create_task(shell.ended(process), name="ended")
    await sandbox.discord.wait_until_ready(timeout_s=TIMEOUT_S)
    await sandbox.discord.wait_for_commands(timeout_s=TIMEOUT_S)
    process.terminate()
    outcome = await ended
    assert outcome.status == 0
    modules = loaded(outcome)
    assert "discord.client" in modules
    assert modules & NOT_FOR_RUN == set()


@pytest.mark.parametrize("command", [("--help",), ("run", "--help"), ("demo", "--help")])
async def test_help_loads_none_of_what_the_commands_work_with(shell: Shell, command: tuple[str, ...]) -> None:
    outcome = await shell.run(*command, environment=TRACED)
    assert outcome.status == 0
    modules = loaded(outcome)
    assert "typer" in modules
    assert modules & {"discord", "aiohttp", "sqlalchemy", "structlog", "asyncio"} == set()
