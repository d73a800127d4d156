"""Approval by the community: asked, voted on, decided; before a video is made and before it is posted."""

import asyncio

import pytest

from bot.moderation.rules import Gate, Mode, ReviewAt
from bot.sandbox.discord import Role, User
from tests.e2e.actors.approvals import CLOSED, HELD, NOT_YOURS, ask, cards, deny, moderator, question, rule
from tests.e2e.actors.buttons import id_of, message_of, press, press_unseen, told
from tests.e2e.actors.harness import PATIENT, TIMEOUT_S, Stage
from tests.e2e.actors.records import deeds, stored
from tests.e2e.actors.restarts import AT_ONCE_AND_AFTER_A_RESTART, meanwhile
from tests.e2e.actors.timing import until

pytestmark = pytest.mark.started_with(tuning=PATIENT)


def give(stage: Stage, user: User, role: Role) -> None:
    stage.guild.members[user.id].roles.append(role)


def take(stage: Stage, user: User) -> None:
    stage.guild.members[user.id].roles.clear()


@AT_ONCE_AND_AFTER_A_RESTART
async def test_an_approved_request_is_made(stage: Stage, *, restarted: bool) -> None:
    await rule(stage)
    reply = await stage.video("a lighthouse", channel=stage.adult_channel, preset="spicy")
    card = await question(stage)
    await reply.wait_for(lambda version: HELD in version.text(), TIMEOUT_S)
    assert "a lighthouse" in card.current.text()
    assert stage.bought == 0
    await meanwhile(stage, restarted=restarted)
    pressed = await press(stage, card, "Approve", user=moderator(stage))
    assert "Decided" in await told(pressed)
    shown = await stage.ended(reply)
    assert shown.videos
    assert stage.bought == 1
    await card.wait_for(lambda version: "Approved" in version.text(), TIMEOUT_S)


@AT_ONCE_AND_AFTER_A_RESTART
async def test_a_denied_request_costs_nothing_and_says_why(stage: Stage, *, restarted: bool) -> None:
    await rule(stage)
    reply = await stage.video("a lighthouse", channel=stage.adult_channel, preset="spicy")
    card = await question(stage)
    await meanwhile(stage, restarted=restarted)
    opened = await press(stage, card, "Deny…", user=moderator(stage))
    await opened.wait_for_modal(TIMEOUT_S)
    sent = await stage.sandbox.discord.submit(opened, {"reason": ["off_topic"], "words": "not today"})
    assert "Decided" in await told(sent)
    shown = await stage.ended(reply)
    assert "not today" in shown.text()
    assert "Nothing was charged" in shown.text()
    assert stage.bought == 0
    assert stage.rows("state") == [{"state": "denied"}]


async def test_a_finished_video_waits_where_that_is_wanted(stage: Stage) -> None:
    await rule(stage, review_at=ReviewAt.POSTING)
    reply = await stage.video("a lighthouse", channel=stage.adult_channel, preset="spicy")
    card = await question(stage, "May this video be posted?")
    await reply.wait_for(lambda version: HELD in version.text(), TIMEOUT_S)
    assert stage.bought == 1
    assert card.current.videos
    assert not message_of(reply).current.videos
    await press(stage, card, "Approve", user=moderator(stage))
    assert (await stage.ended(reply)).videos


async def test_of_two_votes_at_the_same_moment_one_decides(stage: Stage) -> None:
    await rule(stage)
    one, other = moderator(stage), moderator(stage, "ma")
    for number in range(3):
        reply = await ask(stage, f"a lighthouse {number}")
        card = await question(stage, f"a lighthouse {number}")
        opened = await press(stage, card, "Deny…", user=other)
        await opened.wait_for_modal(TIMEOUT_S)
        pressed = await asyncio.gather(
            press(stage, card, "Approve", user=one),
            stage.sandbox.discord.submit(opened, {"reason": ["too_much"]}),
        )
        said = [await told(one) for one in pressed]
        assert sorted(said) == ["Decided.", CLOSED]
        shown = await stage.ended(reply)
        approved = said[0] == "Decided."
        assert bool(shown.videos) is approved
        assert ("goes too far for this server" in shown.text()) is not approved
        shows = "Approved" if approved else "Denied"
        assert shows in (await card.wait_for(lambda seen: not seen.buttons, TIMEOUT_S)).text()
        assert (
            await told(await press_unseen(stage, card, id_of(card.versions[0], "Approve"), user=one))
            == CLOSED
        )
    assert stage.bought == sum(row["state"] == "delivered" for row in stage.rows("state"))
    assert len(stored(stage, "SELECT * FROM votes")) == 3


