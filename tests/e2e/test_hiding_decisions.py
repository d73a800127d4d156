"""Hidden videos are brought back or removed: by moderators, by a ban, or when nobody decides in time."""

import asyncio
from datetime import timedelta

import pytest

from bot.moderation.reviews import ReviewSubject, Vote
from bot.sandbox.discord import DiscordFault
from bot.sandbox.discord.versions import walk
from bot.texts import forms, moderation
from bot.texts.cards import DELIVERED
from tests.e2e.presses import (
    AT_ONCE_AND_AFTER_A_RESTART,
    MovableClock,
    id_of,
    meanwhile,
    message_of,
    press,
    press_unseen,
    told,
    until,
)
from tests.e2e.report_steps import (
    ASKED,
    HIDDEN,
    REMOVED,
    audit,
    clock,
    hidden,
    is_put_away,
    kept,
    moderator,
    question,
    report,
    rule,
    seen,
    stage,
    why,
)
from tests.e2e.stage import TIMEOUT_S, Stage
from tests.e2e.test_results import delivered
from tests.moderation.audited import alone

__all__ = ["clock", "stage"]


@AT_ONCE_AND_AFTER_A_RESTART
@pytest.mark.parametrize("preset", ["normal", "spicy"])
async def test_a_restored_video_is_as_it_was_and_not_hidden_again(
    stage: Stage, preset: str, *, restarted: bool
) -> None:
    reply = await delivered(stage, channel=stage.adult_channel, preset=preset)
    before = message_of(reply).current
    card = await hidden(stage, reply)
    await meanwhile(stage, restarted=restarted)
    assert (
        await told(await press(stage, card, "Restore", user=moderator(stage)))
        == moderation.VOTE_DECIDED.english
    )
    now = message_of(reply).current
    assert now.videos
    assert now.text() == before.text()
    assert [node.get("spoiler") for node in walk(now.components)] == [
        node.get("spoiler") for node in walk(before.components)
    ]
    assert any(
        node.get("spoiler") or any(item.get("spoiler") for item in node.get("items", []))
        for node in walk(now.components)
    ) is (preset == "spicy")
    await seen(card, "Approved")
    assert not card.current.buttons
    assert kept(stage) == []
    assert audit(stage, "action")[-1] == "video_restored"
    for name in ("bob", "cy", "dee"):
        assert await report(stage, reply, stage.member(name)) == forms.REPORTED.english
    assert await report(stage, reply, moderator(stage, "max")) == forms.REPORTED.english
    assert message_of(reply).current.videos


async def test_a_video_that_is_no_longer_allowed_there_does_not_come_back(stage: Stage) -> None:
    reply = await delivered(stage, channel=stage.adult_channel, preset="spicy")
    card = await hidden(stage, reply)
    stage.adult_channel.set_nsfw(False)
    await press(stage, card, "Restore", user=moderator(stage))
    assert is_put_away(await seen(message_of(reply), REMOVED))
    await until(lambda: audit(stage, "action")[-1] == "video_removed")
    assert kept(stage) == []


async def test_a_video_is_restored_although_discord_was_away_for_a_moment(stage: Stage) -> None:
    reply = await delivered(stage)
    card = await hidden(stage, reply)
    route = "PATCH /channels/*/messages/*"
    stage.sandbox.discord.faults.append(DiscordFault(route, status=503, message="Unavailable", times=2))
    await press(stage, card, "Restore", user=moderator(stage))
    await message_of(reply).wait_for(
        lambda _: (
            bool(message_of(reply).current.videos) and DELIVERED.english in message_of(reply).current.text()
        ),
        TIMEOUT_S,
    )
    assert not any(REMOVED in version.text() for version in message_of(reply).versions)


@AT_ONCE_AND_AFTER_A_RESTART
async def test_a_removed_video_stays_away(stage: Stage, *, restarted: bool) -> None:
    reply = await delivered(stage)
    card = await hidden(stage, reply)
    await meanwhile(stage, restarted=restarted)
    mo = moderator(stage)
    assert await why(stage, card, "Remove…", mo) == moderation.VOTE_DECIDED.english
    assert is_put_away(await seen(message_of(reply), REMOVED))
    assert "off it goes" in (await seen(card, "Denied")).text()
    assert kept(stage) == []
    assert audit(stage, "action", "actor_id", "reason")[-1] == ("video_removed", mo.id, "off it goes")
    assert not stage.app.moderation.books.members.of(stage.guild.id, stage.user.id).is_suspended(stage.now())
    for label in ("View", "Restore", "Remove…"):
        late = await press_unseen(stage, card, id_of(card.versions[0], label), user=mo)
        if label == "Remove…":
            await late.wait_for_modal(TIMEOUT_S)
            late = await stage.sandbox.discord.submit(late, {"reason": ["minor"]})
        assert await told(late) in {moderation.VOTE_CLOSED.english, moderation.HIDDEN_GONE.english}
    assert not message_of(reply).current.videos


