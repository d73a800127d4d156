"""`python -m bot unknown` and `resolve`: requests of unknown outcome, while the bot runs and while it does not."""

import sqlite3
from contextlib import closing
from typing import Any

import pytest

from bot.sandbox.dimilinks import At, HttpError, SubmitStage
from bot.sandbox.discord import Reply
from bot.sandbox.sandbox import Sandbox
from tests.cli.shell import Shell, asked

LOST = At(SubmitStage.AFTER_ACCEPTANCE, HttpError(500, "oops", "\x1b[31mlost on the way"))


def rows(shell: Shell) -> list[dict[str, Any]]:
    with closing(sqlite3.connect(shell.folder / "data" / "stillmotion.sqlite3")) as connection:
        connection.row_factory = sqlite3.Row
        return [dict(row) for row in connection.execute("SELECT * FROM jobs ORDER BY created_at")]


async def lost(sandbox: Sandbox) -> Reply:
    """Somebody asks for a video, and the answer to its purchase is an error."""
    sandbox.dimilinks.faults.submit.append(LOST)
    reply = await asked(sandbox)
    await reply.wait_for(lambda version: "The operator may have paid for it" in version.text(), timeout_s=60)
    return reply


@pytest.mark.slow
@pytest.mark.parametrize(
    "running",
    [
        pytest.param(True, id="the bot runs", marks=pytest.mark.slow),
        pytest.param(False, id="the bot is stopped"),
    ],
)
async def test_a_lost_video_is_listed_found_and_delivered(
    shell: Shell,
    sandbox: Sandbox,
    running: bool,  # noqa: FBT001
) -> None:
    process = await shell.start("run", environment=sandbox.environment)
    reply = await lost(sandbox)
    if not running:
        process.terminate()
        assert (await shell.ended(process)).status == 0
    (row,) = rows(shell)
    (submission,) = sandbox.dimilinks.request_log.submissions
    listed = await shell.run("unknown")
    assert listed.status == 0, listed.all
    for told in (row["id"], "a paper boat", "lost on the way", str(row["person_id"]), "1 request is"):
        assert told in listed.out
    assert "\x1b" not in listed.out
    reply.expire_token()
    outcome = await shell.run("resolve", row["id"][:8], "--task", submission.task_id)
    assert outcome.status == 0, outcome.all
    assert outcome.out.startswith(f"Request {row['id']} goes on as task {submission.task_id}")
    if not running:
        process = await shell.start("run", environment=sandbox.environment)
    await reply.wait_for_video(timeout_s=60)
    again = await shell.run("resolve", row["id"], "--task", submission.task_id)
    assert again.status == 1
    assert "is known, it is" in again.err
    process.terminate()
    assert (await shell.ended(process)).status == 0
    assert (await shell.run("unknown")).out == "No request is of unknown outcome.\n"
    assert len(sandbox.dimilinks.request_log.submissions) == 1


@pytest.mark.slow
async def test_seconds_that_were_not_bought_count_no_longer_for_the_running_bot(
    shell: Shell, sandbox: Sandbox
) -> None:
    environment = {**sandbox.environment, "SECONDS_A_DAY": "6"}
    process = await shell.start("run", environment=environment)
    reply = await lost(sandbox)
    person, channel = reply.interaction.user, reply.interaction.channel
    (row,) = rows(shell)
    outcome = await shell.run("resolve", row["id"], "--not-bought")
    assert outcome.status == 0, outcome.all
    (row,) = rows(shell)
    assert row["state"] == "failed"
    assert row["settled_at"] is not None
    second = await sandbox.discord.invoke(
        "video", user=person, channel=channel, options={"prompt": "another boat"}
    )
    await second.wait_for_video(timeout_s=60)
    process.terminate()
    assert (await shell.ended(process)).status == 0


@pytest.mark.slow
async def test_what_cannot_be_resolved_is_refused_with_the_reason(shell: Shell, sandbox: Sandbox) -> None:
    process = await shell.start("run", environment=sandbox.environment)
    reply = await asked(sandbox)
    await reply.wait_for_video(timeout_s=60)
    sandbox.dimilinks.faults.submit.append(LOST)
    second = await sandbox.discord.invoke(
        "video",
        user=reply.interaction.user,
        channel=reply.interaction.channel,
        options={"prompt": "another boat"},
    )
    await second.wait_for(lambda version: "may have paid" in version.text(), timeout_s=60)
    process.terminate()
    assert (await shell.ended(process)).status == 0
    delivered, unknown = rows(shell)
    for arguments, told in (
        ((unknown["id"], "--task", delivered["task_id"]), f"belongs to request {delivered['id']}"),
        ((delivered["id"], "--not-bought"), "it is delivered"),
        (("zzz", "--not-bought"), "no request has the id 'zzz'"),
        (("", "--not-bought"), "no request has the id ''"),
        ((unknown["id"],), "say either --task ID"),
        ((unknown["id"], "--task", "x", "--not-bought"), "say either --task ID"),
        ((unknown["id"], "--task", " "), "cannot be a task's id"),
    ):
        outcome = await shell.run("resolve", *arguments)
        assert outcome.status == 1, arguments
        (line,) = outcome.all.splitlines()
        assert told in line
    assert rows(shell) == [delivered, unknown]


@pytest.mark.parametrize("command", [("unknown",), ("resolve", "a", "--not-bought")])
async def test_without_a_database_none_is_made(shell: Shell, command: tuple[str, ...]) -> None:
    outcome = await shell.run(*command)
    assert outcome.status == 1
    (line,) = outcome.all.splitlines()
    assert "there is no database" in line
    assert not (shell.folder / "data").exists()
