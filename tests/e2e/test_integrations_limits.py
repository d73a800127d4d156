"""The server's Integrations page, where no command is typed: messages that mention the bot, buttons, forms."""

import pytest

from bot.sandbox.discord import DiscordFault, Message, User
from bot.texts import refusals
from tests.e2e.actors.buttons import labels, press, told
from tests.e2e.actors.forms import opens, send
from tests.e2e.actors.harness import TIMEOUT_S, Harness
from tests.e2e.actors.mentions import answers, ended, ping, say
from tests.e2e.actors.videos import delivered

NOT_HERE = refusals.REFUSALS["command_not_here"].what.english
PAGE = "GET /applications/*/guilds/*/commands/permissions"


async def mention(harness: Harness, text: str = "make it rain", user: User | None = None) -> Message:
    return await say(harness, ping(harness, text), pictures=1, user=user or harness.user)


async def refused_directly(harness: Harness, asked: Message) -> None:
    """The message is answered in the direct messages of its author, not in the channel, and buys nothing."""
    await harness.sandbox.discord.dm(asked.author).wait_for_message(
        lambda version: NOT_HERE in version.text(), TIMEOUT_S
    )
    assert answers(asked) == []
    assert harness.rows() == []
    assert harness.bought == 0


async def test_a_channel_that_is_switched_off(harness: Harness) -> None:
    page, guild = harness.sandbox.discord.integrations, harness.guild
    page.deny(guild, harness.channel, "video")
    await refused_directly(harness, await mention(harness))
    page.allow(guild, harness.channel, "video")
    assert (await ended(harness, await mention(harness))).videos


@pytest.mark.slow
async def test_all_channels_but_one_and_its_threads(harness: Harness) -> None:
    page, guild = harness.sandbox.discord.integrations, harness.guild
    page.deny(guild, None)
    page.allow(guild, harness.adult_channel)
    await refused_directly(harness, await mention(harness))
    thread = harness.adult_channel.add_thread("films")
    shown = await ended(
        harness, await say(harness, ping(harness, "make it rain"), pictures=1, channel=thread)
    )
    assert shown.videos


async def test_roles_and_people(harness: Harness) -> None:
    page, guild = harness.sandbox.discord.integrations, harness.guild
    makers = guild.add_role("makers")
    page.deny(guild, guild.roles[0])
    page.allow(guild, makers)
    await refused_directly(harness, await mention(harness))
    maker = harness.member("maker", roles=[makers])
    assert (await ended(harness, await mention(harness, user=maker))).videos
    page.deny(guild, maker, "video")
    again = await mention(harness, user=maker)
    await harness.sandbox.discord.dm(maker).wait_for_message(
        lambda version: NOT_HERE in version.text(), TIMEOUT_S
    )
    assert answers(again) == []
    assert (await ended(harness, await mention(harness, user=guild.owner))).videos


@pytest.mark.slow
async def test_where_it_is_switched_off_a_mention_without_a_request_stays_without_a_word(
    harness: Harness,
) -> None:
    harness.sandbox.discord.integrations.deny(harness.guild, harness.channel, "video")
    thanks = await say(harness, ping(harness, "thank you"))
    await refused_directly(harness, await mention(harness))
    assert answers(thanks) == []


@pytest.mark.slow
async def test_while_the_page_is_not_told_ordinary_videos_pass_and_spicy_does_not(harness: Harness) -> None:
    fault = DiscordFault(PAGE, status=400, code=0, message="no", times=99)
    harness.sandbox.discord.faults.append(fault)
    assert (await ended(harness, await mention(harness))).videos
    reply = await delivered(harness, channel=harness.adult_channel, preset="spicy")
    pressed = await press(harness, reply, "Again")
    assert refusals.REFUSALS["not_told"].what.english in await told(pressed)
    assert harness.bought == 2


@pytest.mark.parametrize("label", ["Again", "Change"])
async def test_buttons_and_forms_obey_it_as_well(harness: Harness, label: str) -> None:
    reply = await delivered(harness)
    other = harness.member("other")
    harness.sandbox.discord.integrations.deny(harness.guild, other, "video")
    if label == "Again":
        pressed = await press(harness, reply, label, user=other)
    else:
        pressed = await send(harness, await opens(harness, reply, label, user=other), {})
    assert NOT_HERE in await told(pressed)
    assert pressed.ephemeral
    assert harness.bought == 1


async def test_a_refusal_by_it_has_no_button_to_change_what_was_asked_for(harness: Harness) -> None:
    reply = await delivered(harness)
    harness.sandbox.discord.integrations.deny(harness.guild, harness.channel, "video")
    refused = await press(harness, reply, "Again")
    assert NOT_HERE in await told(refused)
    assert refused.current is not None
    assert labels(refused.current) == []


async def test_what_was_refused_for_another_reason_is_changed_by_its_rules(harness: Harness) -> None:
    refused = await harness.video("a boat", preset="spicy")
    await told(refused)
    changed = await opens(harness, refused, "Change")
    harness.sandbox.discord.integrations.deny(harness.guild, harness.channel, "video")
    assert NOT_HERE in await told(await send(harness, changed, {"preset": "normal"}))
    assert harness.bought == 0
