"""A bucket: what is written is read back whole, and what goes wrong is told by its kind, without a secret."""

import asyncio
from pathlib import Path

import pytest

from bot.files.bucket import Bucket
from bot.files.store import FilesUnavailableError, StoreFault, StoreTimes
from bot.settings import load
from tests.files.s3_server import SECRET, S3Server, Trouble

QUICK = StoreTimes(request_s=0.5, retry_s=0.3)


def written(folder: Path, size_bytes: int = 1000) -> Path:
    path = folder / "written"
    path.write_bytes(bytes(number % 251 for number in range(1000)) * (size_bytes // 1000))
    return path


async def read(bucket: Bucket, name: str, folder: Path) -> bytes:
    await bucket.get(name, folder / "read")
    return (folder / "read").read_bytes()


async def test_a_large_file_goes_in_parts_and_comes_back_whole(
    bucket: Bucket, server: S3Server, tmp_path: Path
) -> None:
    path = written(tmp_path, 12_000_000)
    await bucket.put("media/a.mp4", path)
    assert server.names() == ["media/a.mp4"]
    assert sum("partNumber" in key for _, key in server.requests) == 3
    assert await read(bucket, "media/a.mp4", tmp_path) == path.read_bytes()


async def test_files_are_copied_listed_and_deleted(bucket: Bucket, server: S3Server, tmp_path: Path) -> None:
    path = written(tmp_path)
    await bucket.put("spool/j/0.png", path)
    await bucket.copy("spool/j/0.png", "spool/k/0.png")
    assert [one.name for one in await bucket.listed("spool/")] == ["spool/j/0.png", "spool/k/0.png"]
    assert await bucket.listed("media/") == []
    assert await bucket.holds("spool/k/0.png")
    await bucket.delete(["spool/j/0.png", "spool/k/0.png", "spool/was/never"])
    assert server.names() == []
    assert not await bucket.holds("spool/k/0.png")
    with pytest.raises(FileNotFoundError):
        await read(bucket, "spool/k/0.png", tmp_path)
    with pytest.raises(FileNotFoundError):
        await bucket.copy("spool/k/0.png", "spool/l/0.png")


async def test_a_listing_has_all_pages(bucket: Bucket, server: S3Server, tmp_path: Path) -> None:
    await bucket.put("media/0", written(tmp_path))
    for number in range(2500):
        server.objects[f"bot/media/{number:04}"] = server.objects["bot/media/0"]
    assert len(await bucket.listed("media/")) == 2501


@pytest.mark.parametrize("trouble", [Trouble.UNAVAILABLE, Trouble.LOST_ANSWER])
async def test_what_fails_for_a_moment_is_repeated(
    bucket: Bucket, server: S3Server, tmp_path: Path, trouble: Trouble
) -> None:
    server.fail(trouble, times=1)
    path = written(tmp_path)
    await bucket.put("media/a.mp4", path)
    server.fail(trouble, times=1)
    assert await read(bucket, "media/a.mp4", tmp_path) == path.read_bytes()


async def test_a_file_that_is_cut_off_counts_as_not_read(
    bucket: Bucket, server: S3Server, tmp_path: Path
) -> None:
    await bucket.put("media/a.mp4", written(tmp_path, 3_000_000))
    server.fail(Trouble.CUT, method="GET")
    with pytest.raises(FilesUnavailableError):
        await read(bucket, "media/a.mp4", tmp_path)


async def test_a_proxy_that_finds_no_service_is_not_believed_that_a_file_is_gone(
    bucket: Bucket, server: S3Server, tmp_path: Path
) -> None:
    await bucket.put("media/a.mp4", written(tmp_path))
    server.fail(Trouble.STRANGE_404)
    for asked in (read(bucket, "media/a.mp4", tmp_path), bucket.copy("media/a.mp4", "media/b.mp4")):
        with pytest.raises(FilesUnavailableError) as caught:
            await asked
        assert caught.value.fault is StoreFault.AWAY


@pytest.mark.parametrize("trouble", [Trouble.UNAVAILABLE, Trouble.SLOW])
async def test_a_service_that_is_away_is_told_in_time(
    server: S3Server, tmp_path: Path, trouble: Trouble
) -> None:
    bucket = Bucket(load(server.environment(), env_file=None), QUICK)
    server.fail(trouble)
    async with asyncio.timeout(60):
        with pytest.raises(FilesUnavailableError) as caught:
            await bucket.put("media/a.mp4", written(tmp_path))
    assert caught.value.fault is StoreFault.AWAY
    assert SECRET not in str(caught.value)
    assert server.url not in str(caught.value)


@pytest.mark.parametrize(
    ("changed", "fault", "detail"),
    [
        ({"aws_access_key_id": "AKIANOBODY"}, StoreFault.REFUSED, "403 InvalidAccessKeyId"),
        ({"store_url": "s3://another/bot"}, StoreFault.NO_BUCKET, "NoSuchBucket"),
        ({"aws_endpoint_url": "http://127.0.0.1:9"}, StoreFault.AWAY, "GenericError"),
    ],
)
async def test_what_is_set_wrongly_is_told_by_its_kind(
    server: S3Server, tmp_path: Path, changed: dict[str, str], fault: StoreFault, detail: str
) -> None:
    bucket = Bucket(load({**server.environment(), **changed}, env_file=None), QUICK)
    path = written(tmp_path)
    works = (
        lambda: bucket.put("media/a.mp4", path),
        lambda: read(bucket, "media/a.mp4", tmp_path),
        lambda: bucket.delete(["media/a.mp4"]),
        lambda: bucket.listed("media/"),
    )
    for work in works:
        with pytest.raises(FilesUnavailableError) as caught:
            await work()
        assert caught.value.fault is fault
        assert caught.value.detail.endswith(detail)
