"""Whether a failed submission may have been bought: the question that decides if money is spent twice."""

import asyncio
import ssl
from collections.abc import Callable

import aiohttp
import pytest
from yarl import URL

from bot.dimilinks import (
    ApiTimeouts,
    ConnectionFailedError,
    DimiLinks,
    DimiLinksError,
    ErrorKind,
    FaultReason,
    InvalidRequestError,
    Purchase,
    RateLimitedError,
    ReferenceBodyError,
    ServerError,
    TimedOutError,
    UnreadableAnswerError,
)
from bot.video import VideoRequest
from tests.dimilinks.clients import ClientFor, ServeRaw
from tests.dimilinks.references import Picture
from tests.dimilinks.servers import Answer, RecordingServer, json_answer, raw_answer, read_request

REQUEST = VideoRequest(prompt="a paper boat in the rain")
HUGE = 90_000_000
Reader, Writer = asyncio.StreamReader, asyncio.StreamWriter


async def failure_of(
    client: DimiLinks, expected: type[DimiLinksError], references: tuple[Picture, ...] = ()
) -> DimiLinksError:
    async with asyncio.timeout(60):
        with pytest.raises(expected) as caught:
            await client.submit(REQUEST, references)
    return caught.value


async def test_refused_connection_bought_nothing(client_for: ClientFor, closed_port: int) -> None:
    error = await failure_of(client_for(URL(f"http://127.0.0.1:{closed_port}")), ConnectionFailedError)
    assert error.purchase is Purchase.NOT_BOUGHT
    assert error.kind is ErrorKind.TRANSPORT


async def test_unknown_host_bought_nothing(client_for: ClientFor) -> None:
    error = await failure_of(client_for(URL("http://no-such-host.invalid")), ConnectionFailedError)
    assert error.purchase is Purchase.NOT_BOUGHT


async def test_failed_tls_handshake_bought_nothing(client_for: ClientFor, serve_raw: ServeRaw) -> None:
    async def not_tls(reader: Reader, writer: Writer) -> None:
        await reader.read(100)
        writer.write(b"HTTP/1.1 400 this is plain http\r\n\r\n")

    server = await serve_raw(not_tls)
    error = await failure_of(client_for(server.url.with_scheme("https")), ConnectionFailedError)
    assert error.purchase is Purchase.NOT_BOUGHT
    assert not isinstance(error.__context__, ssl.SSLError)


async def test_handshake_that_never_ends_times_out_and_bought_nothing(
    client_for: ClientFor, serve_raw: ServeRaw
) -> None:
    async def silent(reader: Reader, writer: Writer) -> None:
        await reader.read()

    server = await serve_raw(silent)
    client = client_for(server.url.with_scheme("https"), ApiTimeouts(connect_s=0.1))
    error = await failure_of(client, TimedOutError)
    assert error.purchase is Purchase.NOT_BOUGHT


async def test_closed_session_is_a_lost_connection(
    client_for: ClientFor, session: aiohttp.ClientSession
) -> None:
    await session.close()
    error = await failure_of(client_for(URL("http://127.0.0.1:9")), ConnectionFailedError)
    assert error.purchase is Purchase.NOT_BOUGHT


async def test_connection_dropped_in_the_middle_of_the_body_bought_nothing(
    client_for: ClientFor, serve_raw: ServeRaw
) -> None:
    async def drop(reader: Reader, writer: Writer) -> None:
        await reader.readexactly(200_000)

    server = await serve_raw(drop)
    picture = Picture(HUGE, 600_000)
    error = await failure_of(client_for(server.url), ConnectionFailedError, (picture,))
    assert error.purchase is Purchase.NOT_BOUGHT
    assert picture.closed


@pytest.mark.parametrize("references", [(), (Picture(50_000),)])
async def test_connection_dropped_after_the_whole_body_leaves_it_unknown(
    client_for: ClientFor, serve_raw: ServeRaw, references: tuple[Picture, ...]
) -> None:
    async def drop(reader: Reader, writer: Writer) -> None:
        await read_request(reader)

    server = await serve_raw(drop)
    error = await failure_of(client_for(server.url), ConnectionFailedError, references)
    assert error.purchase is Purchase.UNKNOWN
    assert server.connections == 1


async def test_no_answer_to_the_whole_body_leaves_it_unknown(
    client_for: ClientFor, serve_raw: ServeRaw
) -> None:
    async def silent(reader: Reader, writer: Writer) -> None:
        await reader.read()

    server = await serve_raw(silent)
    client = client_for(server.url, ApiTimeouts(submit_answer_s=0.1))
    error = await failure_of(client, TimedOutError, (Picture(),))
    assert error.purchase is Purchase.UNKNOWN
    assert server.connections == 1


