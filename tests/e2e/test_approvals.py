"""Approval by the community: asked, voted on, decided; before a video is made and before it is posted."""

import asyncio

import pytest

from bot.moderation.rules import Gate, Mode, ReviewAt
from bot.sandbox.discord import Role, User
from tests.e2e.actors.approvals import CLOSED, HELD, NOT_YOURS, ask, cards, deny, moderator, question, rule
from tests.e2e.actors.buttons import id_of, message_of, press, press_unseen, told
from tests.e2e.actors.harness import TIMEOUT_S, Harness
from tests.e2e.actors.records import actions, audit, stored
from tests.e2e.actors.restarts import AT_ONCE_AND_AFTER_A_RESTART, meanwhile
from tests.e2e.actors.timing import until


def give(harness: Harness, user: User, role: Role) -> None:
    harness.guild.members[user.id].roles.append(role)


def take(harness: Harness, user: User) -> None:
    harness.guild.members[user.id].roles.clear()


@AT_ONCE_AND_AFTER_A_RESTART
async def test_an_approved_request_is_made(harness: Harness, *, restarted: bool) -> None:
    await rule(harness)
    reply = await harness.video("a lighthouse", channel=harness.adult_channel, preset="spicy")
    card = await question(harness)
    await reply.wait_for(lambda version: HELD in version.text(), TIMEOUT_S)
    assert "a lighthouse" in card.current.text()
    assert harness.bought == 0
    await meanwhile(harness, restarted=restarted)
    pressed = await press(harness, card, "Approve", user=moderator(harness))
    assert "Decided" in await told(pressed)
    shown = await harness.ended(reply)
    assert shown.videos
    assert harness.bought == 1
    await card.wait_for(lambda version: "Approved" in version.text(), TIMEOUT_S)


@AT_ONCE_AND_AFTER_A_RESTART
async def test_a_denied_request_costs_nothing_and_says_why(harness: Harness, *, restarted: bool) -> None:
    await rule(harness)
    reply = await harness.video("a lighthouse", channel=harness.adult_channel, preset="spicy")
    card = await question(harness)
    await meanwhile(harness, restarted=restarted)
    opened = await press(harness, card, "Deny…", user=moderator(harness))
    await opened.wait_for_modal(TIMEOUT_S)
    sent = await harness.sandbox.discord.submit(opened, {"reason": ["off_topic"], "words": "not today"})
    assert "Decided" in await told(sent)
    shown = await harness.ended(reply)
    assert "did not allow this request" in shown.text()
    assert "This cost nothing" in shown.text()
    assert harness.bought == 0
    assert harness.rows("state") == [{"state": "denied"}]


async def test_a_finished_video_waits_where_that_is_wanted(harness: Harness) -> None:
    await rule(harness, review_at=ReviewAt.POSTING)
    reply = await harness.video("a lighthouse", channel=harness.adult_channel, preset="spicy")
    card = await question(harness, "May this video be posted?")
    await reply.wait_for(lambda version: HELD in version.text(), TIMEOUT_S)
    assert harness.bought == 1
    assert card.current.videos
    assert not message_of(reply).current.videos
    await press(harness, card, "Approve", user=moderator(harness))
    assert (await harness.ended(reply)).videos


@pytest.mark.slow
async def test_of_two_votes_at_the_same_moment_one_decides(harness: Harness) -> None:
    await rule(harness)
    one, other = moderator(harness), moderator(harness, "ma")
    for number in range(3):
        reply = await ask(harness, f"a lighthouse {number}")
        card = await question(harness, f"a lighthouse {number}")
        opened = await press(harness, card, "Deny…", user=other)
        await opened.wait_for_modal(TIMEOUT_S)
        pressed = await asyncio.gather(
            press(harness, card, "Approve", user=one),
            harness.sandbox.discord.submit(opened, {"reason": ["too_much"]}),
        )
        said = [await told(one) for one in pressed]
        assert sorted(said) == ["Decided.", CLOSED]
        shown = await harness.ended(reply)
        approved = said[0] == "Decided."
        assert bool(shown.videos) is approved
        assert ("did not allow" in shown.text()) is not approved
        shows = "Approved" if approved else "Denied"
        assert shows in (await card.wait_for(lambda seen: not seen.buttons, TIMEOUT_S)).text()
        assert (
            await told(await press_unseen(harness, card, id_of(card.versions[0], "Approve"), user=one))
            == CLOSED
        )
    assert harness.bought == sum(row["state"] == "delivered" for row in harness.rows("state"))
    assert len(stored(harness, "SELECT * FROM votes")) == 3


