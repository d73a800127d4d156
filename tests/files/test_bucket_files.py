"""Files in a bucket: a copy is fetched where it is missing, and what was deleted stays deleted."""

from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.files.bucket import Bucket
from bot.files.bucket_files import BucketFiles
from bot.files.deletions import FileDeletions, count_deletions
from bot.files.store import FilesUnavailableError
from bot.storage.database import Database
from bot.storage.opening import open_database
from tests.files.s3_server import S3Server

NOW = datetime(2026, 11, 1, tzinfo=UTC)


@pytest.fixture
async def database(database_url: str | None, tmp_path: Path) -> AsyncGenerator[Database]:
    async with open_database(database_url, tmp_path) as opened:
        yield opened


@pytest.fixture
def deletions(database: Database, bucket: Bucket) -> FileDeletions:
    return FileDeletions(database, bucket, lambda: NOW, every_s=0.0)


def files_in(folder: Path, kind: str, bucket: Bucket, deletions: FileDeletions) -> BucketFiles:
    folder.mkdir()
    return BucketFiles(folder, kind, bucket, deletions)


@pytest.fixture
def videos(tmp_path: Path, bucket: Bucket, deletions: FileDeletions) -> BucketFiles:
    return files_in(tmp_path / "media", "media", bucket, deletions)


@pytest.fixture
def pictures(tmp_path: Path, bucket: Bucket, deletions: FileDeletions) -> BucketFiles:
    return files_in(tmp_path / "spool", "spool", bucket, deletions)


async def keep(files: BucketFiles, name: str, content: bytes = b"a film") -> None:
    files.path(name).parent.mkdir(exist_ok=True)
    files.path(name).write_bytes(content)
    await files.keep([name])


@pytest.mark.postgresql
async def test_a_deletion_that_the_store_did_not_take_is_repeated_and_nobody_gets_the_file_meanwhile(
    server: S3Server, videos: BucketFiles, deletions: FileDeletions, database: Database
) -> None:
    await keep(videos, "a.mp4")
    away = server.fail()
    await videos.delete(["a.mp4"])
    assert not videos.path("a.mp4").exists()
    assert server.names() == ["media/a.mp4"]
    with pytest.raises(FileNotFoundError):
        await videos.fetch("a.mp4")
    assert not await videos.move("a.mp4", "b.mp4")
    with pytest.raises(FilesUnavailableError):
        await deletions.run_once()
    away.times = 0
    await deletions.run_once()
    assert server.names() == []
    assert await count_deletions(database) == 0


async def test_what_is_written_anew_is_not_deleted_by_an_earlier_deletion(
    server: S3Server, videos: BucketFiles, pictures: BucketFiles, deletions: FileDeletions
) -> None:
    await keep(videos, "a.mp4")
    await keep(pictures, "j/0.png")
    away = server.fail()
    await videos.delete(["a.mp4"])
    await pictures.delete_entry("j")
    away.times = 0
    await keep(videos, "a.mp4", b"another film")
    await keep(pictures, "j/0.png", b"another picture")
    await deletions.run_once()
    assert server.names() == ["media/a.mp4", "spool/j/0.png"]
    videos.path("a.mp4").unlink()
    assert (await videos.fetch("a.mp4")).read_bytes() == b"another film"


async def test_an_entry_goes_with_all_that_is_in_it(
    server: S3Server, pictures: BucketFiles, deletions: FileDeletions
) -> None:
    for name in ("j/0.png", "j/1.png", "k/0.png"):
        await keep(pictures, name)
    away = server.fail()
    await pictures.delete_entry("j")
    assert not pictures.path("j").exists()
    with pytest.raises(FileNotFoundError):
        await pictures.fetch("j/1.png")
    away.times = 0
    await deletions.run_once()
    assert server.names() == ["spool/k/0.png"]


async def test_files_are_linked_and_moved_also_without_a_copy_here(
    server: S3Server, videos: BucketFiles, pictures: BucketFiles
) -> None:
    await keep(pictures, "j/0.png")
    pictures.path("j/0.png").unlink()
    pictures.path("k").mkdir()
    await pictures.link("j/0.png", "k/0.png")
    with pytest.raises(FileNotFoundError):
        await pictures.link("nobodys/0.png", "k/1.png")
    await keep(videos, "a.mp4")
    assert await videos.move("a.mp4", "hidden-a.mp4")
    assert not await videos.move("a.mp4", "hidden-a.mp4")
    assert server.names() == ["media/hidden-a.mp4", "spool/j/0.png", "spool/k/0.png"]
    assert videos.path("hidden-a.mp4").exists()
    assert (await pictures.fetch("k/0.png")).read_bytes() == b"a film"


async def test_leftovers_go_when_they_are_old_enough(server: S3Server, pictures: BucketFiles) -> None:
    mixed, old = "a" * 32, "b" * 32
    for name in (f"{old}/0.png", f"{mixed}/0.png", f"{mixed}/1.png", "holidays/0.png"):
        await keep(pictures, name)
    horizon = datetime.now(UTC) - timedelta(hours=1)
    for name in (f"{old}/0.png", f"{mixed}/0.png", "holidays/0.png"):
        server.objects[f"bot/spool/{name}"].changed_at = horizon - timedelta(hours=1)
    found = await pictures.entries()
    assert found.names == [mixed, old]
    await found.delete_older(found.names, horizon)
    # What has no name as the bot gives may be somebody else's.
    assert server.names() == [f"spool/{mixed}/0.png", f"spool/{mixed}/1.png", "spool/holidays/0.png"]
    assert await pictures.names_of(lambda entry: entry == mixed) == [f"{mixed}/0.png", f"{mixed}/1.png"]


async def test_leftovers_from_before_a_moment_stay(server: S3Server, pictures: BucketFiles) -> None:
    earlier, mixed, since = "a" * 32, "b" * 32, datetime.now(UTC) - timedelta(hours=1)
    for name in (f"{earlier}/0.png", f"{mixed}/0.png", f"{mixed}/1.png"):
        await keep(pictures, name)
    for name in (f"{earlier}/0.png", f"{mixed}/0.png"):
        server.objects[f"bot/spool/{name}"].changed_at = since - timedelta(hours=1)
    found = await pictures.entries()
    await found.delete_older(found.names, datetime.now(UTC) + timedelta(hours=1), since=since)
    assert server.names() == [f"spool/{earlier}/0.png"]
