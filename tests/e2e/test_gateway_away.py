"""A gateway that is away while Discord answers otherwise: what is in memory of servers is not believed."""

from collections.abc import Callable

import pytest

from bot.moderation.rules import ReviewAt
from bot.sandbox.discord import Channel, Reply
from tests.e2e.actors.approvals import held, parked, question, reviews_channel, rule, spicy
from tests.e2e.actors.buttons import message_of
from tests.e2e.actors.harness import TIMEOUT_S, Harness
from tests.e2e.actors.restarts import slow
from tests.e2e.actors.timing import until
from tests.e2e.actors.videos import finish, hold

PROMPT = "a lighthouse"
NOT_HERE = "the rules of this channel no longer allow it here"
AWAY_S = 600.0


async def being_made(harness: Harness, channel: Channel | None = None) -> Reply:
    """A spicy video that is being made."""
    hold(harness)
    reply = await spicy(harness, PROMPT, channel=channel)
    await reply.wait_for(lambda version: "Making your video" in version.text(), TIMEOUT_S)
    return reply


async def lose_gateway(harness: Harness) -> None:
    await harness.sandbox.discord.gateway.stay_away(AWAY_S)
    await until(lambda: not harness.app.bot.connected)


def asked_for_channels(harness: Harness) -> int:
    requests = harness.sandbox.discord.request_log.counts.items()
    listed = "GET /guilds/{guild_id}/channels"
    return sum(count for (name, _), count in requests if name == listed)


def itself(harness: Harness) -> Channel:
    return harness.adult_channel


def its_thread(harness: Harness) -> Channel:
    return harness.adult_channel.add_thread("inside")


@pytest.mark.parametrize("place", [itself, slow(its_thread)])
async def test_a_channel_that_lost_its_age_restriction_meanwhile_gets_no_spicy_video(
    harness: Harness, place: Callable[[Harness], Channel]
) -> None:
    reply = await being_made(harness, place(harness))
    await lose_gateway(harness)
    harness.adult_channel.set_nsfw(False)
    finish(harness, PROMPT)
    await parked(harness)
    assert NOT_HERE in message_of(reply).current.text()
    assert not message_of(reply).current.videos


async def test_a_channel_that_is_as_it_was_gets_its_video(harness: Harness) -> None:
    reply = await being_made(harness)
    await lose_gateway(harness)
    finish(harness, PROMPT)
    assert (await reply.wait_for_video(TIMEOUT_S)).videos
    await harness.app.jobs.runner.idle()
    assert asked_for_channels(harness) > 0


async def test_a_review_channel_that_lost_its_age_restriction_meanwhile_shows_no_spicy_video(
    harness: Harness,
) -> None:
    reply = await being_made(harness)
    await rule(harness, review_at=ReviewAt.POSTING)
    reviews = reviews_channel(harness)
    assert reviews is not None
    await lose_gateway(harness)
    reviews.set_nsfw(False)
    finish(harness, PROMPT)
    await held(reply)
    card = await question(harness, "May this video be posted?")
    assert not card.current.videos


async def test_once_the_gateway_has_told_what_was_missed_nothing_is_asked(harness: Harness) -> None:
    reply = await being_made(harness)
    await harness.sandbox.discord.drop_gateway()
    await until(lambda: harness.sandbox.discord.gateway.resumes == 1)
    await until(lambda: harness.app.bot.is_told_of(harness.guild.id))
    finish(harness, PROMPT)
    assert (await reply.wait_for_video(TIMEOUT_S)).videos
    await harness.app.jobs.runner.idle()
    assert asked_for_channels(harness) == 0
