"""The key shows nowhere: by brute force over every way to fail, and everything an error drags along."""

import asyncio
import base64
import io
import json
import traceback
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from urllib.parse import quote

import aiohttp
import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console
from rich.traceback import Traceback
from yarl import URL

from bot.dimilinks import ApiTimeouts, DimiLinks, DimiLinksError
from bot.dimilinks.scrub import Scrubber
from bot.video import VideoRequest
from tests.dimilinks.clients import KEY, ClientFor, ServeRaw
from tests.dimilinks.references import Picture
from tests.dimilinks.servers import Answer, RecordingServer, json_answer, raw_answer, read_request

SPELLINGS = (KEY, quote(KEY, safe=""), KEY.replace("/", "\\/"), KEY.lower(), KEY[:12], KEY[-12:])
Call = Callable[[DimiLinks, Path], Awaitable[object]]


async def submit(client: DimiLinks, target: Path) -> object:
    return await client.submit(VideoRequest(prompt="x"), [Picture()])


async def ask(client: DimiLinks, target: Path) -> object:
    return await client.task("t")


async def fetch(client: DimiLinks, target: Path) -> object:
    return await client.download("t", target)


async def list_models(client: DimiLinks, target: Path) -> object:
    return await client.models()


CALLS = [submit, ask, fetch, list_models]


def chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        yield from chain(error.__cause__)
        error = error.__context__


def everything_about(error: BaseException, *, with_locals: bool) -> str:
    """What a log, a crash report or a formatter that shows local variables could tell of an error."""
    shown: list[str] = []
    for link in chain(error):
        shown += [str(link), repr(link), repr(link.args), repr(vars(link))]
    shown += traceback.TracebackException.from_exception(error, capture_locals=with_locals).format()
    console = Console(file=io.StringIO(), width=400)
    console.print(
        Traceback.from_exception(
            type(error), error, error.__traceback__, show_locals=with_locals, locals_max_string=None
        )
    )
    assert isinstance(console.file, io.StringIO)
    return "\n".join([*shown, console.file.getvalue()])


def assert_hidden(text: str) -> None:
    for spelling in SPELLINGS:
        assert spelling not in text


async def assert_fails_without_the_key(
    call: Call, client: DimiLinks, target: Path, *, with_locals: bool = True
) -> None:
    with structlog.testing.capture_logs() as logs, pytest.raises(DimiLinksError) as caught:
        await call(client, target)
    assert_hidden(everything_about(caught.value, with_locals=with_locals))
    assert_hidden(repr(logs))


ECHOES = [
    *[
        json_answer(
            json.dumps({"error": {"message": f"bad key {KEY}!", "code": KEY, "type": f"x {KEY.lower()}"}}),
            status,
        )
        for status in (400, 401, 402, 403, 404, 429, 500)
    ],
    json_answer(json.dumps({"error": f"Incorrect API key: {KEY}"}).replace("/", "\\/"), 401),
    json_answer(json.dumps({"error": {"message": "x" * 490 + KEY}}), 400),
    Answer(502, f"<{'p' * 4080}>{KEY}".encode()),
    Answer(200, f"<{'p' * 4080}>{KEY}".encode()),
    json_answer(json.dumps({"answer": KEY})),
    Answer(200, f"<html>{'y' * 150}{KEY}</html>".encode(), {"Content-Type": f"text/{quote(KEY, safe='')}"}),
    Answer(502, f"<html>Authorization: Bearer {KEY}</html>".encode()),
    Answer(301, headers={"Location": f"http://{KEY[:7]}.example/?key={KEY}"}),
    Answer(304, headers={"Location": f"//{KEY}"}),
]


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("answer", ECHOES, ids=str)
async def test_key_echoed_by_the_server_is_scrubbed(
    api: RecordingServer, client: DimiLinks, tmp_path: Path, call: Call, answer: Answer
) -> None:
    api.answers = [answer]
    await assert_fails_without_the_key(call, client, tmp_path / "v.mp4", with_locals=False)
    assert f"Bearer {KEY}" in {seen.headers.get("Authorization") for seen in api.seen}


Reader, Writer = asyncio.StreamReader, asyncio.StreamWriter


async def drop(reader: Reader, writer: Writer) -> None:
    await read_request(reader)


async def reset(reader: Reader, writer: Writer) -> None:
    await reader.readuntil(b"\r\n")
    writer.transport.abort()


async def silent(reader: Reader, writer: Writer) -> None:
    await reader.read()


async def noise(reader: Reader, writer: Writer) -> None:
    head, _ = await read_request(reader)
    writer.write(head)


