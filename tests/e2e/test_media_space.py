"""Space for videos: originals go first, what is still wanted stays, and without space nothing is bought."""

import os
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from bot.lifecycle.media_space import FREE_BYTES
from bot.sandbox.discord import Reply
from bot.texts import files, operator
from tests.e2e.actors.bucket import QUICK_STORE, with_bucket
from tests.e2e.actors.buttons import told
from tests.e2e.actors.direct_messages import news
from tests.e2e.actors.harness import QUICK, TIMEOUT_S, Harness, open_harness
from tests.e2e.actors.reports import hidden, kept, rule
from tests.e2e.actors.timing import until
from tests.e2e.actors.videos import being_made, delivered, finish, limit_files, media, shown

MB = 1_000_000
NO_ROOM = files.NO_ROOM.in_a_row.english
pytestmark = pytest.mark.started_with(media_limit_gb=0.1)


@dataclass
class Disk:
    """A disk whose free space a test chooses."""

    free_bytes: int = FREE_BYTES

    def free(self, folder: Path) -> int:
        assert folder.is_dir()
        return self.free_bytes


def names(harness: Harness) -> list[str]:
    """The originals, oldest first; an ellipsis for each that is gone."""
    return [row["original_name"] or "…" for row in harness.rows("original_name, created_at")]


def enlarge(harness: Harness, name: str, size_bytes: int) -> None:
    os.truncate(harness.data_dir / "media" / name, size_bytes)


async def laid_aside(harness: Harness, size_bytes: int) -> str:
    """A video that waits in `/jobs` and is as large as that; its file."""
    limit_files(harness, 1000)
    await harness.ended(await harness.video("large"))
    limit_files(harness, 10 * MB)
    name = next(row["video_name"] for row in harness.rows() if row["parked_at"] is not None)
    enlarge(harness, name, size_bytes)
    return name


async def refused(harness: Harness) -> Reply:
    reply = await harness.video("one more")
    assert NO_ROOM in await told(reply)
    return reply


@pytest.mark.slow
async def test_the_oldest_originals_go_first_and_only_as_many_as_needed(harness: Harness) -> None:
    for _ in range(3):
        await delivered(harness)
    first, second, third = names(harness)
    for name, size in ((first, 60), (second, 30), (third, 5)):
        enlarge(harness, name, size * MB)
    await harness.app.jobs.media_space.make_room()
    assert media(harness) == sorted([first, second, third])
    enlarge(harness, third, 40 * MB)
    await delivered(harness)
    assert names(harness)[:3] == ["…", second, third]
    assert first not in media(harness)
    assert news(harness) == []


@pytest.mark.slow
async def test_videos_of_running_jobs_stay_and_so_do_those_that_wait(harness: Harness) -> None:
    waiting = await laid_aside(harness, 20 * MB)
    await delivered(harness)
    reply = await being_made(harness, "a paper boat")
    enlarge(harness, names(harness)[1], 99 * MB)
    finish(harness, "a paper boat")
    await shown(harness, reply)
    assert names(harness)[1] == "…"
    assert waiting in media(harness)


async def test_videos_that_wait_are_never_deleted_for_space_and_nothing_new_is_bought(
    harness: Harness,
) -> None:
    name = await laid_aside(harness, 120 * MB)
    for _ in range(2):
        assert (await refused(harness)).ephemeral
    assert harness.bought == 1
    assert name in media(harness)
    await until(lambda: bool(news(harness)))
    assert news(harness) == [operator.media_limit_reached(120 * MB)]
    enlarge(harness, name, 20 * MB)
    await delivered(harness)
    await until(lambda: news(harness)[1:] == [operator.ROOM_AGAIN])
    assert harness.bought == 2


@pytest.mark.slow
async def test_hidden_videos_are_never_deleted_for_space(harness: Harness) -> None:
    await rule(harness)
    await hidden(harness, await delivered(harness))
    (copy,) = kept(harness)
    os.truncate(copy, 120 * MB)
    await refused(harness)
    assert kept(harness) == [copy]


@pytest.mark.slow
@pytest.mark.started_with(tuning=QUICK_STORE)
async def test_videos_that_were_just_delivered_from_a_bucket_leave_room_for_the_next(
    harness: Harness,
) -> None:
    async with with_bucket(harness, media_limit_gb=0.1):
        await delivered(harness)
        enlarge(harness, names(harness)[0], 120 * MB)
        await delivered(harness)
        assert harness.bought == 2
        assert news(harness) == []
        assert len(media(harness)) == 2


@pytest.mark.slow
async def test_a_full_disk_takes_originals_first_and_then_no_request(
    tmp_path: Path, database_url: str | None
) -> None:
    disk = Disk()
    async with open_harness(tmp_path, database_url, tuning=replace(QUICK, free_bytes=disk.free)) as harness:
        running = await being_made(harness, "running")
        disk.free_bytes = FREE_BYTES - 1
        await refused(harness)
        finish(harness, "running")
        await running.wait_for_video(TIMEOUT_S)
        await until(lambda: names(harness) == ["…"])
        await until(lambda: bool(news(harness)))
        assert news(harness) == [operator.disk_full(FREE_BYTES - 1, FREE_BYTES)]
        disk.free_bytes = FREE_BYTES
        await delivered(harness)
        assert harness.bought == 2
