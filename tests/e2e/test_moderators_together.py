"""Moderators do not undo each other unseen, and a server with one moderator can be run."""

import json

import pytest

from bot.moderation.members.member import ListStatus
from bot.moderation.rules import ReviewAt
from bot.texts import moderation
from tests.e2e.actors.appeals import LIFT, appealed, member, suspend
from tests.e2e.actors.approvals import ask, deny, moderator, question, rule
from tests.e2e.actors.buttons import press, told
from tests.e2e.actors.harness import TIMEOUT_S, Harness
from tests.e2e.actors.records import actions, audit
from tests.e2e.actors.spicy import spicy
from tests.moderation.audited import alone


async def block(harness: Harness) -> None:
    """Have moderators block ada after she asked."""
    parts = harness.app.moderation
    listed = ListStatus.BLOCKED
    await alone(parts.audit_log, parts.caches.members.list_as, harness.guild.id, harness.user.id, listed)


async def test_a_shorter_suspension_replaces_no_longer_one_and_the_moderator_reads_so(
    harness: Harness,
) -> None:
    first, second = moderator(harness), moderator(harness, "rita")
    await spicy(harness, "suspend", first, person="ada", hours=72, reason="spam")
    before = member(harness)
    told_second = (await spicy(harness, "suspend", second, person="ada", hours=1, reason="oops")).text
    assert first.mention in told_second
    assert "does not replace it" in told_second
    assert member(harness) == before
    assert actions(harness) == ["suspended"]
    await spicy(harness, "suspend", second, person="ada", hours=100, reason="worse")
    assert member(harness).suspended_by == second.id


async def test_deny_and_suspend_leaves_a_longer_suspension(harness: Harness) -> None:
    await rule(harness, suspend_hours=1)
    await ask(harness)
    await suspend(harness, moderator(harness), hours=50)
    before = member(harness)
    card = await question(harness)
    await told(await deny(harness, card, moderator(harness, "rita"), label="Deny and suspend…"))
    assert member(harness) == before
    assert "parts" not in json.loads(audit(harness, "details")[-1])


@pytest.mark.parametrize("at", [ReviewAt.SUBMISSION, ReviewAt.POSTING])
async def test_approve_and_trust_says_that_the_person_is_blocked_and_asks(
    harness: Harness, at: ReviewAt
) -> None:
    await rule(harness, review_at=at)
    await ask(harness)
    card, mo = await question(harness, "May this video be"), moderator(harness)
    await block(harness)
    opened = await press(harness, card, "Approve and trust", user=mo)
    await opened.wait_for_modal(TIMEOUT_S)
    assert moderation.UNBLOCK_TEXT.english in str(opened.modal)
    unticked = await harness.sandbox.discord.submit(opened, {})
    assert await told(unticked) == moderation.VOTE_BLOCKED.english
    assert member(harness).listed is ListStatus.BLOCKED
    opened = await press(harness, card, "Approve and trust", user=mo)
    await opened.wait_for_modal(TIMEOUT_S)
    sent = await harness.sandbox.discord.submit(opened, {moderation.UNBLOCK_LABEL.english: True})
    assert await told(sent) == moderation.VOTE_DECIDED.english
    assert member(harness).listed is ListStatus.TRUSTED


async def test_the_owner_decides_an_appeal_against_a_suspension_of_their_own_making(
    harness: Harness,
) -> None:
    await rule(harness)
    owner = harness.guild.owner
    card = await appealed(harness, owner)
    assert await told(await press(harness, card, LIFT, user=owner)) == moderation.APPEAL_LIFTED.english
    details = json.loads(audit(harness, "details")[-1])
    assert details == {"lifted": True, "own_suspension": True, "parts": ["suspension_lifted"]}


async def test_nobody_decides_about_their_own_suspension(harness: Harness) -> None:
    owner = harness.guild.owner
    refused = await harness.sandbox.discord.invoke(
        "spicy suspend",
        user=owner,
        channel=harness.channel,
        options={"person": owner, "hours": 0, "reason": "me"},
    )
    assert "about yourself" in await told(refused)
