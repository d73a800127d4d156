"""Approvals where something else happens at the same moment, or does not happen at all."""

import asyncio
from collections.abc import AsyncGenerator
from datetime import timedelta
from pathlib import Path

import pytest

from bot.moderation.rules import Gate, Mode, ReviewAt
from bot.sandbox.discord import DiscordFault
from bot.texts import jobs as words
from bot.video import PROMPT_MAX_CHARS
from tests.e2e.approval_steps import (
    HELD,
    ask,
    assert_log_unbroken,
    cards,
    deny,
    held,
    moderator,
    parked,
    question,
    rule,
    stored,
)
from tests.e2e.presses import MovableClock, message_of, press, told, until
from tests.e2e.stage import PATIENT, TIMEOUT_S, Stage, open_stage
from tests.e2e.test_durability import locked_disk
from tests.e2e.test_forms import upload
from tests.e2e.test_replies import answer_to, ping, say


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock()


@pytest.fixture
async def stage(tmp_path: Path, clock: MovableClock) -> AsyncGenerator[Stage]:
    async with open_stage(tmp_path, tuning=PATIENT, now=clock) as opened:
        yield opened
        assert_log_unbroken(opened)


async def noted(stage: Stage) -> None:
    await until(lambda: stage.rows("review_id")[0]["review_id"] is not None)


@pytest.mark.parametrize("at", [ReviewAt.SUBMISSION, ReviewAt.POSTING])
async def test_a_decision_may_come_before_the_person_was_told_that_it_is_awaited(
    stage: Stage, at: ReviewAt
) -> None:
    await rule(stage, review_at=at)
    mo = moderator(stage)
    reply = await stage.video("a lighthouse", channel=stage.adult_channel, preset="spicy")
    stage.sandbox.discord.latency_s = 0.3
    pressed = await press(stage, await question(stage, "May this video be"), "Approve", user=mo)
    assert "Decided" in await told(pressed)
    stage.sandbox.discord.latency_s = 0.0
    await stage.app.engine.idle()
    await stage.app.moderation.reviews.resume()
    assert (await reply.wait_for_video(TIMEOUT_S)).videos
    await stage.app.engine.idle()
    assert stage.rows("state, review_id") == [{"state": "delivered", "review_id": None}]
    assert stage.bought == 1


async def test_of_a_cancellation_and_an_approval_one_comes_first(stage: Stage) -> None:
    await rule(stage)
    mo = moderator(stage)
    for number in range(3):
        reply = await ask(stage, f"a lighthouse {number}")
        card = await question(stage, f"a lighthouse {number}")
        await asyncio.gather(press(stage, reply, "Cancel"), press(stage, card, "Approve", user=mo))
        await until(lambda number=number: stage.rows("settled_at")[number]["settled_at"] is not None)
        await card.wait_for(lambda seen: not seen.buttons, TIMEOUT_S)
    states = [row["state"] for row in stage.rows("state")]
    assert set(states) <= {"cancelled", "delivered"}
    assert stage.bought == states.count("delivered")


async def test_what_cannot_be_stored_is_not_decided(stage: Stage) -> None:
    await rule(stage)
    reply = await ask(stage)
    card = await question(stage)
    await noted(stage)
    mo = moderator(stage)
    async with locked_disk(stage):
        for label in ("Approve", "Approve and trust", "Take my vote back"):
            assert await told(await press(stage, card, label, user=mo)) == words.NOT_STORED.english
        assert await told(await deny(stage, card, mo)) == words.NOT_STORED.english
    assert stored(stage, "SELECT * FROM votes") == []
    assert "Decided" in await told(await press(stage, card, "Approve", user=mo))
    assert (await stage.ended(reply)).videos


async def test_the_seconds_of_what_is_denied_or_ends_are_given_back(
    tmp_path: Path, clock: MovableClock
) -> None:
    async with open_stage(tmp_path, tuning=PATIENT, now=clock, seconds_a_day_per_person=6) as stage:
        await rule(stage, review_hours=1)
        mo = moderator(stage)
        first = await ask(stage)
        for restarted in (False, True):
            if restarted:
                await stage.restart()
            assert "0 seconds of video left" in await told(await stage.video("a cat"))
        await deny(stage, await question(stage), mo)
        await stage.ended(first)
        second = await ask(stage, "a tower")
        await question(stage, "a tower")
        clock.offset = timedelta(hours=2)
        await stage.app.moderation.reviews.expire()
        await stage.ended(second)
        third = await ask(stage, "a castle")
        await press(stage, await question(stage, "a castle"), "Approve", user=mo)
        assert (await stage.ended(third)).videos
        assert "0 seconds of video left" in await told(await stage.video("a cat"))
        assert stage.bought == 1


