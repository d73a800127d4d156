"""Copies of files in a bucket: they go when nobody uses them, but none that is needed and nowhere else."""

import os
from collections.abc import AsyncGenerator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.files.bucket import Bucket
from bot.files.bucket_files import BucketFiles
from bot.files.deletions import FileDeletions
from bot.jobs.heartbeat import Heartbeat
from bot.jobs.job import JobState
from bot.jobs.store import JobStore
from bot.lifecycle.file_cache import FileCache
from bot.settings import load
from bot.storage.opening import open_database
from tests.files.s3_server import QUICK_TIMES, S3Server
from tests.jobs.builders import a_job

NOW = datetime.now(UTC)


@dataclass
class Cached:
    """A cache, the job that runs here, and the bucket behind it."""

    cache: FileCache
    server: S3Server
    running: set[str]

    def has(self, name: str, *, unused_s: float = 3600.0) -> None:
        """Put a copy there."""
        kind, _, rest = name.partition("/")
        path = (self.cache.videos if kind == "media" else self.cache.pictures).path(rest)
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"a copy")
        used_at_s = (NOW - timedelta(seconds=unused_s)).timestamp()
        os.utime(path, (used_at_s, used_at_s))
        os.utime(path.parent, (used_at_s, used_at_s))

    @property
    def here(self) -> list[str]:
        """Return the copies."""
        folder = self.cache.videos.folder.parent
        return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*/*") if path.is_file())


@pytest.fixture
async def cached(tmp_path: Path) -> AsyncGenerator[Cached]:
    async with S3Server().running() as server, open_database(None, tmp_path / "database") as database:
        bucket = Bucket(load(server.environment(), env_file=None), QUICK_TIMES)
        deletions = FileDeletions(database, bucket, lambda: NOW, every_s=0.0)
        for name in ("spool", "media"):
            (tmp_path / "data" / name).mkdir(parents=True)
        store, running = JobStore(database, tmp_path / "data" / "spool"), {"runs"}
        over = replace(a_job(state=JobState.DELIVERED, job_id="over"), ended_at=NOW - timedelta(days=1))
        for job in (over, a_job(job_id="runs"), a_job(job_id="waits")):
            await store.add(job)
        cache = FileCache(
            pictures=BucketFiles(tmp_path / "data" / "spool", "spool", bucket, deletions),
            videos=BucketFiles(tmp_path / "data" / "media", "media", bucket, deletions),
            database=database,
            running=lambda: running,
            now=lambda: NOW,
            unused_s=60.0,
        )
        yield Cached(cache, server, running)


async def test_what_nobody_uses_goes_unless_it_runs_here(cached: Cached) -> None:
    for name in ("media/over.mp4", "media/hidden-over.mp4", "media/runs.mp4", "spool/over/0.png"):
        cached.has(name)
    cached.has("media/over.full.mp4", unused_s=10.0)
    await cached.cache.run_once()
    assert cached.here == ["media/over.full.mp4", "media/runs.mp4"]
    folder = cached.cache.pictures.path("over")
    os.utime(folder, (0, 0))
    await cached.cache.run_once()
    assert not folder.exists()


async def test_an_empty_folder_that_was_just_made_stays_for_what_comes_into_it(cached: Cached) -> None:
    folder = cached.cache.pictures.path("waits")
    folder.mkdir()
    await cached.cache.run_once()
    assert folder.exists()


async def test_what_runs_here_is_used_also_for_another_process_that_shares_the_folder(cached: Cached) -> None:
    cached.has("media/runs.mp4")
    await cached.cache.run_once()
    other = replace(cached.cache, running=set[str])
    await other.run_once()
    assert cached.here == ["media/runs.mp4"]


async def test_what_is_made_of_a_waiting_video_goes_and_is_put_nowhere(cached: Cached) -> None:
    for name in (
        "media/waits.post.mp4",
        "media/waits.full.mp4",
        "media/waits.mp4.part",
        "spool/waits/0.png.part",
    ):
        cached.has(name)
    await cached.cache.run_once()
    assert (cached.here, cached.server.names()) == ([], [])


async def test_a_job_that_begins_to_run_meanwhile_keeps_its_copies(cached: Cached) -> None:
    cached.has("media/waits.mp4")
    await cached.cache.videos.keep(["waits.mp4"])
    running = iter([set[str](), {"waits"}])
    await replace(cached.cache, running=lambda: next(running)).run_once()
    assert cached.here == ["media/waits.mp4"]


async def test_what_only_this_machine_has_of_a_job_that_is_not_over_goes_into_the_bucket_first(
    cached: Cached,
) -> None:
    cached.has("media/waits.mp4")
    away = cached.server.fail()
    await cached.cache.run_once()
    assert (cached.here, cached.server.names()) == (["media/waits.mp4"], [])
    away.times = 0
    await cached.cache.run_once()
    assert (cached.here, cached.server.names()) == (["media/waits.mp4"], ["media/waits.mp4"])
    os.utime(cached.cache.videos.path("waits.mp4"), (0, 0))
    await cached.cache.run_once()
    assert cached.here == []


async def test_what_only_this_machine_has_from_before_the_database_stays_and_is_put_nowhere(
    cached: Cached,
) -> None:
    await Heartbeat(cached.cache.database, "process", lambda: NOW - timedelta(hours=1)).begin()
    for name in ("here", "both"):
        cached.has(f"media/{name}.mp4", unused_s=5000.0)
    cached.has("media/since.mp4", unused_s=3000.0)
    await cached.cache.videos.keep(["both.mp4"])
    assert [one.name for one in await cached.cache.kept()] == ["since.mp4"]
    await cached.cache.run_once()
    assert (cached.here, cached.server.names()) == (["media/here.mp4"], ["media/both.mp4"])


async def test_for_space_those_go_first_that_were_not_used_for_longest(cached: Cached) -> None:
    for name, unused_s in (("over.mp4", 2000.0), ("hidden-over.mp4", 5000.0), ("runs.mp4", 9000.0)):
        cached.has(f"media/{name}", unused_s=unused_s)
    cached.has("media/gone.mp4", unused_s=100.0)
    found = await cached.cache.kept()
    assert [one.name for one in found] == ["hidden-over.mp4", "over.mp4"]
    await cached.cache.expire(found[:1])
    assert cached.here == ["media/gone.mp4", "media/over.mp4", "media/runs.mp4"]
