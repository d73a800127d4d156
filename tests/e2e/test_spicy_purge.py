"""`/spicy purge`: what somebody posted in a server within the last day is removed, until it is done."""

import asyncio
import json
from datetime import timedelta

import pytest

from bot.delivery.card import Action
from bot.sandbox.discord import DiscordFault, Reply
from bot.services.action_results import ActionResult
from bot.texts import jobs as job_words
from bot.texts import spicy as words
from cogs.shared.action_texts import ANSWERS
from tests.e2e.actors.approvals import moderator
from tests.e2e.actors.buttons import message_of, press, press_unseen, told
from tests.e2e.actors.faults import locked_disk
from tests.e2e.actors.harness import TIMEOUT_S, Harness
from tests.e2e.actors.mentions import CALM, answer_to, ended, ping, say
from tests.e2e.actors.records import actions, audit, states
from tests.e2e.actors.reports import REMOVED, hidden, seen
from tests.e2e.actors.restarts import AT_ONCE_AND_AFTER_A_RESTART, meanwhile
from tests.e2e.actors.spicy import spicy
from tests.e2e.actors.timing import MovableClock, until
from tests.e2e.actors.videos import being_made, delivered, finish


async def purge(harness: Harness, **more: object) -> str:
    mo = more.pop("by", None) or moderator(harness)
    return (await spicy(harness, "purge", mo, person=harness.user)).text  # pyright: ignore[reportArgumentType]


def all_removed(harness: Harness, count: int) -> str:
    return words.purged(harness.user.id, count, count).english


def shows_video(reply: Reply) -> bool:
    return bool(message_of(reply).current.videos)


async def test_videos_of_the_last_day_are_removed_and_it_is_logged(
    harness: Harness, clock: MovableClock
) -> None:
    old = await delivered(harness)
    clock.offset = timedelta(days=1, minutes=1)
    mine = [await delivered(harness), await delivered(harness, channel=harness.adult_channel, preset="spicy")]
    private = await delivered(harness, private=True)
    hers = await delivered(harness, user=harness.member("bea"))
    mo = moderator(harness)
    assert await purge(harness, by=mo) == all_removed(harness, 2)
    for reply in mine:
        assert REMOVED in message_of(reply).current.text()
        assert not shows_video(reply)
    assert all(map(shows_video, (old, private, hers)))
    assert actions(harness) == ["videos_purged", "video_removed", "video_removed"]
    purged, *removed = audit(harness, "actor_id", "person_id", "details")
    assert purged[:2] == (mo.id, harness.user.id)
    assert json.loads(purged[2]) == {"videos": 2}
    assert {entry[:2] for entry in removed} == {(mo.id, harness.user.id)}
    assert await purge(harness, by=mo) == words.purged(harness.user.id, 0, 0).english
    assert len(actions(harness)) == 3


@AT_ONCE_AND_AFTER_A_RESTART
async def test_nobody_builds_upon_a_purged_video_or_looks_for_it(
    harness: Harness, *, restarted: bool
) -> None:
    reply = await delivered(harness)
    job = harness.rows("id, person_id")[0]
    await purge(harness)
    await meanwhile(harness, restarted=restarted)
    button = f"{job['id']}:{job['person_id']}:0"
    again = await press_unseen(harness, message_of(reply), f"sm:{Action.ANEW}:{button}")
    assert await told(again) == ANSWERS[ActionResult.PUT_AWAY].english
    look = await press_unseen(harness, message_of(reply), f"sm:look:{button}")
    assert await told(look) == job_words.LOOK_PUT_AWAY.english
    assert harness.bought == 1


@AT_ONCE_AND_AFTER_A_RESTART
async def test_what_discord_does_not_take_is_removed_later(harness: Harness, *, restarted: bool) -> None:
    reply = await delivered(harness)
    harness.sandbox.discord.faults.append(
        DiscordFault("PATCH /channels/*", status=403, code=50013, message="Missing Permissions", times=1)
    )
    assert await purge(harness) == words.purged(harness.user.id, 1, 0).english
    assert actions(harness) == ["videos_purged"]
    await meanwhile(harness, restarted=restarted)
    await harness.app.moderation.takedowns.finish()
    await seen(message_of(reply), REMOVED)
    await until(lambda: actions(harness) == ["videos_purged", "video_removed"])