async def test_a_quorum_is_of_different_people_whose_votes_still_stand(stage: Stage) -> None:
    role = stage.guild.add_role("reviewer")
    await rule(stage, quorum=2, reviewer_roles=frozenset({role.id}))
    mo, ma, re = moderator(stage), moderator(stage, "ma"), stage.member("re", roles=[role])
    reply = await ask(stage)
    card = await question(stage)
    assert "2 votes decide" in card.current.text()
    for _ in range(2):
        assert "stays open" in await told(await press(stage, card, "Approve", user=mo))
    await card.wait_for(lambda seen: f"For: {mo.mention} · against: —" in seen.text(), TIMEOUT_S)
    assert "no vote of yours" in await told(await press(stage, card, "Take my vote back", user=ma))
    assert "taken back" in await told(await press(stage, card, "Take my vote back", user=mo))
    # One of two suspends nobody and makes nobody trusted.
    assert "stays open" in await told(await deny(stage, card, ma, label="Deny and suspend…"))
    assert "stays open" in await told(await press(stage, card, "Approve and trust", user=re))
    member = stage.app.moderation.books.members.of(stage.guild.id, stage.user.id)
    assert (member.suspended_until, member.listed) == (None, None)
    assert stage.rows("state") == [{"state": "held"}]
    # A second vote of the same person takes the place of their first.
    assert "Decided" in await told(await press(stage, card, "Approve", user=ma))
    assert (await stage.ended(reply)).videos
    assert deeds(stage).count("request_approved") == 1


async def test_only_moderators_of_this_server_decide_and_nobody_their_own(stage: Stage) -> None:
    role, rights = stage.guild.add_role("reviewer"), stage.guild.add_role("mod", ["manage_messages"])
    await rule(stage, reviewer_roles=frozenset({role.id}))
    reply = await ask(stage)
    card = await question(stage)
    bea = stage.member("bea", roles=[role])
    bob = stage.member("bob", roles=[rights])
    for user, gone in ((stage.member("eve"), False), (bea, True), (bob, True)):
        if gone:
            take(stage, user)
        for label in ("Approve", "Approve and trust", "Take my vote back"):
            assert NOT_YOURS in await told(await press(stage, card, label, user=user))
        assert NOT_YOURS in await told(await deny(stage, card, user))
        assert NOT_YOURS in await told(await deny(stage, card, user, label="Deny and suspend…"))
    give(stage, stage.user, rights)
    assert "their own request" in await told(await press(stage, card, "Approve and trust"))
    assert "their own request" in await told(await deny(stage, card, stage.user))

    elsewhere = stage.sandbox.discord.add_guild("Elsewhere")
    mo = stage.sandbox.discord.add_user("mo")
    elsewhere.join(mo, [elsewhere.add_role("mod", ["manage_messages", "manage_guild", "administrator"])])
    foreign = await stage.video("a cat", channel=elsewhere.add_channel("general"), user=mo)
    await stage.ended(foreign)
    direct = await stage.video("a dog", channel=stage.sandbox.discord.dm(mo), user=mo)
    await stage.ended(direct)
    approve = id_of(card.current, "Approve")
    for seen in (foreign, direct):
        assert NOT_YOURS in await told(await press_unseen(stage, message_of(seen), approve, user=mo))

    for action in ("yes", "yestrust", "back", "view", "restore"):
        made_up = f"sm-rev:{action}:{'0' * 32}"
        assert await told(await press_unseen(stage, card, made_up, user=moderator(stage, action))) == CLOSED
    assert stage.rows("state") == [{"state": "held"}, {"state": "delivered"}, {"state": "delivered"}]
    assert stored(stage, "SELECT * FROM votes") == []

    give(stage, bea, role)
    assert "Decided" in await told(await press(stage, card, "Approve", user=bea))
    assert (await stage.ended(reply)).videos


