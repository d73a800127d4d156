"""systemd and health checks are told how `python -m bot run` is."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from bot.sandbox.sandbox import Sandbox
from bot.storage.opening import open_database
from bot.storage.sqlite_engines import READERS
from bot.supervision import ServiceManager, Supervision, pause_s, supervised
from bot.texts import console_service
from tests.cli.notify_socket import SIGN, WATCHDOG_S, NotifySocket
from tests.cli.shell import REPOSITORY, TIMEOUT_S, Shell
from tests.deploy.dockerfile import health_check
from tests.e2e.actors.timing import until


@pytest.fixture
async def notify(tmp_path: Path) -> AsyncGenerator[NotifySocket]:
    opened = NotifySocket(str(tmp_path / "notify"))
    yield opened
    opened.close()


def status(text: str) -> Callable[[list[str]], bool]:
    return lambda message: f"STATUS={text}" in message


def is_healthy(data_dir: Path) -> bool:
    """The verdict of the container's health check, as the Dockerfile has it."""
    _, *arguments = health_check(REPOSITORY / "Dockerfile")
    done = subprocess.run(  # noqa: S603 - the project's own command
        [sys.executable, *arguments],
        env={"DATA_DIR": str(data_dir)},
        capture_output=True,
        timeout=TIMEOUT_S,
        check=False,
    )
    return done.returncode == 0


async def test_systemd_hears_of_the_start_of_life_and_of_the_stop(
    shell: Shell, sandbox: Sandbox, notify: NotifySocket
) -> None:
    data_dir = shell.folder / "data"
    process = await shell.start("run", environment=sandbox.environment | notify.environment)
    started = await notify.until(lambda message: "READY=1" in message)
    assert started[0] == [f"STATUS={console_service.OPENING}"]
    await notify.until(status(console_service.running(servers=0, jobs=0)))
    await notify.until(lambda message: message == [SIGN])
    await notify.until(lambda message: message == [SIGN])
    assert is_healthy(data_dir)
    process.terminate()
    last = (await notify.until(lambda message: "STOPPING=1" in message))[-1]
    assert last == ["STOPPING=1", f"STATUS={console_service.STOPPING}"]
    outcome = await shell.ended(process)
    assert outcome.status == 0, outcome.all
    assert not is_healthy(data_dir)


@pytest.mark.slow
async def test_a_start_that_waits_for_discord_is_no_failed_start(
    shell: Shell, sandbox: Sandbox, notify: NotifySocket
) -> None:
    await sandbox.discord.pause()
    process = await shell.start("run", environment=sandbox.environment | notify.environment)
    (*_, ready) = await notify.until(lambda message: "READY=1" in message)
    assert ready == ["READY=1", f"STATUS={console_service.WAITING_FOR_DISCORD}"]
    await notify.until(lambda message: message == [SIGN])
    await sandbox.discord.resume()
    await notify.until(status(console_service.running(servers=0, jobs=0)))
    await sandbox.discord.gateway.stay_away(600)
    await notify.until(status(console_service.WAITING_FOR_DISCORD))
    await notify.until(lambda message: message == [SIGN])
    process.terminate()
    assert (await shell.ended(process)).status == 0


@pytest.mark.slow
async def test_a_health_check_fails_while_the_process_hangs(shell: Shell, sandbox: Sandbox) -> None:
    alive = shell.folder / "data" / "alive"
    process = await shell.start("run", environment=sandbox.environment)
    await until(alive.exists)
    process.send_signal(signal.SIGSTOP)
    os.waitid(os.P_PID, process.pid, os.WSTOPPED)  # noqa: ASYNC222 - it stops at once
    an_hour_ago = alive.stat().st_mtime - 3600
    os.utime(alive, (an_hour_ago, an_hour_ago))
    assert not is_healthy(alive.parent)
    process.send_signal(signal.SIGCONT)
    await until(lambda: is_healthy(alive.parent))
    process.terminate()
    assert (await shell.ended(process)).status == 0


BLOCKED = """
import asyncio, os, time
from pathlib import Path
from bot.storage.opening import open_database
from bot.supervision import ServiceManager, Supervision, supervised

async def main():
    manager = ServiceManager.of(os.environ)
    async with open_database(None, Path("data")) as database:
        supervision = Supervision(manager, database, alive_file=Path("data/alive"), status=lambda: "serving")
        async with supervised(supervision):
            await asyncio.sleep(3 * manager.watchdog_s)
            manager.tell("STATUS=blocked")
            time.sleep(4 * manager.watchdog_s)
            manager.tell("STATUS=free")
            await asyncio.sleep(3 * manager.watchdog_s)

asyncio.run(main())
"""


