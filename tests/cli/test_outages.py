"""`python -m bot run` while Discord is away: it waits, is back soon after it, and stops soon all the same."""

import asyncio
import json
import sqlite3
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, closing
from typing import Any

import pytest

from bot.sandbox.dimilinks import SlowAnswer, TaskPace
from bot.sandbox.discord import DiscordFault, OddAnswer
from bot.sandbox.discord.gateway import Absence
from bot.sandbox.sandbox import Sandbox
from bot.texts import console, console_start
from cogs.gateway import LONGEST_WAIT_S, BoundedBackoff
from tests.cli.shell import REPOSITORY, TIMEOUT_S, Outcome, Shell, asked
from tests.e2e.actors.timing import until

STOP_WITHIN_S = 30.0
"""The back-off of discord.py is above a minute."""
APPLICATION = "GET /oauth2/applications/@me"


def slow(*row: Any) -> Any:
    """A row of a table that is left to the slow tests: each starts a process."""
    return pytest.param(*row, marks=pytest.mark.slow)


async def logged(process: Process, event: str) -> dict[str, Any]:
    """The first line of the log, from where it was read last, with this event."""
    assert process.stderr is not None
    async with asyncio.timeout(TIMEOUT_S):
        while line := await process.stderr.readline():
            entry = json.loads(line)
            if entry["event"].startswith(event):
                return entry
    raise AssertionError(f"nothing logged {event}")


async def stopped(shell: Shell, process: Process) -> Outcome:
    """How the process ended on SIGTERM, which has to be soon."""
    loop = asyncio.get_running_loop()
    began_s = loop.time()
    process.terminate()
    outcome = await shell.ended(process)
    assert loop.time() - began_s < STOP_WITHIN_S, outcome.all
    assert outcome.status == 0, outcome.all
    assert "Traceback" not in outcome.out
    return outcome


@pytest.mark.slow
@pytest.mark.parametrize(
    ("route", "fault", "reason"),
    [
        ("GET /users/@me", {"status": 503}, "HTTP 503"),
        (APPLICATION, {"answer": OddAnswer.TORN}, "ClientPayloadError"),
        ("GET /gateway/bot", {"answer": OddAnswer.LIST}, "an answer that cannot be read"),
        slow("GET /users/@me", {"answer": OddAnswer.PAGE}, "an answer that cannot be read"),
        slow(APPLICATION, {"status": 403, "answer": OddAnswer.PAGE}, "HTTP 403"),
        slow("GET /gateway/bot", {"status": 503, "answer": OddAnswer.PAGE}, "HTTP 503"),
    ],
)
async def test_a_start_waits_for_discord_and_says_so(
    shell: Shell, sandbox: Sandbox, route: str, fault: dict[str, Any], reason: str
) -> None:
    struck = sandbox.discord.faults.append(DiscordFault(route, times=2, **fault))
    process = await shell.start("run", environment=sandbox.environment)
    reply = await asked(sandbox)
    await reply.wait_for_video(timeout_s=60)
    assert struck.hits == 2
    outcome = await stopped(shell, process)
    first, last, *_ = outcome.out.splitlines()
    assert first == f"Discord cannot be reached ({reason}); the next try is in 1 s"
    assert last == "Discord answers again"
    assert outcome.err.count('"event": "discord_away"') == 2
    assert outcome.err.count("Unclosed") == 0


@pytest.mark.slow
async def test_a_start_waits_while_connections_are_refused(shell: Shell, sandbox: Sandbox) -> None:
    await sandbox.discord.pause()
    process = await shell.start("run", environment=sandbox.environment)
    assert (await logged(process, "discord_away"))["reason"] == "ClientConnectorError"
    await logged(process, "discord_away")
    await sandbox.discord.resume()
    await sandbox.discord.wait_until_ready(timeout_s=TIMEOUT_S)
    await stopped(shell, process)


@pytest.mark.slow
async def test_a_start_waits_while_the_name_cannot_be_looked_up(shell: Shell, sandbox: Sandbox) -> None:
    nowhere = {"DISCORD_API_URL": "http://discord.invalid/api/v10"}
    process = await shell.start("run", environment={**sandbox.environment, **nowhere})
    assert (await logged(process, "discord_away"))["reason"] == console_start.ADDRESS_UNKNOWN
    await logged(process, "discord_away")
    outcome = await stopped(shell, process)
    assert outcome.out.splitlines() == [console.discord_away(console_start.ADDRESS_UNKNOWN, 1)]


