"""*Restore* shows a hidden video by what holds at the moment of the edit: by the rules and by later decisions."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from bot.moderation.rules import Gate, Mode
from bot.sandbox.discord import DiscordFault, Reply
from tests.e2e.actors.approvals import moderator
from tests.e2e.actors.buttons import message_of, press, told
from tests.e2e.actors.harness import Harness
from tests.e2e.actors.records import actions
from tests.e2e.actors.reports import REMOVED, hidden, rule
from tests.e2e.actors.spicy import spicy
from tests.e2e.actors.timing import until
from tests.e2e.actors.videos import delivered

pytestmark = [
    pytest.mark.started_with(rules=None),
    pytest.mark.usefixtures("reports_are_reviewed"),
]
EDIT = "PATCH /channels/*/messages/*"


async def spicy_video(harness: Harness) -> Reply:
    return await delivered(harness, channel=harness.adult_channel, preset="spicy")


async def purge(harness: Harness) -> Reply:
    return await spicy(harness, "purge", moderator(harness), person=harness.user)


async def stop(harness: Harness) -> None:
    await spicy(harness, "stop", moderator(harness))


async def switch_off(harness: Harness) -> None:
    await rule(harness, modes={Gate.SPICY: Mode.OFF})


async def remove(harness: Harness) -> asyncio.Task[Reply]:
    """Decide so; it is answered once the restoring has ended."""
    answered = asyncio.create_task(purge(harness))
    await until(lambda: "videos_purged" in actions(harness))
    return answered


@pytest.mark.parametrize("decide", [stop, remove, switch_off])
async def test_a_video_is_not_restored_by_what_held_before_discord_was_away(
    harness: Harness, decide: Callable[[Harness], Awaitable[asyncio.Task[Reply] | None]]
) -> None:
    reply = await spicy_video(harness)
    card = await hidden(harness, reply)
    fault = DiscordFault(EDIT, status=503, message="Unavailable", times=1000)
    harness.sandbox.discord.faults.append(fault)
    restoring = asyncio.create_task(press(harness, card, "Restore", user=moderator(harness)))
    await until(lambda: fault.hits > 0)
    answered = await decide(harness)
    fault.times = 0
    await told(await restoring)
    if answered is not None:
        await answered
    await harness.app.moderation.takedowns.finish()
    assert not message_of(reply).current.videos
    assert "video_restored" not in actions(harness)
    assert (REMOVED in message_of(reply).current.text()) is (decide is not stop)
    await spicy(harness, "resume", moderator(harness))
    await harness.app.moderation.takedowns.finish()
    assert bool(message_of(reply).current.videos) is (decide is stop)
