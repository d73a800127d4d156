"""`python -m bot forget`: somebody's words go, what was decided stays."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime

import pytest

from bot.moderation.audit.entries import AuditAction, AuditEntry
from bot.moderation.audit.store import AuditStore, verify_log
from bot.sandbox.sandbox import Sandbox
from bot.storage.address import SqliteAddress
from bot.storage.opening import open_database
from tests.cli.shell import Shell, asked
from tests.files.s3_server import S3Server

SAID = "a very private wish"


@pytest.mark.slow
async def test_prompts_are_removed_and_the_log_still_verifies(shell: Shell, sandbox: Sandbox) -> None:
    process = await shell.start("run", environment=sandbox.environment)
    reply = await asked(sandbox)
    await reply.wait_for_video(timeout_s=60)
    running = await shell.run("forget", "1", environment=sandbox.environment)
    assert running.status == 1
    assert "the database cannot be used" in running.err
    process.terminate()
    assert (await shell.ended(process)).status == 0
    person = reply.interaction.user.id
    folder = shell.folder / "data"
    assert len([*(folder / "media").iterdir()]) == 1
    async with open_database(None, folder) as database:
        entry = AuditEntry(
            1, datetime(2026, 3, 1, tzinfo=UTC), AuditAction.REQUEST_REFUSED, None, person, prompt=SAID
        )
        await AuditStore(database).append(entry)
    outcome = await shell.run("forget", str(person), environment=sandbox.environment)
    assert outcome.status == 0, outcome.all
    assert "Deleted: 1 requests, the texts of 1 log entries" in outcome.out
    assert [*(folder / "media").iterdir()] == []
    path = folder / "stillmotion.sqlite3"
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT prompt, person_id FROM jobs").fetchall() == [("…", 0)]
        assert connection.execute("SELECT count(*) FROM audit WHERE prompt IS NOT NULL").fetchone() == (0,)
    assert verify_log(SqliteAddress(path)).broken is None


@pytest.mark.slow
async def test_files_that_a_bucket_does_not_delete_now_are_told_and_left_to_the_bot(
    shell: Shell, sandbox: Sandbox
) -> None:
    async with S3Server().running() as server:
        environment = {**sandbox.environment, **server.environment()}
        process = await shell.start("run", environment=environment)
        reply = await asked(sandbox)
        await reply.wait_for_video(timeout_s=60)
        process.terminate()
        assert (await shell.ended(process)).status == 0
        server.fail(method="(POST|DELETE)")
        outcome = await shell.run("forget", str(reply.interaction.user.id), environment=environment)
        assert outcome.status == 0, outcome.all
        assert "files could not be deleted in STORE_URL yet" in outcome.out
        assert len(server.names()) == 1


@pytest.mark.slow
@pytest.mark.parametrize("person", ["0", str(2**63)])
async def test_what_is_nobodys_id_is_refused(shell: Shell, person: str) -> None:
    outcome = await shell.run("forget", person)
    assert outcome.status == 2
    assert "Invalid value for 'person'" in outcome.err
    assert not (shell.folder / "data").exists()