async def test_a_quorum_is_of_different_people_whose_votes_still_stand(harness: Harness) -> None:
    role = harness.guild.add_role("reviewer")
    await rule(harness, quorum=2, reviewer_roles=frozenset({role.id}))
    mo, ma, re = moderator(harness), moderator(harness, "ma"), harness.member("re", roles=[role])
    reply = await ask(harness)
    card = await question(harness)
    assert "2 votes decide" in card.current.text()
    for _ in range(2):
        assert "stays open" in await told(await press(harness, card, "Approve", user=mo))
    await card.wait_for(lambda seen: f"Yes: {mo.mention} · no: —" in seen.text(), TIMEOUT_S)
    assert "no vote to withdraw" in await told(await press(harness, card, "Withdraw my vote", user=ma))
    assert "withdrawn" in await told(await press(harness, card, "Withdraw my vote", user=mo))
    # One of two suspends nobody and makes nobody trusted.
    assert "stays open" in await told(await deny(harness, card, ma, label="Deny and suspend…"))
    assert "stays open" in await told(await press(harness, card, "Approve and trust", user=re))
    member = harness.app.moderation.caches.members.of(harness.guild.id, harness.user.id)
    assert (member.suspended_until, member.listed) == (None, None)
    assert harness.rows("state") == [{"state": "held"}]
    # A second vote of the same person takes the place of their first.
    assert "Decided" in await told(await press(harness, card, "Approve", user=ma))
    assert (await harness.ended(reply)).videos
    assert actions(harness).count("request_approved") == 1


@pytest.mark.slow
async def test_only_moderators_of_this_server_decide_and_nobody_their_own(harness: Harness) -> None:
    role, rights = harness.guild.add_role("reviewer"), harness.guild.add_role("mod", ["manage_messages"])
    await rule(harness, reviewer_roles=frozenset({role.id}))
    reply = await ask(harness)
    card = await question(harness)
    bea = harness.member("bea", roles=[role])
    bob = harness.member("bob", roles=[rights])
    for user, gone in ((harness.member("eve"), False), (bea, True), (bob, True)):
        if gone:
            take(harness, user)
        for label in ("Approve", "Approve and trust", "Withdraw my vote"):
            assert NOT_YOURS in await told(await press(harness, card, label, user=user))
        assert NOT_YOURS in await told(await deny(harness, card, user))
        assert NOT_YOURS in await told(await deny(harness, card, user, label="Deny and suspend…"))
    give(harness, harness.user, rights)
    assert "your own request" in await told(await press(harness, card, "Approve and trust"))
    assert "your own request" in await told(await deny(harness, card, harness.user))

    elsewhere = harness.sandbox.discord.add_guild("Elsewhere")
    mo = harness.sandbox.discord.add_user("mo")
    elsewhere.join(mo, [elsewhere.add_role("mod", ["manage_messages", "manage_guild", "administrator"])])
    foreign = await harness.video("a cat", channel=elsewhere.add_channel("general"), user=mo)
    await harness.ended(foreign)
    direct = await harness.video("a dog", channel=harness.sandbox.discord.dm(mo), user=mo)
    await harness.ended(direct)
    approve = id_of(card.current, "Approve")
    for seen in (foreign, direct):
        assert NOT_YOURS in await told(await press_unseen(harness, message_of(seen), approve, user=mo))

    for action in ("yes", "yestrust", "back", "view", "restore"):
        made_up = f"sm-rev:{action}:{'0' * 32}"
        assert (
            await told(await press_unseen(harness, card, made_up, user=moderator(harness, action))) == CLOSED
        )
    assert harness.rows("state") == [{"state": "held"}, {"state": "delivered"}, {"state": "delivered"}]
    assert stored(harness, "SELECT * FROM votes") == []

    give(harness, bea, role)
    assert "Decided" in await told(await press(harness, card, "Approve", user=bea))
    assert (await harness.ended(reply)).videos


