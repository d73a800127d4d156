"""One look-up of a member that Discord does not answer: it is asked again, and nobody is worse off."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.moderation.rules import Gate, Mode, ReviewAt
from bot.moderation.words.matching import Effect, Term
from bot.sandbox.discord import DiscordFault, Drop, Reply
from bot.texts import refusals
from tests.e2e.actors.approvals import cards, moderator, rule, spicy
from tests.e2e.actors.buttons import message_of
from tests.e2e.actors.harness import QUICK, TIMEOUT_S, Harness
from tests.e2e.actors.records import states
from tests.e2e.actors.timing import until
from tests.e2e.actors.videos import being_made, finish, hold

MEMBER = "GET /guilds/*/members/*"
PATIENT = replace(QUICK, timeouts=replace(QUICK.timeouts, untold_s=30.0))
pytestmark = pytest.mark.started_with(tuning=PATIENT)


def untold_once(harness: Harness) -> DiscordFault:
    return harness.sandbox.discord.faults.append(DiscordFault(MEMBER, status=503, times=1))


def role_of_user(harness: Harness) -> int:
    role = harness.guild.add_role("writers")
    harness.guild.members[harness.user.id].roles.append(role)
    return role.id


async def block_for_others(harness: Harness, word: str) -> None:
    """Moderators block a word, from which a role of the user is exempt."""
    await rule(harness, word_exempt_roles=frozenset({role_of_user(harness)}))
    listed = harness.app.moderation.caches.words
    await listed.add_all(harness.guild.id, [Term(word, Effect.BLOCKED)], moderator(harness).id)


async def spicy_being_made(harness: Harness) -> Reply:
    hold(harness)
    reply = await spicy(harness)
    await reply.wait_for(lambda version: "Making your video" in version.text(), TIMEOUT_S)
    return reply


async def test_right_before_an_upload_it_is_posted_all_the_same(harness: Harness) -> None:
    reply = await spicy_being_made(harness)
    harness.sandbox.discord.faults.append(DiscordFault(MEMBER, delay_s=0.01, times=1))
    untold = untold_once(harness)
    finish(harness, "a lighthouse")
    await harness.app.jobs.runner.idle()
    assert untold.hits == 1
    assert message_of(reply).current.videos
    assert states(harness) == ["delivered"]


async def test_who_may_use_a_listed_word_by_a_role_may_still(harness: Harness) -> None:
    await block_for_others(harness, "zebra")
    untold = untold_once(harness)
    assert (await harness.ended(await harness.video("a zebra"))).videos
    assert untold.hits == 1


@pytest.mark.slow
@pytest.mark.started_with(tuning=QUICK)
async def test_where_discord_goes_on_not_to_tell_that_is_what_the_user_reads(harness: Harness) -> None:
    await block_for_others(harness, "zebra")
    harness.sandbox.discord.faults.append(DiscordFault(MEMBER, status=503, times=99))
    refused = await harness.ended(await harness.video("a zebra"))
    assert refusals.not_told(bought=False).what.english in refused.text()
    assert harness.bought == 0


@pytest.mark.slow
async def test_a_trusted_member_needs_no_moderators(harness: Harness) -> None:
    await rule(
        harness,
        modes={Gate.NORMAL: Mode.TRUSTED},
        trusted_roles=frozenset({role_of_user(harness)}),
        review_at=ReviewAt.POSTING,
    )
    reply = await being_made(harness)
    untold = untold_once(harness)
    finish(harness)
    await harness.app.jobs.runner.idle()
    assert untold.hits == 1
    assert message_of(reply).current.videos
    assert cards(harness) == []


@pytest.mark.slow
async def test_a_video_that_stands_in_its_reply_is_not_taken_away(harness: Harness) -> None:
    reply = await spicy_being_made(harness)
    harness.sandbox.discord.faults.append(DiscordFault("PATCH /webhooks/*", drop=Drop.AFTER, times=9999))
    finish(harness, "a lighthouse")
    await until(lambda: bool(message_of(reply).current.videos))
    untold = untold_once(harness)
    await until(lambda: untold.hits > 0)
    harness.sandbox.discord.faults.clear()
    await harness.app.jobs.runner.idle()
    assert all(version.videos for version in message_of(reply).versions[-2:])
    assert states(harness) == ["delivered"]


@pytest.mark.slow
async def test_rules_that_forbid_it_for_a_moment_take_nothing_away(harness: Harness) -> None:
    reply = await spicy_being_made(harness)
    asked, asked_again, asked_after = (
        harness.sandbox.discord.faults.append(DiscordFault(MEMBER, delay_s=delay_s, times=1))
        for delay_s in (0.01, 0.5, 0.5)
    )
    member = harness.guild.members[harness.user.id]
    finish(harness, "a lighthouse")
    await until(lambda: asked_again.hits == 1)
    member.timed_out_until = datetime.now(UTC) + timedelta(hours=1)
    await until(lambda: asked_after.hits == 1)
    member.timed_out_until = None
    await harness.app.jobs.runner.idle()
    assert asked.hits == 1
    assert message_of(reply).current.videos
    assert states(harness) == ["delivered"]


@pytest.mark.slow
@pytest.mark.started_with(jobs_at_once=2, jobs_at_once_per_person=2)
async def test_after_a_restart_who_is_untold_keeps_no_other_request_waiting(harness: Harness) -> None:
    for prompt in ("one", "two"):
        await being_made(harness, prompt, user=harness.member(prompt))
    reply = await spicy(harness)
    await reply.wait_for(lambda version: "in line" in version.text(), TIMEOUT_S)
    await harness.video("plain", user=harness.member("cid"))
    await until(lambda: len(harness.rows()) == 4)
    await harness.restart()
    away = harness.sandbox.discord.faults.append(DiscordFault(MEMBER, status=503, times=9999))
    finish(harness, "one")
    finish(harness, "two")
    async with asyncio.timeout(10):
        await until(lambda: harness.bought == 3)
    assert away.hits > 0
    away.times = 0