@pytest.mark.slow
async def test_a_ban_is_waited_out_as_long_as_it_says(shell: Shell, sandbox: Sandbox) -> None:
    ban = DiscordFault("*", 429, via=False, retry_after_s=6, answer=OddAnswer.PAGE)
    sandbox.discord.faults.append(ban)
    process = await shell.start("run", environment=sandbox.environment)
    loop = asyncio.get_running_loop()
    entry = await logged(process, "discord_away")
    began_s = loop.time()
    assert (entry["reason"], entry["again_in_s"]) == ("HTTP 429", 6.0)
    await sandbox.discord.wait_until_ready(timeout_s=TIMEOUT_S)
    assert loop.time() - began_s > 5.5
    await stopped(shell, process)


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(
            DiscordFault("*", 429, via=False, retry_after_s=3_000, answer=OddAnswer.PAGE),
            id="banned",
            marks=pytest.mark.slow,
        ),
        pytest.param(DiscordFault("*", 429, retry_after_s=3_000), id="limited", marks=pytest.mark.slow),
        pytest.param(DiscordFault("*", 503, times=100), id="failing", marks=pytest.mark.slow),
        pytest.param(DiscordFault("*", delay_s=TIMEOUT_S), id="silent"),
    ],
)
async def test_a_stop_waits_for_no_start(shell: Shell, sandbox: Sandbox, fault: DiscordFault) -> None:
    sandbox.discord.faults.append(fault)
    process = await shell.start("run", environment=sandbox.environment)
    await until(lambda: fault.hits > 0)
    await asyncio.sleep(0.5)  # into the wait
    await stopped(shell, process)


@pytest.mark.slow
async def test_commands_are_registered_once_discord_takes_them(shell: Shell, sandbox: Sandbox) -> None:
    refused = DiscordFault("PUT /applications/*/commands", 503, times=2)
    sandbox.discord.faults.append(refused)
    process = await shell.start("run", environment=sandbox.environment)
    await sandbox.discord.wait_until_ready(timeout_s=TIMEOUT_S)
    await sandbox.discord.wait_for_commands(timeout_s=TIMEOUT_S)
    await stopped(shell, process)


@pytest.mark.slow
async def test_a_gateway_that_is_away_at_the_start_is_asked_until_it_is_there(
    shell: Shell, sandbox: Sandbox
) -> None:
    await sandbox.discord.gateway.stay_away(600)
    process = await shell.start("run", environment=sandbox.environment)
    for _ in range(3):
        await logged(process, "Failed to connect")
    await sandbox.discord.gateway.stay_away(0)
    reply = await asked(sandbox)
    await reply.wait_for_video(timeout_s=60)
    await stopped(shell, process)


@pytest.mark.parametrize("away", ["gateway", "all"])
@pytest.mark.slow
async def test_a_stop_waits_for_no_gateway(shell: Shell, sandbox: Sandbox, away: str) -> None:
    process = await shell.start("run", environment=sandbox.environment)
    await sandbox.discord.wait_until_ready(timeout_s=TIMEOUT_S)
    if away == "gateway":
        await sandbox.discord.gateway.stay_away(600)
    else:
        await sandbox.discord.pause()
    for _ in range(4):  # the library's waits double
        await logged(process, "Attempting a reconnect")
    await stopped(shell, process)


@pytest.mark.parametrize(
    "absence",
    [
        Absence.GREETED,
        *(slow(one) for one in Absence if one is not Absence.GREETED),
    ],
)
@pytest.mark.slow
async def test_a_gateway_that_turns_connections_away_is_asked_again_with_pauses(
    shell: Shell, sandbox: Sandbox, absence: Absence
) -> None:
    gateway = sandbox.discord.gateway
    process = await shell.start("run", environment=sandbox.environment)
    await sandbox.discord.wait_until_ready(timeout_s=TIMEOUT_S)
    await gateway.stay_away(600, absence)
    await asyncio.sleep(6)
    assert 2 <= gateway.turned_away <= 6
    await gateway.stay_away(600)
    await logged(process, "Attempting a reconnect")
    await gateway.stay_away(600, absence)  # after a refusal the library connects in another way
    await asyncio.sleep(4)
    assert gateway.turned_away <= 10
    assert process.returncode is None
    await gateway.stay_away(0)
    reply = await asked(sandbox)
    await reply.wait_for_video(timeout_s=60)
    await stopped(shell, process)


