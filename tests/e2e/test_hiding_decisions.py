"""Hidden videos are brought back or removed: by moderators, by a ban, or when nobody decides in time."""

import asyncio
import json
from datetime import timedelta

import pytest

from bot.reviews.review import ReviewSubject, Vote
from bot.sandbox.discord import DiscordFault
from bot.sandbox.discord.versions import walk
from bot.texts import forms, moderation
from bot.texts.cards import DELIVERED
from tests.e2e.actors.approvals import moderator, question
from tests.e2e.actors.buttons import id_of, message_of, press, press_unseen, told
from tests.e2e.actors.faults import refusing_log
from tests.e2e.actors.harness import TIMEOUT_S, Harness
from tests.e2e.actors.records import audit
from tests.e2e.actors.reports import ASKED, HIDDEN, REMOVED, hidden, is_hidden, kept, report, rule, seen, why
from tests.e2e.actors.restarts import AT_ONCE_AND_AFTER_A_RESTART, meanwhile
from tests.e2e.actors.timing import MovableClock, until
from tests.e2e.actors.videos import delivered
from tests.moderation.audited import alone

pytestmark = [
    pytest.mark.started_with(rules=None),
    pytest.mark.usefixtures("reports_are_reviewed"),
]


@pytest.mark.postgresql
@AT_ONCE_AND_AFTER_A_RESTART
@pytest.mark.parametrize("preset", ["normal", "spicy"])
async def test_a_restored_video_is_as_it_was_and_not_hidden_again(
    harness: Harness, preset: str, *, restarted: bool
) -> None:
    reply = await delivered(harness, channel=harness.adult_channel, preset=preset)
    before = message_of(reply).current
    card = await hidden(harness, reply)
    await meanwhile(harness, restarted=restarted)
    assert (
        await told(await press(harness, card, "Restore", user=moderator(harness)))
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
    await until(lambda: kept(harness) == [])
    assert audit(harness, "action")[-1] == "video_restored"
    for name in ("bob", "cy", "dee"):
        assert await report(harness, reply, harness.member(name)) == forms.REPORTED.english
    assert await report(harness, reply, moderator(harness, "max")) == forms.REPORTED.english
    assert message_of(reply).current.videos


async def test_a_video_that_is_no_longer_allowed_there_does_not_come_back(harness: Harness) -> None:
    reply = await delivered(harness, channel=harness.adult_channel, preset="spicy")
    card = await hidden(harness, reply)
    harness.adult_channel.set_nsfw(False)
    await press(harness, card, "Restore", user=moderator(harness))
    assert is_hidden(await seen(message_of(reply), REMOVED))
    await until(lambda: audit(harness, "action")[-1] == "video_removed")
    await until(lambda: kept(harness) == [])


@pytest.mark.slow
async def test_a_video_is_restored_although_discord_was_away_for_a_moment(harness: Harness) -> None:
    reply = await delivered(harness)
    card = await hidden(harness, reply)
    route = "PATCH /channels/*/messages/*"
    harness.sandbox.discord.faults.append(DiscordFault(route, status=503, message="Unavailable", times=2))
    await press(harness, card, "Restore", user=moderator(harness))
    await message_of(reply).wait_for(
        lambda _: (
            bool(message_of(reply).current.videos) and DELIVERED.english in message_of(reply).current.text()
        ),
        TIMEOUT_S,
    )
    assert not any(REMOVED in version.text() for version in message_of(reply).versions)


@pytest.mark.slow
async def test_a_video_whose_rules_discord_does_not_tell_is_restored_later(harness: Harness) -> None:
    reply = await delivered(harness, channel=harness.adult_channel, preset="spicy")
    card = await hidden(harness, reply)
    route = "GET /guilds/*/members/*"
    harness.sandbox.discord.faults.append(DiscordFault(route, status=503, message="Unavailable", times=1000))
    pressed = await press(harness, card, "Restore", user=moderator(harness))
    assert await told(pressed) == moderation.VOTE_DECIDED_NOT_DONE.english
    assert is_hidden(message_of(reply).current)
    harness.sandbox.discord.faults.clear()
    await harness.app.moderation.takedowns.finish()
    await until(lambda: audit(harness, "action")[-1] == "video_restored" and not kept(harness))
    assert message_of(reply).current.videos
    assert not any(REMOVED in version.text() for version in message_of(reply).versions)


@AT_ONCE_AND_AFTER_A_RESTART
@pytest.mark.parametrize(("label", "action"), [("Restore", "video_restored"), ("Remove…", "video_removed")])
@pytest.mark.parametrize("status", [503, 403])
@pytest.mark.slow
async def test_a_decision_that_discord_does_not_take_is_carried_out_later(
    harness: Harness, label: str, action: str, status: int, *, restarted: bool
) -> None:
    reply = await delivered(harness)
    card = await hidden(harness, reply)
    (video,) = kept(harness)
    content = video.read_bytes()
    await harness.sandbox.dimilinks.pause()  # so that the file is the only copy
    route = "PATCH /channels/*/messages/*"
    harness.sandbox.discord.faults.append(DiscordFault(route, status=status, message="No", times=1000))
    if label == "Restore":
        answered = await told(await press(harness, card, label, user=moderator(harness)))
    else:
        answered = await why(harness, card, label, moderator(harness))
    assert answered == moderation.VOTE_DECIDED_NOT_DONE.english
    await harness.app.moderation.takedowns.finish()
    assert kept(harness) == [video]
    assert video.read_bytes() == content
    assert is_hidden(message_of(reply).current)
    assert audit(harness, "action")[-1] not in {"video_restored", "video_removed"}
    harness.sandbox.discord.faults.clear()
    await meanwhile(harness, restarted=restarted)
    await harness.app.moderation.takedowns.finish()
    await until(lambda: audit(harness, "action")[-1] == action and not kept(harness))
    assert bool(message_of(reply).current.videos) is (label == "Restore")


@pytest.mark.slow
async def test_a_video_is_hidden_later_if_discord_is_away_when_it_is_reported(harness: Harness) -> None:
    reply = await delivered(harness)
    route = "PATCH /channels/*/messages/*"
    harness.sandbox.discord.faults.append(DiscordFault(route, status=503, message="Unavailable", times=1000))
    assert await report(harness, reply, moderator(harness)) == moderation.REPORTED_NOT_HIDDEN.english
    assert message_of(reply).current.videos
    assert audit(harness, "action") == ["video_reported"]
    harness.sandbox.discord.faults.clear()
    await harness.app.moderation.takedowns.finish()
    assert is_hidden(await seen(message_of(reply), HIDDEN))
    assert audit(harness, "action") == ["video_reported", "video_hidden"]


@AT_ONCE_AND_AFTER_A_RESTART
async def test_the_entry_of_a_hidden_video_is_not_lost_if_the_log_takes_none_for_a_while(
    harness: Harness, *, restarted: bool
) -> None:
    reply = await delivered(harness)
    async with refusing_log(harness, "video_hidden"):
        await report(harness, reply, moderator(harness))
        await seen(message_of(reply), HIDDEN)
    await meanwhile(harness, restarted=restarted)
    await harness.app.moderation.takedowns.finish()
    await until(lambda: audit(harness, "action") == ["video_reported", "video_hidden"])


@pytest.mark.slow
@AT_ONCE_AND_AFTER_A_RESTART
async def test_a_removed_video_stays_away(harness: Harness, *, restarted: bool) -> None:
    reply = await delivered(harness)
    card = await hidden(harness, reply)
    await meanwhile(harness, restarted=restarted)
    mo = moderator(harness)
    assert await why(harness, card, "Remove…", mo) == moderation.VOTE_DECIDED.english
    assert is_hidden(await seen(message_of(reply), REMOVED))
    assert "off it goes" in (await seen(card, "Denied")).text()
    await until(lambda: kept(harness) == [])
    assert audit(harness, "action", "actor_id", "reason")[-1] == ("video_removed", mo.id, "off it goes")
    assert not harness.app.moderation.caches.members.of(harness.guild.id, harness.user.id).is_suspended(
        harness.now()
    )
    for label in ("View", "Restore", "Remove…"):
        late = await press_unseen(harness, card, id_of(card.versions[0], label), user=mo)
        if label == "Remove…":
            await late.wait_for_modal(TIMEOUT_S)
            late = await harness.sandbox.discord.submit(late, {"reason": ["minor"]})
        assert await told(late) in {moderation.VOTE_CLOSED.english, moderation.HIDDEN_GONE.english}
    assert not message_of(reply).current.videos


@pytest.mark.slow
async def test_strikes_suspend_when_there_are_enough(harness: Harness) -> None:
    await rule(harness, strikes_to_suspend=2, suspend_hours=5)
    mo = moderator(harness)
    members = harness.app.moderation.caches.members
    for number in (1, 2):
        reply = await delivered(harness)
        assert await report(harness, reply, mo) == forms.REPORTED.english
        await seen(message_of(reply), HIDDEN)
        channel = (await question(harness, ASKED)).channel
        card = channel.messages[-1]
        assert await why(harness, card, "Remove and strike…", mo) == moderation.VOTE_DECIDED.english
        await seen(message_of(reply), REMOVED)
        assert members.of(harness.guild.id, harness.user.id).is_suspended(harness.now()) is (number == 2)
    parts = [json.loads(details).get("parts") for details in audit(harness, "details")]
    assert [one for one in parts if one is not None] == [["strike_given"], ["strike_given", "suspended"]]
    refused = await harness.video("another one")
    assert "suspended" in await told(refused)
    assert harness.bought == 2


async def test_a_video_that_nobody_decides_about_is_removed_in_time(
    harness: Harness, clock: MovableClock
) -> None:
    await rule(harness, hidden_hours=48)
    reply = await delivered(harness)
    card = await hidden(harness, reply)
    clock.offset = timedelta(hours=47)
    await harness.app.cleanup.run_once(harness.now())
    await harness.restart()
    assert len(kept(harness)) == 1
    assert HIDDEN in message_of(reply).current.text()
    clock.offset = timedelta(hours=49)
    await harness.restart()
    await harness.app.jobs.decisions.expire(harness.now())
    assert is_hidden(await seen(message_of(reply), REMOVED))
    await seen(card, moderation.CLOSED_EXPIRED.english)
    await until(lambda: kept(harness) == [])


async def test_housekeeping_keeps_hidden_videos_while_they_are_asked_about(
    harness: Harness, clock: MovableClock
) -> None:
    await rule(harness, hidden_hours=720)
    card = await hidden(harness, await delivered(harness))
    clock.offset = timedelta(days=20)
    await harness.app.cleanup.run_once(harness.now())
    assert len(kept(harness)) == 1
    looking = await press(harness, card, "View", user=moderator(harness))
    await looking.wait_for(lambda version: bool(version.videos), TIMEOUT_S)


async def test_nobody_decides_about_their_own_video(harness: Harness) -> None:
    maker = moderator(harness, "max")
    reply = await delivered(harness, user=maker)
    card = await hidden(harness, reply)
    for label in ("Restore", "Remove…", "Remove and strike…"):
        if label == "Restore":
            answered = await told(await press(harness, card, label, user=maker))
        else:
            answered = await why(harness, card, label, maker)
        assert answered == moderation.VOTE_OWN.english
        assert "Only moderators" in (
            await why(harness, card, label, harness.user)
            if label != "Restore"
            else await told(await press(harness, card, label, user=harness.user))
        )
    assert HIDDEN in message_of(reply).current.text()
    assert len(kept(harness)) == 1


async def test_what_an_earlier_process_decided_and_did_not_carry_out_is_carried_out(harness: Harness) -> None:
    reply = await delivered(harness)
    await hidden(harness, reply)
    mod = harness.app.moderation
    (row,) = harness.rows("id")
    review = await mod.reviews.latest(row["id"], ReviewSubject.REPORT)
    assert review is not None
    await mod.takedowns.finish()
    assert HIDDEN in message_of(reply).current.text()
    vote = Vote(7, approves=True, reason="", cast_at=harness.now())
    await alone(mod.audit_log, mod.reviews.vote, review.id, vote, 1)
    await harness.restart()
    reports = harness.app.moderation.takedowns
    decided = await harness.app.moderation.reviews.get(review.id)
    assert decided is not None
    await asyncio.gather(reports.finish(), reports.apply(decided), reports.finish())
    assert message_of(reply).current.videos
    await until(lambda: kept(harness) == [])
    assert audit(harness, "action").count("video_restored") == 1


@pytest.mark.slow
async def test_moderators_are_asked_by_their_owner_where_there_is_no_channel(harness: Harness) -> None:
    await rule(harness, review_channel_id=None)
    reply = await delivered(harness)
    assert await report(harness, reply, moderator(harness)) == forms.REPORTED.english
    inbox = harness.sandbox.discord.dm(harness.guild.owner)
    card = await inbox.wait_for_message(lambda version: ASKED in version.text(), TIMEOUT_S)
    assert (
        await told(await press(harness, card, "Restore", user=harness.guild.owner))
        == moderation.VOTE_DECIDED.english
    )
    assert message_of(reply).current.videos


async def test_of_two_decisions_in_the_same_moment_one_is_carried_out(harness: Harness) -> None:
    reply = await delivered(harness)
    card = await hidden(harness, reply)
    rita, mo = moderator(harness, "mia"), moderator(harness)
    opened = await press(harness, card, "Remove…", user=mo)
    await opened.wait_for_modal(TIMEOUT_S)
    restoring, removing = await asyncio.gather(
        press(harness, card, "Restore", user=rita),
        harness.sandbox.discord.submit(opened, {"reason": ["minor"], "words": "no"}),
    )
    answered = [await told(one) for one in (restoring, removing)]
    assert sorted(answered) == sorted([moderation.VOTE_DECIDED.english, moderation.VOTE_CLOSED.english])
    restored = answered[0] == moderation.VOTE_DECIDED.english
    assert bool(message_of(reply).current.videos) is restored
    actions = audit(harness, "action")
    assert actions.count("video_restored") + actions.count("video_removed") == 1


async def test_a_ban_removes_what_is_hidden(harness: Harness) -> None:
    maker = harness.member("max")
    reply = await delivered(harness, user=maker)
    card = await hidden(harness, reply)
    harness.guild.ban(maker)
    assert is_hidden(await seen(message_of(reply), REMOVED))
    await seen(card, "Denied")
    await until(lambda: kept(harness) == [])
