"""Roles and membership, asked of Discord anew when a video is bought, when it is posted, when a vote is counted."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.moderation.rules import Gate, Mode, ReviewAt
from bot.sandbox.discord import DiscordFault, Message, Reply
from bot.texts import jobs, moderation, refusals
from tests.e2e.actors.approvals import (
    ask,
    cards,
    change_rules,
    held,
    moderator,
    parked,
    question,
    rule,
    spicy,
)
from tests.e2e.actors.buttons import message_of, press, told
from tests.e2e.actors.harness import TIMEOUT_S, Harness
from tests.e2e.actors.settings import log
from tests.e2e.actors.timing import until
from tests.e2e.actors.videos import being_made, delivered, finish, hold

MEMBER = "GET /guilds/*/members/*"
POSTED = "May this video be posted?"


def leave_roles(harness: Harness) -> None:
    harness.guild.members[harness.user.id].roles.clear()


def time_out(harness: Harness) -> None:
    harness.guild.members[harness.user.id].timed_out_until = datetime.now(UTC) + timedelta(hours=1)


async def trusted_by_role(harness: Harness, **changes: object) -> None:
    """Ada has a trusted role, and spicy videos of trusted people need no approval."""
    role = harness.guild.add_role("trusted")
    harness.guild.members[harness.user.id].roles.append(role)
    modes = {Gate.SPICY: Mode.TRUSTED}
    await rule(harness, modes=modes, trusted_roles=frozenset({role.id}), **changes)


async def spicy_being_made(harness: Harness) -> Reply:
    hold(harness)
    reply = await spicy(harness)
    await reply.wait_for(lambda version: "Making your video" in version.text(), TIMEOUT_S)
    return reply


async def test_a_trusted_role_that_was_lost_before_posting_asks_moderators(harness: Harness) -> None:
    await trusted_by_role(harness, review_at=ReviewAt.POSTING)
    reply = await spicy_being_made(harness)
    leave_roles(harness)
    finish(harness, "a lighthouse")
    card = await question(harness, POSTED)
    assert not message_of(reply).current.videos
    await press(harness, card, "Approve", user=moderator(harness))
    assert (await harness.ended(reply)).videos


@pytest.mark.started_with(jobs_at_once=1)
async def test_a_trusted_role_that_was_lost_before_the_purchase_asks_moderators(harness: Harness) -> None:
    await trusted_by_role(harness)
    await being_made(harness, "first")
    reply = await spicy(harness)
    await reply.wait_for(lambda version: "in line" in version.text(), TIMEOUT_S)
    leave_roles(harness)
    finish(harness, "first")
    await held(reply)
    assert harness.bought == 1


@pytest.mark.parametrize("banned", [False, True])
async def test_the_bought_video_of_who_is_gone_is_shown_to_moderators_and_not_posted(
    harness: Harness, *, banned: bool
) -> None:
    await rule(harness)
    reply = await being_made(harness, "a boat")
    if banned:
        await harness.stop()  # of a ban that it sees, the bot ends what is open itself
        harness.guild.ban(harness.user)
        await harness.start()
    else:
        harness.guild.kick(harness.user)
    finish(harness, "a boat")
    card = await question(harness, POSTED)
    assert card.current.videos
    assert "no longer a member" in card.current.text()
    await press(harness, card, "Approve", user=moderator(harness))
    await parked(harness)
    assert not message_of(reply).current.videos
    assert cards(harness) == [card]
    # Who comes back fetches it.
    harness.guild.join(harness.user)
    fetched = await fetch(harness)
    assert (await fetched.wait_for_video(TIMEOUT_S)).videos


async def fetch(harness: Harness) -> Reply:
    listed = await harness.sandbox.discord.invoke("jobs", user=harness.user, channel=harness.channel)
    await listed.wait_for_answer(TIMEOUT_S)
    await until(lambda: harness.rows("parked_at")[-1]["parked_at"] is not None)
    return await press(harness, listed, "Fetch the video")


async def test_denied_it_is_gone_for_good(harness: Harness) -> None:
    await rule(harness)
    await being_made(harness, "a boat")
    harness.guild.kick(harness.user)
    finish(harness, "a boat")
    card, mod = await question(harness, POSTED), moderator(harness)
    opened = await press(harness, card, "Deny…", user=mod)
    await opened.wait_for_modal(TIMEOUT_S)
    await harness.sandbox.discord.submit(opened, {"reason": ["off_topic"], "words": "banned"})
    await until(lambda: harness.rows("state") == [{"state": "failed"}])


@pytest.mark.started_with(jobs_at_once=1)
@pytest.mark.parametrize("away", ["banned", "kicked", "timed out"])
async def test_nothing_is_bought_for_who_is_gone_or_timed_out(harness: Harness, away: str) -> None:
    await being_made(harness, "first", user=harness.member("other"))
    reply = await harness.video("second")
    await reply.wait_for(lambda version: "in line" in version.text(), TIMEOUT_S)
    match away:
        case "banned":
            harness.guild.ban(harness.user)
        case "kicked":
            harness.guild.kick(harness.user)
        case _:
            time_out(harness)
    finish(harness, "first")
    await until(lambda: [row["state"] for row in harness.rows("state")] == ["delivered", "failed"])
    assert harness.bought == 1


async def test_the_video_of_who_is_timed_out_waits_until_that_is_over(harness: Harness) -> None:
    reply = await being_made(harness, "a boat")
    time_out(harness)
    finish(harness, "a boat")
    await parked(harness)
    assert not message_of(reply).current.videos
    harness.guild.members[harness.user.id].timed_out_until = None
    assert (await (await fetch(harness)).wait_for_video(TIMEOUT_S)).videos


async def test_while_discord_does_not_tell_ordinary_videos_pass_and_spicy_does_not(harness: Harness) -> None:
    fault = DiscordFault(MEMBER, status=400, code=0, message="no", times=99)
    harness.sandbox.discord.faults.append(fault)
    assert (await delivered(harness)).message
    reply = await spicy(harness)
    shown = await reply.wait_for(
        lambda version: refusals.REFUSALS["not_told"].what.english in version.text(), TIMEOUT_S
    )
    assert not shown.videos
    assert harness.bought == 1


async def two_vote(harness: Harness) -> tuple[Reply, Message]:
    await rule(harness, quorum=2)
    reply = await ask(harness)
    return reply, await question(harness)


@pytest.mark.parametrize("how", ["demoted", "banned", "timed out", "denied the command"])
async def test_votes_of_who_moderates_no_more_do_not_count(harness: Harness, how: str) -> None:
    reply, card = await two_vote(harness)
    first, second, third = (moderator(harness, name) for name in ("mo", "max", "mia"))
    assert await told(await press(harness, card, "Approve", user=first)) == moderation.VOTE_COUNTED.english
    member = harness.guild.members[first.id]
    match how:
        case "demoted":
            member.roles.clear()
        case "banned":
            harness.guild.ban(first)
        case "timed out":
            member.timed_out_until = datetime.now(UTC) + timedelta(hours=1)
        case _:
            harness.sandbox.discord.integrations.deny(harness.guild, first, "spicy")
    assert await told(await press(harness, card, "Approve", user=second)) == moderation.VOTE_COUNTED.english
    assert harness.bought == 0
    lapsed = [one for one in await log(harness) if one.action == "vote_lapsed"]
    assert [one.details["voter"] for one in lapsed] == [str(first.id)]
    assert await told(await press(harness, card, "Approve", user=third)) == moderation.VOTE_DECIDED.english
    assert (await harness.ended(reply)).videos


async def test_votes_of_which_discord_does_not_tell_count_when_it_does(harness: Harness) -> None:
    _, card = await two_vote(harness)
    first, second = moderator(harness, "mo"), moderator(harness, "max")
    await press(harness, card, "Approve", user=first)
    await until(lambda: len(card.versions) > 1)
    fault = DiscordFault(MEMBER, status=400, code=0, message="no", times=99)
    harness.sandbox.discord.faults.append(fault)
    assert await told(await press(harness, card, "Approve", user=second)) == moderation.VOTE_COUNTED.english
    assert harness.bought == 0
    harness.sandbox.discord.faults.clear()
    await harness.restart()
    assert await told(await press(harness, card, "Approve", user=second)) == moderation.VOTE_DECIDED.english


async def test_a_role_that_admits_is_asked_for_anew(harness: Harness) -> None:
    role = harness.guild.add_role("makers")
    harness.guild.members[harness.user.id].roles.append(role)
    await harness.restart(allowed_roles=str(role.id))
    reply = await being_made(harness, "a boat")
    leave_roles(harness)
    finish(harness, "a boat")
    await parked(harness)
    assert not message_of(reply).current.videos


async def test_who_is_timed_out_looks_for_no_video(harness: Harness) -> None:
    await change_rules(harness)
    reply = await delivered(harness)
    harness.sandbox.discord.purge(message_of(reply))
    time_out(harness)
    direct = harness.sandbox.discord.dm(harness.user)
    listed = await harness.sandbox.discord.invoke("jobs", user=harness.user, channel=direct)
    await listed.wait_for_answer(TIMEOUT_S)
    pressed = await press(harness, listed, "Look again")
    assert await told(pressed) == jobs.LOOK_SUSPENDED.english
