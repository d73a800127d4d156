"""Fetching videos: whole or not at all."""

import asyncio
from pathlib import Path

import pytest
from yarl import URL

from bot.dimilinks import (
    ApiTimeouts,
    ConnectionFailedError,
    DimiLinks,
    DimiLinksError,
    Download,
    ErrorKind,
    TimedOutError,
    TruncatedVideoError,
    UnexpectedRedirectError,
    VideoTooLargeError,
)
from bot.dimilinks.mp4 import PEEK_BYTES
from tests.dimilinks.clients import KEY, QUICK, ClientFor, ServeRaw
from tests.dimilinks.servers import Answer, RecordingServer, raw_answer
from tests.dimilinks.videos import FTYP, MOOV, endless_box, whole_mp4

VIDEO = whole_mp4(3_000_000)
MP4 = {"Content-Type": "video/mp4"}


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "video.mp4"


def leave_older_files(target: Path) -> None:
    target.with_name("video.mp4.part").write_bytes(b"x" * (len(VIDEO) + 1000))
    target.write_bytes(b"older")


def content_of(path: Path) -> bytes:
    return path.read_bytes()


def files_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


async def failure_of(
    client: DimiLinks, target: Path, expected: type[DimiLinksError], **options: int
) -> DimiLinksError:
    async with asyncio.timeout(60):
        with pytest.raises(expected) as caught:
            await client.download("t", target, **options)
    assert files_in(target.parent) == []
    return caught.value


async def test_video_arrives_whole_under_its_name(
    api: RecordingServer, client: DimiLinks, target: Path
) -> None:
    api.answers = [Answer(200, VIDEO, MP4)]
    assert await client.download("t/1", target) == Download(target, len(VIDEO))
    assert content_of(target) == VIDEO
    assert files_in(target.parent) == ["video.mp4"]
    [seen] = api.seen
    assert (seen.method, seen.path) == ("GET", "/v1/videos/t%2F1/content")
    assert seen.headers["Authorization"] == f"Bearer {KEY}"


async def test_leftover_of_a_killed_download_is_overwritten(
    api: RecordingServer, client: DimiLinks, target: Path
) -> None:
    leave_older_files(target)
    api.answers = [Answer(200, VIDEO, MP4)]
    await client.download("t", target)
    assert content_of(target) == VIDEO
    assert files_in(target.parent) == ["video.mp4"]


async def test_video_without_a_length_is_judged_by_its_boxes(
    client_for: ClientFor, serve_raw: ServeRaw, target: Path
) -> None:
    video = whole_mp4(1000)

    async def close_delimited(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + video[: cut or None])

    server = await serve_raw(close_delimited)
    cut = 0
    assert (await client_for(server.url).download("t", target)).size_bytes == len(video)
    cut = 500
    target = target.parent / "second" / "video.mp4"
    await asyncio.to_thread(target.parent.mkdir)
    await failure_of(client_for(server.url), target, TruncatedVideoError)


async def test_slow_pieces_are_put_together(client_for: ClientFor, serve_raw: ServeRaw, target: Path) -> None:
    video = whole_mp4(1000)

    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(raw_answer("200 OK", Content_Length=str(len(video))))
        for start in range(0, len(video), 3):
            writer.write(video[start : start + 3])
            await writer.drain()
            await asyncio.sleep(0)
        await reader.read()

    server = await serve_raw(drip)
    await client_for(server.url).download("t", target)
    assert content_of(target) == video