async def test_strikes_suspend_when_there_are_enough(stage: Stage) -> None:
    await rule(stage, strikes_to_suspend=2, suspend_hours=5)
    mo = moderator(stage)
    members = stage.app.moderation.books.members
    for number in (1, 2):
        reply = await delivered(stage)
        assert await report(stage, reply, mo) == forms.REPORTED.english
        await seen(message_of(reply), HIDDEN)
        channel = (await question(stage, ASKED)).channel
        card = channel.messages[-1]
        assert await why(stage, card, "Remove and strike…", mo) == moderation.VOTE_DECIDED.english
        await seen(message_of(reply), REMOVED)
        assert members.of(stage.guild.id, stage.user.id).is_suspended(stage.now()) is (number == 2)
    deeds = audit(stage, "action")
    assert (deeds.count("strike_given"), deeds.count("suspended")) == (2, 1)
    refused = await stage.video("another one")
    assert "suspended" in await told(refused)
    assert stage.bought == 2


async def test_a_video_that_nobody_decides_about_is_removed_in_time(
    stage: Stage, clock: MovableClock
) -> None:
    await rule(stage, hidden_hours=48)
    reply = await delivered(stage)
    card = await hidden(stage, reply)
    clock.offset = timedelta(hours=47)
    await stage.app.housekeeping.tidy()
    await stage.restart()
    assert len(kept(stage)) == 1
    assert HIDDEN in message_of(reply).current.text()
    clock.offset = timedelta(hours=49)
    await stage.restart()
    assert is_put_away(await seen(message_of(reply), REMOVED))
    await seen(card, moderation.CLOSED_EXPIRED.english)
    await until(lambda: kept(stage) == [])


async def test_housekeeping_keeps_hidden_videos_while_they_are_asked_about(
    stage: Stage, clock: MovableClock
) -> None:
    await rule(stage, hidden_hours=720)
    card = await hidden(stage, await delivered(stage))
    clock.offset = timedelta(days=20)
    await stage.app.housekeeping.tidy()
    assert len(kept(stage)) == 1
    looking = await press(stage, card, "View", user=moderator(stage))
    await looking.wait_for(lambda version: bool(version.videos), TIMEOUT_S)


async def test_nobody_decides_about_their_own_video(stage: Stage) -> None:
    maker = moderator(stage, "max")
    reply = await delivered(stage, user=maker)
    card = await hidden(stage, reply)
    for label in ("Restore", "Remove…", "Remove and strike…"):
        if label == "Restore":
            answered = await told(await press(stage, card, label, user=maker))
        else:
            answered = await why(stage, card, label, maker)
        assert answered == moderation.VOTE_OWN.english
        assert "Only moderators" in (
            await why(stage, card, label, stage.user)
            if label != "Restore"
            else await told(await press(stage, card, label, user=stage.user))
        )
    assert HIDDEN in message_of(reply).current.text()
    assert len(kept(stage)) == 1


async def test_what_an_earlier_process_decided_and_did_not_carry_out_is_carried_out(stage: Stage) -> None:
    reply = await delivered(stage)
    await hidden(stage, reply)
    mod = stage.app.moderation
    (row,) = stage.rows("id")
    review = await mod.review_store.latest(row["id"], ReviewSubject.REPORT)
    assert review is not None
    await mod.hiding.finish()
    assert HIDDEN in message_of(reply).current.text()
    vote = Vote(7, approves=True, reason="", cast_at=stage.now())
    await alone(mod.trail, mod.review_store.vote, review.id, vote, 1)
    await stage.restart()
    hiding = stage.app.moderation.hiding
    decided = await stage.app.moderation.review_store.get(review.id)
    assert decided is not None
    await asyncio.gather(hiding.finish(), hiding.settle(decided), hiding.finish())
    assert message_of(reply).current.videos
    assert kept(stage) == []
    assert audit(stage, "action").count("video_restored") == 1


async def test_moderators_are_asked_by_their_owner_where_there_is_no_channel(stage: Stage) -> None:
    await rule(stage, review_channel_id=None)
    reply = await delivered(stage)
    assert await report(stage, reply, moderator(stage)) == forms.REPORTED.english
    inbox = stage.sandbox.discord.dm(stage.guild.owner)
    card = await inbox.wait_for_message(lambda version: ASKED in version.text(), TIMEOUT_S)
    assert (
        await told(await press(stage, card, "Restore", user=stage.guild.owner))
        == moderation.VOTE_DECIDED.english
    )
    assert message_of(reply).current.videos


async def test_of_two_decisions_in_the_same_moment_one_is_carried_out(stage: Stage) -> None:
    reply = await delivered(stage)
    card = await hidden(stage, reply)
    rita, mo = moderator(stage, "mia"), moderator(stage)
    opened = await press(stage, card, "Remove…", user=mo)
    await opened.wait_for_modal(TIMEOUT_S)
    restoring, removing = await asyncio.gather(
        press(stage, card, "Restore", user=rita),
        stage.sandbox.discord.submit(opened, {"reason": ["minor"], "words": "no"}),
    )
    answered = [await told(one) for one in (restoring, removing)]
    assert sorted(answered) == sorted([moderation.VOTE_DECIDED.english, moderation.VOTE_CLOSED.english])
    restored = answered[0] == moderation.VOTE_DECIDED.english
    assert bool(message_of(reply).current.videos) is restored
    deeds = audit(stage, "action")
    assert deeds.count("video_restored") + deeds.count("video_removed") == 1


async def test_a_ban_removes_what_is_hidden(stage: Stage) -> None:
    maker = stage.member("max")
    reply = await delivered(stage, user=maker)
    card = await hidden(stage, reply)
    stage.guild.ban(maker)
    assert is_put_away(await seen(message_of(reply), REMOVED))
    await seen(card, "Denied")
    await until(lambda: kept(stage) == [])
