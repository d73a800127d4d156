"""Everywhere: threads, forum posts, voice chats, direct messages, groups, servers without the bot."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from bot.jobs.request_facts import stored_request
from bot.moderation.policy import Verdict
from bot.sandbox.discord import Channel, Reply
from bot.sandbox.discord.wire import ChannelKind
from bot.texts import explanations, refusals
from bot.video import Preset
from tests.e2e.actors.buttons import press, told
from tests.e2e.actors.channels import (
    direct,
    foreign_server,
    group,
    post,
    private_thread,
    thread,
    voice_chat,
)
from tests.e2e.actors.forms import opens, send
from tests.e2e.actors.harness import TIMEOUT_S, Harness, open_harness
from tests.e2e.actors.timing import MovableClock
from tests.e2e.actors.videos import being_made, finish

EVERYWHERE = pytest.mark.parametrize(
    "place", [thread, private_thread, post, voice_chat, direct, group, foreign_server]
)


@pytest.mark.slow
@EVERYWHERE
async def test_a_video_is_made_everywhere(harness: Harness, place: Callable[[Harness], Channel]) -> None:
    reply = await harness.video("a cat", channel=place(harness))
    shown = await harness.ended(reply)
    assert shown.videos, shown.text()
    assert harness.rows("state") == [{"state": "delivered"}]


@pytest.mark.slow
@EVERYWHERE
async def test_again_works_everywhere(harness: Harness, place: Callable[[Harness], Channel]) -> None:
    reply = await harness.video("a cat", channel=place(harness))
    await harness.ended(reply)
    again = await press(harness, reply, "Again")
    assert (await harness.ended(again)).videos
    assert harness.bought == 2


@pytest.mark.parametrize("place", [group, foreign_server])
async def test_where_the_bot_is_no_member_a_late_video_is_not_lost(
    tmp_path: Path, database_url: str | None, place: Callable[[Harness], Channel]
) -> None:
    async with open_harness(tmp_path, database_url, now=MovableClock()) as harness:
        channel = place(harness)
        reply = await made_in(harness, channel)
        await harness.stop()
        reply.expire_token()
        await harness.start()
        finish(harness, "a cat")
        message = await harness.sandbox.discord.dm(harness.user).wait_for_message(
            lambda version: bool(version.videos), TIMEOUT_S
        )
        assert "Here is your video" in message.current.text()
        await harness.app.jobs.runner.idle()
        assert harness.rows("state") == [{"state": "delivered"}]


async def made_in(harness: Harness, channel: Channel) -> Reply:
    held, harness.channel = harness.channel, channel
    try:
        return await being_made(harness, "a cat")
    finally:
        harness.channel = held


@pytest.mark.parametrize(
    ("place", "why"),
    [
        (thread, refusals.REFUSALS["needs_age_restricted_channel"]),
        (post, refusals.REFUSALS["needs_age_restricted_channel"]),
        (voice_chat, refusals.REFUSALS["needs_age_restricted_channel"]),
        (direct, refusals.REFUSALS["not_in_direct_messages"]),
        (group, refusals.REFUSALS["not_in_private_channels"]),
        (foreign_server, refusals.REFUSALS["not_in_foreign_servers"]),
    ],
)
async def test_spicy_stays_where_a_servers_moderators_can_allow_it(
    harness: Harness, place: Callable[[Harness], Channel], why: explanations.Explanation
) -> None:
    reply = await harness.video("a cat", channel=place(harness), preset="spicy")
    assert await told(reply) == why.english
    assert harness.bought == 0


@pytest.mark.started_with(spicy_in_direct_messages=True)
async def test_spicy_in_direct_messages_is_for_those_of_the_bot_alone(harness: Harness) -> None:
    chat, why = group(harness), "not_in_private_channels"
    refused = refusals.REFUSALS[why].english
    await harness.ended(await harness.video("a cat", channel=direct(harness), preset="spicy"))
    assert await told(await harness.video("a dog", channel=chat, preset="spicy")) == refused
    reply = await harness.video("a dog", channel=chat)
    await harness.ended(reply)
    form = await opens(harness, reply, "Change")
    assert await told(await send(harness, form, {"preset": "spicy"})) == refused
    assert harness.bought == 2
    stored = stored_request(await harness.app.jobs.store.get(harness.rows("id")[-1]["id"]))
    decision = await harness.app.moderation.gatekeeper.decide_again(replace(stored, preset=Preset.SPICY))
    assert decision.verdict is Verdict.NOT_IN_PRIVATE_CHANNELS


@pytest.mark.slow
@pytest.mark.parametrize("kind", [ChannelKind.TEXT, ChannelKind.FORUM])
async def test_a_thread_is_as_restricted_as_its_channel(harness: Harness, kind: ChannelKind) -> None:
    channel = harness.guild.add_channel("adults", nsfw=True, kind=kind).add_thread("inside")
    assert (await harness.ended(await harness.video("a cat", channel=channel, preset="spicy"))).videos


async def test_a_missing_permission_is_named(harness: Harness) -> None:
    harness.channel.deny_bot("attach_files")
    reply = await harness.video("a cat")
    assert "I need *Attach Files* here" in await told(reply)
    assert reply.message is not None
    assert reply.message.ephemeral
    assert harness.bought == 0
