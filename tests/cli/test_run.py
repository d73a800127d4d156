"""`python -m bot run`: it starts, works, stops on a signal, and says in one line why it cannot start."""

import signal

import pytest

from bot.sandbox.dimilinks import Pace
from bot.sandbox.discord import Reply
from bot.sandbox.sandbox import Sandbox
from tests.cli.conftest import Shell


async def asked(sandbox: Sandbox) -> Reply:
    """Somebody types `/video` once the bot is up."""
    await sandbox.discord.wait_until_ready(timeout_s=30)
    await sandbox.discord.wait_for_commands(timeout_s=30)
    guild = sandbox.discord.add_guild("Server")
    user = sandbox.discord.add_user("ada")
    guild.join(user)
    return await sandbox.discord.invoke(
        "video", user=user, channel=guild.add_channel("general"), options={"prompt": "a paper boat"}
    )


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_stops_it_cleanly_and_no_secret_is_logged(
    shell: Shell, sandbox: Sandbox, number: signal.Signals
) -> None:
    process = await shell.start("run", environment={**sandbox.environment, "LOG_LEVEL": "DEBUG"})
    reply = await asked(sandbox)
    await reply.wait_for_video(timeout_s=30)
    process.send_signal(number)
    outcome = await shell.ended(process)
    assert outcome.status == 0, outcome.all
    for secret in (sandbox.discord.token, sandbox.dimilinks.api_key, reply.interaction.token):
        assert secret not in outcome.all
    assert '"event": "job_posted"' in outcome.err


async def test_a_stop_answers_people_whose_videos_are_not_finished(shell: Shell, sandbox: Sandbox) -> None:
    sandbox.dimilinks.pace = Pace(queue_s=0, generate_s=600)
    process = await shell.start("run", environment=sandbox.environment)
    reply = await asked(sandbox)
    await reply.wait_for(lambda version: "Making your video" in version.text(), timeout_s=30)
    process.terminate()
    outcome = await shell.ended(process)
    assert outcome.status == 0, outcome.all
    assert "The bot was stopped" in reply.text
    assert sandbox.dimilinks.books.submissions[0].task_id in reply.text


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, "bad configuration: DISCORD_TOKEN"),
        ({"DISCORD_TOKEN": "x.y.z"}, "bad configuration: DIMILINKS_API_KEY"),
        ({"LOG_LEVEL": "loud"}, "bad configuration: LOG_LEVEL"),
    ],
)
async def test_bad_configuration_is_one_line_and_two(
    shell: Shell, environment: dict[str, str], expected: str
) -> None:
    outcome = await shell.run("run", environment=environment)
    assert outcome.status == 2
    (line,) = outcome.all.splitlines()
    assert line.startswith(expected)


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
