"""Members who joined lately wait between two requests, and have so many a day, where a server wants that."""

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from bot.quota.allowance import day_after, day_of
from bot.sandbox.dimilinks import HttpError
from bot.texts import refusals
from bot.texts.jobs import moment
from tests.e2e.actors.approvals import change_rules, moderator
from tests.e2e.actors.buttons import told
from tests.e2e.actors.harness import Harness
from tests.e2e.actors.mentions import ping, said_to, say
from tests.e2e.actors.restarts import AT_ONCE_AND_AFTER_A_RESTART, meanwhile
from tests.e2e.actors.timing import MovableClock, until
from tests.e2e.actors.videos import delivered

PAUSED = refusals.new_member_pause("").what.english
DAILY = refusals.new_member_daily(2, "").what.english
LIMITS: Mapping[str, Any] = {
    "new_member_hours": 72,
    "new_member_pause_minutes": 10,
    "new_member_daily": 2,
}


def at_noon(clock: MovableClock, *, days: int = 0, minutes: int = 0) -> None:
    """Have it be so long after the next noon, so that no test runs over midnight."""
    clock.offset = timedelta()
    now = clock()
    clock.offset = day_of(now) + timedelta(days=1 + days, hours=12, minutes=minutes) - now


async def refused(harness: Harness, **more: Any) -> str:
    return await told(await harness.video("one more", **more))


@AT_ONCE_AND_AFTER_A_RESTART
async def test_a_new_member_waits_and_has_so_many_a_day(
    harness: Harness, clock: MovableClock, *, restarted: bool
) -> None:
    at_noon(clock)
    await change_rules(harness, **LIMITS)
    harness.guild.members[harness.user.id].joined_at = clock()
    await delivered(harness)
    await meanwhile(harness, restarted=restarted)
    assert PAUSED in await refused(harness)
    at_noon(clock, minutes=11)
    await delivered(harness)
    at_noon(clock, minutes=22)
    assert DAILY in (answer := await refused(harness))
    assert moment(day_after(clock())) in answer
    at_noon(clock, days=1)
    await delivered(harness)
    at_noon(clock, days=3, minutes=1)
    for _ in range(2):  # no longer new
        await delivered(harness)
    assert harness.bought == 5


async def test_of_two_at_the_same_moment_one_is_refused(harness: Harness) -> None:
    await change_rules(harness, **LIMITS)
    replies = await asyncio.gather(*(harness.video(f"boat {number}") for number in range(3)))
    await until(lambda: len(harness.rows("id")) == 1)
    answers = [await told(reply) for reply in replies]
    assert sum(PAUSED in answer for answer in answers) == 2


async def test_messages_have_the_same_limits(harness: Harness) -> None:
    await change_rules(harness, **LIMITS)
    await delivered(harness)
    asked = await say(harness, ping(harness, "make it rain"), 1)
    assert PAUSED in await said_to(asked)
    assert harness.bought == 1


@pytest.mark.slow
async def test_others_are_not_concerned(harness: Harness) -> None:
    trusted = harness.guild.add_role("regulars")
    await change_rules(harness, **LIMITS, trusted_roles=frozenset({trusted.id}))
    people = [moderator(harness), harness.member("bea", roles=[trusted]), harness.member("old")]
    harness.guild.members[people[-1].id].joined_at -= timedelta(hours=73)
    for user in people:
        for _ in range(3):
            await delivered(harness, user=user)
    assert harness.bought == 9


async def test_what_failed_before_it_was_bought_is_asked_for_again_at_once(harness: Harness) -> None:
    await change_rules(harness, **LIMITS)
    harness.sandbox.dimilinks.faults.submit.append(HttpError(400, "bad_request", "no"))
    await harness.ended(await harness.video("a boat"))
    assert harness.rows("state") == [{"state": "failed"}]
    await delivered(harness)


@pytest.mark.slow
async def test_nobody_is_new_unless_the_server_says_so(harness: Harness) -> None:
    for _ in range(4):
        await delivered(harness)
