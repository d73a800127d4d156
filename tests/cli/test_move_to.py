"""`python -m bot move-to`: as an operator does it, and killed at any moment."""

import asyncio
import random
import re

import pytest

from bot.sandbox.sandbox import Sandbox
from bot.storage.ownership import owner_of
from tests.cli.shell import Shell, asked
from tests.e2e.actors.timing import until
from tests.moving.moves import Move
from tests.postgresql.outside import FILE, rows_of
from tests.postgresql.server import PASSWORD, PostgresqlServer
from tests.storage.new_database import place_new_database


@pytest.mark.slow
async def test_an_operator_moves_to_a_server(
    shell: Shell, sandbox: Sandbox, postgresql: PostgresqlServer
) -> None:
    with postgresql.new_database(empty=True) as name:
        url, on_server = postgresql.url(name), {**sandbox.environment, "DATABASE_URL": postgresql.url(name)}
        process = await shell.start("run", environment=sandbox.environment)
        reply = await asked(sandbox)
        await reply.wait_for_video(timeout_s=60)
        running = await shell.run("move-to", url)
        assert (running.status, running.err.count("\n")) == (1, 1)
        assert f"in use by another process (pid {process.pid}); stop it first" in running.err
        process.terminate()
        assert (await shell.ended(process)).status == 0
        configured = await shell.run("move-to", url, environment=on_server)
        assert (configured.status, "DATABASE_URL names a server already" in configured.err) == (1, True)
        done = await shell.run("move-to", url)
        assert done.status == 0, done.all
        assert re.fullmatch(
            r"Read .*: \d+ tables, \d+ rows, [\d.]+ s\.\n"
            r"Copied to postgresql://127\.0\.0\.1:\d+/\w+: \d+ rows, [\d.]+ s\.\n"
            r"Read back and compared: \d+ tables with the same rows, by count and SHA-256 digest, [\d.]+ s\.\n"
            r"Moved to .* Set DATABASE_URL to that address, and start the bot\. .*\n",
            done.out,
        ), done.out
        by_mistake = await shell.run("run", environment=sandbox.environment)
        assert (by_mistake.status, "; set DATABASE_URL to that address" in by_mistake.err) == (1, True)
        looked = await shell.run("check", environment=sandbox.environment)
        assert "FAIL database: " in looked.out
        assert f"moved to {postgresql.address(name).name} (" in looked.out
        copied = await shell.run("backup", "file")
        assert (copied.status, "moved to " in copied.err) == (1, True)
        process = await shell.start("run", environment=on_server)
        await sandbox.discord.wait_until_ready(timeout_s=60)
        again = await shell.run("move-to", url)
        assert (again.status, "was moved to" in again.out) == (0, True), again.all
        process.terminate()
        assert (await shell.ended(process)).status == 0
        after = await shell.run("check", environment=on_server)
        assert after.status == 0, after.all
        back = await shell.run("move-to", "--back-to-file")
        assert (back.status, "is in force again, as it was at the move" in back.out) == (0, True), back.all
        for told in (running, configured, done, by_mistake, looked, again, back):
            assert PASSWORD not in told.all
            assert PASSWORD.replace("/", "%2F") not in told.all


async def test_what_cannot_be_meant_is_refused(shell: Shell) -> None:
    both = await shell.run("move-to", "postgresql://host/name", "--back-to-file")
    assert (both.status, "name a server, or --back-to-file" in both.err) == (2, True), both.all
    file = await shell.run("move-to", "sqlite:///file")
    assert (file.status, file.err) == (1, "expected postgresql://user:password@host/name\n")
    assert not (shell.folder / "data").exists()


@pytest.mark.slow
async def test_a_move_that_is_killed_at_any_moment_is_repeated(
    shell: Shell, postgresql: PostgresqlServer
) -> None:
    folder, chosen = shell.folder / "data", random.Random(17)
    place_new_database(folder)
    with postgresql.new_database(empty=True) as name:
        move = Move(folder, postgresql.address(name))
        move.change_file(
            "WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 30000)"
            " INSERT INTO strikes (guild_id, person_id, given_at, given_by, reason)"
            " SELECT n, n * 7, n, n, hex(randomblob(40)) FROM n"
        )
        before = move.in_file()
        for _ in range(5):
            process = await shell.start("move-to", postgresql.url(name))
            await until(lambda: owner_of(folder / FILE) == process.pid)  # noqa: B023 - waited for at once
            await asyncio.sleep(chosen.uniform(0, 2))
            if process.returncode is None:
                process.kill()
            await process.wait()
            assert await move.startable() in ([], ["file"], ["server"])
        done = await shell.run("move-to", postgresql.url(name))
        assert done.status == 0, done.all
        assert await move.startable() == ["server"]
        assert rows_of(move.address.url, folder, "SELECT * FROM strikes ORDER BY id") == before["strikes"]
