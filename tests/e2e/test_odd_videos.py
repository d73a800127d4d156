"""Videos that are not as asked for say so; those that nobody can read are posted all the same."""

import asyncio
from dataclasses import replace

import pytest
from PIL import ImageColor

from bot.jobs.job import JobState
from bot.sandbox.dimilinks import Endpoint, HttpError, OddContent, OtherVideo, Truncated
from bot.sandbox.discord import Reply
from tests.e2e.actors.buttons import message_of
from tests.e2e.actors.forms import opens, send
from tests.e2e.actors.harness import QUICK, TIMEOUT_S, Harness
from tests.e2e.actors.references import first_reference
from tests.e2e.actors.timing import until
from tests.e2e.actors.videos import delivered, shown
from tests.video_files.films import corners, encoded, quarters

QUARTER_TURN = (0, 1 << 16, 0, -(1 << 16), 0, 0, 0, 0, 1 << 30)
AS_ASKED = "as ordered"


def counted(harness: Harness, what: str) -> float | None:
    name = "stillmotion_videos_not_as_asked_total"
    return harness.app.metrics.registry.get_sample_value(name, {"what": what})


async def test_a_video_that_is_as_asked_for_says_nothing(harness: Harness) -> None:
    for options in ({}, {"seconds": "20", "size": "720x1280", "resolution": "480p"}):
        version = await shown(harness, await delivered(harness, **options))
        assert AS_ASKED not in version.text()
    assert [row["mismatch"] for row in harness.rows("mismatch")] == [None, None]
    assert counted(harness, "duration") is counted(harness, "frame") is None


async def test_a_video_that_is_too_short_says_so_and_is_counted(harness: Harness) -> None:
    harness.sandbox.dimilinks.faults.outcomes.append(OtherVideo(seconds="6"))
    version = await shown(harness, await delivered(harness, seconds="20"))
    assert "asked for 20 s and got 6 s" in version.text()
    assert (counted(harness, "duration"), counted(harness, "frame")) == (1.0, None)
    (row,) = harness.rows()
    assert (row["state"], row["starts"]) == (JobState.DELIVERED, 0)


@pytest.mark.parametrize(
    ("other", "options", "told"),
    [
        (OtherVideo(size="640x640"), {}, "asked for 1280x720 and got 640x640"),
        (OtherVideo(size="1280x720"), {"size": "720x1280"}, "asked for 720x1280 and got 1280x720"),
        pytest.param(
            OtherVideo(size="640x360"), {}, "asked for 1280x720 and got 640x360", marks=pytest.mark.slow
        ),
    ],
)
async def test_a_video_with_another_frame_says_so(
    harness: Harness, other: OtherVideo, options: dict[str, str], told: str
) -> None:
    harness.sandbox.dimilinks.faults.outcomes.append(other)
    version = await shown(harness, await delivered(harness, **options))
    assert told in version.text()
    assert counted(harness, "frame") == 1.0


async def test_it_says_so_in_the_user_s_language(harness: Harness) -> None:
    harness.sandbox.dimilinks.faults.outcomes.append(OtherVideo(seconds="6", size="640x640"))
    user = harness.sandbox.discord.add_user("chihiro", locale="ja")
    harness.guild.join(user)
    version = await shown(harness, await delivered(harness, user=user, private=True, seconds="20"))
    assert "20秒のところ6秒でした" in version.text()
    assert "1280x720のところ640x640でした" in version.text()


async def test_a_video_that_nobody_can_read_is_posted_all_the_same(harness: Harness) -> None:
    harness.sandbox.dimilinks.faults.content.append(OddContent(readable=False))
    version = await shown(harness, await delivered(harness))
    assert AS_ASKED not in version.text()
    assert harness.sandbox.dimilinks.request_log.downloads.total() == 1


async def test_bytes_behind_the_last_box_cost_no_second_download(harness: Harness) -> None:
    harness.sandbox.dimilinks.faults.content.append(OddContent(trailing=b"\n"))
    await delivered(harness)
    assert harness.sandbox.dimilinks.request_log.downloads.total() == 1


@pytest.mark.slow
@pytest.mark.started_with(tuning=replace(QUICK, timeouts=replace(QUICK.timeouts, download_s=60.0)))
async def test_half_a_video_that_is_handed_out_as_if_it_were_all_is_not_posted(harness: Harness) -> None:
    harness.sandbox.dimilinks.faults.content.extend([Truncated()] * 4)
    await delivered(harness)
    assert harness.sandbox.dimilinks.request_log.downloads.total() == 5


@pytest.mark.slow
async def test_the_last_frame_of_a_turned_video_is_upright(harness: Harness) -> None:
    reply = await delivered(harness)
    opened = await opens(harness, reply, "Use last frame")
    (posted,) = message_of(reply).current.videos
    posted.path.write_bytes(encoded([quarters((320, 192))] * 3, matrix=QUARTER_TURN))
    await shown(harness, await send(harness, opened, {"prompt": "it sinks"}))
    _, taken = first_reference(harness)
    assert taken.size == (192, 320)
    for found, colour in zip(corners(taken), ("blue", "red", "white", "lime"), strict=True):
        assert found == pytest.approx(ImageColor.getrgb(colour), abs=4)


async def being_fetched_though_unknown(harness: Harness) -> Reply:
    """A video that the service sends while it says that it knows no such task, and that does not arrive."""
    harness.sandbox.dimilinks.faults.rate(
        Endpoint.TASK, 1.0, [HttpError(404, "task_not_found", "任务不存在")]
    )
    reply = await harness.video()
    await until(lambda: [row["state"] for row in harness.rows()] == [JobState.READY])
    return reply


@pytest.mark.slow
async def test_a_video_that_is_cut_while_its_task_is_unknown_is_fetched_again(harness: Harness) -> None:
    harness.sandbox.dimilinks.faults.rate(Endpoint.CONTENT, 1.0, [Truncated(0.5, honest_length=False)])
    reply = await being_fetched_though_unknown(harness)
    harness.sandbox.dimilinks.faults.clear()
    await reply.wait_for_video(TIMEOUT_S)
    assert harness.bought == 1


@pytest.mark.slow
async def test_a_video_that_the_disk_does_not_take_while_its_task_is_unknown_is_fetched_again(
    harness: Harness,
) -> None:
    folder, aside = harness.data_dir / "media", harness.data_dir / "aside"
    await asyncio.to_thread(folder.rename, aside)
    await asyncio.to_thread(folder.write_text, "no folder")
    reply = await being_fetched_though_unknown(harness)
    await asyncio.to_thread(folder.unlink)
    await asyncio.to_thread(aside.rename, folder)
    await reply.wait_for_video(TIMEOUT_S)
