"""`python -m bot check`: one line a check, nothing bought, no secret told."""

import os
import sqlite3
from contextlib import closing
from datetime import UTC, datetime

import pytest

from bot.moderation.audit.entries import AuditAction, AuditEntry
from bot.moderation.audit.store import AuditStore
from bot.sandbox.dimilinks import DropAfterAcceptance
from bot.sandbox.discord.wire import Intents
from bot.sandbox.sandbox import Sandbox
from bot.storage.opening import open_database
from tests.cli.shell import Shell, asked

WRONG = "wrong-but-still-a-secret"
SAID = "words about somebody"


def verdicts(text: str) -> dict[str, bool]:
    lines = [line for line in text.splitlines() if line]
    return {line[5:].partition(":")[0]: line.startswith("ok ") for line in lines}


async def test_all_is_well(shell: Shell, sandbox: Sandbox) -> None:
    outcome = await shell.run("check", environment=sandbox.environment)
    assert outcome.status == 0, outcome.all
    assert verdicts(outcome.out) == dict.fromkeys(
        (
            "configuration",
            "data folder",
            "database",
            "jobs",
            "audit log",
            "discord token",
            "intents",
            "api key",
        ),
        True,
    )
    assert "ok   audit log: no entries yet" in outcome.out
    assert sandbox.dimilinks.request_log.submissions == []
    assert sandbox.discord.token not in outcome.all
    assert sandbox.dimilinks.api_key not in outcome.all


@pytest.mark.parametrize(
    ("setting", "failing"),
    [
        ("DISCORD_TOKEN", {"discord token", "intents"}),
        ("DIMILINKS_API_KEY", {"api key"}),
    ],
)
async def test_a_wrong_secret_is_found_and_not_repeated(
    shell: Shell, sandbox: Sandbox, setting: str, failing: set[str]
) -> None:
    outcome = await shell.run("check", environment={**sandbox.environment, setting: WRONG})
    assert outcome.status == 1
    assert {name for name, passed in verdicts(outcome.out).items() if not passed} == failing
    assert f"does not accept {setting}" in outcome.out
    assert WRONG not in outcome.all


async def test_what_is_not_set_and_not_reachable_is_named(shell: Shell) -> None:
    nowhere = {"DISCORD_API_URL": "http://127.0.0.1:9/api/v10", "DIMILINKS_BASE_URL": "http://127.0.0.1:9/v1"}
    outcome = await shell.run("check", environment=nowhere)
    assert outcome.status == 1
    assert "FAIL discord token: DISCORD_TOKEN is not set" in outcome.out
    assert "DIMILINKS_API_KEY" in outcome.out
    outcome = await shell.run(
        "check", environment={**nowhere, "DISCORD_TOKEN": WRONG, "DIMILINKS_API_KEY": WRONG}
    )
    assert outcome.status == 1
    assert "Discord cannot be reached" in outcome.out
    assert WRONG not in outcome.all


async def test_a_data_folder_that_cannot_be_is_told(shell: Shell, sandbox: Sandbox) -> None:
    (shell.folder / "data").write_text("a file where the folder should be")
    outcome = await shell.run("check", environment=sandbox.environment)
    assert outcome.status == 1
    assert "FAIL data folder: " in outcome.out


async def test_requests_of_unknown_outcome_get_a_line_also_while_the_bot_runs(
    shell: Shell, sandbox: Sandbox
) -> None:
    sandbox.dimilinks.faults.submit.append(DropAfterAcceptance())
    process = await shell.start("run", environment=sandbox.environment)
    reply = await asked(sandbox)
    await reply.wait_for(lambda version: "not known whether it was charged" in version.text(), timeout_s=30)
    outcome = await shell.run("check", environment=sandbox.environment)
    process.terminate()
    await shell.ended(process)
    assert outcome.status == 0, outcome.all
    assert f"in use by process {process.pid}" in outcome.out
    assert "1 of unknown outcome in the last 30 days" in outcome.out


async def test_a_damaged_database_is_found(shell: Shell, sandbox: Sandbox) -> None:
    (shell.folder / "data").mkdir()
    (shell.folder / "data" / "stillmotion.sqlite3").write_bytes(b"this is no database" * 400)
    outcome = await shell.run("check", environment=sandbox.environment)
    assert outcome.status == 1
    assert "FAIL database: " in outcome.out


async def test_an_audit_log_that_somebody_changed_is_found_also_while_the_bot_runs(
    shell: Shell, sandbox: Sandbox
) -> None:
    entries = [
        AuditEntry(1, datetime(2026, 3, 1, tzinfo=UTC), AuditAction.BANNED, 2, 3, reason=SAID)
        for _ in range(5)
    ]
    folder = shell.folder / "data"
    async with open_database(None, folder) as database:
        await AuditStore(database).append(*entries)
        outcome = await shell.run("check", environment=sandbox.environment)
        assert outcome.status == 0, outcome.all
        assert f"in use by process {os.getpid()}" in outcome.out
        assert "ok   audit log: 5 entries, unbroken" in outcome.out
    with closing(sqlite3.connect(folder / "stillmotion.sqlite3")) as connection, connection:
        connection.execute("UPDATE audit SET person_id = 4 WHERE number = 3")
    outcome = await shell.run("check", environment=sandbox.environment)
    assert outcome.status == 1
    assert {name for name, passed in verdicts(outcome.out).items() if not passed} == {"audit log"}
    assert "FAIL audit log: broken at entry 3: it was changed after it was written" in outcome.out
    assert SAID not in outcome.all


async def test_the_message_content_intent_is_checked_where_it_is_asked_for(
    shell: Shell, sandbox: Sandbox
) -> None:
    environment = {**sandbox.environment, "MESSAGE_CONTENT": "true"}
    outcome = await shell.run("check", environment=environment)
    assert outcome.status == 1
    assert "FAIL intents: MESSAGE_CONTENT" in outcome.out
    sandbox.discord.gateway.allowed_privileged |= Intents.MESSAGE_CONTENT
    outcome = await shell.run("check", environment=environment)
    assert outcome.status == 0, outcome.all
    assert "ok   intents: the message content intent is switched on" in outcome.out
