"""`/spicy stop` and `/spicy resume`: while spicy is stopped nothing of it is bought or posted."""

import asyncio
import json
from dataclasses import replace

import pytest

from bot.moderation.rules import Gate, Mode, ReviewAt
from bot.sandbox.dimilinks import At, Hang, HttpError, SubmitStage
from bot.sandbox.discord import Reply
from bot.texts import moderation, refusals
from bot.texts import settings_panel as settings_words
from bot.texts import spicy as words
from tests.e2e.actors.approvals import HELD, ask, cards, deny, held, moderator, question, rule
from tests.e2e.actors.approvals import spicy as asked
from tests.e2e.actors.buttons import press, told
from tests.e2e.actors.faults import locked_disk
from tests.e2e.actors.harness import QUICK, TIMEOUT_S, Harness
from tests.e2e.actors.job_list import list_jobs
from tests.e2e.actors.records import actions, audit, states
from tests.e2e.actors.restarts import AT_ONCE_AND_AFTER_A_RESTART, meanwhile
from tests.e2e.actors.settings import boss, settings
from tests.e2e.actors.spicy import spicy
from tests.e2e.actors.timing import until
from tests.e2e.actors.videos import delivered, finish, hold, shown

REFUSED = refusals.REFUSALS["spicy_stopped"].english
OPEN = {Gate.SPICY: Mode.OPEN}
IMPATIENT = replace(QUICK, timeouts=replace(QUICK.timeouts, deliver_s=0.5))
ONE_AT_A_TIME = pytest.mark.started_with(jobs_at_once_per_person=1)


async def making(harness: Harness, prompt: str) -> Reply:
    """A spicy video that was bought and stays unfinished, until `finish`."""
    hold(harness)
    reply = await asked(harness, prompt)
    await reply.wait_for(lambda version: "Making your video" in version.text(), TIMEOUT_S)
    return reply


@AT_ONCE_AND_AFTER_A_RESTART
async def test_new_requests_are_refused_until_it_goes_on(harness: Harness, *, restarted: bool) -> None:
    mo = moderator(harness)
    before = await delivered(harness, channel=harness.adult_channel, preset="spicy")
    assert (await spicy(harness, "stop", mo)).text == words.stopped(0).english
    assert (await spicy(harness, "stop", mo)).text == words.UNCHANGED.english
    await meanwhile(harness, restarted=restarted)
    assert await told(await asked(harness)) == REFUSED
    assert await told(await press(harness, before, "Again")) == REFUSED
    await delivered(harness)  # other presets go on
    assert (await spicy(harness, "resume", mo)).text == words.RESUMED.english
    assert (await spicy(harness, "resume", mo)).text == words.UNCHANGED.english
    await shown(harness, await asked(harness))
    recorded = [one for one in actions(harness) if one != "request_refused"]
    assert recorded == ["spicy_stopped", "spicy_resumed"]


@ONE_AT_A_TIME
@AT_ONCE_AND_AFTER_A_RESTART
async def test_what_waits_in_line_is_held_and_decided_about_afterwards(
    harness: Harness, *, restarted: bool
) -> None:
    await rule(harness, modes=OPEN)
    mo = moderator(harness)
    hold(harness)
    first = await harness.video("first")
    await first.wait_for(lambda version: "Making your video" in version.text(), TIMEOUT_S)
    waiting = await asked(harness, "a lighthouse")
    await waiting.wait_for(lambda version: "in line" in version.text(), TIMEOUT_S)
    assert (await spicy(harness, "stop", mo)).text == words.stopped(1).english
    await held(waiting)
    card = await question(harness)
    await meanwhile(harness, restarted=restarted)
    assert await told(await press(harness, card, "Approve", user=mo)) == moderation.VOTE_STOPPED.english
    assert words.STOPPED_NOW.english in (await spicy(harness, "queue", mo)).text
    finish(harness, "first")
    await shown(harness, first)
    assert states(harness) == ["delivered", "held"]
    await spicy(harness, "resume", mo)
    await meanwhile(harness, restarted=restarted)
    assert states(harness) == ["delivered", "held"]
    await told(await press(harness, card, "Approve", user=mo))
    await shown(harness, waiting)
    assert len(cards(harness)) == 1
    stop = next(
        details for action, details in audit(harness, "action", "details") if action == "spicy_stopped"
    )
    assert json.loads(stop) == {"held": 1}


@pytest.mark.parametrize("resumed_first", [False, True])
@AT_ONCE_AND_AFTER_A_RESTART
async def test_what_was_bought_goes_to_review(
    harness: Harness, *, restarted: bool, resumed_first: bool
) -> None:
    await rule(harness, modes=OPEN)
    mo = moderator(harness)
    reply = await making(harness, "a lighthouse")
    await spicy(harness, "stop", mo)
    if resumed_first:
        await spicy(harness, "resume", mo)
    await meanwhile(harness, restarted=restarted)
    finish(harness, "a lighthouse")
    await held(reply)
    card = await question(harness, "May this video be posted?")
    if not resumed_first:
        assert await told(await press(harness, card, "Approve", user=mo)) == moderation.VOTE_STOPPED.english
        await spicy(harness, "resume", mo)
    await told(await press(harness, card, "Approve", user=mo))
    await shown(harness, reply)
    assert harness.bought == 1


