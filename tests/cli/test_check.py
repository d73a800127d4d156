"""`python -m bot check`: one line a check, nothing bought, no secret told."""

import json
import os
import sqlite3
from contextlib import closing
from datetime import UTC, datetime

import pytest

from bot.moderation.audit.checkpoint import DIGEST_NAME
from bot.moderation.audit.entries import AuditAction, AuditEntry
from bot.moderation.audit.store import AuditStore
from bot.sandbox.dimilinks import DropAfterAcceptance, Html, OtherVideo
from bot.sandbox.discord import DiscordFault, OddAnswer
from bot.sandbox.discord.wire import Intents
from bot.sandbox.sandbox import Sandbox
from bot.storage.opening import open_database
from tests.cli.shell import Shell, asked

WRONG = "wrong-but-still-a-secret"
SAID = "words about somebody"


def verdicts(text: str) -> dict[str, bool]:
    lines = [line for line in text.splitlines() if line]
    return {line[5:].partition(":")[0]: line.startswith(("ok ", "warn ")) for line in lines}


async def test_all_is_well(shell: Shell, sandbox: Sandbox) -> None:
    outcome = await shell.run("check", environment=sandbox.environment)
    assert outcome.status == 0, outcome.all
    assert verdicts(outcome.out) == dict.fromkeys(
        (
            ".env",
            "configuration",
            "data folder",
            "files",
            "database",
            "jobs",
            "audit log",
            "pictures and videos",
            "image check",
            "content credentials",
            "links",
            "metrics",
            "discord token",
            "intents",
            "commands",
            "install link",
            "permissions",
            "api key",
        ),
        True,
    )
    assert "ok   audit log: no entries yet" in outcome.out
    assert sandbox.dimilinks.request_log.submissions == []
    assert sandbox.discord.token not in outcome.all
    assert sandbox.dimilinks.api_key not in outcome.all