@pytest.mark.parametrize("arrives", [0, 3, 100, len(VIDEO) - 1])
async def test_connection_dropped_on_the_way_is_a_truncated_video(
    client_for: ClientFor, serve_raw: ServeRaw, target: Path, arrives: int
) -> None:
    async def drop(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(raw_answer("200 OK", VIDEO[:arrives], Content_Length=str(len(VIDEO))))
        await writer.drain()

    server = await serve_raw(drop)
    error = await failure_of(client_for(server.url), target, TruncatedVideoError)
    assert error.kind is ErrorKind.TRANSPORT
    assert error.video_began is (arrives >= PEEK_BYTES)
    assert server.connections == 1


async def test_length_reveals_a_cut_that_the_boxes_cannot(
    client_for: ClientFor, serve_raw: ServeRaw, target: Path
) -> None:
    video = FTYP + MOOV + endless_box(b"mdat", bytes(50_000))

    async def drop(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(raw_answer("200 OK", video[:-1], Content_Length=str(len(video))))

    server = await serve_raw(drop)
    await failure_of(client_for(server.url), target, TruncatedVideoError)


@pytest.mark.parametrize("body", [b"", FTYP, VIDEO[:-1], b"\0\0\0"])
async def test_complete_answer_with_an_incomplete_mp4_is_a_truncated_video(
    api: RecordingServer, client: DimiLinks, target: Path, body: bytes
) -> None:
    api.answers = [Answer(200, body, MP4)]
    await failure_of(client, target, TruncatedVideoError)


async def test_stalled_video_times_out(client_for: ClientFor, serve_raw: ServeRaw, target: Path) -> None:
    async def stall(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(raw_answer("200 OK", VIDEO[:1000], Content_Length=str(len(VIDEO))))
        await reader.read()

    server = await serve_raw(stall)
    client = client_for(server.url, ApiTimeouts(download_idle_s=0.05))
    assert (await failure_of(client, target, TimedOutError)).video_began


async def test_video_that_drips_for_ever_times_out(
    client_for: ClientFor, serve_raw: ServeRaw, target: Path
) -> None:
    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(raw_answer("200 OK", FTYP, Content_Length=str(len(VIDEO))))
        while True:
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.01)

    server = await serve_raw(drip)
    client = client_for(server.url, ApiTimeouts(download_idle_s=1.0, download_s=0.1))
    assert (await failure_of(client, target, TimedOutError)).video_began


async def test_video_above_the_limit_is_refused_by_its_length(
    api: RecordingServer, client: DimiLinks, target: Path
) -> None:
    api.answers = [Answer(200, VIDEO, MP4)]
    await failure_of(client, target, VideoTooLargeError, limit_bytes=len(VIDEO) - 1)
    await client.download("t", target, limit_bytes=len(VIDEO))


async def test_video_above_the_limit_is_refused_on_the_way_when_it_tells_no_length(
    client_for: ClientFor, serve_raw: ServeRaw, target: Path
) -> None:
    async def endless(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + FTYP)
        while True:
            writer.write(bytes(100_000))
            await writer.drain()

    server = await serve_raw(endless)
    await failure_of(client_for(server.url), target, VideoTooLargeError, limit_bytes=3_000_000)


async def test_missing_folder_is_an_error_of_the_disk(
    api: RecordingServer, client: DimiLinks, tmp_path: Path
) -> None:
    api.answers = [Answer(200, VIDEO, MP4)]
    with pytest.raises(FileNotFoundError):
        await client.download("t", tmp_path / "nowhere" / "video.mp4")


async def test_cancelled_download_leaves_nothing_behind(
    client_for: ClientFor, serve_raw: ServeRaw, target: Path
) -> None:
    async def stall(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(raw_answer("200 OK", VIDEO[:2_000_000], Content_Length=str(len(VIDEO))))
        await reader.read()

    server = await serve_raw(stall)
    part = target.with_name("video.mp4.part")
    task = asyncio.create_task(client_for(server.url).download("t", target))
    async with asyncio.timeout(2):
        while not part.exists():  # noqa: ASYNC110 - a file sets no event when it appears
            await asyncio.sleep(0.001)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert files_in(target.parent) == []


async def test_unreachable_server_is_a_failed_connection(
    client_for: ClientFor, closed_port: int, target: Path
) -> None:
    await failure_of(client_for(URL(f"http://127.0.0.1:{closed_port}")), target, ConnectionFailedError)


async def test_redirect_within_the_api_keeps_the_key(
    api: RecordingServer, client: DimiLinks, target: Path
) -> None:
    api.answers = [Answer(302, headers={"Location": "../files/a.mp4?x=1"}), Answer(200, VIDEO, MP4)]
    await client.download("t", target)
    assert [seen.path for seen in api.seen] == ["/v1/videos/t/content", "/v1/videos/files/a.mp4?x=1"]
    assert [seen.headers.get("Authorization") for seen in api.seen] == [f"Bearer {KEY}"] * 2


async def test_redirect_to_another_host_leaves_the_key_behind_even_on_the_way_back(
    api: RecordingServer, elsewhere: RecordingServer, client: DimiLinks, target: Path
) -> None:
    api.answers = [Answer(307, headers={"Location": str(elsewhere.url / "cdn")}), Answer(200, VIDEO, MP4)]
    elsewhere.answers = [Answer(301, headers={"Location": str(api.url / "back")})]
    await client.download("t", target)
    assert content_of(target) == VIDEO
    assert "Authorization" not in elsewhere.seen[0].headers
    assert [("Authorization" in seen.headers) for seen in api.seen] == [True, False]


async def test_signed_address_is_requested_exactly_as_it_is_spelt(
    api: RecordingServer, elsewhere: RecordingServer, client: DimiLinks, target: Path
) -> None:
    spelling = "/a%2Fb%7e.mp4?X-Sig=a%2Fb%2bc%3D&e=%7E+x"
    api.answers = [Answer(302, headers={"Location": f"{elsewhere.url.origin()}{spelling}"})]
    elsewhere.answers = [Answer(200, VIDEO, MP4)]
    await client.download("t", target)
    assert elsewhere.seen[0].path == spelling


async def test_five_redirects_are_followed_and_a_sixth_is_not(
    api: RecordingServer, client: DimiLinks, target: Path
) -> None:
    api.answers = [Answer(302, headers={"Location": "/again"})]
    await failure_of(client, target, UnexpectedRedirectError)
    assert len(api.seen) == 6

    api.answers = [Answer(302, headers={"Location": "/again"})] * 5 + [Answer(200, VIDEO, MP4)]
    await client.download("t", target)


@pytest.mark.parametrize(
    "location",
    [
        None,
        "",
        "ftp://127.0.0.1/x",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "http://",
        "http://[::1",
        "//:80",
    ],
)
async def test_redirect_to_nowhere_or_to_another_scheme_is_refused(
    api: RecordingServer, client: DimiLinks, target: Path, location: str | None
) -> None:
    api.answers = [Answer(302, headers={} if location is None else {"Location": location})]
    await failure_of(client, target, UnexpectedRedirectError)
    assert len(api.seen) == 1


async def test_credentials_in_a_redirect_are_not_sent(
    api: RecordingServer, elsewhere: RecordingServer, client: DimiLinks, target: Path
) -> None:
    location = str(elsewhere.url.with_user("who").with_password("what") / "x")
    api.answers = [Answer(302, headers={"Location": location})]
    elsewhere.answers = [Answer(200, VIDEO, MP4)]
    await client.download("t", target)
    assert "Authorization" not in elsewhere.seen[0].headers


async def test_many_downloads_at_once_do_not_mix(
    api: RecordingServer, client_for: ClientFor, tmp_path: Path
) -> None:
    api.answers = [Answer(200, VIDEO, MP4)]
    client = client_for(api.url, QUICK)
    targets = [tmp_path / f"{number}.mp4" for number in range(8)]
    await asyncio.gather(*(client.download("t", target) for target in targets))
    assert all(content_of(target) == VIDEO for target in targets)