async def test_answer_that_stops_in_the_middle_leaves_it_unknown(
    client_for: ClientFor, serve_raw: ServeRaw
) -> None:
    async def half(reader: Reader, writer: Writer) -> None:
        await read_request(reader)
        writer.write(raw_answer("200 OK", b'{"data": {"task_', Content_Length="100"))
        await reader.read()

    server = await serve_raw(half)
    error = await failure_of(client_for(server.url, ApiTimeouts(submit_answer_s=0.1)), UnreadableAnswerError)
    assert (error.purchase, error.verdict.reason) == (Purchase.UNKNOWN, FaultReason.TORN)


async def test_answer_cut_off_by_a_closed_connection_leaves_it_unknown(
    client_for: ClientFor, serve_raw: ServeRaw
) -> None:
    async def half(reader: Reader, writer: Writer) -> None:
        await read_request(reader)
        writer.write(raw_answer("200 OK", b'{"data": {"task_', Content_Length="100"))

    server = await serve_raw(half)
    error = await failure_of(client_for(server.url), UnreadableAnswerError)
    assert (error.purchase, error.verdict.reason) == (Purchase.UNKNOWN, FaultReason.TORN)


async def test_answer_that_is_no_http_leaves_it_unknown(client_for: ClientFor, serve_raw: ServeRaw) -> None:
    async def noise(reader: Reader, writer: Writer) -> None:
        await read_request(reader)
        writer.write(b"SSH-2.0-OpenSSH_9.6\r\n\r\n")

    server = await serve_raw(noise)
    error = await failure_of(client_for(server.url), UnreadableAnswerError)
    assert error.purchase is Purchase.UNKNOWN


async def test_stalled_upload_is_given_up_and_reads_no_further_ahead(
    client_for: ClientFor, serve_raw: ServeRaw
) -> None:
    async def deaf(reader: Reader, writer: Writer) -> None:
        await asyncio.Event().wait()

    server = await serve_raw(deaf)
    picture = Picture(HUGE, 600_000)
    error = await failure_of(
        client_for(server.url, ApiTimeouts(upload_stall_s=0.2)), TimedOutError, (picture,)
    )
    assert error.purchase is Purchase.NOT_BOUGHT
    assert picture.given_bytes < 20_000_000  # what the kernel's socket buffers took, and little more
    assert picture.closed


async def test_slow_upload_that_keeps_moving_is_not_given_up(
    client_for: ClientFor, serve_raw: ServeRaw
) -> None:
    """The upload takes several times longer than the stall limit."""
    began = asyncio.get_running_loop().time()

    async def slow(reader: Reader, writer: Writer) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        rest = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
        while rest:
            rest -= len(await reader.read(min(rest, 1_000_000)))
            await asyncio.sleep(0.005)
        writer.write(raw_answer("200 OK", b'{"data": {"task_id": "t"}}'))
        await reader.read()

    server = await serve_raw(slow)
    client = client_for(server.url, ApiTimeouts(upload_stall_s=0.25, connect_s=0.25, submit_answer_s=5))
    assert (await client.submit(REQUEST, [Picture(40_000_000, 600_000)])).task_id == "t"
    assert asyncio.get_running_loop().time() - began > 0.5


async def test_early_refusal_is_read_while_the_body_is_still_going_out(
    client_for: ClientFor, serve_raw: ServeRaw
) -> None:
    body = b'{"error": {"message": "slow down", "code": "rate_limit"}}'

    async def refuse(reader: Reader, writer: Writer) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(raw_answer("429 Too Many Requests", body, Retry_After="7"))
        await asyncio.Event().wait()

    server = await serve_raw(refuse)
    picture = Picture(HUGE, 600_000)
    error = await failure_of(client_for(server.url), RateLimitedError, (picture,))
    assert (error.message, error.retry_after_s, error.purchase) == ("slow down", 7.0, Purchase.NOT_BOUGHT)
    assert picture.closed
    assert picture.given_bytes < HUGE


