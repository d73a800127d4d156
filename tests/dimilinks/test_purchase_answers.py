"""What odd answers to a submission prove: a task wherever its id stands, and what was answered is kept."""

import asyncio
import gzip
import zlib
from collections.abc import Awaitable, Callable

import pytest
import structlog

from bot.dimilinks import (
    ApiTimeouts,
    DimiLinks,
    DimiLinksError,
    FaultReason,
    FaultScope,
    InsufficientBalanceError,
    OtherRefusalError,
    Purchase,
    ServerError,
    Submission,
    UnreadableAnswerError,
)
from bot.video import VideoRequest
from tests.dimilinks.clients import KEY, ClientFor, ServeRaw
from tests.dimilinks.references import Picture
from tests.dimilinks.servers import Answer, RecordingServer, json_answer, raw_answer, read_request

REQUEST = VideoRequest(prompt="a paper boat in the rain")
HUGE = 90_000_000
Reader, Writer = asyncio.StreamReader, asyncio.StreamWriter
Handler = Callable[[Reader, Writer], Awaitable[None]]
TASK = b'{"data": {"task_id": "video_1", "status": "queued"}}'


async def failure_of(client: DimiLinks, references: tuple[Picture, ...] = ()) -> DimiLinksError:
    async with asyncio.timeout(60):
        with pytest.raises(DimiLinksError) as caught:
            await client.submit(REQUEST, references)
    return caught.value


def answering(*pieces: bytes, abort: bool = False) -> Handler:
    """Read the whole request, write `pieces` and close the connection, or cut it."""

    async def handler(reader: Reader, writer: Writer) -> None:
        await read_request(reader)
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
        if abort:
            await asyncio.sleep(0.05)
            writer.transport.abort()

    return handler


@pytest.mark.parametrize("status", [200, 201, 202])
async def test_every_success_with_an_id_is_a_purchase(
    api: RecordingServer, client: DimiLinks, status: int
) -> None:
    api.answers = [json_answer('{"code": 0, "data": {"task": {"id": 17, "status": "QUEUED"}}}', status)]
    assert (await client.submit(REQUEST)).task_id == "17"


@pytest.mark.parametrize(
    "handler",
    [
        answering(raw_answer("200 OK", TASK[:40], Content_Length="500")),
        answering(raw_answer("200 OK", TASK[:40], Content_Length="500"), abort=True),
        answering(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n28\r\n" + TASK[:40] + b"\r\n"),
        answering(raw_answer("200 OK", TASK[:40] + b" " * 100_000, Content_Length="200000")),
        answering(raw_answer("200 OK", TASK, X_Policy="p" * 20_000)),
        answering(raw_answer("200 OK", TASK, Content_Encoding="gzip")),
        answering(raw_answer("200 OK", TASK, Content_Encoding="br")),
        answering(raw_answer("200 OK", gzip.compress(TASK), Content_Encoding="gzip")),
        answering(raw_answer("200 OK", zlib.compress(TASK), Content_Encoding="deflate")),
        answering(raw_answer("200 OK", gzip.compress(TASK))),
        answering(
            raw_answer("200 OK", gzip.compress(TASK)[:-9], Content_Encoding="gzip", Content_Length="500")
        ),
        answering(raw_answer("504 Gateway Timeout", TASK)),
        answering(raw_answer("408 Request Timeout", b'{"error": {"message": "late"}, "task_id": "video_1"}')),
    ],
)
async def test_answer_that_holds_the_id_is_a_purchase_however_it_ends(
    client_for: ClientFor, serve_raw: ServeRaw, handler: Handler
) -> None:
    server = await serve_raw(handler)
    assert (await client_for(server.url).submit(REQUEST)).task_id == "video_1"


async def test_answer_that_stalls_behind_the_id_is_a_purchase(
    client_for: ClientFor, serve_raw: ServeRaw
) -> None:
    async def stall(reader: Reader, writer: Writer) -> None:
        await read_request(reader)
        writer.write(raw_answer("200 OK", TASK[:40], Content_Length="500"))
        await reader.read()

    server = await serve_raw(stall)
    client = client_for(server.url, ApiTimeouts(submit_answer_s=0.1))
    assert (await client.submit(REQUEST)).task_id == "video_1"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ('{"error": {"message": "no", "code": "x"}}', OtherRefusalError),
        ('{"error": {"code": "insufficient_balance"}}', InsufficientBalanceError),
        ('{"error": {"code": 0, "message": "success"}}', UnreadableAnswerError),
        ('{"error": "no"}', UnreadableAnswerError),
        ('{"code": "fail", "message": "no"}', UnreadableAnswerError),
        ("<html>welcome</html>", UnreadableAnswerError),
    ],
)
async def test_success_without_an_id_proves_nothing_whatever_it_says(
    api: RecordingServer, client: DimiLinks, body: str, expected: type[DimiLinksError]
) -> None:
    api.answers = [json_answer(body)]
    error = await failure_of(client)
    assert (type(error), error.purchase, error.raw_answer) == (expected, Purchase.UNKNOWN, body)


