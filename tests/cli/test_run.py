"""`python -m bot run`: it starts, works, stops on a signal, and says in one line why it cannot start."""

import asyncio
import re
import signal
import socket
import sqlite3
from asyncio.subprocess import Process
from contextlib import closing

import aiohttp
import pytest

from bot.sandbox.dimilinks import TaskPace
from bot.sandbox.discord.gateway import Absence
from bot.sandbox.sandbox import Sandbox
from bot.texts import console, console_start
from cogs.installation import invite_link
from tests.cli.shell import TIMEOUT_S, Shell, asked
from tests.e2e.actors.timing import until


async def assert_ready(process: Process, sandbox: Sandbox) -> None:
    """A process that is connected tells its operator what to do next."""
    assert process.stdout is not None
    async with asyncio.timeout(TIMEOUT_S):
        told = [(await process.stdout.readline()).decode().rstrip("\n") for _ in range(3)]
    link = invite_link(sandbox.discord.application_id)
    seen = console_start.ready("stillmotion", len(sandbox.discord.world.guilds))
    assert told == [seen, console_start.invite(link), console_start.TYPE_VIDEO]


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_stops_it_cleanly_and_no_secret_is_logged(
    shell: Shell, sandbox: Sandbox, number: signal.Signals
) -> None:
    process = await shell.start("run", environment={**sandbox.environment, "LOG_LEVEL": "DEBUG"})
    reply = await asked(sandbox)
    await reply.wait_for_video(timeout_s=60)
    process.send_signal(number)
    outcome = await shell.ended(process)
    assert outcome.status == 0, outcome.all
    for secret in (sandbox.discord.token, sandbox.dimilinks.api_key, reply.interaction.token):
        assert secret not in outcome.all
    assert '"event": "job_posted"' in outcome.err


@pytest.mark.slow
async def test_what_a_stop_leaves_unfinished_is_finished_by_the_next_start(
    shell: Shell, sandbox: Sandbox
) -> None:
    sandbox.dimilinks.pace = TaskPace(queue_s=0, generate_s=12)
    process = await shell.start("run", environment=sandbox.environment)
    reply = await asked(sandbox)
    await reply.wait_for(lambda version: "Making your video" in version.text(), timeout_s=60)
    process.terminate()
    outcome = await shell.ended(process)
    assert outcome.status == 0, outcome.all
    process = await shell.start("run", environment=sandbox.environment)
    await reply.wait_for_video(timeout_s=60)
    # The video may come before the gateway's session does.
    await assert_ready(process, sandbox)
    process.terminate()
    outcome = await shell.ended(process)
    assert (outcome.status, outcome.out) == (0, "")
    assert f'"invite": "{invite_link(sandbox.discord.application_id)}"' in outcome.err
    assert "voice" not in outcome.err
    assert len(sandbox.dimilinks.request_log.submissions) == 1


@pytest.mark.slow
async def test_a_crowd_that_comes_right_after_the_start_is_acknowledged(
    shell: Shell, sandbox: Sandbox
) -> None:
    # What the first prompt has prepared must not be prepared once more for each of them.
    sandbox.dimilinks.pace = TaskPace(queue_s=0, generate_s=3600)
    guild = sandbox.discord.add_guild("Server")
    channel = guild.add_channel("general")
    people = [sandbox.discord.add_user(f"person{number}") for number in range(60)]
    for person in people:
        guild.join(person)
    process = await shell.start("run", environment=sandbox.environment)
    await sandbox.discord.wait_until_ready(timeout_s=60)
    await sandbox.discord.wait_for_commands(timeout_s=60)
    replies = await asyncio.gather(
        *(
            sandbox.discord.invoke("video", user=person, channel=channel, options={"prompt": "a paper boat"})
            for person in people
        )
    )
    await asyncio.gather(*(reply.wait_for_answer(timeout_s=60) for reply in replies))
    assert [reply.text for reply in replies if reply.failed] == []
    process.terminate()
    assert (await shell.ended(process)).status == 0


@pytest.mark.slow
async def test_a_second_process_on_the_same_data_stops_with_one_line(shell: Shell, sandbox: Sandbox) -> None:
    first = await shell.start("run", environment=sandbox.environment)
    await sandbox.discord.wait_until_ready(timeout_s=60)
    outcome = await shell.run("run", environment=sandbox.environment)
    assert outcome.status == 1
    (line,) = [line for line in outcome.err.splitlines() if "the database cannot be used" in line]
    assert str(first.pid) in line
    first.terminate()
    assert (await shell.ended(first)).status == 0


