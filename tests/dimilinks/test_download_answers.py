"""What comes instead of a video, and videos that come in odd ways."""

import asyncio
import gzip
import struct
from pathlib import Path

import pytest

from bot.dimilinks import (
    BadKeyError,
    BrokenVideoError,
    DimiLinks,
    DimiLinksError,
    ErrorKind,
    FaultReason,
    FaultScope,
    FaultVerdict,
    RateLimitedError,
    ServerError,
    TruncatedVideoError,
    UnreadableAnswerError,
    VideoMissingError,
    VideoTooLargeError,
)
from tests.dimilinks.clients import ClientFor, ServeRaw
from tests.dimilinks.servers import Answer, RecordingServer, json_answer, raw_answer
from tests.dimilinks.videos import FTYP, box, fragment, mvex, mvhd, trak, whole_mp4

MP4 = {"Content-Type": "video/mp4"}
PAGE = b"<html><title>maintenance</title></html>"


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "video.mp4"


async def failure_of(client: DimiLinks, target: Path, expected: type[DimiLinksError]) -> DimiLinksError:
    async with asyncio.timeout(60):
        with pytest.raises(expected) as caught:
            await client.download("t", target)
    assert list(target.parent.iterdir()) == []
    return caught.value


async def test_content_answering_404_is_a_missing_video(
    api: RecordingServer, client: DimiLinks, target: Path
) -> None:
    api.answers = [json_answer('{"error": {"message": "内容不存在", "code": "not_found"}}', 404)]
    error = await failure_of(client, target, VideoMissingError)
    assert (error.message, error.code, error.http_status) == ("内容不存在", "not_found", 404)


async def test_json_in_place_of_a_video_is_a_missing_video_and_says_why(
    api: RecordingServer, client: DimiLinks, target: Path
) -> None:
    api.answers = [json_answer('{"error": {"message": "stopped", "code": "moderation_blocked"}}')]
    error = await failure_of(client, target, VideoMissingError)
    assert (error.message, error.code) == ("stopped", "moderation_blocked")


@pytest.mark.parametrize(
    ("answer", "expected", "reason"),
    [
        (json_answer("{}"), UnreadableAnswerError, FaultReason.UNREADABLE),
        (
            json_answer('{"url": "https://elsewhere.invalid/v.mp4"}'),
            UnreadableAnswerError,
            FaultReason.UNREADABLE,
        ),
        (Answer(200, PAGE, {"Content-Type": "video/mp4"}), UnreadableAnswerError, FaultReason.PAGE),
        (Answer(200, "页面".encode() * 40_000), UnreadableAnswerError, FaultReason.PAGE),
        (Answer(200, b"GIF89a" + bytes(3000), MP4), BrokenVideoError, FaultReason.VIDEO_BROKEN),
        (Answer(200, b"\xff\xfe<html>", MP4), BrokenVideoError, FaultReason.VIDEO_BROKEN),
        (
            Answer(200, FTYP + struct.pack(">I4s", 3, b"mdat"), MP4),
            BrokenVideoError,
            FaultReason.VIDEO_BROKEN,
        ),
        (json_answer("{}", 202), VideoMissingError, FaultReason.VIDEO_ABSENT),
        (Answer(204), VideoMissingError, FaultReason.VIDEO_ABSENT),
    ],
)
async def test_whatever_is_no_mp4_is_told_by_what_it_is(
    api: RecordingServer,
    client: DimiLinks,
    target: Path,
    answer: Answer,
    expected: type[DimiLinksError],
    reason: FaultReason,
) -> None:
    api.answers = [answer]
    assert (await failure_of(client, target, expected)).verdict.reason is reason


