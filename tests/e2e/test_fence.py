"""Runs that meet each other, faults of our own, answers of Discord that cannot be read: nothing bought is lost."""

import asyncio
from dataclasses import replace

import pytest

from bot.lifecycle.runner import SupersededError
from bot.sandbox.dimilinks import TaskOutcome
from bot.sandbox.discord import DiscordFault, OddAnswer
from tests.e2e.actors.buttons import press
from tests.e2e.actors.damage import change_rows
from tests.e2e.actors.faults import locked_disk
from tests.e2e.actors.harness import QUICK, TIMEOUT_S, Harness
from tests.e2e.actors.job_list import list_jobs
from tests.e2e.actors.pictures import png_of
from tests.e2e.actors.videos import being_made, finish


async def generating(harness: Harness, **options: bool) -> str:
    """A job whose video is being made; its id."""
    await being_made(harness, **options)
    (row,) = harness.rows("id")
    return row["id"]


@pytest.mark.postgresql
async def test_every_run_raises_the_claim_and_names_itself(harness: Harness) -> None:
    await (await harness.video()).wait_for_video(TIMEOUT_S)
    (first,) = harness.rows("claim, claimed_by")
    assert first["claim"] == 1
    assert first["claimed_by"] == harness.app.jobs.owner


@pytest.mark.postgresql
@pytest.mark.started_with(tuning=replace(QUICK, expire_after_s=4.0))  # its next write
async def test_a_run_that_lost_its_claim_to_another_process_writes_nothing_and_says_so(
    harness: Harness,
) -> None:
    job_id = await generating(harness)
    await change_rows(
        harness, "UPDATE jobs SET claim = claim + 1, claimed_by = 'other:1:x' WHERE id = ?", job_id
    )
    async with asyncio.timeout(TIMEOUT_S):
        await harness.app.jobs.runner.superseded.wait()
    with pytest.raises(SupersededError):
        await harness.stop()
    (row,) = harness.rows("state, claimed_by, video_name")
    assert row["state"] == "generating"
    assert row["claimed_by"] == "other:1:x"


@pytest.mark.parametrize("answer", [OddAnswer.PAGE, OddAnswer.EMPTY, OddAnswer.LIST])
async def test_an_upload_whose_answer_cannot_be_read_is_looked_for_and_not_made_twice(
    harness: Harness, answer: OddAnswer
) -> None:
    reply = await being_made(harness)
    uploads = len([version for version in reply.versions if version.videos])
    harness.sandbox.discord.faults.append(DiscordFault("PATCH /webhooks/*", answer=answer, times=3))
    finish(harness)
    await reply.wait_for_video(TIMEOUT_S)
    await harness.app.jobs.runner.idle()
    assert reply.versions[-1].videos
    assert len([version for version in reply.versions if version.videos]) == uploads + 1


async def test_a_card_whose_edit_is_answered_oddly_goes_on(harness: Harness) -> None:
    harness.sandbox.discord.faults.append(DiscordFault("PATCH /webhooks/*", answer=OddAnswer.PAGE, times=2))
    reply = await harness.video()
    await reply.wait_for_video(TIMEOUT_S)
    assert harness.bought == 1


@pytest.mark.postgresql
async def test_a_bought_job_that_killed_the_bot_twice_waits_to_be_fetched(harness: Harness) -> None:
    reply = await being_made(harness)
    await harness.stop()
    finish(harness)
    await change_rows(harness, "UPDATE jobs SET starts = 2")
    await harness.start()
    shown = await reply.wait_for(
        lambda version: "Something went wrong on my side" in version.text(), TIMEOUT_S
    )
    assert "The bot's operator has paid for this video." in shown.text()
    await harness.app.jobs.runner.idle()
    assert harness.rows("parked_at")[0]["parked_at"] is not None
    fetched = await press(harness, await list_jobs(harness), "Fetch the video")
    await fetched.wait_for_video(TIMEOUT_S)
    assert harness.bought == 1
    await harness.app.jobs.runner.idle()
    assert harness.rows("state, starts") == [{"state": "delivered", "starts": 0}]


@pytest.mark.postgresql
async def test_a_request_that_killed_the_bot_twice_ends_without_a_purchase(harness: Harness) -> None:
    await harness.restart(jobs_at_once=1)
    await being_made(harness, "first")
    picture = harness.sandbox.discord.upload("cat.png", png_of(30_000))
    reply = await harness.video("second", user=harness.member("second"), image=picture)
    await reply.wait_for(lambda version: "in line" in version.text(), TIMEOUT_S)
    await harness.stop()
    await change_rows(harness, "UPDATE jobs SET starts = 2, pictures = NULL WHERE prompt = 'second'")
    finish(harness, "first")
    await harness.start()
    shown = await harness.ended(reply)
    assert "Something went wrong on my side" in shown.text()
    assert "This cost nothing." in shown.text()


async def test_a_clean_stop_counts_no_start(harness: Harness) -> None:
    harness.sandbox.discord.faults.append(DiscordFault("PATCH /webhooks/*", delay_s=3.0, times=50))
    await harness.video()
    async with asyncio.timeout(TIMEOUT_S):
        while harness.rows("starts") != [{"starts": 1}]:  # noqa: ASYNC110 - a row of another connection
            await asyncio.sleep(0.02)
    # As if the stop had met this on its way to the disk.
    await change_rows(harness, "UPDATE jobs SET submitted_at = 1")
    await harness.stop()
    assert harness.rows("starts, submitted_at") == [{"starts": 0, "submitted_at": 1}]
    harness.sandbox.discord.faults.clear()
    await harness.start()


@pytest.mark.postgresql
async def test_an_ending_that_cannot_be_stored_is_shown_from_memory(harness: Harness) -> None:
    reply = await being_made(harness)
    async with locked_disk(harness):
        finish(harness, outcome=TaskOutcome.FAILED)
        await reply.wait_for(lambda version: "could not make this video" in version.text(), TIMEOUT_S)
        assert harness.rows("state")[0]["state"] == "generating"
    await harness.app.jobs.runner.idle()
    assert harness.rows("state")[0]["state"] == "failed"


@pytest.mark.postgresql
async def test_a_video_that_the_reply_shows_already_is_not_set_aside(harness: Harness) -> None:
    reply = await harness.video()
    await reply.wait_for_video(TIMEOUT_S)
    await harness.app.jobs.runner.idle()
    await harness.stop()
    # As two deaths between the upload and its note would leave it.
    await change_rows(
        harness,
        "UPDATE jobs SET state = 'delivering', settled_at = NULL, ended_at = NULL, starts = 2,"
        " video_name = id || '.mp4', post_route = 'token', post_started_at = created_at",
    )
    await harness.start()
    await harness.app.jobs.runner.idle()
    assert harness.rows("state, parked_at") == [{"state": "delivered", "parked_at": None}]
    assert len([version for version in reply.versions if version.videos]) == 1
