"""`/jobs`: one's own videos under way, waiting, failed, or waiting to be fetched."""

from collections.abc import AsyncGenerator
from datetime import timedelta
from pathlib import Path

import pytest

from bot.sandbox.dimilinks import DropAfterAcceptance, TaskOutcome
from bot.sandbox.discord import Reply, User
from bot.texts import jobs as words
from tests.e2e.presses import (
    AT_ONCE_AND_AFTER_A_RESTART,
    MovableClock,
    being_made,
    close_every_way,
    finish,
    in_line,
    labels,
    meanwhile,
    press,
    reopen_every_way,
    told,
    until,
)
from tests.e2e.stage import PATIENT, TIMEOUT_S, Stage, open_stage


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncGenerator[Stage]:
    """A running bot that waits long for a video."""
    async with open_stage(tmp_path, tuning=PATIENT) as opened:
        yield opened


async def jobs(stage: Stage, user: User | None = None) -> Reply:
    """Type `/jobs`, and have the answer."""
    reply = await stage.sandbox.discord.invoke("jobs", user=user or stage.user, channel=stage.channel)
    await reply.wait_for_answer(TIMEOUT_S)
    return reply


async def laid_aside(stage: Stage, prompt: str = "laid aside") -> Reply:
    """A finished video that nobody could be told of."""
    reply = await being_made(stage, prompt)
    close_every_way(stage, reply)
    finish(stage, prompt)
    await until(lambda: stage.rows("parked_at")[-1]["parked_at"] is not None)
    reopen_every_way(stage)
    return reply


async def test_an_empty_list_says_what_to_do(stage: Stage) -> None:
    shown = await jobs(stage)
    assert shown.ephemeral
    assert words.NONE.english in shown.text


async def test_ones_own_jobs_are_listed_each_with_what_can_be_done(tmp_path: Path) -> None:
    async with open_stage(tmp_path, tuning=PATIENT, jobs_at_once=1) as stage:
        stage.sandbox.dimilinks.faults.submit.append(DropAfterAcceptance())
        await stage.ended(await stage.video("who knows"))
        stage.sandbox.dimilinks.faults.outcomes.clear()
        await (await stage.video("delivered")).wait_for_video(TIMEOUT_S)
        await stage.app.engine.idle()
        running = await being_made(stage, "being made")
        waiting = await in_line(stage, "waiting")
        shown = await jobs(stage)
        text = shown.text
        assert "**waiting in line** · number 1 of 1" in text
        assert "**being made** · " in text
        assert "**outcome unknown**" in text
        assert "> delivered" not in text
        assert text.index("waiting in line") < text.index("being made") < text.index("outcome unknown")
        assert shown.current is not None
        assert labels(shown.current) == ["Cancel", "Cancel", "Try again"]
        assert words.NONE.english in (await jobs(stage, stage.member("bea"))).text
        await told(await press(stage, shown, "Cancel"))
        await waiting.wait_for(lambda version: "Cancelled" in version.text(), TIMEOUT_S)
        finish(stage, "being made")
        await running.wait_for_video(TIMEOUT_S)


@AT_ONCE_AND_AFTER_A_RESTART
async def test_more_than_five_are_turned_page_by_page(stage: Stage, *, restarted: bool) -> None:
    for number in range(7):
        stage.sandbox.dimilinks.faults.outcomes.append(TaskOutcome.FAILED)
        await stage.ended(await stage.video(f"number {number}"))
    shown = await jobs(stage)
    assert "number 6" in shown.text
    assert "number 1" not in shown.text
    assert "Page 1 of 2" in shown.text
    await meanwhile(stage, restarted=restarted)
    await press(stage, shown, "Older")
    message = shown.message
    assert message is not None
    await message.wait_for(lambda version: "Page 2 of 2" in version.text(), TIMEOUT_S)
    assert "number 1" in message.current.text()
    await press(stage, shown, "Newer")
    await until(lambda: "Page 1 of 2" in message.current.text())


@AT_ONCE_AND_AFTER_A_RESTART
async def test_a_video_that_could_not_be_delivered_is_fetched_once_and_privately(
    stage: Stage, *, restarted: bool
) -> None:
    await laid_aside(stage)
    await meanwhile(stage, restarted=restarted)
    assert len(list((stage.data_dir / "media").glob("*.mp4"))) == 1
    shown = await jobs(stage)
    assert "**ready: fetch it** · kept until <t:" in shown.text
    fetched = await press(stage, shown, "Fetch the video")
    video = await fetched.wait_for_video(TIMEOUT_S)
    assert video.ephemeral
    await stage.app.engine.idle()
    assert list((stage.data_dir / "media").glob("*.mp4")) == []
    assert [row["state"] for row in stage.rows("state")] == ["delivered"]
    again = await press(stage, shown, "Fetch the video")
    assert await told(again) in {words.NOTHING_TO_FETCH.english, words.ALREADY_FETCHED.english}
    assert stage.bought == 1


async def test_a_video_that_nobody_fetches_is_given_up_in_the_end(tmp_path: Path) -> None:
    clock = MovableClock()
    async with open_stage(tmp_path, now=clock, keep_undelivered_days=7) as stage:
        reply = await laid_aside(stage)
        clock.offset = timedelta(days=6, hours=23)
        await stage.app.housekeeping.tidy()
        assert "ready: fetch it" in (await jobs(stage)).text
        clock.offset = timedelta(days=7, minutes=1)
        await stage.app.housekeeping.tidy()
        shown = await reply.wait_for(lambda version: "Nobody fetched this video" in version.text(), TIMEOUT_S)
        assert "This video was charged." in shown.text()
        assert labels(shown) == ["Look again"]
