"""A picture that ends the bot whenever it is looked at: after two deaths its request ends, and all others go on."""

import sqlite3
from contextlib import closing

import pytest

from bot.sandbox.discord import Reply
from bot.sandbox.sandbox import Sandbox
from tests.cli.shell import Shell
from tests.e2e.actors.pictures import picture
from tests.e2e.actors.timing import until

_MOST_DEATHS = 3


def counted_starts(shell: Shell, prompt: str) -> int:
    """How often the work on a request's pictures was begun and not ended; 0 for a request that is settled."""
    path = shell.folder / "data" / "stillmotion.sqlite3"
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=10)) as connection:
        found = connection.execute(
            "SELECT starts FROM jobs WHERE prompt = ? AND settled_at IS NULL", (prompt,)
        ).fetchone()
    return found[0] if found is not None else 0


def has_ended(reply: Reply) -> bool:
    return "No video this time" in reply.text


@pytest.mark.slow
async def test_a_picture_that_kills_the_bot_is_given_up_and_other_requests_go_on(
    shell: Shell, sandbox: Sandbox
) -> None:
    discord = sandbox.discord
    guild = discord.add_guild("Server")
    channel = guild.add_channel("general")
    people = {name: discord.add_user(name) for name in ("ada", "bob", "eve")}
    for person in people.values():
        guild.join(person)
    killer, bystander = (discord.upload(f"{name}.png", picture()) for name in ("killer", "bystander"))
    replies: dict[str, Reply] = {}

    async def ask(name: str, **options: object) -> None:
        replies[name] = await discord.invoke(
            "video", user=people[name], channel=channel, options={"prompt": f"of {name}", **options}
        )

    for file in (killer, bystander):
        file.misbehave(stall_s=600)
    deaths = 0
    process = await shell.start("run", environment=sandbox.environment)
    await discord.wait_until_ready(timeout_s=60)
    await discord.wait_for_commands(timeout_s=60)
    await ask("eve", image=killer)
    await ask("bob", image=bystander)
    await until(lambda: counted_starts(shell, "of bob") == 1)
    while True:
        expected = deaths + 1
        await until(lambda: counted_starts(shell, "of eve") == expected or has_ended(replies["eve"]))  # noqa: B023
        if has_ended(replies["eve"]):
            break
        process.kill()
        await process.wait()
        deaths += 1
        assert deaths < _MOST_DEATHS
        bystander.misbehaviour = None
        process = await shell.start("run", environment=sandbox.environment)
    assert deaths == 2
    assert "Something went wrong on my side." in replies["eve"].text
    assert "This cost nothing." in replies["eve"].text
    await discord.wait_until_ready(timeout_s=60)
    await ask("ada")
    for name in ("bob", "ada"):
        await replies[name].wait_for_video(timeout_s=60)
    process.terminate()
    outcome = await shell.ended(process)
    assert outcome.status == 0, outcome.all
    assert '"event": "job_killed_the_bot"' in outcome.err
    bought = [made.prompt for made in sandbox.dimilinks.request_log.submissions]
    assert sorted(bought) == ["of ada", "of bob"]
