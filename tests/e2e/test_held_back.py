"""Finished videos that moderators keep from their users: by no button does anybody get one."""

from datetime import timedelta

import pytest

from bot.moderation.members.member import ListStatus
from bot.sandbox.discord import Reply
from bot.texts import jobs as words
from bot.texts import refusals
from tests.e2e.actors.appeals import suspend
from tests.e2e.actors.approvals import moderator, parked
from tests.e2e.actors.buttons import labels, message_of, press, told
from tests.e2e.actors.harness import Harness
from tests.e2e.actors.job_list import list_jobs
from tests.e2e.actors.records import states
from tests.e2e.actors.spicy import spicy
from tests.e2e.actors.timing import MovableClock
from tests.e2e.actors.videos import being_made, delivered, finish, shown
from tests.moderation.audited import alone

HELD_BACK = refusals.held_back("").what.english


async def fetch(harness: Harness) -> Reply:
    """Press *Fetch* in the direct messages, where no server has rules."""
    direct = harness.sandbox.discord.dm(harness.user)
    return await press(harness, await list_jobs(harness, channel=direct), "Fetch the video")


async def test_what_a_suspended_person_has_made_is_fetched_when_the_suspension_is_over(
    harness: Harness, clock: MovableClock
) -> None:
    reply = await being_made(harness)
    await suspend(harness, moderator(harness), hours=5)
    finish(harness)
    await parked(harness)
    card = message_of(reply).current
    assert HELD_BACK in card.text()
    assert labels(card) == []
    assert await told(await fetch(harness)) == words.LOOK_SUSPENDED.english
    clock.offset = timedelta(hours=6)
    assert (await shown(harness, await fetch(harness))).videos
    assert states(harness) == ["delivered"]


@pytest.mark.slow
async def test_what_a_blocked_person_has_made_is_not_fetched(harness: Harness) -> None:
    reply = await being_made(harness)
    members, audit_log = harness.app.moderation.caches.members, harness.app.moderation.audit_log
    await alone(audit_log, members.list_as, harness.guild.id, harness.user.id, ListStatus.BLOCKED)
    finish(harness)
    await parked(harness)
    assert HELD_BACK in message_of(reply).current.text()
    assert await told(await fetch(harness)) == words.LOOK_BLOCKED.english


@pytest.mark.slow
async def test_who_has_left_fetches_nothing(harness: Harness, clock: MovableClock) -> None:
    await being_made(harness)
    await suspend(harness, moderator(harness), hours=5)
    finish(harness)
    await parked(harness)
    clock.offset = timedelta(hours=6)
    harness.guild.kick(harness.user)
    assert await told(await fetch(harness)) == words.LOOK_LEFT.english


@pytest.mark.slow
async def test_a_copy_of_a_removed_video_is_not_built_upon(harness: Harness) -> None:
    reply = await delivered(harness)
    harness.sandbox.discord.purge(message_of(reply))
    copy = await press(harness, await list_jobs(harness), "Look again")
    await shown(harness, copy)
    await spicy(harness, "purge", moderator(harness), person=harness.user)
    for label in ("Again", "Use last frame"):
        pressed = await press(harness, copy, label)
        assert await told(pressed) == words.PUT_AWAY.english
    assert harness.bought == 1