@pytest.mark.slow
@pytest.mark.parametrize(
    ("setting", "failing"),
    [
        ("DISCORD_TOKEN", {"discord token", "intents", "commands", "install link", "permissions"}),
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


@pytest.mark.slow
async def test_what_is_not_set_and_not_reachable_is_named(shell: Shell) -> None:
    nowhere = {"DISCORD_API_URL": "http://127.0.0.1:9/api/v10", "DIMILINKS_BASE_URL": "http://127.0.0.1:9/v1"}
    outcome = await shell.run("check", environment=nowhere)
    assert outcome.status == 1
    assert outcome.out.count("DISCORD_TOKEN is not set") == 1, "said once, not for each check that needs it"
    assert "FAIL discord token: DISCORD_TOKEN is not set" in outcome.out
    assert "FAIL permissions: not checked" in outcome.out
    assert "DIMILINKS_API_KEY" in outcome.out
    outcome = await shell.run(
        "check", environment={**nowhere, "DISCORD_TOKEN": WRONG, "DIMILINKS_API_KEY": WRONG}
    )
    assert outcome.status == 1
    assert "Discord cannot be reached" in outcome.out
    assert WRONG not in outcome.all


@pytest.mark.slow
async def test_a_data_folder_that_cannot_be_is_told(shell: Shell, sandbox: Sandbox) -> None:
    (shell.folder / "data").write_text("a file where the folder should be")
    outcome = await shell.run("check", environment=sandbox.environment)
    assert outcome.status == 1
    assert "FAIL data folder: " in outcome.out


@pytest.mark.slow
async def test_requests_of_unknown_outcome_and_odd_videos_are_told_also_while_the_bot_runs(
    shell: Shell, sandbox: Sandbox
) -> None:
    sandbox.dimilinks.faults.submit.append(DropAfterAcceptance())
    process = await shell.start("run", environment=sandbox.environment)
    reply = await asked(sandbox)
    await reply.wait_for(lambda version: "The operator may have paid for it" in version.text(), timeout_s=60)
    sandbox.dimilinks.faults.outcomes.append(OtherVideo(size="640x640"))
    await (await asked(sandbox)).wait_for_video(timeout_s=60)
    outcome = await shell.run("check", environment=sandbox.environment)
    process.terminate()
    await shell.ended(process)
    assert outcome.status == 0, outcome.all
    assert f"in use by process {process.pid}" in outcome.out
    assert "1 of unknown outcome in the last 30 days" in outcome.out
    assert "1 delivered in the last 30 days with a video shorter or smaller than asked for" in outcome.out


@pytest.mark.slow
async def test_a_damaged_database_is_found(shell: Shell, sandbox: Sandbox) -> None:
    (shell.folder / "data").mkdir()
    (shell.folder / "data" / "stillmotion.sqlite3").write_bytes(b"this is no database" * 400)
    outcome = await shell.run("check", environment=sandbox.environment)
    assert outcome.status == 1
    assert "FAIL database: " in outcome.out


@pytest.mark.slow
async def test_an_audit_log_that_somebody_changed_is_found_also_while_the_bot_runs(
    shell: Shell, sandbox: Sandbox
) -> None:
    entries = [
        AuditEntry(1, datetime(2026, 3, 1, tzinfo=UTC), AuditAction.BANNED, 2, 3, reason=SAID)
        for _ in range(5)
    ]
    folder = shell.folder / "data"
    async with open_database(None, folder) as database:
        *_, last = await AuditStore(database).append(*entries)
        (folder / DIGEST_NAME).write_text(json.dumps({"number": last.number, "sha256": last.sha256}))
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


@pytest.mark.slow
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


@pytest.mark.parametrize(
    ("setting", "secret", "expected"),
    [
        ("DIMILINKS_API_KEY", "Bearer sk-{}", 'without "Bearer " in front'),
        ("DISCORD_TOKEN", "Bot {}", 'without "Bot " in front'),
        ("DISCORD_TOKEN", "bot {}", 'without "Bot " in front'),
        ("DIMILINKS_API_KEY", "sk-{}\n", "its character 28 (U+000A) cannot be in a header"),
        ("DIMILINKS_API_KEY", "\u200bsk-{}", "its character 1 (U+200B) cannot be in a header"),
        ("DISCORD_TOKEN", "two {}", "its character 4 (U+0020) cannot be in a header"),
    ],
)
@pytest.mark.slow
async def test_a_secret_that_no_header_can_hold_is_named_without_it(
    shell: Shell, sandbox: Sandbox, setting: str, secret: str, expected: str
) -> None:
    environment = {**sandbox.environment, setting: secret.format(WRONG)}
    outcome = await shell.run("check", environment=environment)
    assert outcome.status == 1
    assert f"FAIL configuration: {setting}: expected the " in outcome.out
    assert outcome.out.rstrip().endswith(expected)
    assert WRONG not in outcome.all
    started = await shell.run("run", environment=environment)
    assert started.status == 2
    assert started.err.rstrip().endswith(expected)
    assert WRONG not in started.all


@pytest.mark.slow
@pytest.mark.parametrize("status", [200, 404])
async def test_an_address_that_answers_a_web_page_is_named(
    shell: Shell, sandbox: Sandbox, status: int
) -> None:
    sandbox.dimilinks.faults.models.append(Html(status))
    sandbox.discord.faults.append(DiscordFault("GET /users/@me", status, answer=OddAnswer.PAGE))
    outcome = await shell.run("check", environment=sandbox.environment)
    assert outcome.status == 1
    assert {name for name, passed in verdicts(outcome.out).items() if not passed} == {
        *("discord token", "intents", "commands", "install link", "permissions"),
        "api key",
    }
    assert f"FAIL api key: DIMILINKS_BASE_URL: {sandbox.dimilinks.base_url} answers a web page" in outcome.out
    assert f"FAIL discord token: DISCORD_API_URL: {sandbox.discord.api_url} answers a web" in outcome.out


@pytest.mark.slow
@pytest.mark.parametrize("status", [429, 503])
async def test_a_page_of_a_failure_is_not_taken_for_a_wrong_address(
    shell: Shell, sandbox: Sandbox, status: int
) -> None:
    sandbox.dimilinks.faults.models.append(Html(status))
    sandbox.discord.faults.append(DiscordFault("GET /users/@me", status, answer=OddAnswer.PAGE))
    outcome = await shell.run("check", environment=sandbox.environment)
    assert outcome.status == 1
    assert f"FAIL discord token: Discord answered HTTP {status}" in outcome.out
    assert f"FAIL api key: {status}: HTTP {status} with a page" in outcome.out


async def test_a_key_that_may_not_use_the_model_is_found(shell: Shell, sandbox: Sandbox) -> None:
    sandbox.dimilinks.models = ["another", "third"]
    outcome = await shell.run("check", environment=sandbox.environment)
    assert outcome.status == 1
    assert (
        "FAIL api key: DimiLinks accepts it, but grok-imagine-video is not among the 2 models" in outcome.out
    )


@pytest.mark.slow
async def test_a_limit_that_no_video_fits_is_found(shell: Shell, sandbox: Sandbox) -> None:
    for limit, status in (("5", 1), ("6", 0)):
        limits = {"SECONDS_A_DAY_PER_PERSON": limit, "SECONDS_A_DAY": "600"}
        outcome = await shell.run("check", environment={**sandbox.environment, **limits})
        assert outcome.status == status
        assert ("FAIL configuration: SECONDS_A_DAY_PER_PERSON: smaller than" in outcome.out) is (status == 1)


@pytest.mark.slow
async def test_commands_that_discord_has_no_longer_are_found_and_come_back(
    shell: Shell, sandbox: Sandbox
) -> None:
    async def started_once() -> None:
        process = await shell.start("run", environment=sandbox.environment)
        await sandbox.discord.wait_until_ready(timeout_s=60)
        process.terminate()
        assert (await shell.ended(process)).status == 0

    await started_once()
    outcome = await shell.run("check", environment=sandbox.environment)
    assert f"ok   commands: {len(sandbox.discord.commands)} are registered" in outcome.out
    (jobs,) = [command for command in sandbox.discord.commands if command["name"] == "jobs"]
    sandbox.discord.core.commands.delete(jobs["id"], None)
    outcome = await shell.run("check", environment=sandbox.environment)
    assert outcome.status == 1
    assert "FAIL commands: Discord does not have jobs; the next start" in outcome.out
    await started_once()
    outcome = await shell.run("check", environment=sandbox.environment)
    assert outcome.status == 0, outcome.all


@pytest.mark.slow
@pytest.mark.parametrize(
    ("content", "why"), [(None, "there is no"), ("", "cannot be read"), ('{"number": 1}', "cannot be read")]
)
async def test_an_audit_log_without_its_digest_file_is_not_called_whole(
    shell: Shell, sandbox: Sandbox, content: str | None, why: str
) -> None:
    folder = shell.folder / "data"
    entry = AuditEntry(1, datetime(2026, 3, 1, tzinfo=UTC), AuditAction.BANNED, 2, 3)
    async with open_database(None, folder) as database:
        await AuditStore(database).append(entry)
    if content is not None:
        (folder / DIGEST_NAME).write_text(content)
    outcome = await shell.run("check", environment=sandbox.environment)
    assert outcome.status == 1
    assert {name for name, passed in verdicts(outcome.out).items() if not passed} == {"audit log"}
    assert "FAIL audit log: 1 entry, unbroken, but " in outcome.out
    assert why in outcome.out


@pytest.mark.slow
async def test_an_audit_log_whose_end_was_cut_off_is_found_by_a_digest_that_was_seen_before(
    shell: Shell, sandbox: Sandbox
) -> None:
    folder = shell.folder / "data"
    entry = AuditEntry(1, datetime(2026, 3, 1, tzinfo=UTC), AuditAction.BANNED, 2, 3)
    async with open_database(None, folder) as database:
        *_, last = await AuditStore(database).append(entry, entry)
    seen = f"{last.number}:{last.sha256[:16]}"
    outcome = await shell.run("check", "--digest", seen, environment=sandbox.environment)
    assert outcome.status == 0, outcome.all
    with closing(sqlite3.connect(folder / "stillmotion.sqlite3")) as connection, connection:
        connection.execute("DELETE FROM audit WHERE number = 2")
    outcome = await shell.run("check", "--digest", seen, environment=sandbox.environment)
    assert outcome.status == 1
    assert "FAIL audit log: broken at entry 2: its known digest does not stand in the log" in outcome.out
    wrong = await shell.run("check", "--digest", "two", environment=sandbox.environment)
    assert wrong.status == 2
    assert "expected NUMBER:DIGEST" in wrong.all
