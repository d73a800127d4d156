"""`/jobs`: one's own videos under way, waiting, failed, or waiting to be fetched."""

from datetime import timedelta
from pathlib import Path

import pytest

from bot.sandbox.dimilinks import DropAfterAcceptance, TaskOutcome
from bot.sandbox.discord import Reply
from bot.texts import jobs as words
from tests.e2e.actors.buttons import labels, press, told
from tests.e2e.actors.faults import close_every_way, reopen_every_way
from tests.e2e.actors.harness import TIMEOUT_S, Harness, open_harness
from tests.e2e.actors.job_list import list_jobs
from tests.e2e.actors.restarts import AT_ONCE_AND_AFTER_A_RESTART, meanwhile
from tests.e2e.actors.timing import MovableClock, until
from tests.e2e.actors.videos import being_made, finish, in_line


async def laid_aside(harness: Harness, prompt: str = "laid aside") -> Reply:
    """A finished video that nobody could be told of."""
    reply = await being_made(harness, prompt)
    close_every_way(harness, reply)
    finish(harness, prompt)
    await until(lambda: harness.rows("parked_at")[-1]["parked_at"] is not None)
    reopen_every_way(harness)
    return reply


async def test_an_empty_list_says_what_to_do(harness: Harness) -> None:
    shown = await list_jobs(harness)
    assert shown.ephemeral
    assert words.NONE.english in shown.text


@pytest.mark.slow
async def test_ones_own_jobs_are_listed_each_with_what_can_be_done(
    tmp_path: Path, database_url: str | None
) -> None:
    async with open_harness(tmp_path, database_url, jobs_at_once=1) as harness:
        harness.sandbox.dimilinks.faults.submit.append(DropAfterAcceptance())
        await harness.ended(await harness.video("who knows"))
        harness.sandbox.dimilinks.faults.outcomes.clear()
        await (await harness.video("delivered")).wait_for_video(TIMEOUT_S)
        await harness.app.jobs.runner.idle()
        running = await being_made(harness, "being made")
        waiting = await in_line(harness, "waiting")
        shown = await list_jobs(harness)
        text = shown.text
        assert "**waiting in line** · number 1 of 1" in text
        assert "**being made** · " in text
        assert "**outcome unknown**" in text
        assert "**delivered** · 6 s · 720p" in text
        order = ("waiting in line", "being made", "**delivered**", "outcome unknown")
        assert [text.index(state) for state in order] == sorted(text.index(state) for state in order)
        assert shown.current is not None
        assert labels(shown.current) == ["Cancel", "Cancel", "Look again", "Try again", "Change"]
        assert words.NONE.english in (await list_jobs(harness, user=harness.member("bea"))).text
        await told(await press(harness, shown, "Cancel"))
        await waiting.wait_for(lambda version: "Cancelled" in version.text(), TIMEOUT_S)
        finish(harness, "being made")
        await running.wait_for_video(TIMEOUT_S)


@AT_ONCE_AND_AFTER_A_RESTART
@pytest.mark.slow
async def test_more_than_five_are_turned_page_by_page(harness: Harness, *, restarted: bool) -> None:
    for number in range(7):
        harness.sandbox.dimilinks.faults.outcomes.append(TaskOutcome.FAILED)
        await harness.ended(await harness.video(f"number {number}"))
    shown = await list_jobs(harness)
    assert "number 6" in shown.text
    assert "number 1" not in shown.text
    assert "Page 1 of 2" in shown.text
    await meanwhile(harness, restarted=restarted)
    await press(harness, shown, "Older")
    message = shown.message
    assert message is not None
    await message.wait_for(lambda version: "Page 2 of 2" in version.text(), TIMEOUT_S)
    assert "number 1" in message.current.text()
    await press(harness, shown, "Newer")
    await until(lambda: "Page 1 of 2" in message.current.text())


@AT_ONCE_AND_AFTER_A_RESTART
async def test_a_video_that_could_not_be_delivered_is_fetched_once_and_privately(
    harness: Harness, *, restarted: bool
) -> None:
    await laid_aside(harness)
    await meanwhile(harness, restarted=restarted)
    assert len(list((harness.data_dir / "media").glob("*.mp4"))) == 1
    shown = await list_jobs(harness)
    assert "**ready to pick up** · kept until <t:" in shown.text
    fetched = await press(harness, shown, "Fetch the video")
    video = await fetched.wait_for_video(TIMEOUT_S)
    assert video.ephemeral
    await harness.app.jobs.runner.idle()
    (row,) = harness.rows()
    assert row["state"] == "delivered"
    assert [path.name for path in (harness.data_dir / "media").iterdir()] == [row["original_name"]]
    again = await press(harness, shown, "Fetch the video")
    assert await told(again) in {words.NOTHING_TO_FETCH.english, words.ALREADY_FETCHED.english}
    assert harness.bought == 1


async def test_a_video_that_nobody_fetches_is_given_up_in_the_end(
    tmp_path: Path, database_url: str | None
) -> None:
    clock = MovableClock()
    async with open_harness(tmp_path, database_url, now=clock, keep_undelivered_days=7) as harness:
        reply = await laid_aside(harness)
        clock.offset = timedelta(days=6, hours=23)
        await harness.app.cleanup.run_once(harness.now())
        assert "ready to pick up" in (await list_jobs(harness)).text
        clock.offset = timedelta(days=7, minutes=1)
        await harness.app.cleanup.run_once(harness.now())
        shown = await reply.wait_for(
            lambda version: "Nobody picked up this video" in version.text(), TIMEOUT_S
        )
        assert "The bot's operator has paid for this video." in shown.text()
        assert labels(shown) == ["Look again", "Change"]
