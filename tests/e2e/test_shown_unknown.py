"""Replies that show the video although the row does not say so: no edit takes it away."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.sandbox.dimilinks import TaskOutcome
from bot.sandbox.discord import DiscordFault, Drop, Reply
from tests.e2e.actors.buttons import message_of
from tests.e2e.actors.damage import change_rows
from tests.e2e.actors.harness import QUICK, TIMEOUT_S, Harness
from tests.e2e.actors.records import states
from tests.e2e.actors.timing import MovableClock, until
from tests.e2e.actors.videos import being_made, delivered, finish, forget_originals

IMPATIENT = replace(QUICK, timeouts=replace(QUICK.timeouts, deliver_s=0.5))


def is_parked(harness: Harness) -> bool:
    return harness.rows("parked_at")[0]["parked_at"] is not None


async def posted_unseen(harness: Harness) -> Reply:
    """A video that Discord took, and said nothing of."""
    reply = await being_made(harness)
    faults = harness.sandbox.discord.faults
    faults.append(DiscordFault("PATCH /webhooks/*", drop=Drop.AFTER, times=1000))
    for route in ("GET /webhooks/*", "GET /channels/*"):
        faults.append(DiscordFault(route, drop=Drop.BEFORE, times=1000))
    finish(harness)
    await until(lambda: is_parked(harness))
    assert message_of(reply).current.videos
    return reply


@pytest.mark.started_with(tuning=IMPATIENT)
async def test_housekeeping_leaves_a_video_that_stands_in_its_reply(
    harness: Harness, clock: MovableClock
) -> None:
    reply = await posted_unseen(harness)
    clock.offset = timedelta(days=8)
    await harness.app.cleanup.run_once(harness.now())
    assert (states(harness), is_parked(harness)) == (["delivering"], True)
    harness.sandbox.discord.faults.clear()
    await harness.app.cleanup.run_once(harness.now())
    await harness.app.jobs.runner.idle()
    assert message_of(reply).current.videos
    assert harness.rows("state, parked_at, failure") == [
        {"state": "delivered", "parked_at": None, "failure": None}
    ]


@pytest.mark.slow
@pytest.mark.started_with(tuning=IMPATIENT)
async def test_housekeeping_ends_a_video_whose_message_is_gone(harness: Harness, clock: MovableClock) -> None:
    reply = await posted_unseen(harness)
    harness.sandbox.discord.faults.clear()
    harness.sandbox.discord.purge(message_of(reply))
    clock.offset = timedelta(days=8)
    await harness.app.cleanup.run_once(harness.now())
    told = await harness.channel.wait_for_message(
        lambda version: "Nobody picked up this video" in version.text(), TIMEOUT_S
    )
    assert not told.current.videos
    assert states(harness) == ["failed"]


@pytest.mark.slow
@pytest.mark.started_with(tuning=IMPATIENT)
async def test_housekeeping_takes_away_what_the_rules_do_not_allow(
    harness: Harness, clock: MovableClock
) -> None:
    reply = await posted_unseen(harness)
    # As where the rules have changed, and Discord took no card that says so.
    await change_rows(
        harness,
        """UPDATE jobs SET failure =
        '{"reason": "not_posted_here", "detail": "", "picture": "", "problem": null}'""",
    )
    harness.sandbox.discord.faults.clear()
    clock.offset = timedelta(days=8)
    await harness.app.cleanup.run_once(harness.now())
    await harness.app.jobs.runner.idle()
    assert not message_of(reply).current.videos
    assert states(harness) == ["failed"]


@pytest.mark.parametrize("seen", [True, pytest.param(False, marks=pytest.mark.slow)])
async def test_a_video_that_nobody_has_any_more_stays_in_the_reply_that_shows_it(
    harness: Harness, *, seen: bool
) -> None:
    reply = await delivered(harness)
    await harness.stop()
    # As a death between the upload and its note would leave it.
    await change_rows(
        harness,
        "UPDATE jobs SET state = 'delivering', settled_at = NULL, ended_at = NULL, starts = 1,"
        " video_name = id || '.mp4', post_route = 'token', post_started_at = created_at",
    )
    forget_originals(harness)
    finish(harness, outcome=TaskOutcome.MISSING_VIDEO)
    if not seen:
        harness.sandbox.discord.faults.append(DiscordFault("GET /channels/*", drop=Drop.BEFORE, times=1000))
    await harness.start()
    await harness.app.jobs.runner.idle()
    assert message_of(reply).current.videos
    assert (states(harness), is_parked(harness)) == (["delivered"] if seen else ["delivering"], not seen)
