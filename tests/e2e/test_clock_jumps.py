"""A wall clock that jumps while the bot runs, or before it starts: nothing is deleted, and nothing expires."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.jobs.deadline_clock import WAIT_S
from tests.e2e.actors.approvals import ask, question, rule
from tests.e2e.actors.harness import QUICK, TIMEOUT_S, Harness
from tests.e2e.actors.pictures import picture
from tests.e2e.actors.records import stored
from tests.e2e.actors.timing import MovableClock, until
from tests.e2e.actors.videos import delivered, finish, hold

LONG = timedelta(days=400)


def kept(harness: Harness) -> tuple[list[str], list[Path], list[dict[str, object]]]:
    """What could be deleted or expire."""
    return (
        [row["state"] for row in harness.rows("state")],
        sorted(harness.data_dir.glob("spool/*/*")) + sorted(harness.data_dir.glob("media/*")),
        stored(harness, "SELECT id, state FROM reviews"),
    )


async def tidied(harness: Harness) -> None:
    """What happens every minute, three times."""
    for _ in range(3):
        await harness.app.cleanup.run_due()
        await harness.app.jobs.decisions.expire_due()


@pytest.mark.started_with(tuning=replace(QUICK, deadline_wait_s=WAIT_S))
@pytest.mark.parametrize("jump", [LONG, -LONG])
async def test_a_clock_that_jumps_deletes_and_expires_nothing(
    harness: Harness, clock: MovableClock, jump: timedelta
) -> None:
    await delivered(harness, image=harness.sandbox.discord.upload("cat.png", picture()))
    (harness.data_dir / "media" / f"{'0' * 32}.mp4").write_bytes(b"of no job")
    await rule(harness)
    await ask(harness)
    await question(harness)
    await until(lambda: harness.rows("review_id")[-1]["review_id"] is not None)
    before = kept(harness)
    clock.offset = jump
    await tidied(harness)
    assert kept(harness) == before
    await harness.restart()
    await tidied(harness)
    assert kept(harness) == before


@pytest.mark.slow
@pytest.mark.started_with(tuning=replace(QUICK, timeouts=replace(QUICK.timeouts, clock_settles_s=3.0)))
async def test_a_clock_that_is_wrong_at_a_start_expires_no_video_that_is_being_made(
    harness: Harness, clock: MovableClock
) -> None:
    hold(harness)
    reply = await harness.video("a slow boat")
    await until(lambda: harness.rows("state") == [{"state": "generating"}])
    clock.offset = LONG
    await harness.restart()
    polls = len(harness.sandbox.dimilinks.request_log.requests)
    await until(lambda: len(harness.sandbox.dimilinks.request_log.requests) > polls)
    clock.offset = timedelta()
    await asyncio.sleep(3.5)  # the time after which the clock is looked at again
    finish(harness, "a slow boat")
    await reply.wait_for_video(TIMEOUT_S)


async def test_a_clock_that_is_right_makes_things_due(harness: Harness, clock: MovableClock) -> None:
    await delivered(harness, image=harness.sandbox.discord.upload("cat.png", picture()))
    assert kept(harness)[1]
    clock.offset = LONG
    await harness.restart()
    await tidied(harness)
    assert kept(harness)[1] == []
