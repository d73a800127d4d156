"""Servers that the bot does not see: those of others, those missing from its memory, those that removed it."""

import pytest

from bot.moderation.rules import Gate, Mode, ReviewAt
from bot.sandbox.discord import DiscordFault, Reply
from bot.texts import refusals
from tests.e2e.actors.approvals import ask, cards, held, moderator, parked, question, rule, spicy
from tests.e2e.actors.buttons import message_of, press
from tests.e2e.actors.harness import TIMEOUT_S, Harness
from tests.e2e.actors.timing import until
from tests.e2e.actors.videos import being_made, finish, hold

APPROVED = {Gate.NORMAL: Mode.APPROVAL, Gate.SPICY: Mode.APPROVAL}


def forget(harness: Harness) -> None:
    """Have the server missing from the memory of the process, which is still its member."""
    guild = harness.app.bot.get_guild(harness.guild.id)
    assert guild is not None
    harness.app.bot._connection._remove_guild(guild)


async def spicy_being_made(harness: Harness) -> Reply:
    hold(harness)
    reply = await spicy(harness)
    await reply.wait_for(lambda version: "Making your video" in version.text(), TIMEOUT_S)
    return reply


async def test_a_server_that_is_missing_from_memory_is_no_foreign_one(harness: Harness) -> None:
    reply = await being_made(harness, "a boat")
    await rule(harness, modes=APPROVED, review_at=ReviewAt.POSTING)
    forget(harness)
    finish(harness, "a boat")
    await held(reply)
    assert not message_of(reply).current.videos


async def test_its_channels_are_looked_at_all_the_same(harness: Harness) -> None:
    reply = await spicy_being_made(harness)
    forget(harness)
    finish(harness, "a lighthouse")
    assert (await reply.wait_for_video(TIMEOUT_S)).videos
    await harness.app.jobs.runner.idle()


async def test_where_its_channels_cannot_be_looked_at_ordinary_videos_pass_alone(harness: Harness) -> None:
    await rule(harness, modes={Gate.SPICY: Mode.OPEN, Gate.FUN: Mode.APPROVAL})
    boat, lighthouse = await being_made(harness, "a boat"), await spicy_being_made(harness)
    forget(harness)
    fault = DiscordFault("GET /channels/{channel_id}", status=400, code=0, message="no", times=99)
    harness.sandbox.discord.faults.append(fault)
    finish(harness, "a boat")
    assert (await boat.wait_for_video(TIMEOUT_S)).videos
    finish(harness, "a lighthouse")
    await parked(harness)
    assert not message_of(lighthouse).current.videos


@pytest.mark.slow
@pytest.mark.parametrize("review_at", [ReviewAt.SUBMISSION, ReviewAt.POSTING])
async def test_a_bot_that_was_removed_posts_nothing_that_waited_for_approval(
    harness: Harness, review_at: ReviewAt
) -> None:
    await rule(harness, review_at=review_at)
    mod = moderator(harness)
    if review_at is ReviewAt.SUBMISSION:
        hold(harness)
    reply = await ask(harness)
    if review_at is ReviewAt.SUBMISSION:
        await press(harness, await question(harness), "Approve", user=mod)
        await reply.wait_for(lambda version: "Making your video" in version.text(), TIMEOUT_S)
        harness.guild.kick(harness.sandbox.discord.world.bot)
        finish(harness, "a lighthouse")
    else:
        card = await question(harness, "May this video be posted?")
        # Discord takes the message of its own reply by the interaction's token, whoever the bot is by then.
        fault = DiscordFault("PATCH /webhooks/*", status=500, code=0, message="no", times=2)
        harness.sandbox.discord.faults.append(fault)
        await press(harness, card, "Approve", user=mod)
        harness.guild.kick(harness.sandbox.discord.world.bot)
    await parked(harness)
    assert not message_of(reply).current.videos
    assert len(cards(harness)) == 1


@pytest.mark.started_with(jobs_at_once=1)
async def test_a_bot_that_was_removed_buys_nothing_that_waited_for_approval(harness: Harness) -> None:
    await being_made(harness, "first", user=harness.member("other"))
    await rule(harness)
    reply = await ask(harness)
    await press(harness, await question(harness), "Approve", user=moderator(harness))
    await reply.wait_for(lambda version: "in line" in version.text(), TIMEOUT_S)
    harness.guild.kick(harness.sandbox.discord.world.bot)
    finish(harness, "first")
    untold = refusals.REFUSALS["not_told"].what.english
    await reply.wait_for(lambda version: untold in version.text(), TIMEOUT_S)
    assert harness.bought == 1


async def test_an_ordinary_video_comes_though_the_bot_was_removed(harness: Harness) -> None:
    reply = await being_made(harness, "a boat")
    harness.guild.kick(harness.sandbox.discord.world.bot)
    finish(harness, "a boat")
    assert (await reply.wait_for_video(TIMEOUT_S)).videos
    await harness.app.jobs.runner.idle()


async def test_that_a_server_is_foreign_is_stored_with_the_job(harness: Harness) -> None:
    there = harness.sandbox.discord.add_guild("Elsewhere", bot_installed=False)
    there.join(harness.user)
    hold(harness)
    reply = await harness.video("a boat", channel=there.add_channel("general"))
    await reply.wait_for(lambda version: "Making your video" in version.text(), TIMEOUT_S)
    await harness.video("a cat")
    await until(lambda: len(harness.rows()) == 2)
    assert [row["reply_foreign"] for row in harness.rows("reply_foreign")] == [1, 0]
    await harness.restart()
    finish(harness, "a boat")
    assert (await reply.wait_for_video(TIMEOUT_S)).videos
    await harness.app.jobs.runner.idle()
    looked = harness.sandbox.discord.request_log.counts
    assert not [name for name, _ in looked if "members" in name and str(there.id) in name]
