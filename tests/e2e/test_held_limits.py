"""How much may wait for moderators, and how many refusals a person can put into the log."""

import asyncio
from datetime import timedelta
from uuid import uuid4

import pytest

from bot.moderation.rules import Gate, Mode, ReviewAt
from bot.services.request_limits import HELD_PER_SERVER
from bot.services.request_records import RECORDED_A_DAY
from bot.texts import refusals
from tests.e2e.actors.approvals import deny, held, moderator, question, rule
from tests.e2e.actors.buttons import press, told
from tests.e2e.actors.damage import change_rows
from tests.e2e.actors.forms import opens, send
from tests.e2e.actors.harness import Harness
from tests.e2e.actors.records import actions, states, stored
from tests.e2e.actors.restarts import AT_ONCE_AND_AFTER_A_RESTART, meanwhile
from tests.e2e.actors.timing import MovableClock, until
from tests.e2e.actors.videos import delivered, shown

ASKS = {Gate.NORMAL: Mode.APPROVAL}


def too_many(limit: int) -> str:
    return refusals.too_many_held(limit).english


async def copy_held(harness: Harness, times: int) -> None:
    """Have other people's held requests be there that many times."""
    (row,) = stored(harness, "SELECT * FROM jobs WHERE state = 'held'")
    for number in range(times):
        copied = row | {"id": uuid4().hex, "person_id": 1000 + number, "review_id": None}
        statement = f"INSERT INTO jobs ({', '.join(copied)}) VALUES ({', '.join('?' * len(copied))})"  # noqa: S608 - ours
        await change_rows(harness, statement, *copied.values())


@AT_ONCE_AND_AFTER_A_RESTART
async def test_a_fourth_request_waits_for_moderators_only_after_one_is_decided(
    harness: Harness, *, restarted: bool
) -> None:
    await rule(harness, modes=ASKS)
    replies = [await harness.video(f"boat {number}") for number in range(3)]
    for reply in replies:
        await held(reply)
    await meanwhile(harness, restarted=restarted)
    assert await told(await harness.video("one more")) == too_many(3)
    # Others, and what needs no moderator, are not concerned.
    await held(await harness.video("hers", user=harness.member("bea")))
    await delivered(harness, preset="fun")
    await told(await deny(harness, await question(harness, "boat 1"), moderator(harness)))
    await held(await harness.video("one more"))
    await press(harness, replies[0], "Cancel")
    await until(lambda: states(harness).count("cancelled") == 1)
    await held(await harness.video("another one"))
    assert await told(await harness.video("too many again")) == too_many(3)


@pytest.mark.started_with(held_per_person=1)
async def test_of_two_at_the_same_moment_one_is_refused(harness: Harness) -> None:
    await rule(harness, modes=ASKS)
    replies = await asyncio.gather(*(harness.video(f"boat {number}") for number in range(4)))
    await until(lambda: len(harness.rows("id")) == 1)
    answers = [await told(reply) for reply in replies]
    assert answers.count(too_many(1)) == 3
    assert states(harness) == ["held"]


@pytest.mark.started_with(held_per_person=1)
async def test_videos_that_moderators_are_to_see_count_from_the_request_on(harness: Harness) -> None:
    await rule(harness, modes=ASKS, review_at=ReviewAt.POSTING)
    first = await harness.video("a boat")
    await until(lambda: len(harness.rows("id")) == 1)
    assert await told(await harness.video("one more")) == too_many(1)
    card = await question(harness, "May this video be posted?")
    assert await told(await harness.video("one more")) == too_many(1)
    await told(await press(harness, card, "Approve", user=moderator(harness)))
    await shown(harness, first)
    await harness.video("one more")
    await until(lambda: len(harness.rows("id")) == 2)


async def test_a_server_holds_no_more_than_its_moderators_look_through(harness: Harness) -> None:
    await rule(harness, modes=ASKS)
    await held(await harness.video("a boat"))
    await harness.app.jobs.runner.idle()
    await copy_held(harness, HELD_PER_SERVER - 1)
    refused = await harness.video("hers", user=harness.member("bea"))
    assert await told(refused) == refusals.SERVER_HOLDS_TOO_MANY.english
    assert len(harness.rows("id")) == HELD_PER_SERVER


@pytest.mark.started_with(held_per_person=1)
async def test_a_refused_form_can_be_sent_again_later(harness: Harness) -> None:
    reply = await delivered(harness)
    await rule(harness, modes=ASKS)
    waiting = await harness.video("a boat")
    await held(waiting)
    form = await opens(harness, reply, "Change")
    assert await told(await send(harness, form, {"prompt": "a ship"})) == too_many(1)
    await press(harness, waiting, "Cancel")
    await until(lambda: "cancelled" in states(harness))
    await held(await send(harness, form, {"prompt": "a ship"}))


async def test_a_persons_refusals_are_logged_so_often_a_day(harness: Harness, clock: MovableClock) -> None:
    clock.offset = timedelta(hours=1)
    await rule(harness, modes={Gate.NORMAL: Mode.OFF})
    for number in range(RECORDED_A_DAY + 2):
        await told(await harness.video(f"boat {number}"))
    await told(await harness.video("hers", user=harness.member("bea")))
    await until(lambda: len(actions(harness)) == RECORDED_A_DAY + 1)
    clock.offset = timedelta(days=1, hours=1)
    await told(await harness.video("a boat"))
    await until(lambda: len(actions(harness)) == RECORDED_A_DAY + 2)
