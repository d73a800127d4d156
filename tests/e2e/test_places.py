"""Everywhere: threads, forum posts, voice chats, direct messages, groups, servers without the bot."""

from collections.abc import Callable
from pathlib import Path

import pytest

from bot.sandbox.discord import Channel, Reply
from bot.sandbox.discord.wire import ChannelKind
from bot.texts import explanations
from tests.e2e.actors.buttons import press, told
from tests.e2e.actors.channels import post, thread, voice_chat
from tests.e2e.actors.harness import PATIENT, TIMEOUT_S, Stage, open_stage
from tests.e2e.actors.timing import MovableClock
from tests.e2e.actors.videos import being_made, finish


def private_thread(stage: Stage) -> Channel:
    return stage.channel.add_thread("secret", private=True)


def direct(stage: Stage) -> Channel:
    return stage.sandbox.discord.dm(stage.user)


def group(stage: Stage) -> Channel:
    return stage.sandbox.discord.add_group([stage.user, stage.sandbox.discord.add_user("bea")])


def foreign_server(stage: Stage) -> Channel:
    guild = stage.sandbox.discord.add_guild("Elsewhere", bot_installed=False)
    guild.join(stage.user)
    return guild.add_channel("general", nsfw=True)


EVERYWHERE = pytest.mark.parametrize(
    "place", [thread, private_thread, post, voice_chat, direct, group, foreign_server]
)


@EVERYWHERE
async def test_a_video_is_made_everywhere(stage: Stage, place: Callable[[Stage], Channel]) -> None:
    reply = await stage.video("a cat", channel=place(stage))
    shown = await stage.ended(reply)
    assert shown.videos, shown.text()
    assert stage.rows("state") == [{"state": "delivered"}]


@EVERYWHERE
async def test_again_works_everywhere(stage: Stage, place: Callable[[Stage], Channel]) -> None:
    reply = await stage.video("a cat", channel=place(stage))
    await stage.ended(reply)
    again = await press(stage, reply, "Again")
    assert (await stage.ended(again)).videos
    assert stage.bought == 2


@pytest.mark.parametrize("place", [group, foreign_server])
async def test_where_the_bot_is_no_member_a_late_video_is_not_lost(
    tmp_path: Path, place: Callable[[Stage], Channel]
) -> None:
    async with open_stage(tmp_path, tuning=PATIENT, now=MovableClock()) as stage:
        channel = place(stage)
        reply = await made_in(stage, channel)
        await stage.stop()
        reply.expire_token()
        await stage.start()
        finish(stage, "a cat")
        message = await stage.sandbox.discord.dm(stage.user).wait_for_message(
            lambda version: bool(version.videos), TIMEOUT_S
        )
        assert "Here is your video" in message.current.text()
        await stage.app.engine.idle()
        assert stage.rows("state") == [{"state": "delivered"}]


async def made_in(stage: Stage, channel: Channel) -> Reply:
    held, stage.channel = stage.channel, channel
    try:
        return await being_made(stage, "a cat")
    finally:
        stage.channel = held


@pytest.mark.parametrize(
    ("place", "why"),
    [
        (thread, explanations.SPICY_NEEDS_AGE_GATE),
        (post, explanations.SPICY_NEEDS_AGE_GATE),
        (voice_chat, explanations.SPICY_NEEDS_AGE_GATE),
        (direct, explanations.SPICY_NOT_IN_DIRECT_MESSAGES),
        (group, explanations.SPICY_NOT_IN_DIRECT_MESSAGES),
        (foreign_server, explanations.SPICY_NOT_IN_FOREIGN_SERVERS),
    ],
)
async def test_spicy_stays_where_a_servers_moderators_can_allow_it(
    stage: Stage, place: Callable[[Stage], Channel], why: explanations.Explanation
) -> None:
    reply = await stage.video("a cat", channel=place(stage), preset="spicy")
    assert await told(reply) == why.english
    assert stage.bought == 0


@pytest.mark.parametrize("kind", [ChannelKind.TEXT, ChannelKind.FORUM])
async def test_a_thread_is_as_restricted_as_its_channel(stage: Stage, kind: ChannelKind) -> None:
    channel = stage.guild.add_channel("adults", nsfw=True, kind=kind).add_thread("inside")
    assert (await stage.ended(await stage.video("a cat", channel=channel, preset="spicy"))).videos


async def test_a_missing_permission_is_named(stage: Stage) -> None:
    stage.channel.deny_bot("attach_files")
    reply = await stage.video("a cat")
    assert "I need *Attach Files* here" in await told(reply)
    assert reply.message is not None
    assert reply.message.ephemeral
    assert stage.bought == 0