@pytest.mark.parametrize(
    "body",
    [
        '{"code": "insufficient_user_quota", "message": "no", "data": null, "request_id": "20261130abc"}',
        '{"code": "insufficient_user_quota", "message": "no", "request_id": "20261130abc", "da',
        '{"error": "Content violates usage guidelines", "request_id": "20261130abc"}',
        '{"errors": [{"message": "no"}], "id": "20261130abc"}',
        '{"error": true, "message": "no", "uuid": "", "id": "20261130abc"}',
        '{"error": {"message": "no"}, "request_id": "20261130abc", "torn": "he',
        '{"success": false, "message": "no", "id": "20261130abc"}',
        '{"status": "error", "message": "busy", "id": "20261130abc"}',
        '{"status": "fail", "request_id": "20261130abc", "data": {}}',
        '{"code": 500, "msg": "busy", "id": "20261130abc"}',
    ],
)
async def test_ids_of_a_refusal_in_any_shape_are_no_purchase(
    api: RecordingServer, client: DimiLinks, body: str
) -> None:
    api.answers = [json_answer(body)]
    error = await failure_of(client)
    assert (error.purchase, error.raw_answer) == (Purchase.UNKNOWN, body)


@pytest.mark.parametrize(
    "body",
    [
        '{"code": 200, "msg": "submitted", "id": "t", "data": null}',
        '{"code": 202, "message": "accepted", "request_id": "t"}',
        '{"code": 1, "description": "Submit success", "data": "t-12345"}',
        '{"code": 500, "message": "slow", "task": {"id": "t"}}',
        '{"success": true, "error": null, "errors": [], "error_code": 0, "id": "t"}',
        '{"success": false, "message": "queue is long", "id": "t", "status": "queued"}',
        '{"error": "queue is long", "task_id": "t"}',
    ],
)
async def test_a_success_with_odd_words_is_a_purchase(
    api: RecordingServer, client: DimiLinks, body: str
) -> None:
    api.answers = [json_answer(body)]
    assert (await client.submit(REQUEST)).task_id.startswith("t")


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ('{"error": {"code": "insufficient_quota", "message": "no"}}', FaultReason.MONEY),
        ('{"error": {"code": 402, "message": "no"}}', FaultReason.MONEY),
        ('{"code": "insufficient_user_quota", "message": "no", "data": null}', FaultReason.MONEY),
        ('{"code": 401, "message": "no", "data": null}', FaultReason.KEY),
        ('{"error": "no available channel for this model"}', FaultReason.NO_CHANNEL),
    ],
)
async def test_a_refusal_of_the_bot_that_came_as_a_success_is_named_and_in_doubt(
    api: RecordingServer, client: DimiLinks, body: str, reason: FaultReason
) -> None:
    api.answers = [json_answer(body)]
    error = await failure_of(client)
    assert (error.verdict.reason, error.purchase) == (reason, Purchase.UNKNOWN)
    assert error.verdict.closes_after_doubt


async def test_error_object_beside_an_id_is_a_purchase(api: RecordingServer, client: DimiLinks) -> None:
    api.answers = [json_answer('{"error": {"message": "queue is long"}, "data": {"id": "video_1"}}')]
    assert (await client.submit(REQUEST)).task_id == "video_1"


async def test_ids_in_the_apis_own_refusal_are_no_tasks(api: RecordingServer, client: DimiLinks) -> None:
    api.answers = [json_answer('{"error": {"message": "no"}, "id": "r", "task_id": "r"}', 400)]
    assert (await failure_of(client)).purchase is Purchase.NOT_BOUGHT


@pytest.mark.parametrize(
    ("status_line", "body"),
    [
        ("502 Bad Gateway", b"<html>502</html>"),
        ("403 Forbidden", b"<html>Just a moment</html>"),
        ("408 Request Timeout", b""),
        ("307 Temporary Redirect", b""),
        ("500 Internal Server Error", b'{"error": {"message": "oops"}}'),
    ],
)
async def test_answer_before_the_whole_body_left_bought_nothing_whatever_it_says(
    client_for: ClientFor, serve_raw: ServeRaw, status_line: str, body: bytes
) -> None:
    async def refuse(reader: Reader, writer: Writer) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(raw_answer(status_line, body))
        await asyncio.Event().wait()

    server = await serve_raw(refuse)
    error = await failure_of(client_for(server.url), (Picture(HUGE, 600_000),))
    assert (error.purchase, error.verdict.scope) == (Purchase.NOT_BOUGHT, FaultScope.TRANSPORT)


