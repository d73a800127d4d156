"""Approvals where something else happens at the same moment, or does not happen at all."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from bot.moderation.rules import Gate, Mode, ReviewAt
from bot.sandbox.discord import DiscordFault
from bot.texts import jobs as words
from bot.video import PROMPT_MAX_CHARS
from tests.e2e.actors.approvals import HELD, ask, cards, deny, held, moderator, parked, question, rule, spicy
from tests.e2e.actors.buttons import message_of, press, told
from tests.e2e.actors.faults import locked_disk
from tests.e2e.actors.harness import TIMEOUT_S, Harness, open_harness
from tests.e2e.actors.job_list import list_jobs
from tests.e2e.actors.mentions import answer_to, ping, say
from tests.e2e.actors.records import stored
from tests.e2e.actors.timing import MovableClock, until
from tests.e2e.actors.videos import upload


async def noted(harness: Harness) -> None:
    await until(lambda: harness.rows("review_id")[0]["review_id"] is not None)


@pytest.mark.parametrize("at", [ReviewAt.SUBMISSION, ReviewAt.POSTING])
async def test_a_decision_may_come_before_the_person_was_told_that_it_is_awaited(
    harness: Harness, at: ReviewAt
) -> None:
    await rule(harness, review_at=at)
    mo = moderator(harness)
    reply = await harness.video("a lighthouse", channel=harness.adult_channel, preset="spicy")
    harness.sandbox.discord.latency_s = 0.3
    pressed = await press(harness, await question(harness, "May this video be"), "Approve", user=mo)
    assert "Decided" in await told(pressed)
    harness.sandbox.discord.latency_s = 0.0
    await harness.app.jobs.runner.idle()
    await harness.app.jobs.decisions.resume()
    assert (await reply.wait_for_video(TIMEOUT_S)).videos
    await harness.app.jobs.runner.idle()
    assert harness.rows("state, review_id") == [{"state": "delivered", "review_id": None}]
    assert harness.bought == 1


async def test_of_a_cancellation_and_an_approval_one_comes_first(harness: Harness) -> None:
    await rule(harness)
    mo = moderator(harness)
    for number in range(3):
        reply = await ask(harness, f"a lighthouse {number}")
        card = await question(harness, f"a lighthouse {number}")
        await asyncio.gather(press(harness, reply, "Cancel"), press(harness, card, "Approve", user=mo))
        await until(lambda number=number: harness.rows("settled_at")[number]["settled_at"] is not None)
        await card.wait_for(lambda seen: not seen.buttons, TIMEOUT_S)
    states = [row["state"] for row in harness.rows("state")]
    assert set(states) <= {"cancelled", "delivered"}
    assert harness.bought == states.count("delivered")


async def test_what_cannot_be_stored_is_not_decided(harness: Harness) -> None:
    await rule(harness)
    reply = await ask(harness)
    card = await question(harness)
    await noted(harness)
    mo = moderator(harness)
    async with locked_disk(harness):
        for label in ("Approve", "Approve and trust", "Withdraw my vote"):
            assert await told(await press(harness, card, label, user=mo)) == words.NOT_STORED.english
        assert await told(await deny(harness, card, mo)) == words.NOT_STORED.english
    assert stored(harness, "SELECT * FROM votes") == []
    assert "Decided" in await told(await press(harness, card, "Approve", user=mo))
    assert (await harness.ended(reply)).videos


async def test_the_seconds_of_what_is_denied_or_ends_are_given_back(
    tmp_path: Path, database_url: str | None, clock: MovableClock
) -> None:
    async with open_harness(tmp_path, database_url, now=clock, seconds_a_day_per_person=6) as harness:
        await rule(harness, review_hours=1)
        mo = moderator(harness)
        first = await ask(harness)
        for restarted in (False, True):
            if restarted:
                await harness.restart()
            assert "0 seconds of video left" in await told(await harness.video("a cat"))
        await deny(harness, await question(harness), mo)
        await harness.ended(first)
        second = await ask(harness, "a tower")
        await question(harness, "a tower")
        clock.offset = timedelta(hours=2)
        await harness.app.jobs.decisions.expire(harness.now())
        await harness.ended(second)
        third = await ask(harness, "a castle")
        await press(harness, await question(harness, "a castle"), "Approve", user=mo)
        assert (await harness.ended(third)).videos
        assert "0 seconds of video left" in await told(await harness.video("a cat"))
        assert harness.bought == 1


async def test_moderators_see_all_of_a_long_prompt_and_every_picture(harness: Harness) -> None:
    await rule(harness, modes={Gate.PICTURES: Mode.APPROVAL})
    tricky = "``` @everyone <@&1> **bold** [a](http://b.c) "
    prompt = tricky + "x" * (PROMPT_MAX_CHARS - len(tricky) - 3) + "end"
    one, two, three, four, five, six, seven = (upload(harness) for _ in range(7))
    reply = await harness.video(
        prompt, image=one, image2=two, image3=three, image4=four, image5=five, image6=six, image7=seven
    )
    await held(reply)
    card = await question(harness)
    assert "end" in card.current.text()
    assert len(card.body.attachments) == 7
    assert not card.pings.everyone
    assert not card.pings.users
    assert "Decided" in await told(await press(harness, card, "Approve", user=moderator(harness)))


async def test_a_private_spicy_video_that_was_decided_late_waits_in_jobs(
    harness: Harness, clock: MovableClock
) -> None:
    await rule(harness)
    reply = await ask(harness, private=True)
    card = await question(harness)
    await noted(harness)
    clock.offset = timedelta(minutes=20)
    await press(harness, card, "Approve", user=moderator(harness))
    await parked(harness)
    direct = harness.sandbox.discord.dm(harness.user)
    assert direct.messages
    assert not any(message.current.videos for message in direct.messages)
    assert not message_of(reply).current.videos
    listed = await list_jobs(harness, channel=harness.adult_channel)
    fetched = await press(harness, listed, "Fetch the video")
    assert (await fetched.wait_for_video(TIMEOUT_S)).ephemeral


@pytest.mark.parametrize("at", [ReviewAt.SUBMISSION, ReviewAt.POSTING])
async def test_another_private_video_that_was_decided_late_comes_directly(
    harness: Harness, clock: MovableClock, at: ReviewAt
) -> None:
    await rule(harness, modes={Gate.NORMAL: Mode.APPROVAL}, review_at=at)
    await held(await harness.video("a cat", private=True))
    card = await question(harness, "May this video be")
    await noted(harness)
    clock.offset = timedelta(minutes=20)
    await press(harness, card, "Approve", user=moderator(harness))
    direct = harness.sandbox.discord.dm(harness.user)
    await direct.wait_for_message(lambda seen: bool(seen.videos), TIMEOUT_S)
    await harness.app.jobs.runner.idle()
    assert harness.rows("state") == [{"state": "delivered"}]


async def test_a_held_request_is_in_the_list_and_can_be_looked_at_and_cancelled(harness: Harness) -> None:
    await rule(harness)
    reply = await ask(harness)
    card = await question(harness)
    await noted(harness)
    await press(harness, reply, "Refresh", user=harness.member("bob"))
    assert HELD in message_of(reply).current.text()
    listed = await list_jobs(harness)
    assert "a lighthouse" in listed.text
    await told(await press(harness, listed, "Cancel"))
    await card.wait_for(lambda seen: "withdrawn" in seen.text(), TIMEOUT_S)
    assert "Cancelled" in (await harness.ended(reply)).text()


@pytest.mark.slow
async def test_a_held_message_is_answered_after_a_restart(harness: Harness) -> None:
    await rule(harness, modes={Gate.PICTURES: Mode.APPROVAL}, quorum=2)
    answer = await answer_to(await say(harness, ping(harness, "make it rain"), pictures=1))
    await answer.wait_for(lambda seen: HELD in seen.text(), TIMEOUT_S)
    card = await question(harness)
    await noted(harness)
    assert "stays open" in await told(await press(harness, card, "Approve", user=moderator(harness)))
    await harness.restart()
    # A vote outlives the process.
    assert "Decided" in await told(await press(harness, card, "Approve", user=moderator(harness, "ma")))
    await answer.wait_for(lambda seen: bool(seen.videos), TIMEOUT_S)
    await harness.app.jobs.runner.idle()
    assert cards(harness) == [card]


@pytest.mark.slow
@pytest.mark.started_with(ack_deadline_s=3.0)
async def test_a_request_whose_acknowledgement_failed_asks_nobody(harness: Harness) -> None:
    await rule(harness)
    harness.sandbox.discord.faults.append(
        DiscordFault("POST /interactions/*/callback", status=404, code=10062, message="Unknown interaction")
    )
    reply = await harness.video("a lighthouse", channel=harness.adult_channel, preset="spicy")
    await until(lambda: reply.failed and harness.rows("id") == [])
    await harness.restart()
    await harness.app.jobs.runner.idle()
    assert harness.rows("state") == []
    assert cards(harness) == []
    assert harness.bought == 0


async def test_a_user_hears_that_moderators_are_asked_also_if_that_was_not_stored(harness: Harness) -> None:
    await rule(harness)
    harness.sandbox.discord.faults.append(DiscordFault("POST /channels/*/messages", answer_delay_s=1.0))
    reply = await spicy(harness)
    await question(harness)
    with capture_logs() as logged:
        async with locked_disk(harness):
            # The message of the card is not noted.
            await until(lambda: any(one["event"] in {"review_not_placed", "job_not_read"} for one in logged))
    await held(reply)
    await harness.app.moderation.questions.ask_again()
    await until(lambda: stored(harness, "SELECT count(message_id) AS placed FROM reviews") == [{"placed": 1}])
    assert len(cards(harness)) == 1
    assert harness.bought == 0