async def test_approve_and_trust_spares_the_next_question(stage: Stage) -> None:
    await rule(stage, modes={Gate.SPICY: Mode.TRUSTED})
    reply = await ask(stage)
    card = await question(stage)
    assert "Decided" in await told(await press(stage, card, "Approve and trust", user=moderator(stage)))
    assert (await stage.ended(reply)).videos
    assert (await stage.ended(await stage.video("again", channel=stage.adult_channel, preset="spicy"))).videos
    assert cards(stage) == [card]
    assert {"request_held", "vote_cast", "request_approved", "trusted"} <= set(deeds(stage))


async def test_deny_and_suspend_refuses_the_person_until_they_appeal(stage: Stage) -> None:
    await rule(stage)
    reply = await ask(stage)
    card = await question(stage)
    assert "Decided" in await told(await deny(stage, card, moderator(stage), label="Deny and suspend…"))
    await stage.ended(reply)
    for preset in ("spicy", "normal"):
        refused = await stage.video("again", channel=stage.adult_channel, preset=preset)
        assert "You are suspended" in await told(refused)
        assert [button.label for button in message_of(refused).current.buttons] == ["Appeal…"]
    assert stage.bought == 0
    await until(lambda: deeds(stage).count("request_refused") == 2)
    assert {"request_denied", "suspended"} <= set(deeds(stage))


async def test_cancelling_withdraws_the_question(stage: Stage) -> None:
    await rule(stage)
    reply = await ask(stage)
    card = await question(stage)
    assert "Cancelled" in await told(await press(stage, reply, "Cancel"))
    assert "Cancelled" in (await stage.ended(reply)).text()
    shown = await card.wait_for(lambda seen: "taken back" in seen.text(), TIMEOUT_S)
    assert not shown.buttons
    late = await press_unseen(stage, card, id_of(card.versions[0], "Approve"), user=moderator(stage))
    assert await told(late) == CLOSED
    assert stage.rows("state, review_id") == [{"state": "cancelled", "review_id": None}]
    assert stage.bought == 0


async def test_a_ban_ends_what_waits(stage: Stage) -> None:
    await rule(stage)
    await ask(stage)
    other = await ask(stage, "a tower", user=stage.member("bob"))
    card = await question(stage, "a lighthouse")
    stage.guild.ban(stage.user)
    await card.wait_for(lambda seen: "Denied" in seen.text(), TIMEOUT_S)
    await until(lambda: stage.rows("state")[0]["state"] == "denied")
    await press(stage, await question(stage, "a tower"), "Approve", user=moderator(stage))
    assert (await stage.ended(other)).videos
    assert stage.bought == 1


@AT_ONCE_AND_AFTER_A_RESTART
async def test_a_video_that_may_not_be_posted_was_paid_for(stage: Stage, *, restarted: bool) -> None:
    await rule(stage, review_at=ReviewAt.POSTING)
    reply = await ask(stage)
    card = await question(stage, "May this video be posted?")
    (video,) = card.current.videos
    assert "spoiler" in str(card.current.components)
    assert video.size_bytes
    await meanwhile(stage, restarted=restarted)
    assert "Decided" in await told(await deny(stage, card, moderator(stage)))
    shown = await stage.ended(reply)
    assert not shown.videos
    assert "did not allow this video to be posted" in shown.text()
    assert "not today" in shown.text()
    assert "was charged" in shown.text()
    assert "Nothing was charged" not in shown.text()
    await card.wait_for(lambda seen: "Denied" in seen.text() and not seen.attachments, TIMEOUT_S)
    assert stage.rows("state") == [{"state": "failed"}]


async def test_moderators_can_be_asked_twice(stage: Stage) -> None:
    await rule(stage, review_at=ReviewAt.BOTH)
    reply = await ask(stage)
    mo = moderator(stage)
    await press(stage, await question(stage), "Approve", user=mo)
    card = await question(stage, "May this video be posted?")
    assert stage.bought == 1
    await stage.restart()
    await press(stage, card, "Approve", user=mo)
    assert (await stage.ended(reply)).videos
    assert stage.bought == 1
    assert deeds(stage).count("request_held") == 2