async def bad_header(reader: Reader, writer: Writer) -> None:
    await read_request(reader)
    writer.write(f"HTTP/1.1 200 OK\r\nX-Key {KEY}\r\n{KEY}\x00\r\n\r\n".encode())


async def cut(reader: Reader, writer: Writer) -> None:
    head, _ = await read_request(reader)
    writer.write(raw_answer("200 OK", head, Content_Length="100000"))


async def half_head(reader: Reader, writer: Writer) -> None:
    await read_request(reader)
    writer.write(f"HTTP/1.1 200 OK\r\nX-Key: {KEY}\r\n".encode())


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize(
    ("handler", "echoes"),
    [
        *((handler, False) for handler in (drop, reset, silent)),
        *((handler, True) for handler in (noise, bad_header, cut, half_head)),
    ],
)
async def test_key_shows_in_no_fault_of_the_transport(
    client_for: ClientFor,
    serve_raw: ServeRaw,
    tmp_path: Path,
    call: Call,
    handler: Callable[[Reader, Writer], Awaitable[None]],
    echoes: bool,  # noqa: FBT001 - a table's column
) -> None:
    """Local variables hold what a server echoes, of course; without an echo, not even they show the key."""
    server = await serve_raw(handler)
    timeouts = ApiTimeouts(submit_answer_s=0.1, task_answer_s=0.05, download_answer_s=0.05, connect_s=0.1)
    client = client_for(server.url, timeouts)
    await assert_fails_without_the_key(call, client, tmp_path / "v.mp4", with_locals=not echoes)


@pytest.mark.parametrize("call", CALLS)
async def test_key_shows_in_no_failed_connection(
    client_for: ClientFor, closed_port: int, tmp_path: Path, call: Call
) -> None:
    for scheme in ("http", "https"):
        client = client_for(URL(f"{scheme}://127.0.0.1:{closed_port}"))
        await assert_fails_without_the_key(call, client, tmp_path / "v.mp4")


async def test_key_shows_in_no_fault_of_a_reference(
    api: RecordingServer, client: DimiLinks, tmp_path: Path
) -> None:
    async def broken(client: DimiLinks, target: Path) -> object:
        return await client.submit(VideoRequest(prompt="x"), [Picture(fails_after=300)])

    api.answers = [Answer()]
    await assert_fails_without_the_key(broken, client, tmp_path)


async def test_key_shows_neither_in_a_finished_task_nor_in_a_submission(
    api: RecordingServer, client: DimiLinks
) -> None:
    api.answers = [
        json_answer(
            json.dumps({"status": f"x{KEY}", "task_id": "t", "error": {"code": KEY, "message": f"m {KEY}"}})
        )
    ]
    with structlog.testing.capture_logs() as logs:
        task = await client.task("t")
        submission = await client.submit(VideoRequest(prompt="x"))
    assert_hidden(repr((task, submission, logs)))


async def test_key_shows_in_no_repr(client: DimiLinks) -> None:
    parts = [client, *vars(client).values(), *vars(client._exchange).values()]
    assert_hidden("".join(repr(part) for part in parts))


async def test_header_hides_itself_in_aiohttps_own_errors(
    api: RecordingServer, client: DimiLinks, session: aiohttp.ClientSession
) -> None:
    """Should an error of aiohttp ever escape, its copy of the request's headers still shows no key."""
    api.answers = [Answer(500)]
    response = await client._exchange.open(api.url, authorized=True, answer_s=1)
    with pytest.raises(aiohttp.ClientResponseError) as caught:
        response.raise_for_status()
    assert api.seen[0].headers["Authorization"] == f"Bearer {KEY}"
    assert "Bearer" in repr(caught.value)
    assert_hidden(repr(caught.value))


@pytest.mark.parametrize(
    "spelling", [KEY, KEY.lower(), KEY.upper(), quote(KEY, safe=""), KEY.replace("/", "\\/")]
)
def test_key_is_found_in_every_spelling_that_servers_use(spelling: str) -> None:
    assert Scrubber(KEY).clean(f"key={spelling}&") == "key=[key removed]&"


@given(st.text(max_size=700), st.text(max_size=700), st.integers(1, 600))
def test_scrubbed_text_is_one_short_valid_line_without_the_key(before: str, after: str, limit: int) -> None:
    text = Scrubber(KEY).clean(f"{before}{KEY}{after}", limit)
    text.encode()
    assert KEY.lower() not in text.lower()
    assert len(text) <= limit
    assert text.splitlines() in ([], [text])


def test_other_encodings_of_the_key_are_not_claimed_to_be_found() -> None:
    """Where the promise ends: a server that encodes what it echoes is out of reach."""
    encoded = base64.b64encode(KEY.encode()).decode()
    assert encoded in Scrubber(KEY).clean(encoded)