@pytest.mark.slow
async def test_an_event_loop_that_is_blocked_gives_no_sign_of_life(
    tmp_path: Path, notify: NotifySocket
) -> None:
    (tmp_path / "data").mkdir()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", BLOCKED),
        cwd=tmp_path,
        env={**os.environ, **notify.environment, "PYTHONPATH": str(REPOSITORY)},
    )
    before = await notify.until(status("blocked"))
    blocked = await notify.until(status("free"))
    after = await notify.until(lambda message: "STOPPING=1" in message)
    assert await process.wait() == 0
    assert [SIGN] in before
    assert [SIGN] not in blocked
    assert [SIGN] in after


async def test_a_database_that_does_not_answer_gives_no_sign_of_life(
    tmp_path: Path, notify: NotifySocket
) -> None:
    manager = ServiceManager.of(notify.environment)
    alive = tmp_path / "alive"
    async with open_database(None, tmp_path) as database:
        supervision = Supervision(
            manager, database, alive_file=alive, status=lambda: "serving", answer_within_s=0.05
        )
        async with AsyncExitStack() as readers:
            for _ in range(READERS):
                await readers.enter_async_context(database.read())
            async with supervised(supervision):
                assert await notify.next() == ["READY=1", "STATUS=serving"]
                await asyncio.sleep(WATCHDOG_S)
                assert not alive.exists()
                manager.tell("STATUS=free")
                assert await notify.next() == ["STATUS=free"]
                await readers.aclose()
                assert await notify.next() == [SIGN]


async def test_a_file_that_cannot_be_written_or_removed_is_told_once_and_spoils_no_stop(
    tmp_path: Path, notify: NotifySocket
) -> None:
    (tmp_path / "file").touch()
    manager = ServiceManager.of({"NOTIFY_SOCKET": notify.address, "WATCHDOG_USEC": "1"})
    async with open_database(None, tmp_path) as database:
        supervision = Supervision(
            manager, database, alive_file=tmp_path / "file" / "alive", status=lambda: "serving"
        )
        with capture_logs() as logs:
            async with supervised(supervision):
                for _ in range(3):
                    await notify.until(lambda message: message == [SIGN])
    events = [entry["event"] for entry in logs]
    assert events == ["alive_file_not_written", "alive_file_not_removed"]


@pytest.mark.parametrize(
    ("watchdog_s", "expected_s"), [(None, 5.0), (120.0, 5.0), (2.0, 1.0), (0.000_001, 0.1)]
)
def test_looks_are_as_many_as_the_watchdog_asks_for_but_never_a_flood(
    watchdog_s: float | None, expected_s: float
) -> None:
    assert pause_s(watchdog_s) == expected_s


@pytest.mark.parametrize(
    ("environment", "expected_s"),
    [
        ({}, None),
        ({"WATCHDOG_USEC": "3000000"}, 3.0),
        ({"WATCHDOG_USEC": "3000000", "WATCHDOG_PID": str(os.getpid())}, 3.0),
        ({"WATCHDOG_USEC": "3000000", "WATCHDOG_PID": "1"}, None),
        ({"WATCHDOG_USEC": "0"}, None),
        ({"WATCHDOG_USEC": "soon"}, None),
    ],
)
def test_the_watchdog_is_the_one_that_is_meant_for_this_process(
    environment: Mapping[str, str], expected_s: float | None
) -> None:
    assert ServiceManager.of({"NOTIFY_SOCKET": "/run/notify", **environment}).watchdog_s == expected_s


async def test_a_socket_without_a_file_is_told(tmp_path: Path) -> None:
    opened = NotifySocket(f"@{tmp_path}@notify")
    assert ServiceManager.of(opened.environment).tell("READY=1")
    assert await opened.next() == ["READY=1"]
    opened.close()


@pytest.mark.parametrize("address", ["", "vsock:2:1234"])
def test_nobody_is_told_where_there_is_no_socket(address: str) -> None:
    assert ServiceManager.of({"NOTIFY_SOCKET": address}).tell("READY=1")


def test_a_message_that_nobody_takes_is_sent_again_later(tmp_path: Path) -> None:
    assert not ServiceManager.of({"NOTIFY_SOCKET": str(tmp_path / "gone")}).tell("READY=1")


@pytest.mark.parametrize("command", ["gateway", "worker"])
def test_a_health_check_looks_at_the_file_of_a_process_among_several(tmp_path: Path, command: str) -> None:
    for name in ("alive-worker-of-another-container", f"alive-{command}-{socket.gethostname()}"):
        assert not is_healthy(tmp_path)
        (tmp_path / name).touch()
    assert is_healthy(tmp_path)


def test_the_health_check_is_one_command_in_its_list_form() -> None:
    assert json.dumps(health_check(REPOSITORY / "Dockerfile")).startswith('["python"')