@pytest.mark.slow
async def test_approve_and_trust_spares_the_next_question(harness: Harness) -> None:
    await rule(harness, modes={Gate.SPICY: Mode.TRUSTED})
    reply = await ask(harness)
    card = await question(harness)
    assert "Decided" in await told(await press(harness, card, "Approve and trust", user=moderator(harness)))
    assert (await harness.ended(reply)).videos
    assert (
        await harness.ended(await harness.video("again", channel=harness.adult_channel, preset="spicy"))
    ).videos
    assert cards(harness) == [card]
    assert actions(harness)[:2] == ["request_held", "request_approved"]
    assert '"parts":["trusted"]' in audit(harness, "details")[1]


async def test_deny_and_suspend_refuses_the_person_until_they_appeal(harness: Harness) -> None:
    await rule(harness)
    reply = await ask(harness)
    card = await question(harness)
    assert "Decided" in await told(await deny(harness, card, moderator(harness), label="Deny and suspend…"))
    await harness.ended(reply)
    for preset in ("spicy", "normal"):
        refused = await harness.video("again", channel=harness.adult_channel, preset=preset)
        assert "You are suspended" in await told(refused)
        assert [button.label for button in message_of(refused).current.buttons] == ["Appeal…"]
    assert harness.bought == 0
    await until(lambda: actions(harness).count("request_refused") == 2)
    assert "request_denied" in actions(harness)
    assert any('"parts":["suspended"]' in details for details in audit(harness, "details"))


async def test_cancelling_withdraws_the_question(harness: Harness) -> None:
    await rule(harness)
    reply = await ask(harness)
    card = await question(harness)
    assert "Cancelled" in await told(await press(harness, reply, "Cancel"))
    assert "Cancelled" in (await harness.ended(reply)).text()
    shown = await card.wait_for(lambda seen: "withdrawn" in seen.text(), TIMEOUT_S)
    assert not shown.buttons
    late = await press_unseen(harness, card, id_of(card.versions[0], "Approve"), user=moderator(harness))
    assert await told(late) == CLOSED
    assert harness.rows("state, review_id") == [{"state": "cancelled", "review_id": None}]
    assert harness.bought == 0


@pytest.mark.slow
async def test_a_ban_ends_what_waits(harness: Harness) -> None:
    await rule(harness)
    await ask(harness)
    other = await ask(harness, "a tower", user=harness.member("bob"))
    card = await question(harness, "a lighthouse")
    harness.guild.ban(harness.user)
    await card.wait_for(lambda seen: "Denied" in seen.text(), TIMEOUT_S)
    await until(lambda: harness.rows("state")[0]["state"] == "denied")
    await press(harness, await question(harness, "a tower"), "Approve", user=moderator(harness))
    assert (await harness.ended(other)).videos
    assert harness.bought == 1


@AT_ONCE_AND_AFTER_A_RESTART
async def test_a_video_that_may_not_be_posted_was_paid_for(harness: Harness, *, restarted: bool) -> None:
    await rule(harness, review_at=ReviewAt.POSTING)
    reply = await ask(harness)
    card = await question(harness, "May this video be posted?")
    (video,) = card.current.videos
    assert "spoiler" in str(card.current.components)
    assert video.size_bytes
    await meanwhile(harness, restarted=restarted)
    assert "Decided" in await told(await deny(harness, card, moderator(harness)))
    shown = await harness.ended(reply)
    assert not shown.videos
    assert "did not allow this video to be posted" in shown.text()
    assert "not today" not in shown.text()
    assert "has paid for this video" in shown.text()
    assert "This cost nothing" not in shown.text()
    await card.wait_for(lambda seen: "Denied" in seen.text() and not seen.attachments, TIMEOUT_S)
    assert harness.rows("state") == [{"state": "failed"}]


async def test_moderators_can_be_asked_twice(harness: Harness) -> None:
    await rule(harness, review_at=ReviewAt.BOTH)
    reply = await ask(harness)
    mo = moderator(harness)
    await press(harness, await question(harness), "Approve", user=mo)
    card = await question(harness, "May this video be posted?")
    assert harness.bought == 1
    await harness.restart()
    await press(harness, card, "Approve", user=mo)
    assert (await harness.ended(reply)).videos
    assert harness.bought == 1
    assert actions(harness).count("request_held") == 2