@pytest.mark.parametrize("status", [200, 203, 206])
@pytest.mark.parametrize("content_type", ["application/octet-stream", "text/plain", "image/png", ""])
@pytest.mark.parametrize("behind", [b"", b"\r\n", bytes(30)])
async def test_whole_mp4_is_taken_whatever_its_status_type_and_last_bytes(
    api: RecordingServer, client: DimiLinks, target: Path, status: int, content_type: str, behind: bytes
) -> None:
    video = whole_mp4(3000) + behind
    api.answers = [Answer(status, video, {"Content-Type": content_type})]
    assert (await client.download("t", target)).size_bytes == len(video)


@pytest.mark.parametrize("status", [400, 403, 404, 409, 410, 502])
async def test_absence_needs_the_apis_own_voice(
    api: RecordingServer, client: DimiLinks, target: Path, status: int
) -> None:
    api.answers = [json_answer('{"error": {"message": "not ready", "code": "content_not_found"}}', status)]
    absent = await failure_of(client, target, VideoMissingError)
    assert (absent.http_status, absent.in_own_voice) == (status, True)
    api.answers = [Answer(status, PAGE, {"Content-Type": "text/html"})]
    page = await failure_of(client, target, DimiLinksError)
    assert not isinstance(page, VideoMissingError)
    assert page.verdict == FaultVerdict(FaultScope.TRANSPORT, FaultReason.PAGE)


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (404, '{"detail": "Video not found"}'),
        (400, '{"code": "task_not_exist", "message": "task_not_exist", "data": null}'),
        (403, '{"error": "no such task"}'),
        (410, '{"code": 410, "msg": "视频不存在"}'),
        (200, '{"code": "success", "message": "", "data": null}'),
    ],
)
async def test_absence_is_told_in_any_shape_as_of_tasks(
    api: RecordingServer, elsewhere: RecordingServer, client: DimiLinks, target: Path, status: int, body: str
) -> None:
    api.answers = [json_answer(body, status)]
    absent = await failure_of(client, target, VideoMissingError)
    assert (absent.http_status, absent.in_own_voice) == (status, True)
    api.answers = [Answer(302, headers={"Location": str(elsewhere.url / "expired")})]
    elsewhere.answers = [json_answer(body, status)]
    await failure_of(client, target, UnreadableAnswerError)


async def test_another_programs_error_is_no_absence(
    api: RecordingServer, client: DimiLinks, target: Path
) -> None:
    for body in ('{"detail": "Not Found"}', '{"code": 404, "message": "page not found"}'):
        api.answers = [json_answer(body, 404)]
        assert (
            await failure_of(client, target, UnreadableAnswerError)
        ).verdict.reason is FaultReason.FOREIGN_ERROR


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (401, BadKeyError),
        (429, RateLimitedError),
        (503, ServerError),
    ],
)
async def test_other_answers_keep_their_meaning(
    api: RecordingServer, client: DimiLinks, target: Path, status: int, expected: type[DimiLinksError]
) -> None:
    api.answers = [json_answer('{"error": {"message": "x"}}', status)]
    assert (await failure_of(client, target, expected)).http_status == status


async def test_another_hosts_refusal_is_no_word_on_our_key(
    api: RecordingServer, elsewhere: RecordingServer, client: DimiLinks, target: Path
) -> None:
    api.answers = [Answer(302, headers={"Location": str(elsewhere.url / "expired")})]
    elsewhere.answers = [Answer(403, b"<Error>expired</Error>")]
    error = await failure_of(client, target, UnreadableAnswerError)
    assert error.kind is ErrorKind.TRANSPORT
    elsewhere.answers = [json_answer('{"error": {"message": "no", "code": "invalid_api_key"}}', 401)]
    api.answers = [Answer(302, headers={"Location": str(elsewhere.url / "expired")})]
    error = await failure_of(client, target, UnreadableAnswerError)
    assert (error.verdict.scope, error.in_own_voice) == (FaultScope.TRANSPORT, False)


LATE_FRAGMENTS = FTYP + box(b"moov", mvhd(0) + trak() + mvex(4000)) + fragment([500] * 4)


