"""What goes wrong while a file is made and posted: tried again, or fallen back; nothing is lost or shown twice."""

import asyncio
import signal
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from bot.jobs.cards import Stage
from bot.jobs.job import JobState
from bot.sandbox.discord import DiscordFault, Drop
from tests.children.processes import video_children
from tests.e2e.actors.buttons import message_of, press
from tests.e2e.actors.harness import QUICK, TIMEOUT_S, Harness
from tests.e2e.actors.job_list import list_jobs
from tests.e2e.actors.timing import until
from tests.e2e.actors.videos import being_made, film_that_comes, finish, limit_files, media, shown

SMALL_LIMIT = 500_000
PROMPT = "a paper boat"
SHORT = replace(QUICK, finish_within_s=1.5)


@asynccontextmanager
async def children_that(suffer: Callable[[psutil.Process], None]) -> AsyncGenerator[None]:
    """Have whatever reads or writes videos suffer as soon as it is there."""

    async def look() -> None:
        while True:
            for child in video_children():
                with suppress(psutil.NoSuchProcess, psutil.ZombieProcess):
                    suffer(child)
            await asyncio.sleep(0.01)

    looking = asyncio.create_task(look())
    try:
        yield
    finally:
        looking.cancel()
        await asyncio.wait([looking])


def hang(child: psutil.Process) -> None:
    # The one that only reads is started before, and has more time than a test.
    reads = min(video_children(), key=psutil.Process.create_time)
    if child != reads:
        child.send_signal(signal.SIGSTOP)


def came(harness: Harness) -> bytes:
    (film,) = (harness.data_dir.parent / "films").glob("sample-*")
    return film.read_bytes()


def shown_videos(harness: Harness) -> int:
    """How many messages show a video, wherever they are."""
    channels = harness.sandbox.discord.world.channels.values()
    messages = [message for channel in channels for message in channel.messages if not message.deleted]
    return sum(bool(message.current.videos) for message in messages)


@pytest.mark.parametrize(
    "suffer",
    [
        psutil.Process.kill,
        pytest.param(hang, marks=[pytest.mark.slow, pytest.mark.started_with(tuning=SHORT)]),
    ],
    ids=["killed", "hung"],
)
async def test_without_a_child_a_video_that_fits_is_posted_as_it_came(
    harness: Harness, suffer: Callable[[psutil.Process], None]
) -> None:
    reply = await being_made(harness, PROMPT)
    async with children_that(suffer):
        finish(harness, PROMPT)
        await shown(harness, reply)
    (posted,) = message_of(reply).current.videos
    assert posted.path.read_bytes() == came(harness)
    (row,) = harness.rows()
    assert (row["state"], row["starts"]) == (JobState.DELIVERED, 0)
    assert media(harness) == [row["original_name"]]


@pytest.mark.slow
async def test_without_a_child_a_video_that_is_too_large_waits_and_can_be_fetched(harness: Harness) -> None:
    limit_files(harness, SMALL_LIMIT)
    film_that_comes(harness)
    reply = await being_made(harness, PROMPT)
    async with children_that(psutil.Process.kill):
        finish(harness, PROMPT)
        told = await harness.ended(reply)
    assert "I could not make it smaller" in told.text()
    assert "The bot's operator has paid for this video." in told.text()
    (row,) = harness.rows()
    assert media(harness) == [row["video_name"]]
    fetched = await press(harness, await list_jobs(harness), "Fetch the video")
    await shown(harness, fetched)
    assert harness.bought == shown_videos(harness) == 1


async def test_on_a_full_disk_a_video_that_fits_is_posted_as_it_came(harness: Harness) -> None:
    reply = await being_made(harness, PROMPT)
    (row,) = harness.rows("id")
    part = harness.data_dir / "media" / f"{row['id']}.post.mp4.part"
    part.symlink_to(Path("/dev/full"))
    finish(harness, PROMPT)
    await shown(harness, reply)
    (posted,) = message_of(reply).current.videos
    assert posted.path.read_bytes() == came(harness)


@pytest.mark.parametrize("drop", [Drop.BEFORE, pytest.param(Drop.AFTER, marks=pytest.mark.slow)])
async def test_an_upload_that_is_dropped_is_made_again_and_shown_once(harness: Harness, drop: Drop) -> None:
    reply = await being_made(harness, PROMPT)
    harness.sandbox.discord.faults.append(DiscordFault("PATCH /webhooks/*", drop=drop, times=3))
    finish(harness, PROMPT)
    await shown(harness, reply)
    assert harness.bought == shown_videos(harness) == 1
    (row,) = harness.rows()
    assert media(harness) == [row["original_name"]]


@pytest.mark.slow
async def test_a_video_whose_channel_is_deleted_waits_or_comes_directly(harness: Harness) -> None:
    limit_files(harness, SMALL_LIMIT)
    film_that_comes(harness)
    reply = await being_made(harness, PROMPT)
    harness.channel.delete()
    reply.expire_token()
    finish(harness, PROMPT)
    inbox = harness.sandbox.discord.dm(harness.user)
    message = await inbox.wait_for_message(lambda version: bool(version.videos), TIMEOUT_S)
    await harness.app.jobs.runner.idle()
    assert message.current.videos[0].path.stat().st_size <= SMALL_LIMIT
    assert harness.bought == shown_videos(harness) == 1


async def test_a_stop_between_the_file_and_its_upload_is_no_death(harness: Harness) -> None:
    reply = await being_made(harness, PROMPT)
    await harness.app.jobs._uploads.close(within_s=TIMEOUT_S)  # as a stop does first
    finish(harness, PROMPT)
    (row,) = harness.rows("id")
    await until(lambda: _stage(harness, row["id"]) is Stage.UPLOADING)
    assert harness.rows("starts") == [{"starts": 1}]
    await harness.stop()
    assert harness.rows("state, starts") == [{"state": JobState.DELIVERING, "starts": 0}]
    await harness.start()
    await reply.wait_for_video(timeout_s=TIMEOUT_S)
    assert harness.bought == 1


def _stage(harness: Harness, job_id: str) -> Stage | None:
    progress = harness.app.jobs.lifecycle.progress(job_id)
    return progress.stage if progress is not None else None