@pytest.mark.slow
async def test_a_stop_waits_for_no_job_whose_reply_cannot_be_edited(shell: Shell, sandbox: Sandbox) -> None:
    sandbox.dimilinks.pace = TaskPace(queue_s=0, generate_s=30)
    process = await shell.start("run", environment=sandbox.environment)
    reply = await asked(sandbox)
    await reply.wait_for(lambda version: "Making your video" in version.text(), timeout_s=60)
    await sandbox.discord.pause()
    await stopped(shell, process)


@pytest.mark.slow
async def test_a_stop_waits_for_no_discord_that_takes_no_finished_video(
    shell: Shell, sandbox: Sandbox
) -> None:
    process = await shell.start("run", environment=sandbox.environment)
    reply = await asked(sandbox)
    await until(lambda: len(sandbox.dimilinks.request_log.submissions) == 1)
    await sandbox.discord.pause()
    await logged(process, "stamina.retry_scheduled")  # between two tries nothing is in flight
    await stopped(shell, process)
    await sandbox.discord.resume()
    process = await shell.start("run", environment=sandbox.environment)
    await reply.wait_for_video(timeout_s=60)
    await stopped(shell, process)


@pytest.mark.parametrize(
    "fault", [{"status": 503}, slow({"delay_s": 120.0, "status": 503})], ids=["refused", "unanswered"]
)
@pytest.mark.slow
async def test_a_stop_waits_for_no_upload_that_discord_does_not_take(
    shell: Shell, sandbox: Sandbox, fault: dict[str, Any]
) -> None:
    environment = sandbox.environment | {"STOP_GRACE_S": "1" if "delay_s" in fault else "75"}
    sandbox.dimilinks.pace = TaskPace(queue_s=0, generate_s=2)
    process = await shell.start("run", environment=environment)
    reply = await asked(sandbox)
    await until(lambda: bool(sandbox.dimilinks.request_log.submissions))
    refused = sandbox.discord.faults.append(DiscordFault("PATCH /webhooks/*", times=1000, **fault))
    await until(lambda: bool(sandbox.dimilinks.request_log.downloads) and refused.hits > 0)
    await asyncio.sleep(0.5)  # so that the upload was refused at least once
    await stopped(shell, process)
    sandbox.discord.faults.clear()
    process = await shell.start("run", environment=environment)
    await reply.wait_for_video(timeout_s=60)
    await stopped(shell, process)
    with closing(sqlite3.connect(shell.folder / "data" / "stillmotion.sqlite3")) as connection:
        ((state, starts),) = connection.execute("SELECT state, starts FROM jobs").fetchall()
    assert (state, starts) == ("delivered", 0)
    assert len(sandbox.dimilinks.request_log.submissions) == 1


@pytest.mark.slow
async def test_a_stop_waits_for_no_edit_that_discord_does_not_answer(shell: Shell, sandbox: Sandbox) -> None:
    sandbox.dimilinks.pace = TaskPace(queue_s=0, generate_s=60)
    process = await shell.start("run", environment=sandbox.environment)
    reply = await asked(sandbox)
    await reply.wait_for(lambda version: "Making your video" in version.text(), timeout_s=60)
    silent = sandbox.discord.faults.append(DiscordFault("PATCH /webhooks/*", times=1000, delay_s=60.0))
    await until(lambda: silent.hits > 0)
    await stopped(shell, process)


def test_the_pause_before_another_connection_does_not_grow_without_limit() -> None:
    backoff = BoundedBackoff()
    pauses = [backoff.delay() for _ in range(200)]
    assert max(pauses) == LONGEST_WAIT_S
    assert min(pauses) < LONGEST_WAIT_S


