"""The image check that operators can add: where it cannot be had, moderators look."""

import pytest

from bot.moderation.rules import ServerRules
from bot.sandbox.discord import Message
from tests.e2e.actors.buttons import press
from tests.e2e.actors.harness import PATIENT, TIMEOUT_S, Stage
from tests.e2e.actors.pictures import picture

pytestmark = pytest.mark.started_with(tuning=PATIENT, image_check=True)


async def question(stage: Stage, text: str) -> Message:
    return await stage.channel.wait_for_message(lambda version: text in version.text(), TIMEOUT_S)


async def test_what_cannot_be_scored_is_looked_at_by_moderators(stage: Stage) -> None:
    """NudeNet is not installed where the tests run, which counts as a score above every threshold."""
    rules = ServerRules(image_check_percent=60, review_channel_id=stage.channel.id)
    await stage.app.moderation.books.rules.change(stage.guild.id, rules)
    moderator = stage.member("mo", roles=[stage.guild.add_role("mods", ["manage_messages"])])
    reply = await stage.video("a cat", image=stage.sandbox.discord.upload("cat.png", picture()))
    asked = await question(stage, "May this video be made?")
    assert stage.bought == 0
    await press(stage, asked, "Approve", user=moderator)
    posting = await question(stage, "May this video be posted?")
    assert stage.bought == 1
    assert not reply.versions[-1].videos
    await press(stage, posting, "Approve", user=moderator)
    assert (await stage.ended(reply)).videos
    assert stage.bought == 1


async def test_where_a_server_set_no_threshold_nobody_is_asked(stage: Stage) -> None:
    reply = await stage.video("a cat", image=stage.sandbox.discord.upload("cat.png", picture()))
    assert (await stage.ended(reply)).videos
