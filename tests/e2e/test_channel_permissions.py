"""Permissions of a user in a channel where no command is typed: buttons, forms, and mentions."""

import pytest

from bot.sandbox.discord import Reply, User
from bot.texts import refusals
from tests.e2e.actors.buttons import labels, press, told
from tests.e2e.actors.forms import opens, send
from tests.e2e.actors.harness import TIMEOUT_S, Harness
from tests.e2e.actors.mentions import answers, ended, ping, say
from tests.e2e.actors.videos import being_made, delivered, finish

NOT_HERE = refusals.REFUSALS["command_not_here"].what.english
MAY_NOT_WRITE = refusals.REFUSALS["may_not_write"].what.english
WAYS = ["Again", "Change"]


async def staff_video(harness: Harness, *denied: str, **more: object) -> Reply:
    """A video of the owner in the channel in which nobody else has these permissions."""
    harness.channel.deny(harness.guild.roles[0], *denied)
    return await delivered(harness, user=harness.guild.owner, **more)


async def asked_below(harness: Harness, shown: Reply, way: str, user: User) -> Reply:
    if way == "Again":
        return await press(harness, shown, way, user=user)
    return await send(harness, await opens(harness, shown, way, user=user), {"prompt": "my own words"})


@pytest.mark.parametrize("way", WAYS)
async def test_below_a_video_nobody_asks_who_may_use_no_command_there(harness: Harness, way: str) -> None:
    reply = await staff_video(harness, "send_messages", "use_application_commands")
    refused = await asked_below(harness, reply, way, harness.user)
    assert NOT_HERE in await told(refused)
    assert refused.ephemeral
    assert refused.current is not None
    assert labels(refused.current) == []
    assert harness.bought == 1


async def test_a_mention_where_no_command_may_be_used_is_answered_directly(harness: Harness) -> None:
    harness.channel.deny(harness.guild.roles[0], "use_application_commands")
    asked = await say(harness, ping(harness, "make it rain"), pictures=1)
    await harness.sandbox.discord.dm(harness.user).wait_for_message(
        lambda version: NOT_HERE in version.text(), TIMEOUT_S
    )
    assert answers(asked) == []
    assert harness.bought == 0
    by_owner = await say(harness, ping(harness, "make it rain"), pictures=1, user=harness.guild.owner)
    assert (await ended(harness, by_owner)).videos


@pytest.mark.slow
@pytest.mark.parametrize("way", WAYS)
async def test_what_is_for_all_takes_the_right_to_write_there(harness: Harness, way: str) -> None:
    reply = await staff_video(harness, "send_messages")
    refused = await asked_below(harness, reply, way, harness.user)
    assert MAY_NOT_WRITE in await told(refused)
    assert refused.ephemeral
    own = await delivered(harness, private=True)
    again = await asked_below(harness, own, way, harness.user)
    assert (await again.wait_for_video(TIMEOUT_S)).videos
    assert again.ephemeral


@pytest.mark.slow
async def test_a_thread_has_a_right_to_write_of_its_own(harness: Harness) -> None:
    thread = harness.channel.add_thread("films")
    reply = await staff_video(harness, "send_messages", channel=thread)
    pressed = await press(harness, reply, "Again")
    assert (await pressed.wait_for_video(TIMEOUT_S)).videos
    harness.channel.deny(harness.guild.roles[0], "send_messages_in_threads")
    assert MAY_NOT_WRITE in await told(await press(harness, reply, "Again"))


@pytest.mark.slow
async def test_what_asks_for_no_video_takes_none_of_these_rights(harness: Harness) -> None:
    reply = await being_made(harness)
    harness.channel.deny(harness.guild.roles[0], "send_messages", "use_application_commands")
    assert await told(await press(harness, reply, "Cancel"))
    finish(harness)
    await reply.wait_for_video(TIMEOUT_S)
    form = await press(harness, reply, "Report", user=harness.member("other"))
    assert await form.wait_for_modal(TIMEOUT_S)
    await press(harness, reply, "Delete")
    await reply.wait_for(lambda version: not version.videos, TIMEOUT_S)
