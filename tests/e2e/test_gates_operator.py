"""What the operator keeps from servers, whatever their own rules say."""

from collections.abc import Generator

import pytest

from bot.sandbox.discord.modals import fields_of
from bot.texts import refusals
from cogs.video.command import VideoCog
from cogs.video.defaults import DefaultsCog
from tests.e2e.actors.approvals import spicy
from tests.e2e.actors.buttons import press, told
from tests.e2e.actors.forms import opens, send
from tests.e2e.actors.harness import SPICY_ON, TIMEOUT_S, Harness
from tests.e2e.actors.mentions import ping, said_to, say
from tests.e2e.actors.timing import until
from tests.e2e.actors.videos import being_made, finish


async def test_the_operator_keeps_spicy_from_a_server(harness: Harness) -> None:
    assert (await harness.ended(await spicy(harness))).videos
    await harness.restart(spicy_blocked_servers=str(harness.guild.id))
    assert "operator does not allow the *spicy* preset in this server" in await told(await spicy(harness))
    elsewhere = harness.sandbox.discord.add_guild("Elsewhere")
    elsewhere.join(harness.user)
    await harness.app.moderation.caches.rules.change(elsewhere.id, SPICY_ON)
    assert (await harness.ended(await spicy(harness, channel=elsewhere.add_channel("x", nsfw=True)))).videos


def offered(harness: Harness, command: str) -> set[str]:
    """The presets among a command's choices."""
    found = next(one for one in harness.sandbox.discord.commands if one["name"] == command)
    preset = next(one for one in found["options"] if one["name"] == "preset")
    return {choice["value"] for choice in preset["choices"]}


@pytest.fixture
def choices_as_declared() -> Generator[None]:
    """Leaves the commands' choices as the classes declare them, for the bots of other tests."""
    parameters = [
        command._params["preset"]  # pyright: ignore[reportPrivateUsage] - shared by all cogs of a class
        for command in (VideoCog.video, DefaultsCog.defaults)
    ]
    declared = [parameter.choices for parameter in parameters]
    yield
    for parameter, choices in zip(parameters, declared, strict=True):
        parameter.choices = choices


@pytest.mark.slow
@pytest.mark.usefixtures("choices_as_declared")
async def test_the_operator_does_not_offer_spicy_at_all(harness: Harness) -> None:
    made = await spicy(harness)
    assert (await harness.ended(made)).videos
    assert "spicy" in offered(harness, "video") & offered(harness, "defaults")
    await harness.restart(spicy_offered=False)
    assert "does not offer the *spicy* preset" in await told(await spicy(harness))
    assert "does not offer the *spicy* preset" in await told(await press(harness, made, "Again"))
    await until(lambda: "spicy" not in offered(harness, "video") | offered(harness, "defaults"))
    opened = await opens(harness, made, "Change")
    assert opened.modal is not None
    assert "spicy" not in {option["value"] for option in fields_of(opened.modal)["preset"]["options"]}
    assert (await harness.ended(await send(harness, opened, {"preset": "fun"}))).videos


async def test_a_person_whom_the_operator_blocks_makes_no_videos_anywhere(harness: Harness) -> None:
    held_back = await being_made(harness, "a boat")
    bea = harness.member("bea")
    await harness.restart(blocked_people=str(harness.user.id))
    refused = refusals.REFUSALS["blocked_by_operator"].english
    assert await told(await harness.video()) == refused
    direct = harness.sandbox.discord.dm(harness.user)
    assert await told(await harness.video(channel=direct)) == refused
    assert await said_to(await say(harness, ping(harness, "it sinks"), 1)) == refused
    assert (await (await harness.video(user=bea)).wait_for_video(TIMEOUT_S)).videos
    # What was bought before is not posted.
    finish(harness, "a boat")
    ended = await held_back.wait_for(
        lambda version: refusals.NOT_POSTED_HERE.what.english in version.text(), TIMEOUT_S
    )
    assert not ended.videos
    assert harness.bought == 2
