"""`/defaults`: what somebody's videos are like when they say nothing else, and whether they are pinged."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from bot.sandbox.discord import Message, Reply
from bot.texts import defaults as words
from tests.e2e.presses import AT_ONCE_AND_AFTER_A_RESTART, MovableClock, being_made, finish, meanwhile, told
from tests.e2e.stage import PATIENT, TIMEOUT_S, Stage, open_stage


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncGenerator[Stage]:
    async with open_stage(tmp_path) as opened:
        yield opened


async def defaults(stage: Stage, **options: str | bool) -> str:
    """Type `/defaults`."""
    reply = await stage.sandbox.discord.invoke(
        "defaults", user=stage.user, channel=stage.channel, options=options
    )
    answer = await told(reply)
    assert reply.message is not None
    assert reply.message.ephemeral
    return answer


def pings(stage: Stage) -> list[Message]:
    """The messages that mention somebody, in the channel."""
    return [message for message in stage.channel.messages if message.pings.users]


async def test_without_any_they_are_as_for_everybody(stage: Stage) -> None:
    answer = await defaults(stage)
    assert "Length: 6 seconds (as for everybody)" in answer
    assert "Frame: Landscape, 1280x720 (as for everybody)" in answer
    assert "I mention you when a video is done: no (as for everybody)" in answer


@AT_ONCE_AND_AFTER_A_RESTART
async def test_what_is_not_said_is_as_one_likes_it(stage: Stage, *, restarted: bool) -> None:
    await defaults(stage, seconds="10", size="720x1280")
    answer = await defaults(stage, resolution="480p", preset="fun", private=True)
    assert "Length: 10 seconds\n" in answer
    assert "Style: fun\n" in answer
    await meanwhile(stage, restarted=restarted)
    reply = await stage.video("a cat")
    await stage.ended(reply)
    other = await stage.video("a dog", user=stage.member("bea"))
    await stage.ended(other)
    first, second = stage.sandbox.dimilinks.request_log.submissions
    assert (first.seconds, first.size, first.resolution, first.preset) == ("10", "720x1280", "480p", "fun")
    assert (second.seconds, second.size, second.resolution) == ("6", "1280x720", "720p")
    assert reply.message is not None
    assert reply.message.ephemeral
    assert other.message is not None
    assert not other.message.ephemeral


async def test_what_is_said_counts_more(stage: Stage) -> None:
    await defaults(stage, seconds="10", preset="fun", private=True)
    reply = await stage.video("a cat", seconds="6", private=False)
    await stage.ended(reply)
    (bought,) = stage.sandbox.dimilinks.request_log.submissions
    assert (bought.seconds, bought.preset) == ("6", "fun")
    assert reply.message is not None
    assert not reply.message.ephemeral


async def test_they_can_be_forgotten(stage: Stage) -> None:
    await defaults(stage, seconds="10")
    assert "6 seconds (as for everybody)" in await defaults(stage, reset=True)
    answer = await defaults(stage, seconds="12", reset=True)
    assert "12 seconds" in answer
    await stage.restart()
    assert "12 seconds" in await defaults(stage)


async def test_values_that_are_not_on_offer_change_nothing(stage: Stage) -> None:
    reply = await stage.sandbox.discord.invoke(
        "defaults", user=stage.user, channel=stage.channel, options={"seconds": "7"}, force=True
    )
    assert await told(reply) == words.NOT_ON_OFFER.english
    assert "6 seconds (as for everybody)" in await defaults(stage)


async def test_nobody_is_pinged_who_did_not_ask_for_it(stage: Stage) -> None:
    await stage.ended(await stage.video("a cat"))
    assert pings(stage) == []


async def finished(stage: Stage, reply: Reply) -> None:
    await reply.wait_for_video(TIMEOUT_S)
    await stage.app.engine.idle()


async def test_who_wants_it_is_pinged_once_when_the_video_is_there(stage: Stage) -> None:
    await defaults(stage, ping=True)
    reply = await stage.video("a cat")
    await finished(stage, reply)
    (ping,) = pings(stage)
    assert ping.pings.users == (stage.user,)
    assert ping.current.content == f"<@{stage.user.id}>, your video is ready."
    assert reply.message is not None
    assert stage.channel.messages.index(ping) > stage.channel.messages.index(reply.message)


async def test_a_private_video_is_told_of_in_private(stage: Stage) -> None:
    await defaults(stage, ping=True, private=True)
    reply = await stage.video("a cat")
    await finished(stage, reply)
    ping = await reply.wait_for_followup(TIMEOUT_S)
    assert ping.ephemeral
    assert ping.current.content == f"<@{stage.user.id}>, your video is ready."
    assert len(reply.followups) == 1


async def test_a_late_video_is_told_of_by_the_bot_itself(tmp_path: Path) -> None:
    clock = MovableClock()
    async with open_stage(tmp_path, tuning=PATIENT, now=clock) as stage:
        await defaults(stage, ping=True)
        reply = await being_made(stage, "a cat")
        await stage.stop()
        reply.expire_token()
        await stage.start()
        finish(stage, "a cat")
        await finished(stage, reply)
        (ping,) = pings(stage)
        assert ping.reply_to is reply.message


async def test_a_ping_that_discord_refuses_costs_nothing(stage: Stage) -> None:
    await defaults(stage, ping=True)
    reply = await stage.video("a cat")
    stage.user.accepts_direct_messages = False
    stage.channel.deny_bot("send_messages")
    await finished(stage, reply)
    assert stage.rows("state") == [{"state": "delivered"}]
