"""The greeting in the system channel of a server that the bot joins: once, where the operator wants it."""

from datetime import timedelta

import pytest

from bot.sandbox.discord import Channel, DiscordFault, Guild
from bot.sandbox.discord.wire import as_object
from bot.texts.messages import Language
from tests.e2e.actors.harness import TIMEOUT_S, Harness
from tests.e2e.actors.records import stored
from tests.e2e.actors.timing import MovableClock, until

GREETED = pytest.mark.started_with(greeting=True)


def joined(
    harness: Harness, *, locale: str = "en-US", mute: bool = False, hidden: bool = False
) -> tuple[Guild, Channel]:
    """A server with a system channel, to which somebody adds the bot."""
    world = harness.sandbox.discord.world
    guild = world.add_guild("New", locale=locale, bot_installed=False)
    channel = guild.add_channel("lobby")
    guild.system_channel = channel
    if mute:
        channel.deny_bot("send_messages")
    if hidden:
        channel.deny_bot("view_channel")
    world.invite_bot(guild)
    return guild, channel


def noted(harness: Harness) -> list[int]:
    """The servers that the database holds as greeted."""
    return [row["guild_id"] for row in stored(harness, "SELECT guild_id FROM greetings")]


async def later(harness: Harness) -> None:
    """Wait until the bot has dealt with whatever it was told before now."""
    await harness.app.bot.wait_until_ready()
    guild, channel = joined(harness)
    await channel.wait_for_message(lambda _: True, TIMEOUT_S)
    assert guild.id in noted(harness)


@GREETED
async def test_it_says_what_to_do_and_pings_nobody(harness: Harness) -> None:
    _, channel = joined(harness)
    message = await channel.wait_for_message(lambda _: True, TIMEOUT_S)
    text = message.versions[-1].text()
    ids = {command["name"]: command["id"] for command in harness.sandbox.discord.commands}
    for name in ("video", "help", "settings"):
        assert f"</{name}:{ids[name]}>" in text
    assert "*spicy*" in text
    sent = [
        record.payload
        for record in harness.sandbox.discord.request_log.requests
        if record.path.endswith(f"/channels/{channel.id}/messages")
    ]
    assert [as_object(payload) and as_object(payload)["allowed_mentions"] for payload in sent] == [
        {"parse": []}
    ]


@GREETED
async def test_it_is_in_the_servers_language(harness: Harness) -> None:
    _, channel = joined(harness, locale=Language.JAPANESE.value)
    message = await channel.wait_for_message(lambda _: True, TIMEOUT_S)
    assert message.versions[-1].text().startswith("こんにちは")


@pytest.mark.started_with(greeting=True, spicy_offered=False)
async def test_it_is_silent_about_a_preset_that_is_not_offered(harness: Harness) -> None:
    _, channel = joined(harness)
    message = await channel.wait_for_message(lambda _: True, TIMEOUT_S)
    assert "spicy" not in message.versions[-1].text()


@GREETED
async def test_no_repeated_event_or_invitation_repeats_it(harness: Harness) -> None:
    discord = harness.sandbox.discord
    guild, channel = joined(harness)
    await channel.wait_for_message(lambda _: True, TIMEOUT_S)
    discord.gateway.repeat(discord.world.joining(guild))
    guild.kick(discord.world.bot)
    discord.world.invite_bot(guild)
    await later(harness)
    assert len(channel.messages) == 1


@pytest.mark.slow
@GREETED
async def test_no_restart_or_new_session_repeats_it(harness: Harness) -> None:
    discord = harness.sandbox.discord
    guild, channel = joined(harness)
    await channel.wait_for_message(lambda _: True, TIMEOUT_S)
    await harness.restart()
    guild.kick(discord.world.bot)
    discord.world.invite_bot(guild)
    identifies = discord.gateway.identifies
    await discord.drop_gateway(resumable=False)
    await until(lambda: discord.gateway.identifies > identifies)
    await discord.wait_until_ready(TIMEOUT_S)
    await later(harness)
    assert len(channel.messages) == 1


@GREETED
async def test_where_it_may_not_write_it_says_nothing_and_may_greet_later(harness: Harness) -> None:
    places = [joined(harness, mute=True), joined(harness, hidden=True)]
    bare = harness.sandbox.discord.add_guild("Without a system channel")
    await later(harness)
    assert [len(channel.messages) for _, channel in places] == [0, 0]
    assert {bare.id, *(guild.id for guild, _ in places)}.isdisjoint(noted(harness))
    guild, channel = places[0]
    guild.kick(harness.sandbox.discord.world.bot)
    channel.allow_bot("send_messages")
    harness.sandbox.discord.world.invite_bot(guild)
    await channel.wait_for_message(lambda _: True, TIMEOUT_S)


@pytest.mark.slow
@GREETED
async def test_a_greeting_that_discord_refuses_is_not_tried_again(harness: Harness) -> None:
    refused = harness.sandbox.discord.faults.append(DiscordFault("POST /channels/*/messages", 403))
    guild, channel = joined(harness)
    await until(lambda: refused.hits == 1)
    harness.sandbox.discord.gateway.repeat(harness.sandbox.discord.world.joining(guild))
    await later(harness)
    assert channel.messages == []


@GREETED
async def test_a_server_that_it_joined_while_it_was_away_is_greeted_at_the_start(harness: Harness) -> None:
    await harness.stop()
    _, channel = joined(harness)
    await harness.start()
    await channel.wait_for_message(lambda _: True, TIMEOUT_S)


@pytest.mark.slow
async def test_without_the_operators_wish_it_says_nothing_nor_later_in_a_server_it_knows(
    harness: Harness, clock: MovableClock
) -> None:
    guild, channel = joined(harness)
    await harness.stop()
    clock.offset += timedelta(hours=1)
    await harness.start(greeting=True)
    await later(harness)
    assert channel.messages == []
    assert guild.id not in noted(harness)


@GREETED
async def test_a_clock_that_is_behind_makes_no_server_new(harness: Harness, clock: MovableClock) -> None:
    await harness.stop()
    guild, channel = joined(harness)
    clock.offset -= timedelta(days=7)
    await harness.start()
    await later(harness)
    assert channel.messages == []
    assert guild.id not in noted(harness)
