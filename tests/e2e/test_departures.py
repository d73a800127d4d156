"""Members who are banned, kicked, silenced or gone: what they have open in that server ends, unposted."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from bot.jobs.purchase_notes import PurchaseNotes
from bot.moderation.audit.entries import AuditAction, AuditEntry
from bot.moderation.rules import Gate, Mode, ReviewAt
from bot.sandbox.dimilinks.faults import SlowAnswer
from bot.sandbox.discord import Reply, User
from bot.sandbox.discord.audit_log import kick, time_out
from bot.texts import refusals
from tests.e2e.actors.approvals import cards, held, moderator, question, rule
from tests.e2e.actors.buttons import message_of, press_unseen
from tests.e2e.actors.harness import TIMEOUT_S, Harness, open_harness, utc_now
from tests.e2e.actors.records import audit, states
from tests.e2e.actors.reports import HIDDEN, hidden
from tests.e2e.actors.restarts import AT_ONCE_AND_AFTER_A_RESTART, meanwhile
from tests.e2e.actors.timing import until
from tests.e2e.actors.videos import being_made, delivered, finish, in_line, shown

GONE = refusals.person_gone(bought=False).what.english
ASKS = {Gate.FUN: Mode.APPROVAL}


def _ban(harness: Harness, _by: User) -> None:
    harness.guild.ban(harness.user)


def _kick(harness: Harness, by: User) -> None:
    kick(harness.guild, harness.user, by=by)


def _time_out(harness: Harness, by: User) -> None:
    time_out(harness.guild, harness.user, utc_now() + timedelta(hours=1), by=by)


def _leave(harness: Harness, _by: User) -> None:
    # As Discord tells bots that it grants the members' intent.
    data = {"guild_id": str(harness.guild.id), "user": harness.user.payload()}
    harness.guild.tell("GUILD_MEMBER_REMOVE", data)


EVENTS: dict[str, tuple[Callable[[Harness, User], None], bool]] = {
    "banned": (_ban, False),
    "kicked": (_kick, True),
    "timed_out": (_time_out, True),
    "left": (_leave, False),
}
"""Each by the action that is logged; and whether Discord says who did it."""
ANY_EVENT = pytest.mark.parametrize("action", EVENTS)


def may_read_the_audit_log(harness: Harness) -> None:
    bot = harness.sandbox.discord.world.bot
    harness.guild.members[bot.id].roles.append(harness.guild.add_role("auditor", ["view_audit_log"]))


async def ended(reply: Reply) -> str:
    version = await reply.wait_for(lambda version: GONE in version.text(), TIMEOUT_S)
    assert not version.videos
    return version.text()


@pytest.mark.slow
@ANY_EVENT
async def test_everything_open_in_that_server_ends(harness: Harness, action: str) -> None:
    happens, named = EVENTS[action]
    may_read_the_audit_log(harness)
    await rule(harness, modes=ASKS)
    mo = moderator(harness)
    making = await being_made(harness, "making")
    also_making = await being_made(harness, "also making")
    waiting = await in_line(harness, "in line")
    asked = await harness.video("held", preset="fun")
    await held(asked)
    hers = await harness.video("hers", user=harness.member("bea"))
    happens(harness, mo)
    for reply in (making, also_making):
        assert refusals.person_gone(bought=True).then.english in await ended(reply)
    for reply in (waiting, asked):
        assert "This cost nothing" in await ended(reply)
    await shown(harness, hers)
    assert sorted(states(harness)) == ["delivered", "denied", "failed", "failed", "failed"]
    await cards(harness)[0].wait_for(lambda version: "Denied" in version.text(), TIMEOUT_S)
    assert harness.bought == 3
    entries = audit(harness, "action", "actor_id", "person_id")
    assert entries[-2:] == [
        (action, mo.id if named else None, harness.user.id),
        ("request_denied", None, harness.user.id),
    ]
    finish(harness, "making")
    look = f"sm:look:{harness.rows('id')[0]['id']}:{harness.user.id}:0"
    found = await press_unseen(harness, message_of(making), look, user=mo)
    assert (await shown(harness, found)).ephemeral


@AT_ONCE_AND_AFTER_A_RESTART
async def test_a_finished_video_that_waits_for_moderators_is_not_posted(
    harness: Harness, *, restarted: bool
) -> None:
    may_read_the_audit_log(harness)
    await rule(harness, modes=ASKS, review_at=ReviewAt.POSTING)
    reply = await harness.video("a boat", preset="fun")
    card = await question(harness, "May this video be posted?")
    await harness.app.jobs.runner.idle()
    await meanwhile(harness, restarted=restarted)
    _kick(harness, moderator(harness))
    await ended(reply)
    await card.wait_for(lambda version: "Denied" in version.text(), TIMEOUT_S)
    assert states(harness) == ["failed"]


@pytest.mark.parametrize("action", ["banned", pytest.param("timed_out", marks=pytest.mark.slow)])
async def test_what_is_being_bought_ends_once_the_service_has_answered(harness: Harness, action: str) -> None:
    may_read_the_audit_log(harness)
    await rule(harness)
    harness.sandbox.dimilinks.faults.submit.append(SlowAnswer(1.0))
    reply = await harness.video("a boat")
    await until(lambda: states(harness) == ["submitting"])
    mo = moderator(harness)
    EVENTS[action][0](harness, mo)
    await until(lambda: action in audit(harness, "action"))
    assert refusals.person_gone(bought=True).then.english in await ended(reply)
    assert "Fetch the video" not in message_of(reply).current.text()
    assert states(harness) == ["failed"]
    assert harness.bought == 1
    assert not cards(harness)
    assert audit(harness, "action", "person_id") == [(action, harness.user.id)]


async def test_what_was_being_bought_ends_after_a_restart(tmp_path: Path, database_url: str | None) -> None:
    async with open_harness(tmp_path, database_url, stop_grace_s=0.1) as harness:
        harness.sandbox.dimilinks.faults.submit.append(SlowAnswer(60.0))
        reply = await harness.video("a boat")
        await until(lambda: harness.bought == 1)
        harness.guild.ban(harness.user)
        await until(lambda: "banned" in audit(harness, "action"))
        harness.guild.join(harness.user)
        await harness.stop()
        (row,) = harness.rows("id, state")
        assert row["state"] == "submitting"
        (submission,) = harness.sandbox.dimilinks.request_log.submissions
        await PurchaseNotes(harness.data_dir / "purchases").note(row["id"], submission.task_id)
        await harness.start()
        await ended(reply)
        assert states(harness) == ["failed"]


async def test_a_purchase_that_was_refused_is_not_tried_again_for_who_departed(harness: Harness) -> None:
    await being_made(harness, "making")
    await being_made(harness, "also making")
    waiting = await in_line(harness, "in line")
    job = harness.rows("id")[2]["id"]
    departed = AuditEntry(
        harness.guild.id,
        utc_now(),
        AuditAction.KICKED,
        None,
        harness.user.id,
        details={"requests": 1, "handed_over": [job]},
    )
    await harness.app.moderation.audit_log.append(departed)
    finish(harness, "making")
    assert "This cost nothing" in await ended(waiting)
    assert harness.bought == 2


async def test_what_is_open_in_another_server_goes_on(harness: Harness) -> None:
    elsewhere = harness.sandbox.discord.add_guild("elsewhere")
    elsewhere.join(harness.user)
    channel = elsewhere.add_channel("general")
    here = await being_made(harness, "here")
    there = await harness.video("there", channel=channel)
    harness.guild.ban(harness.user)
    await ended(here)
    await shown(harness, there)


async def test_an_ended_timeout_ends_nothing(harness: Harness) -> None:
    may_read_the_audit_log(harness)
    mo = moderator(harness)
    making = await being_made(harness, "a boat")
    time_out(harness.guild, harness.user, utc_now() - timedelta(seconds=5), by=mo)
    time_out(harness.guild, harness.user, None, by=mo)
    finish(harness, "a boat")
    await shown(harness, making)


@pytest.mark.slow
async def test_what_was_posted_stays_and_a_kick_decides_about_no_report(harness: Harness) -> None:
    may_read_the_audit_log(harness)
    await rule(harness, modes={})
    posted = await delivered(harness)
    reported = await delivered(harness)
    card = await hidden(harness, reported)
    making = await being_made(harness, "a boat")
    _kick(harness, moderator(harness))
    await ended(making)
    assert message_of(posted).current.videos
    assert HIDDEN in message_of(reported).current.text()
    assert card.current.buttons


@pytest.mark.slow
async def test_a_ban_while_a_video_is_posted_leaves_none_in_the_channel(harness: Harness) -> None:
    making = await being_made(harness, "a boat")
    finish(harness, "a boat")
    await until(lambda: states(harness) != ["generating"])
    harness.guild.ban(harness.user)
    await asyncio.wait_for(harness.app.jobs.runner.idle(), TIMEOUT_S)
    (state,) = states(harness)
    assert bool(message_of(making).current.videos) is (state == "delivered")