async def test_early_success_that_is_about_the_whole_request_is_a_purchase(
    client_for: ClientFor, serve_raw: ServeRaw
) -> None:
    async def early(reader: Reader, writer: Writer) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
        await read_request(reader)
        writer.write(TASK)

    server = await serve_raw(early)
    client = client_for(server.url)
    assert (await client.submit(REQUEST, [Picture(5_000_000, 600_000)])).task_id == "video_1"


@pytest.mark.parametrize(
    "handler",
    [
        answering(b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n" + TASK),
        answering(b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n"),
        answering(b"HTTP/1.1 2000 OK\r\n\r\n"),
        answering(b"HTTP/1.1 200 OK\r\nX-Odd\x00: 1\r\nContent-Length: 2\r\n\r\n{}"),
        answering(b"HTTP/1.1 200 OK\r\nX-Long: " + b"x" * 100_000 + b"\r\n\r\n"),
        answering(raw_answer("200 OK", b"\x1f\x8bnot gzip at all", Content_Encoding="gzip")),
        answering(raw_answer("200 OK", b"\xff\xfe\xfd", Content_Type="application/json; charset=utf-99")),
        answering(raw_answer("200 OK", b"{" * 300_000)),
        answering(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"),
    ],
)
async def test_answer_that_no_parser_takes_is_named_and_unknown(
    client_for: ClientFor, serve_raw: ServeRaw, handler: Handler
) -> None:
    server = await serve_raw(handler)
    client = client_for(server.url)
    error = await failure_of(client)
    assert (error.purchase, error.verdict.scope) == (Purchase.UNKNOWN, FaultScope.TRANSPORT)
    with pytest.raises(DimiLinksError):
        await client.task("t")


@pytest.mark.parametrize(
    ("handler", "reason"),
    [
        (answering(), FaultReason.NO_ANSWER),
        (answering(abort=True), FaultReason.NO_ANSWER),
        (answering(b"SSH-2.0-OpenSSH_9.6\r\n\r\n"), FaultReason.UNREADABLE),
        (answering(raw_answer("200 OK", b'{"data": {', Content_Length="99")), FaultReason.TORN),
        (answering(raw_answer("502 Bad Gateway", b"<html>")), FaultReason.PAGE),
        (answering(raw_answer("502 Bad Gateway", b"{}")), FaultReason.FOREIGN_ERROR),
    ],
)
async def test_no_answer_half_an_answer_and_a_page_are_different_things(
    client_for: ClientFor, serve_raw: ServeRaw, handler: Handler, reason: FaultReason
) -> None:
    server = await serve_raw(handler)
    error = await failure_of(client_for(server.url))
    assert (error.verdict.reason, error.purchase) == (reason, Purchase.UNKNOWN)


async def test_raw_answer_travels_with_both_ends_of_a_submission(
    api: RecordingServer, client: DimiLinks
) -> None:
    accepted = '{"data": {"task_id": "video_1", "status": "queued", "note": "whatever it says"}}'
    api.answers = [json_answer(accepted)]
    with structlog.testing.capture_logs() as logs:
        submission = await client.submit(REQUEST)
        assert submission == Submission("video_1", "queued")
        assert submission.raw_answer == accepted
        api.answers = [Answer(502, "页".encode() * 5_000 + b"whatever it says")]
        error = await failure_of(client)
    assert type(error) is ServerError
    assert error.raw_answer == "页" * (4096 // 3)
    assert "whatever it says" not in repr((submission, str(submission), error, str(error), logs))


@pytest.mark.parametrize("length", [len(KEY), len(KEY) - 1, 10, 4])
async def test_raw_answer_holds_no_key_not_even_a_torn_one(
    client_for: ClientFor, serve_raw: ServeRaw, length: int
) -> None:
    server = await serve_raw(
        answering(raw_answer("500 Oops", f"{KEY} and {KEY[:length]}".encode(), Content_Length="900"))
    )
    error = await failure_of(client_for(server.url))
    assert error.raw_answer == "[key removed] and [key removed]"
    server = await serve_raw(
        answering(raw_answer("200 OK", f'{{"key": "{KEY[:length]}'.encode(), Content_Length="900"))
    )
    error = await failure_of(client_for(server.url))
    assert "[key removed]" in str(error)
    assert KEY[:length] not in f"{error} {error.raw_answer}"
