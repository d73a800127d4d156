"""The image check that operators can add: where it cannot be had, moderators look."""

import pytest

from bot.moderation.rules import ServerRules
from bot.sandbox.discord import Message
from tests.e2e.actors.buttons import press
from tests.e2e.actors.harness import PATIENT, TIMEOUT_S, Harness
from tests.e2e.actors.pictures import picture

pytestmark = pytest.mark.started_with(tuning=PATIENT, image_check=True)


async def question(harness: Harness, text: str) -> Message:
    return await harness.channel.wait_for_message(lambda version: text in version.text(), TIMEOUT_S)


async def test_what_cannot_be_scored_is_looked_at_by_moderators(harness: Harness) -> None:
    """NudeNet is not installed where the tests run, which counts as a score above every threshold."""
    rules = ServerRules(image_check_percent=60, review_channel_id=harness.channel.id)
    await harness.app.moderation.caches.rules.change(harness.guild.id, rules)
    moderator = harness.member("mo", roles=[harness.guild.add_role("mods", ["manage_messages"])])
    reply = await harness.video("a cat", image=harness.sandbox.discord.upload("cat.png", picture()))
    asked = await question(harness, "May this video be made?")
    assert harness.bought == 0
    await press(harness, asked, "Approve", user=moderator)
    posting = await question(harness, "May this video be posted?")
    assert harness.bought == 1
    assert not reply.versions[-1].videos
    await press(harness, posting, "Approve", user=moderator)
    assert (await harness.ended(reply)).videos
    assert harness.bought == 1


async def test_where_a_server_set_no_threshold_nobody_is_asked(harness: Harness) -> None:
    reply = await harness.video("a cat", image=harness.sandbox.discord.upload("cat.png", picture()))
    assert (await harness.ended(reply)).videos