@asynccontextmanager
async def frozen_gateway(sandbox: Sandbox) -> AsyncGenerator[asyncio.Event]:
    """A relay before the gateway that passes nothing on once the event is set, as a network that broke."""
    host, _, port = sandbox.discord.cdn_host.partition(":")
    frozen = asyncio.Event()
    writers: list[asyncio.StreamWriter] = []

    async def passed_on(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        while (data := await source.read(65_536)) and not frozen.is_set():
            target.write(data)

    async def relayed(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection(host, int(port))
        writers.extend((writer, back))
        async with asyncio.TaskGroup() as both:
            both.create_task(passed_on(reader, back))
            both.create_task(passed_on(there, writer))

    server = await asyncio.start_server(relayed, "127.0.0.1", 0)
    address = f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/gateway"
    sandbox.discord.gateway.url = lambda: address
    try:
        yield frozen
    finally:
        server.close()
        for writer in writers:
            writer.close()


@pytest.mark.slow
async def test_a_stop_waits_for_no_farewell_of_a_gateway_that_fell_silent(
    shell: Shell, sandbox: Sandbox
) -> None:
    async with frozen_gateway(sandbox) as frozen:
        process = await shell.start("run", environment=sandbox.environment)
        await sandbox.discord.wait_until_ready(timeout_s=TIMEOUT_S)
        await sandbox.discord.wait_for_commands(timeout_s=TIMEOUT_S)
        await asyncio.sleep(0.5)  # so that the connection is quiet
        frozen.set()
        await stopped(shell, process)


@pytest.mark.slow
async def test_a_stop_lets_a_purchase_have_its_answer(shell: Shell, sandbox: Sandbox) -> None:
    sandbox.dimilinks.faults.submit.append(SlowAnswer(8.0))
    process = await shell.start("run", environment=sandbox.environment)
    reply = await asked(sandbox)
    await until(lambda: len(sandbox.dimilinks.request_log.submissions) == 1)
    process.terminate()
    outcome = await shell.ended(process)
    assert outcome.status == 0, outcome.all
    with closing(sqlite3.connect(shell.folder / "data" / "stillmotion.sqlite3")) as connection:
        (row,) = connection.execute("SELECT state, task_id FROM jobs").fetchall()
    (bought,) = sandbox.dimilinks.request_log.submissions
    assert row == ("generating", bought.task_id)
    process = await shell.start("run", environment=sandbox.environment)
    await reply.wait_for_video(timeout_s=60)
    await stopped(shell, process)
    assert len(sandbox.dimilinks.request_log.submissions) == 1


@pytest.mark.slow
async def test_a_purchase_that_is_not_answered_ends_the_wait_of_a_stop(
    shell: Shell, sandbox: Sandbox
) -> None:
    sandbox.dimilinks.faults.submit.append(SlowAnswer(TIMEOUT_S))
    process = await shell.start("run", environment={**sandbox.environment, "STOP_GRACE_S": "1"})
    await asked(sandbox)
    await until(lambda: len(sandbox.dimilinks.request_log.submissions) == 1)
    await stopped(shell, process)


@pytest.mark.slow
async def test_a_token_that_is_reset_while_it_runs_ends_it_with_one_line(
    shell: Shell, sandbox: Sandbox
) -> None:
    process = await shell.start("run", environment=sandbox.environment)
    await sandbox.discord.wait_until_ready(timeout_s=TIMEOUT_S)
    sandbox.discord.gateway.token = "reset"
    await sandbox.discord.drop_gateway(resumable=False)
    outcome = await shell.ended(process)
    assert outcome.status == 2
    assert outcome.err.splitlines()[-1] == "bad configuration: DISCORD_TOKEN: Discord does not accept it"
    assert [line for line in sandbox.discord.violations if "4004" not in line] == []
    sandbox.discord.violations.clear()


async def test_a_thread_that_waits_for_the_network_does_not_hold_up_the_end() -> None:
    script = """
import threading, time
from bot.cli.failure import ExitStatus
from bot.cli.interruption import end_within
threading.Thread(target=time.sleep, args=[600]).start()
end_within(0.2, ExitStatus.DONE)
"""
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", script, cwd=REPOSITORY)
    async with asyncio.timeout(TIMEOUT_S):
        assert await process.wait() == 0
