"""`python -m bot backup` and `restore`: of a bot that runs, on a machine that is new, and interrupted."""

import asyncio
import secrets
import shutil
import signal
import sqlite3
from asyncio.subprocess import Process
from contextlib import closing
from pathlib import Path

import pytest

from bot.sandbox.dimilinks import TaskOutcome
from bot.sandbox.discord import Channel, Reply, User
from bot.sandbox.sandbox import Sandbox
from bot.storage.opening import open_database
from tests.cli.shell import Shell
from tests.e2e.actors.timing import until
from tests.storage.rows import add, row

LARGE_BYTES = 150_000_000
AT_ONCE = 2
NOT_KNOWN = "The operator may have paid for it; I cannot tell."


def states(shell: Shell) -> dict[str, str]:
    """States of the stored requests by their prompts."""
    path = shell.folder / "data" / "stillmotion.sqlite3"
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=10)) as connection:
        return dict(connection.execute("SELECT prompt, state FROM jobs"))


def people(sandbox: Sandbox) -> tuple[Channel, list[User]]:
    guild = sandbox.discord.add_guild("Server")
    users = [sandbox.discord.add_user(name) for name in ("ada", "bob", "cy")]
    for user in users:
        guild.join(user)
    return guild.add_channel("general"), users


async def ready(sandbox: Sandbox) -> None:
    await sandbox.discord.wait_until_ready(timeout_s=60)
    await sandbox.discord.wait_for_commands(timeout_s=60)


def finish(sandbox: Sandbox, *prompts: str) -> None:
    """Have videos that were held end now."""
    for task in sandbox.dimilinks._tasks.values():  # pyright: ignore[reportPrivateUsage] - scripted by time alone
        if task.submission.prompt in prompts:
            task.outcome = None


async def asked_for(shell: Shell, sandbox: Sandbox) -> dict[str, Reply]:
    """Two videos that are being made, and two requests that wait."""
    channel, users = people(sandbox)
    sandbox.dimilinks.faults.outcomes.extend([TaskOutcome.NEVER_FINISHES] * AT_ONCE)
    replies: dict[str, Reply] = {}
    for prompt, user in zip(("first", "second", "third", "fourth"), (*users, users[0]), strict=True):
        options: dict[str, str | bool] = {"prompt": prompt}
        replies[prompt] = await sandbox.discord.invoke("video", user=user, channel=channel, options=options)  # pyright: ignore[reportArgumentType] - option values
        # A request is stored before it is acknowledged and takes its turn: two may do so in either order.
        wanted = "generating" if len(replies) <= AT_ONCE else "queued"
        await until(lambda: states(shell).get(prompt) == wanted)  # noqa: B023 - waited for at once
    return replies


async def backed_up(shell: Shell, process: Process) -> Path:
    """A backup of the bot, which runs and cannot be replaced."""
    archive = shell.folder / "bot.tar.gz"
    backup = await shell.run("backup", "bot.tar.gz")
    assert backup.status == 0, backup.all
    assert backup.out.startswith("Saved bot.tar.gz (0.0 MB): the data of ")
    assert "Settings (.env) are not in it." in backup.out
    refused = await shell.run("restore", archive)
    assert (refused.status, refused.err.count("\n")) == (1, 1)
    assert f"in use by another process (pid {process.pid}); stop it first" in refused.err
    assert not (shell.folder / "data" / "backups").exists()
    return archive


async def lost(shell: Shell, process: Process) -> None:
    """The bot dies, and its data with it."""
    process.kill()
    await process.wait()
    shutil.rmtree(shell.folder / "data")


async def test_a_lost_machine_goes_on_from_a_backup_of_the_running_bot(
    shell: Shell, sandbox: Sandbox
) -> None:
    environment = {**sandbox.environment, "JOBS_AT_ONCE": str(AT_ONCE)}
    process = await shell.start("run", environment=environment)
    await ready(sandbox)
    replies = await asked_for(shell, sandbox)
    archive = await backed_up(shell, process)
    # After the backup one more is bought and stays unfinished, and one is posted.
    sandbox.dimilinks.faults.outcomes.append(TaskOutcome.NEVER_FINISHES)
    finish(sandbox, "first")
    await replies["third"].wait_for(lambda version: "Making your video" in version.text(), 60)
    posted = await replies["first"].wait_for_video(timeout_s=60)
    await lost(shell, process)

    restored = await shell.run("restore", archive)
    assert restored.status == 0, restored.all
    assert f"Restored {archive}: the data of " in restored.out
    assert "2 requests were waiting: at its next start the bot asks their users" in restored.out
    assert "Decisions of moderators since " in restored.out
    process = await shell.start("run", environment=environment)
    await ready(sandbox)
    finish(sandbox, "second")
    await replies["second"].wait_for_video(timeout_s=60)
    await replies["third"].wait_for(lambda version: NOT_KNOWN in version.text(), 60)
    await replies["fourth"].wait_for(lambda version: "Still want it?" in version.text(), 60)
    expected = {"first": "delivered", "second": "delivered", "third": "unknown", "fourth": "queued"}
    await until(lambda: states(shell) == expected)
    process.terminate()
    outcome = await shell.ended(process)
    assert outcome.status == 0, outcome.all
    assert '"event": "backup_was_put_back"' in outcome.err
    bought = [made.prompt for made in sandbox.dimilinks.request_log.submissions]
    assert sorted(bought) == ["first", "second", "third"]
    assert replies["first"].current == posted


@pytest.fixture
async def large(shell: Shell) -> Path:
    """A stopped bot's data with a file that takes a second to back up."""
    data = shell.folder / "data"
    async with open_database(None, data) as database:
        await add(database, row(id="waits"))
    (data / "media").mkdir()
    with (data / "media" / "hidden-large.mp4").open("wb") as file:
        file.truncate(LARGE_BYTES)
    return data


async def interrupted(shell: Shell, number: signal.Signals, pattern: str, *arguments: str | Path) -> None:
    """Start a command, interrupt it when a file is there, and see it end as shells expect."""
    process = await shell.start(*arguments)
    async with asyncio.timeout(60):
        while not [*shell.folder.glob(pattern)]:
            assert process.returncode is None
            await asyncio.sleep(0.005)
    process.send_signal(number)
    outcome = await shell.ended(process)
    assert (outcome.status, outcome.err) == (130, "")


def everything(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*")}


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_an_interrupted_command_leaves_what_was_there(
    shell: Shell, large: Path, number: signal.Signals
) -> None:
    await interrupted(shell, number, "bot.tar.gz.*.part", "backup", "bot.tar.gz")
    assert [path.name for path in shell.folder.iterdir()] == ["data"]
    assert (await shell.run("backup", "bot.tar.gz")).status == 0
    before = everything(large)
    await interrupted(shell, number, "data/restore.part/media/*", "restore", "bot.tar.gz")
    assert everything(large) - {"stillmotion.sqlite3.lock"} == before - {"stillmotion.sqlite3.lock"}
    assert (await shell.run("restore", "bot.tar.gz")).status == 0


@pytest.mark.slow
async def test_a_disk_that_takes_no_more_is_told_in_one_line(shell: Shell, large: Path) -> None:
    (large / "media" / "hidden-large.mp4").write_bytes(secrets.token_bytes(5_000_000))
    limited = 'ulimit -f 4000; exec "$@"'  # blocks of 512 bytes
    outcome = await shell.run("backup", "bot.tar.gz", under=("sh", "-c", limited, "sh"))
    assert (outcome.status, outcome.err) == (1, "bot.tar.gz was not written: File too large\n")
    assert [path.name for path in shell.folder.iterdir()] == ["data"]
