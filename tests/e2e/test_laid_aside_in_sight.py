"""A video that was posted while Discord told nothing: it stands in the channel, and its row says that it waits."""

from dataclasses import replace

import pytest

from bot.sandbox.discord import DiscordFault, Drop, Message, Reply
from bot.texts import forms
from bot.texts import jobs as words
from bot.texts import spicy as spicy_words
from tests.e2e.actors.approvals import moderator, parked
from tests.e2e.actors.buttons import message_of, press, told
from tests.e2e.actors.harness import QUICK, TIMEOUT_S, Harness
from tests.e2e.actors.job_list import list_jobs
from tests.e2e.actors.records import states
from tests.e2e.actors.reports import HIDDEN, REMOVED, report, rule, seen
from tests.e2e.actors.spicy import spicy
from tests.e2e.actors.videos import being_made, finish

IMPATIENT = replace(QUICK, timeouts=replace(QUICK.timeouts, deliver_s=0.5))
pytestmark = pytest.mark.started_with(tuning=IMPATIENT)
LOOKS = ("GET /webhooks/*", "GET /channels/*")


def untold(harness: Harness) -> None:
    for route in LOOKS:
        harness.sandbox.discord.faults.append(DiscordFault(route, drop=Drop.BEFORE, times=1000))


async def in_sight(harness: Harness) -> Reply:
    """A reply with a video that the row says is laid aside."""
    await rule(harness)
    reply = await being_made(harness)
    harness.sandbox.discord.faults.append(DiscordFault("PATCH /webhooks/*", drop=Drop.AFTER, times=1000))
    untold(harness)
    finish(harness)
    await parked(harness)
    harness.sandbox.discord.faults.clear()
    assert message_of(reply).current.videos
    assert states(harness) == ["delivering"]
    return reply


async def fetch(harness: Harness) -> Reply:
    listed = await list_jobs(harness, channel=harness.sandbox.discord.dm(harness.user))
    return await press(harness, listed, "Fetch the video")


def link_to(message: Message) -> str:
    guild = message.channel.guild
    assert guild is not None
    return f"https://discord.com/channels/{guild.id}/{message.channel.id}/{message.id}"


async def test_a_report_hides_it(harness: Harness) -> None:
    reply = await in_sight(harness)
    assert await report(harness, reply, moderator(harness)) == forms.REPORTED.english
    shown = await seen(message_of(reply), HIDDEN)
    assert not shown.videos


async def test_who_fetches_it_is_told_where_it_is_and_it_stays_in_reach_of_moderators(
    harness: Harness,
) -> None:
    reply = await in_sight(harness)
    assert await told(await fetch(harness)) == words.still_there(link_to(message_of(reply))).english
    assert states(harness) == ["delivered"]
    mo = moderator(harness)
    purged = await spicy(harness, "purge", mo, person=harness.user)
    assert purged.text == spicy_words.purged(harness.user.id, 1, 1).english
    assert not (await seen(message_of(reply), REMOVED)).videos


@pytest.mark.slow
async def test_a_purge_removes_it(harness: Harness) -> None:
    reply = await in_sight(harness)
    purged = await spicy(harness, "purge", moderator(harness), person=harness.user)
    assert purged.text == spicy_words.purged(harness.user.id, 1, 1).english
    assert not (await seen(message_of(reply), REMOVED)).videos


@pytest.mark.slow
async def test_while_discord_does_not_tell_it_is_not_fetched_and_without_its_message_it_is(
    harness: Harness,
) -> None:
    reply = await in_sight(harness)
    untold(harness)
    assert await told(await fetch(harness)) == words.NOT_LOOKED_UP.english
    assert states(harness) == ["delivering"]
    harness.sandbox.discord.faults.clear()
    harness.sandbox.discord.core.messages.delete(message_of(reply))
    assert (await (await fetch(harness)).wait_for_video(TIMEOUT_S)).videos
    assert harness.bought == 1
