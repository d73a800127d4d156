"""The commands with the database on a server."""

import re

import pytest

from bot.sandbox.sandbox import Sandbox
from bot.texts import console, console_processes, console_service
from tests.cli.notify_socket import SIGN, NotifySocket
from tests.cli.shell import Shell, asked
from tests.postgresql.outside import rows_of
from tests.postgresql.server import PASSWORD, PostgresqlServer


@pytest.mark.slow
async def test_a_bot_on_a_server_works_alone_and_is_checked(
    shell: Shell, sandbox: Sandbox, postgresql: PostgresqlServer
) -> None:
    with postgresql.new_database(empty=True) as name:
        url = postgresql.url(name)
        environment = {**sandbox.environment, "DATABASE_URL": url}
        before = await shell.run("check", environment=environment)
        assert f"ok   database: {postgresql.address(name).name}; its tables will be made" in before.out
        process = await shell.start("run", environment=environment)
        reply = await asked(sandbox)
        await reply.wait_for_video(timeout_s=60)
        second = await shell.run("run", environment=environment)
        assert (second.status, "in use by stillmotion" in second.err) == (1, True), second.all
        during = await shell.run("check", environment=environment)
        assert "in use by the server's process" in during.out
        unknown = await shell.run("unknown", environment=environment)
        assert unknown.status == 0, unknown.all
        forbidden = await shell.run("forget", "1", environment=environment)
        assert (forbidden.status, "in use by stillmotion" in forbidden.err) == (1, True)
        process.terminate()
        ended = await shell.ended(process)
        assert ended.status == 0, ended.all
        person = reply.interaction.user.id
        outcome = await shell.run("forget", str(person), environment=environment)
        assert outcome.status == 0, outcome.all
        assert "Deleted: 1 requests" in outcome.out
        (job,) = rows_of(url, shell.folder, "SELECT state, prompt, person_id FROM jobs")
        assert job == {"state": "delivered", "prompt": "…", "person_id": 0}
        after = await shell.run("check", environment=environment)
        assert "unbroken" in after.out
        backup = await shell.run("backup", "file", environment=environment)
        assert (backup.status, "pg_dump" in backup.err) == (1, True), backup.all
        assert not list(shell.folder.rglob("*.sqlite3"))
        for told in (before, second, during, unknown, forbidden, ended, outcome, after, backup):
            assert PASSWORD not in told.all
            assert PASSWORD.replace("/", "%2F") not in told.all


@pytest.mark.slow
async def test_a_bot_whose_database_was_taken_ends(
    shell: Shell, sandbox: Sandbox, postgresql: PostgresqlServer
) -> None:
    with postgresql.new_database() as name:
        environment = {**sandbox.environment, "DATABASE_URL": postgresql.url(name)}
        process = await shell.start("run", environment=environment)
        await sandbox.discord.wait_until_ready(timeout_s=60)
        with postgresql.another_owner(name):
            ended = await shell.ended(process)
        assert ended.status == 1
        assert "another process carries this one's jobs on" in ended.err


@pytest.mark.slow
async def test_a_gateway_that_waits_is_well_and_all_processes_are_shown(
    shell: Shell, sandbox: Sandbox, postgresql: PostgresqlServer
) -> None:
    with postgresql.new_database() as name:
        environment = {**sandbox.environment, "DATABASE_URL": postgresql.url(name)}
        first = await shell.start("gateway", environment=environment)
        await sandbox.discord.wait_until_ready(timeout_s=60)
        alone = await shell.run("check", environment=environment)
        assert f"warn processes: 1 gateway, 0 workers; {console_processes.NO_WORKER}" in alone.out
        worker = await shell.start("worker", environment=environment)
        told = NotifySocket(f"@{shell.folder}@notify")
        waiting = await shell.start("gateway", environment=environment | told.environment)
        reserve = f"STATUS={console_service.IN_RESERVE}"
        await told.until(lambda message: message == ["READY=1", reserve])
        await told.until(lambda message: message == [SIGN])
        during = await shell.run("check", environment=environment)
        assert during.status == 0, during.all
        assert "ok   processes: 2 gateways, 1 worker" in during.out
        assert re.search(
            rf"ok   gateway: \S+:{first.pid}, on the database .* ago; 1 shard of 1: 0; leader", during.out
        )
        assert re.search(rf"ok   gateway: \S+:{waiting.pid}, on .* ago; waits to take over", during.out)
        assert re.search(rf"ok   worker: \S+:{worker.pid}, on .* heartbeat", during.out)
        assert "ok   queue: 0 with workers" in during.out
        first.kill()
        await first.wait()
        await told.until(lambda message: f"STATUS={console_service.running(servers=0, jobs=0)}" in message)
        for process in (waiting, worker):
            process.terminate()
            assert (await shell.ended(process)).status == 0
        told.close()


@pytest.mark.parametrize("role", ["gateway", "worker"])
async def test_parts_of_the_bot_need_a_server(shell: Shell, sandbox: Sandbox, role: str) -> None:
    outcome = await shell.run(role, environment=sandbox.environment)
    assert (outcome.status, outcome.out) == (2, "")
    assert outcome.err.splitlines() == [console.bad_configuration(console.needs_server(role))]
    assert not (shell.folder / "data").exists()
