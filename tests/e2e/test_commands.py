"""Commands as Discord knows them: registered once, with what must stay; and what a command that breaks says."""

from collections.abc import Awaitable, Callable

import pytest
from discord import app_commands
from structlog.testing import capture_logs

from bot.sandbox.discord import DiscordFault, Reply
from bot.texts import console, explanations
from cogs.shared.interactions import Interaction
from cogs.shared.respond import acknowledge, refuse
from cogs.tree import COMMANDS_STATE
from tests.e2e.actors.buttons import told, whispered
from tests.e2e.actors.harness import TIMEOUT_S, Harness

REPLACE = "PUT /applications/*/commands"


async def register_anew(harness: Harness) -> None:
    """Start the bot as if it had never registered its commands."""
    await harness.stop()
    (harness.data_dir / COMMANDS_STATE).unlink()
    await harness.start()


async def test_an_entry_point_command_is_kept_as_it_is(harness: Harness) -> None:
    before = {command["name"] for command in harness.sandbox.discord.commands}
    entry_point = harness.sandbox.discord.add_entry_point("launch")
    await register_anew(harness)
    after = {command["name"]: command for command in harness.sandbox.discord.commands}
    assert set(after) == before | {"launch"}
    changed = {name for name in entry_point if after["launch"][name] != entry_point[name]}
    assert changed <= {"version"}
    # What was registered is known now.
    refused = harness.sandbox.discord.faults.append(DiscordFault(REPLACE, 500))
    await harness.restart()
    assert refused.hits == 0


async def test_an_entry_point_command_that_discord_does_not_list_is_explained(harness: Harness) -> None:
    refusal = DiscordFault(REPLACE, 400, code=50240, times=9)
    harness.sandbox.discord.faults.append(refusal)
    with capture_logs() as logs:
        await register_anew(harness)
    (entry,) = [one for one in logs if one["event"] == "commands_not_registered"]
    assert entry["why"] == console.ENTRY_POINT_LEFT_OUT
    assert refusal.hits == 1
    await (await harness.video()).wait_for_video(TIMEOUT_S)  # those of before still work


async def _nothing(_interaction: Interaction) -> None:
    """Answer nothing before the failure."""


async def _announce(interaction: Interaction) -> None:
    await acknowledge(interaction, private=True)


async def _say(interaction: Interaction) -> None:
    await refuse(interaction, explanations.COMMAND_BROKE)


@pytest.mark.parametrize(
    ("first", "read"),
    [(_nothing, told), (_announce, told), (_say, whispered)],
    ids=["unanswered", "announced", "answered"],
)
async def test_a_command_that_breaks_tells_it_in_the_way_that_is_open(
    harness: Harness,
    first: Callable[[Interaction], Awaitable[None]],
    read: Callable[[Reply], Awaitable[str]],
) -> None:
    async def breaks(interaction: Interaction) -> None:
        await first(interaction)
        raise LookupError("a bug")

    tree = harness.app.bot.tree
    tree.add_command(app_commands.Command(name="probe", description="Probe", callback=breaks))
    await tree.sync()
    with capture_logs() as logs:
        reply = await harness.sandbox.discord.invoke("probe", user=harness.user, channel=harness.channel)
        assert await read(reply) == explanations.COMMAND_BROKE.english
    assert len(reply.followups) == (read is whispered)
    assert [one["command"] for one in logs if one["event"] == "command_broke"] == ["probe"]