@ONE_AT_A_TIME
async def test_an_approval_from_before_the_stop_counts_no_longer(harness: Harness) -> None:
    await rule(harness, review_at=ReviewAt.SUBMISSION)
    mo = moderator(harness)
    hold(harness)
    first = await harness.video("first")
    await first.wait_for(lambda version: "Making your video" in version.text(), TIMEOUT_S)
    reply = await ask(harness)
    await told(await press(harness, await question(harness), "Approve", user=mo))
    await reply.wait_for(lambda version: "in line" in version.text(), TIMEOUT_S)
    await spicy(harness, "stop", mo)
    await reply.wait_for(lambda version: HELD in version.text(), TIMEOUT_S)
    await until(lambda: len(cards(harness)) == 2)
    await spicy(harness, "resume", mo)
    finish(harness, "first")
    await shown(harness, first)
    assert states(harness) == ["delivered", "held"]
    await told(await press(harness, cards(harness)[-1], "Approve", user=mo))
    await shown(harness, reply)


async def test_nor_does_one_of_what_is_handed_to_the_service_meanwhile_and_comes_back(
    harness: Harness,
) -> None:
    await rule(harness, review_at=ReviewAt.SUBMISSION)
    mo = moderator(harness)
    reply = await ask(harness)
    refusal = HttpError(429, "rate_limit", "slow", {"Retry-After": "1"})
    harness.sandbox.dimilinks.faults.submit.append(Hang(1.0, At(SubmitStage.AFTER_BODY, refusal)))
    await told(await press(harness, await question(harness), "Approve", user=mo))
    await until(lambda: states(harness) == ["submitting"])
    await spicy(harness, "stop", mo)
    await spicy(harness, "resume", mo)
    await until(lambda: len(cards(harness)) == 2)
    assert (harness.bought, states(harness)) == (0, ["held"])
    await told(await press(harness, cards(harness)[-1], "Approve", user=mo))
    await shown(harness, reply)


@pytest.mark.started_with(tuning=IMPATIENT)
async def test_nor_does_one_of_a_video_that_was_laid_aside_since(harness: Harness) -> None:
    await rule(harness, review_at=ReviewAt.POSTING)
    mo = moderator(harness)
    await ask(harness)
    card = await question(harness, "May this video be posted?")
    harness.adult_channel.set_nsfw(False)
    await told(await press(harness, card, "Approve", user=mo))
    await until(lambda: harness.rows("parked_at")[0]["parked_at"] is not None)
    harness.adult_channel.set_nsfw(True)
    await spicy(harness, "stop", mo)
    await spicy(harness, "resume", mo)
    fetched = await press(harness, await list_jobs(harness, channel=harness.adult_channel), "Fetch the video")
    await held(fetched)
    await told(await press(harness, cards(harness)[-1], "Approve", user=mo))
    await shown(harness, fetched)
    assert harness.bought == 1


async def test_denials_are_taken_while_it_is_stopped(harness: Harness) -> None:
    await rule(harness)
    mo = moderator(harness)
    reply = await ask(harness)
    card = await question(harness)
    await spicy(harness, "stop", mo)
    await told(await deny(harness, card, mo))
    assert "The moderators did not allow this request." in (await harness.ended(reply)).text()


async def test_a_stop_and_an_approval_at_the_same_moment_buy_nothing_unseen(harness: Harness) -> None:
    await rule(harness)
    mo, bo = moderator(harness), moderator(harness, "bo")
    await ask(harness)
    card = await question(harness)
    await asyncio.gather(spicy(harness, "stop", mo), press(harness, card, "Approve", user=bo))
    await until(lambda: states(harness) == ["held"] and harness.rows("review_id")[0]["review_id"] is not None)
    bought = harness.bought
    assert bought == 0
    assert await told(await asked(harness)) == REFUSED


async def test_a_video_that_was_laid_aside_is_not_fetched_around_the_stop(harness: Harness) -> None:
    mo = moderator(harness)
    reply = await making(harness, "a lighthouse")
    harness.adult_channel.set_nsfw(False)
    finish(harness, "a lighthouse")
    await until(lambda: harness.rows("parked_at")[0]["parked_at"] is not None)
    await harness.app.jobs.runner.idle()
    harness.adult_channel.set_nsfw(True)
    await spicy(harness, "stop", mo)
    shown_list = await list_jobs(harness, channel=harness.adult_channel)
    fetched = await press(harness, shown_list, "Fetch the video")
    await held(fetched)
    assert not reply.message or not reply.message.current.videos


async def test_a_stop_that_cannot_be_stored_changes_nothing(harness: Harness) -> None:
    mo = moderator(harness)
    async with locked_disk(harness):
        reply = await spicy(harness, "stop", mo)
    assert "not" in reply.text.lower()
    await shown(harness, await asked(harness))
    assert actions(harness) == []


async def test_the_settings_say_that_it_is_stopped(harness: Harness) -> None:
    await spicy(harness, "stop", moderator(harness))
    opened = await settings(harness, boss(harness))
    assert words.STOPPED_NOW.english in opened.text
    assert settings_words.SPICY_ONLY_RESTRICTED.english in opened.text