async def test_the_third_equal_file_that_may_be_whole_is_taken(
    client_for: ClientFor, serve_raw: ServeRaw, target: Path
) -> None:
    """Fragments that end too early, without a length: nothing else will ever come."""

    async def send(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + LATE_FRAGMENTS)

    client = client_for((await serve_raw(send)).url)
    for _ in range(2):
        await failure_of(client, target, TruncatedVideoError)
    assert (await client.download("t", target)).size_bytes == len(LATE_FRAGMENTS)


async def test_a_whole_film_whose_promised_length_is_wrong_is_taken_in_the_end(
    client_for: ClientFor, serve_raw: ServeRaw, target: Path
) -> None:
    video = whole_mp4(1000)

    async def send(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(raw_answer("200 OK", video, Content_Length=str(len(video) + 7)))
        await writer.drain()

    client = client_for((await serve_raw(send)).url)
    for _ in range(2):
        await failure_of(client, target, TruncatedVideoError)
    assert (await client.download("t", target)).size_bytes == len(video)


async def test_three_files_that_differ_prove_nothing(
    client_for: ClientFor, serve_raw: ServeRaw, target: Path
) -> None:
    async def send(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        nonlocal sent
        sent += 1
        content = FTYP + box(b"moov", mvhd(0) + trak() + mvex(9000)) + fragment([500] * sent)
        writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + content)

    sent = 0
    client = client_for((await serve_raw(send)).url)
    for _ in range(5):
        await failure_of(client, target, TruncatedVideoError)


async def test_a_file_that_was_cut_is_never_taken(
    api: RecordingServer, client: DimiLinks, target: Path
) -> None:
    api.answers = [Answer(200, whole_mp4(5000)[:2500], MP4)]
    for _ in range(5):
        await failure_of(client, target, TruncatedVideoError)


@pytest.mark.parametrize(
    "content_range",
    [None, f"bytes 0-{len(whole_mp4()) - 1}/{len(whole_mp4())}", f"bytes 0-{len(whole_mp4()) - 1}/*", "?"],
    ids=["none", "all", "of unknown", "nonsense"],
)
async def test_partial_content_that_is_all_of_it_is_the_video(
    api: RecordingServer, client: DimiLinks, target: Path, content_range: str | None
) -> None:
    headers = MP4 | ({"Content-Range": content_range} if content_range else {})
    api.answers = [Answer(206, whole_mp4(), headers)]
    assert (await client.download("t", target)).size_bytes == len(whole_mp4())


@pytest.mark.parametrize("content_range", ["bytes 0-5087/9000", "bytes 100-5187/5188"])
async def test_partial_content_that_says_so_is_an_incomplete_video(
    api: RecordingServer, client: DimiLinks, target: Path, content_range: str
) -> None:
    api.answers = [Answer(206, whole_mp4(), MP4 | {"Content-Range": content_range})]
    for _ in range(4):
        await failure_of(client, target, TruncatedVideoError)


@pytest.mark.parametrize("declared", [True, False])
@pytest.mark.parametrize("compressed", [True, False])
async def test_video_is_the_same_compressed_or_not_whatever_the_header_says(
    api: RecordingServer,
    client: DimiLinks,
    target: Path,
    compressed: bool,  # noqa: FBT001
    declared: bool,  # noqa: FBT001
) -> None:
    video = whole_mp4() + bytes(3_000_000)
    headers = MP4 | ({"Content-Encoding": "gzip"} if declared else {})
    api.answers = [Answer(200, gzip.compress(video) if compressed else video, headers)]
    await client.download("t", target)
    assert target.read_bytes() == video


async def test_a_small_answer_that_holds_much_is_no_larger_than_the_limit(
    api: RecordingServer, client: DimiLinks, target: Path
) -> None:
    api.answers = [Answer(200, gzip.compress(whole_mp4() + bytes(30_000_000)), MP4)]
    with pytest.raises(VideoTooLargeError):
        await client.download("t", target, limit_bytes=2_000_000)
    assert list(target.parent.iterdir()) == []
