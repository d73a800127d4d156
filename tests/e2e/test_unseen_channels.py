"""Channels that the bot does not see: the rules of the channel of the request count all the same."""

from dataclasses import replace

import pytest

from bot.moderation.rules import Gate, Mode, ReviewAt
from bot.sandbox.discord import Channel, DiscordFault, Reply
from tests.e2e.actors.approvals import cards, change_rules, held, parked, rule
from tests.e2e.actors.buttons import message_of
from tests.e2e.actors.channels import private_thread
from tests.e2e.actors.damage import rewrite
from tests.e2e.actors.harness import QUICK, TIMEOUT_S, Harness
from tests.e2e.actors.restarts import AT_ONCE_AND_AFTER_A_RESTART, meanwhile
from tests.e2e.actors.timing import until
from tests.e2e.actors.videos import finish, hold

PROMPT = "a paper boat"
FORBIDDEN, UNAVAILABLE = (403, 50001), (503, 0)


async def lose_sight(harness: Harness, thread: Channel, answer: tuple[int, int]) -> DiscordFault:
    """Have a thread missing from the memory of the process, and Discord answer this when it is asked about it."""
    await until(
        lambda: (found := harness.app.bot.get_guild(harness.guild.id)) is not None and not found.unavailable
    )
    guild = harness.app.bot.get_guild(harness.guild.id)
    assert guild is not None
    known = guild.get_thread(thread.id)
    if known is not None:
        guild._remove_thread(known)  # pyright: ignore[reportPrivateUsage] - Discord tells of it no more
    status, code = answer
    fault = DiscordFault("GET /channels/{channel_id}", status=status, code=code, message="no", times=99)
    return harness.sandbox.discord.faults.append(fault)


async def made_in(harness: Harness, thread: Channel, preset: str = "normal") -> Reply:
    hold(harness)
    reply = await harness.video(PROMPT, channel=thread, preset=preset)
    await reply.wait_for(lambda version: "Making your video" in version.text(), TIMEOUT_S)
    return reply


@AT_ONCE_AND_AFTER_A_RESTART
async def test_a_thread_that_the_bot_may_not_see_is_judged_as_its_channel(
    harness: Harness, *, restarted: bool
) -> None:
    thread = private_thread(harness)
    await rule(
        harness, channel_modes={harness.channel.id: {Gate.NORMAL: Mode.APPROVAL}}, review_at=ReviewAt.POSTING
    )
    reply = await made_in(harness, thread)
    await meanwhile(harness, restarted=restarted)
    await lose_sight(harness, thread, FORBIDDEN)
    finish(harness, PROMPT)
    await held(reply)
    assert not message_of(reply).current.videos
    assert len(cards(harness)) == 1


async def test_a_channel_that_is_switched_off_meanwhile_gets_no_video_in_such_a_thread(
    harness: Harness,
) -> None:
    thread = private_thread(harness)
    reply = await made_in(harness, thread)
    await change_rules(harness, channel_modes={harness.channel.id: {Gate.NORMAL: Mode.OFF}})
    await lose_sight(harness, thread, FORBIDDEN)
    finish(harness, PROMPT)
    await parked(harness)
    assert not message_of(reply).current.videos


async def test_rules_of_other_channels_do_not_hold_a_video_of_such_a_thread(harness: Harness) -> None:
    thread = private_thread(harness)
    reply = await made_in(harness, thread)
    await change_rules(harness, channel_modes={harness.adult_channel.id: {Gate.NORMAL: Mode.OFF}})
    await lose_sight(harness, thread, FORBIDDEN)
    finish(harness, PROMPT)
    assert (await reply.wait_for_video(TIMEOUT_S)).videos
    await harness.app.jobs.runner.idle()


async def test_a_request_that_was_stored_without_its_channel_is_judged_as_in_the_strictest(
    harness: Harness,
) -> None:
    thread = private_thread(harness)
    reply = await made_in(harness, thread)
    await change_rules(harness, channel_modes={harness.adult_channel.id: {Gate.NORMAL: Mode.OFF}})
    await harness.stop()
    rewrite(harness, "UPDATE jobs SET rules_channel_id = NULL")
    await harness.start()
    await lose_sight(harness, thread, FORBIDDEN)
    finish(harness, PROMPT)
    await parked(harness)
    assert not message_of(reply).current.videos


@pytest.mark.started_with(tuning=replace(QUICK, timeouts=replace(QUICK.timeouts, untold_s=30.0)))
async def test_a_discord_that_does_not_answer_is_no_reason_to_refuse_a_video_for_good(
    harness: Harness,
) -> None:
    thread = harness.adult_channel.add_thread("secret", private=True)
    reply = await made_in(harness, thread, "spicy")
    away = await lose_sight(harness, thread, UNAVAILABLE)
    finish(harness, PROMPT)
    await until(lambda: away.hits > 0)
    harness.sandbox.discord.faults.clear()
    assert (await reply.wait_for_video(TIMEOUT_S)).videos
    await harness.app.jobs.runner.idle()