@pytest.mark.parametrize("gateway_away", [False, True])
@pytest.mark.slow
async def test_a_process_whose_jobs_another_one_carries_on_ends_with_one_line(
    shell: Shell, sandbox: Sandbox, *, gateway_away: bool
) -> None:
    sandbox.dimilinks.pace = TaskPace(queue_s=0, generate_s=12)
    process = await shell.start("run", environment=sandbox.environment)
    reply = await asked(sandbox)
    await reply.wait_for(lambda version: "Making your video" in version.text(), timeout_s=60)
    if gateway_away:  # as after a long sleep of the host
        gateway = sandbox.discord.gateway
        await gateway.stay_away(600, Absence.GREETED)
        await until(lambda: gateway.turned_away > 1)
    with closing(sqlite3.connect(shell.folder / "data" / "stillmotion.sqlite3", timeout=10)) as connection:
        connection.execute("UPDATE jobs SET claim = claim + 1, claimed_by = 'other:1:x'")
        connection.commit()
    outcome = await shell.ended(process)
    assert outcome.status == 1
    assert outcome.err.splitlines()[-1] == console.SUPERSEDED
    assert "Traceback" not in outcome.err
    assert len(sandbox.dimilinks.request_log.submissions) == 1


@pytest.mark.slow
async def test_metrics_are_served_where_the_setting_says(shell: Shell, sandbox: Sandbox) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{probe.getsockname()[1]}"
    process = await shell.start("run", environment={**sandbox.environment, "METRICS_ADDRESS": address})
    reply = await asked(sandbox)
    await reply.wait_for_video(timeout_s=60)
    text = ""
    async with asyncio.timeout(60), aiohttp.ClientSession() as session:
        # The person sees the video a moment before the bot has noted that.
        while 'state="delivered"' not in text:
            async with session.get(f"http://{address}/metrics") as response:
                text = await response.text()
    process.terminate()
    await shell.ended(process)
    assert 'stillmotion_jobs_total{state="delivered"} 1.0' in text
    assert "stillmotion_submitting_paused 0.0" in text
    assert re.search(
        rf'stillmotion_process_info{{command="run",process="[^"]+:{process.pid}:\w+"}} 1.0', text
    )
    assert "stillmotion_jobs_waiting 0.0" in text


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, "bad configuration: DISCORD_TOKEN"),
        pytest.param(
            {"DISCORD_TOKEN": "x.y.z"}, "bad configuration: DIMILINKS_API_KEY", marks=pytest.mark.slow
        ),
        pytest.param({"LOG_LEVEL": "loud"}, "bad configuration: LOG_LEVEL", marks=pytest.mark.slow),
    ],
)
async def test_bad_configuration_is_one_line_and_two(
    shell: Shell, environment: dict[str, str], expected: str
) -> None:
    outcome = await shell.run("run", environment=environment)
    assert outcome.status == 2
    (line,) = outcome.all.splitlines()
    assert line.startswith(expected)


@pytest.mark.slow
async def test_an_unknown_name_in_the_file_stops_the_start(shell: Shell) -> None:
    (shell.folder / ".env").write_text("DISCORD_TOKEN=secret-1\nDISCORD_TOKN=secret-2\n")
    outcome = await shell.run("run")
    assert outcome.status == 2
    (line,) = outcome.all.splitlines()
    assert "DISCORD_TOKN" in line
    assert "secret" not in line


async def test_a_token_that_discord_refuses_is_one_line(shell: Shell, sandbox: Sandbox) -> None:
    outcome = await shell.run("run", environment={**sandbox.environment, "DISCORD_TOKEN": "not.the.token"})
    assert outcome.status == 2
    assert outcome.err.splitlines()[-1] == "bad configuration: DISCORD_TOKEN: Discord does not accept it"
    assert "not.the.token" not in outcome.all


@pytest.mark.parametrize("arguments", [("--help",), ("demo", "--help"), ("generate", "--help")])
async def test_help_explains_itself(shell: Shell, arguments: tuple[str, ...]) -> None:
    outcome = await shell.run(*arguments)
    assert outcome.status == 0
    assert "Usage: python -m bot" in outcome.out


async def test_an_intent_that_is_not_switched_on_stops_the_start_with_one_line(
    shell: Shell, sandbox: Sandbox
) -> None:
    outcome = await shell.run("run", environment={**sandbox.environment, "MESSAGE_CONTENT": "true"})
    assert outcome.status == 2
    assert "MESSAGE_CONTENT: the message content intent is not switched on" in outcome.err
    assert [line for line in sandbox.discord.violations if "4014" not in line] == []
    sandbox.discord.violations.clear()
