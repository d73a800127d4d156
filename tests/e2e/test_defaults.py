"""`/defaults`: what somebody's videos are like when they say nothing else, and whether they are pinged."""

from pathlib import Path

import pytest

from bot.sandbox.discord import Message, Reply
from bot.texts import defaults as words
from tests.e2e.actors.buttons import press, told
from tests.e2e.actors.forms import opens, send
from tests.e2e.actors.harness import TIMEOUT_S, Harness, open_harness
from tests.e2e.actors.mentions import CALM, answer_to, ended, ping, say
from tests.e2e.actors.restarts import AT_ONCE_AND_AFTER_A_RESTART, meanwhile
from tests.e2e.actors.timing import MovableClock
from tests.e2e.actors.videos import being_made, finish


async def defaults(harness: Harness, **options: str | bool) -> str:
    """Type `/defaults`."""
    reply = await harness.sandbox.discord.invoke(
        "defaults", user=harness.user, channel=harness.channel, options=options
    )
    answer = await told(reply)
    assert reply.message is not None
    assert reply.message.ephemeral
    return answer


def pings(harness: Harness) -> list[Message]:
    """The messages that mention somebody, in the channel."""
    return [message for message in harness.channel.messages if message.pings.users]


async def test_without_any_they_are_as_for_everybody(harness: Harness) -> None:
    answer = await defaults(harness)
    assert "Length: 6 seconds (default)" in answer
    assert "Aspect ratio: Landscape, 1280x720 (default)" in answer
    assert "I mention you when a video is done: no (default)" in answer


@pytest.mark.slow
@AT_ONCE_AND_AFTER_A_RESTART
async def test_what_is_not_said_is_as_one_likes_it(harness: Harness, *, restarted: bool) -> None:
    await defaults(harness, seconds="10", size="720x1280")
    answer = await defaults(harness, resolution="480p", preset="fun", private=True)
    assert "Length: 10 seconds\n" in answer
    assert "Style: fun\n" in answer
    await meanwhile(harness, restarted=restarted)
    reply = await harness.video("a cat")
    await harness.ended(reply)
    other = await harness.video("a dog", user=harness.member("bea"))
    await harness.ended(other)
    first, second = harness.sandbox.dimilinks.request_log.submissions
    assert (first.seconds, first.size, first.resolution, first.preset) == ("10", "720x1280", "480p", "fun")
    assert (second.seconds, second.size, second.resolution) == ("6", "1280x720", "720p")
    assert reply.message is not None
    assert reply.message.ephemeral
    assert other.message is not None
    assert not other.message.ephemeral


@pytest.mark.slow
async def test_whoever_wants_private_videos_gets_them_by_buttons_too(harness: Harness) -> None:
    reply = await harness.video("a cat", user=harness.member("bea"), resolution="480p")
    await finished(harness, reply)
    await defaults(harness, private=True)
    for label in ("Again", "In 720p"):
        again = await press(harness, reply, label)
        assert (await again.wait_for_video(TIMEOUT_S)).ephemeral
    for label in ("Change", "Use last frame"):
        sent = await send(harness, await opens(harness, reply, label), {"prompt": "a dog"})
        assert (await sent.wait_for_video(TIMEOUT_S)).ephemeral


@pytest.mark.started_with(tuning=CALM)
async def test_a_message_to_the_bot_is_answered_in_the_channel_as_the_defaults_say(harness: Harness) -> None:
    assert f"Only you see the videos: {words.PRIVATE.english}\n" in await defaults(harness, private=True)
    asked = await say(harness, ping(harness, "make it rain"), 1)
    assert not (await ended(harness, asked)).ephemeral
    refused = await answer_to(await say(harness, ping(harness, "make it rain, spicy"), 1))
    sent = await send(harness, await opens(harness, refused, "Change"), {"preset": ["normal"]})
    assert (await sent.wait_for_video(TIMEOUT_S)).ephemeral


async def test_what_is_said_counts_more(harness: Harness) -> None:
    await defaults(harness, seconds="10", preset="fun", private=True)
    reply = await harness.video("a cat", seconds="6", private=False)
    await harness.ended(reply)
    (bought,) = harness.sandbox.dimilinks.request_log.submissions
    assert (bought.seconds, bought.preset) == ("6", "fun")
    assert reply.message is not None
    assert not reply.message.ephemeral


async def test_they_can_be_forgotten(harness: Harness) -> None:
    await defaults(harness, seconds="10")
    assert "6 seconds (default)" in await defaults(harness, reset=True)
    answer = await defaults(harness, seconds="12", reset=True)
    assert "12 seconds" in answer
    await harness.restart()
    assert "12 seconds" in await defaults(harness)


async def test_values_that_are_not_on_offer_change_nothing(harness: Harness) -> None:
    reply = await harness.sandbox.discord.invoke(
        "defaults", user=harness.user, channel=harness.channel, options={"seconds": "7"}, force=True
    )
    assert await told(reply) == words.NOT_ON_OFFER.english
    assert "6 seconds (default)" in await defaults(harness)


async def test_nobody_is_pinged_who_did_not_ask_for_it(harness: Harness) -> None:
    await harness.ended(await harness.video("a cat"))
    assert pings(harness) == []


async def finished(harness: Harness, reply: Reply) -> None:
    await reply.wait_for_video(TIMEOUT_S)
    await harness.app.jobs.runner.idle()


async def test_who_wants_it_is_pinged_once_when_the_video_is_there(harness: Harness) -> None:
    await defaults(harness, ping=True)
    reply = await harness.video("a cat")
    await finished(harness, reply)
    (ping,) = pings(harness)
    assert ping.pings.users == (harness.user,)
    assert ping.current.content == f"<@{harness.user.id}>, your video is ready."
    assert reply.message is not None
    assert harness.channel.messages.index(ping) > harness.channel.messages.index(reply.message)


async def test_a_private_video_is_told_of_in_private(harness: Harness) -> None:
    await defaults(harness, ping=True, private=True)
    reply = await harness.video("a cat")
    await finished(harness, reply)
    ping = await reply.wait_for_followup(TIMEOUT_S)
    assert ping.ephemeral
    assert ping.current.content == f"<@{harness.user.id}>, your video is ready."
    assert len(reply.followups) == 1


async def test_a_late_video_is_told_of_by_the_bot_itself(tmp_path: Path, database_url: str | None) -> None:
    clock = MovableClock()
    async with open_harness(tmp_path, database_url, now=clock) as harness:
        await defaults(harness, ping=True)
        reply = await being_made(harness, "a cat")
        await harness.stop()
        reply.expire_token()
        await harness.start()
        finish(harness, "a cat")
        await finished(harness, reply)
        (ping,) = pings(harness)
        assert ping.reply_to is reply.message


async def test_a_ping_that_discord_refuses_costs_nothing(harness: Harness) -> None:
    await defaults(harness, ping=True)
    reply = await harness.video("a cat")
    harness.user.accepts_direct_messages = False
    harness.channel.deny_bot("send_messages")
    await finished(harness, reply)
    assert harness.rows("state") == [{"state": "delivered"}]