async def test_early_refusal_before_the_connection_closes_is_still_read(
    client_for: ClientFor, serve_raw: ServeRaw
) -> None:
    async def refuse(reader: Reader, writer: Writer) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(raw_answer("400 Bad Request", b'{"error": {"message": "no", "type": "x"}}'))
        await writer.drain()
        writer.write_eof()
        await asyncio.Event().wait()

    server = await serve_raw(refuse)
    error = await failure_of(client_for(server.url), InvalidRequestError, (Picture(HUGE, 600_000),))
    assert (error.message, error.purchase) == ("no", Purchase.NOT_BOUGHT)


async def test_refusal_whose_body_never_comes_proves_nothing(
    client_for: ClientFor, serve_raw: ServeRaw
) -> None:
    async def refuse(reader: Reader, writer: Writer) -> None:
        await read_request(reader)
        writer.write(raw_answer("400 Bad Request", b"{", Content_Length="9"))

    server = await serve_raw(refuse)
    error = await failure_of(client_for(server.url), UnreadableAnswerError)
    assert (error.purchase, error.verdict.reason) == (Purchase.UNKNOWN, FaultReason.TORN)


PROVES_NOT_BOUGHT = {400, 401, 402, 403, 404, 405, 413, 422, 429}
STATUSES = (*range(300, 309), *range(400, 432), 451, 499, 500, 502, 503, 504, 520, 524, 529, 599)


@pytest.mark.parametrize("status", STATUSES)
async def test_only_the_apis_own_refusals_prove_that_nothing_was_bought(
    api: RecordingServer, client: DimiLinks, status: int
) -> None:
    headers = {"Location": str(api.url / "elsewhere")} if status // 100 == 3 else {}
    own = b'{"error": {"message": "no", "type": "x"}}'
    for body in (own, b"", b"<html>no</html>", b'{"message": "no"}', b'{"error": "no"}', own[:-2]):
        api.seen.clear()
        api.answers = [Answer(status, b"" if status == 304 else body, headers)]
        error = await failure_of(client, DimiLinksError)
        refused = body is own and status in PROVES_NOT_BOUGHT
        assert error.purchase is (Purchase.NOT_BOUGHT if refused else Purchase.UNKNOWN)
        assert (error.http_status, len(api.seen)) == (status, 1)


async def test_server_error_is_kept_with_its_hint_when_to_return(
    api: RecordingServer, client: DimiLinks
) -> None:
    api.answers = [json_answer('{"error": {"message": "上游错误", "code": 50001}}', 503, Retry_After="30")]
    error = await failure_of(client, ServerError)
    assert (error.message, error.code, error.retry_after_s) == ("上游错误", "50001", 30.0)
    assert str(error) == "503 50001: 上游错误"


@pytest.mark.parametrize(
    ("picture", "words"),
    [
        (lambda: Picture(1000, promise=1100), "78 bytes shorter"),
        (lambda: Picture(1000, promise=1000), "longer than the 1000"),
        (lambda: Picture(1000, promise=0), "longer than the 0"),
        (lambda: Picture(1000, fails_after=600), "Input/output error"),
        (lambda: Picture(1000, fails_after=0), "Input/output error"),
    ],
)
async def test_dishonest_reference_breaks_the_body_off_before_its_end(
    client_for: ClientFor, serve_raw: ServeRaw, picture: Callable[[], Picture], words: str
) -> None:
    arrived: asyncio.Future[tuple[int, bytes]] = asyncio.get_running_loop().create_future()

    async def collect(reader: Reader, writer: Writer) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
        arrived.set_result((length, await reader.read(-1)))

    server = await serve_raw(collect)
    bad = picture()
    error = await failure_of(client_for(server.url), ReferenceBodyError, (Picture(), bad))

    assert error.purchase is Purchase.NOT_BOUGHT
    assert error.kind is ErrorKind.REFERENCE
    assert words in error.message
    assert "reference image 2" in error.message
    assert "secret-name" not in str(error)
    length, body = await asyncio.wait_for(arrived, 2)
    assert len(body) < length
    assert not body.endswith(b"]}")
    assert bad.closed or bad.given_bytes == 0


async def test_cancelled_submission_ends_as_cancelled_and_lets_go_of_its_references(
    client_for: ClientFor, serve_raw: ServeRaw
) -> None:
    reached = asyncio.Event()

    async def deaf(reader: Reader, writer: Writer) -> None:
        await reader.readuntil(b"\r\n\r\n")
        reached.set()
        await asyncio.Event().wait()

    server = await serve_raw(deaf)
    picture = Picture(HUGE, 600_000)
    task = asyncio.create_task(client_for(server.url).submit(REQUEST, [picture]))
    await asyncio.wait_for(reached.wait(), 2)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert picture.closed