@pytest.mark.usefixtures("reports_are_reviewed")
async def test_a_question_about_a_reported_video_is_decided_by_it(harness: Harness) -> None:
    reply = await delivered(harness)
    card = await hidden(harness, reply)
    mo = moderator(harness)
    assert await purge(harness, by=mo) == all_removed(harness, 1)
    await seen(message_of(reply), REMOVED)
    await card.wait_for(lambda version: not version.buttons, TIMEOUT_S)
    assert actions(harness)[-3:] == ["request_denied", "videos_purged", "video_removed"]


@pytest.mark.usefixtures("reports_are_reviewed")
async def test_a_video_that_was_restored_before_is_removed_all_the_same(harness: Harness) -> None:
    reply = await delivered(harness)
    card = await hidden(harness, reply)
    mo = moderator(harness)
    await told(await press(harness, card, "Restore", user=mo))
    await until(lambda: shows_video(reply))
    await until(lambda: "video_restored" in actions(harness))
    assert await purge(harness, by=mo) == all_removed(harness, 1)
    assert not shows_video(reply)
    assert actions(harness)[-2:] == ["videos_purged", "video_removed"]


@pytest.mark.slow
@pytest.mark.started_with(tuning=CALM)
async def test_answers_to_messages_are_removed_too(harness: Harness) -> None:
    asked = await say(harness, ping(harness, "make it rain"), 1)
    assert (await ended(harness, asked)).videos
    assert await purge(harness) == all_removed(harness, 1)
    assert REMOVED in (await answer_to(asked)).current.text()


async def test_a_video_that_came_in_a_new_message_is_removed_though_the_channel_cannot_be_read_back(
    harness: Harness,
) -> None:
    reply = await being_made(harness, "a boat")
    reply.expire_token()
    faults = harness.sandbox.discord.faults
    faults.append(DiscordFault("PATCH /channels/*", status=403, code=50001, message="no", times=999))
    finish(harness, "a boat")
    posted = await harness.channel.wait_for_message(lambda version: bool(version.videos), TIMEOUT_S)
    await harness.app.jobs.runner.idle()
    assert posted is not reply.message
    faults.clear()
    faults.append(DiscordFault("GET /channels/*/messages", status=403, code=50001, message="no", times=999))
    assert await purge(harness) == all_removed(harness, 1)
    assert REMOVED in posted.current.text()


async def test_a_video_that_is_being_posted_is_waited_for(harness: Harness) -> None:
    reply = await being_made(harness, "a boat")
    harness.sandbox.discord.faults.append(DiscordFault("PATCH /webhooks/*", answer_delay_s=1.0, times=999))
    finish(harness, "a boat")
    await until(lambda: shows_video(reply))
    assert states(harness) == ["delivering"]
    assert await purge(harness) == all_removed(harness, 1)
    assert not shows_video(reply)
    await harness.app.jobs.runner.idle()
    assert not shows_video(reply)


async def test_a_purge_that_cannot_be_stored_changes_nothing(harness: Harness) -> None:
    reply = await delivered(harness)
    mo = moderator(harness)
    async with locked_disk(harness):
        await purge(harness, by=mo)
    assert shows_video(reply)
    assert actions(harness) == []


async def test_two_purges_at_once_are_one(harness: Harness) -> None:
    await delivered(harness)
    mo, bo = moderator(harness), moderator(harness, "bo")
    answers = await asyncio.gather(purge(harness, by=mo), purge(harness, by=bo))
    assert sorted(answers) == sorted([all_removed(harness, 1), words.purged(harness.user.id, 0, 0).english])
    assert actions(harness) == ["videos_purged", "video_removed"]