async def test_moderators_see_all_of_a_long_prompt_and_every_picture(stage: Stage) -> None:
    await rule(stage, modes={Gate.PICTURES: Mode.APPROVAL})
    tricky = "``` @everyone <@&1> **bold** [a](http://b.c) "
    prompt = tricky + "x" * (PROMPT_MAX_CHARS - len(tricky) - 3) + "end"
    one, two, three, four, five, six, seven = (upload(stage) for _ in range(7))
    reply = await stage.video(
        prompt, image=one, image2=two, image3=three, image4=four, image5=five, image6=six, image7=seven
    )
    await held(reply)
    card = await question(stage)
    assert "end" in card.current.text()
    assert len(card.body.attachments) == 7
    assert not card.pings.everyone
    assert not card.pings.users
    assert "Decided" in await told(await press(stage, card, "Approve", user=moderator(stage)))


async def test_a_private_spicy_video_that_was_decided_late_waits_in_jobs(
    stage: Stage, clock: MovableClock
) -> None:
    await rule(stage)
    reply = await ask(stage, private=True)
    card = await question(stage)
    await noted(stage)
    clock.offset = timedelta(minutes=20)
    await press(stage, card, "Approve", user=moderator(stage))
    await parked(stage)
    direct = stage.sandbox.discord.dm(stage.user)
    assert direct.messages
    assert not any(message.current.videos for message in direct.messages)
    assert not message_of(reply).current.videos
    listed = await stage.sandbox.discord.invoke("jobs", user=stage.user, channel=stage.adult_channel)
    await listed.wait_for_answer(TIMEOUT_S)
    fetched = await press(stage, listed, "Fetch the video")
    assert (await fetched.wait_for_video(TIMEOUT_S)).ephemeral


@pytest.mark.parametrize("at", [ReviewAt.SUBMISSION, ReviewAt.POSTING])
async def test_another_private_video_that_was_decided_late_comes_directly(
    stage: Stage, clock: MovableClock, at: ReviewAt
) -> None:
    await rule(stage, modes={Gate.NORMAL: Mode.APPROVAL}, review_at=at)
    await held(await stage.video("a cat", private=True))
    card = await question(stage, "May this video be")
    await noted(stage)
    clock.offset = timedelta(minutes=20)
    await press(stage, card, "Approve", user=moderator(stage))
    direct = stage.sandbox.discord.dm(stage.user)
    await direct.wait_for_message(lambda seen: bool(seen.videos), TIMEOUT_S)
    await stage.app.engine.idle()
    assert stage.rows("state") == [{"state": "delivered"}]


async def test_a_held_request_is_in_the_list_and_can_be_looked_at_and_cancelled(stage: Stage) -> None:
    await rule(stage)
    reply = await ask(stage)
    card = await question(stage)
    await noted(stage)
    await press(stage, reply, "Refresh", user=stage.member("bob"))
    assert HELD in message_of(reply).current.text()
    listed = await stage.sandbox.discord.invoke("jobs", user=stage.user, channel=stage.channel)
    shown = await listed.wait_for_answer(TIMEOUT_S)
    assert "a lighthouse" in shown.text()
    await told(await press(stage, listed, "Cancel"))
    await card.wait_for(lambda seen: "taken back" in seen.text(), TIMEOUT_S)
    assert "Cancelled" in (await stage.ended(reply)).text()


async def test_a_held_message_is_answered_after_a_restart(stage: Stage) -> None:
    await rule(stage, modes={Gate.PICTURES: Mode.APPROVAL}, quorum=2)
    answer = await answer_to(await say(stage, ping(stage, "make it rain"), pictures=1))
    await answer.wait_for(lambda seen: HELD in seen.text(), TIMEOUT_S)
    card = await question(stage)
    await noted(stage)
    assert "stays open" in await told(await press(stage, card, "Approve", user=moderator(stage)))
    await stage.restart()
    # A vote outlives the process.
    assert "Decided" in await told(await press(stage, card, "Approve", user=moderator(stage, "ma")))
    await answer.wait_for(lambda seen: bool(seen.videos), TIMEOUT_S)
    await stage.app.engine.idle()
    assert cards(stage) == [card]


async def test_a_request_whose_acknowledgement_failed_asks_nobody(stage: Stage) -> None:
    await rule(stage)
    stage.sandbox.discord.faults.append(
        DiscordFault("POST /interactions/*/callback", status=404, code=10062, message="Unknown interaction")
    )
    reply = await stage.video("a lighthouse", channel=stage.adult_channel, preset="spicy")
    await until(lambda: reply.failed and stage.rows("id") == [])
    await stage.restart()
    await stage.app.engine.idle()
    assert stage.rows("state") == []
    assert cards(stage) == []
    assert stage.bought == 0
