"""The server of links on a real socket: what it sends, what it does not, and when it stops."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from pathlib import Path

import aiohttp
import pytest
from yarl import URL

from bot.media_links.server import CONNECTIONS_MAX, LinkedVideo, MediaLinks
from bot.media_links.signing import LinkSigner

NOW = datetime(2026, 11, 28, 20, 0, tzinfo=UTC)
JOB = "0123456789abcdef" * 2
CONTENT = bytes(range(256)) * 400
SIGNER = LinkSigner(b"k" * 32)
GOOD = SIGNER.path_to(JOB, NOW + timedelta(hours=1))


@dataclass
class Shelf:
    """A source with one video, which can be taken away."""

    path: Path
    there: bool = True
    asked: list[str] = field(default_factory=list[str])
    refused: asyncio.Event = field(default_factory=asyncio.Event)

    async def find(self, job_id: str) -> LinkedVideo | None:
        self.asked.append(job_id)
        return LinkedVideo(self.path, 'a "boat"\r\n船.mp4') if self.there and job_id == JOB else None

    async def may_go_on(self, job_id: str) -> bool:
        assert job_id == JOB
        if not self.there:
            self.refused.set()
        return self.there


@dataclass
class Served:
    """A running server and a client of it."""

    shelf: Shelf
    port: int
    client: aiohttp.ClientSession

    @asynccontextmanager
    async def ask(
        self, path: str = GOOD, method: str = "GET", **headers: str
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        url = URL(f"http://127.0.0.1:{self.port}{path}", encoded=True)
        async with self.client.request(method, url, headers=headers) as response:
            yield response

    async def say(self, data: bytes) -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(data)
        try:
            return await reader.read()
        except ConnectionResetError:
            return b""
        finally:
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()


@pytest.fixture
async def served(tmp_path: Path) -> AsyncGenerator[Served]:
    shelf = Shelf(tmp_path / "video.mp4")
    shelf.path.write_bytes(CONTENT)
    links = MediaLinks(SIGNER, shelf, prefix="/media", now=lambda: NOW, ask_every_s=0.05)
    async with links.serving("127.0.0.1", 0) as port, aiohttp.ClientSession() as client:
        yield Served(shelf, port, client)


@pytest.mark.parametrize("path", [GOOD, f"/media{GOOD}"])
async def test_a_link_gives_the_file_with_or_without_the_proxy_s_prefix(served: Served, path: str) -> None:
    async with served.ask(path) as response:
        assert (response.status, await response.read()) == (HTTPStatus.OK, CONTENT)


async def test_the_headers_keep_link_and_video_to_themselves(served: Served) -> None:
    async with served.ask(method="HEAD", **{"Accept-Encoding": "identity"}) as response:
        headers = response.headers
        assert await response.read() == b""
    assert headers["Content-Type"] == "video/mp4"
    assert headers["Content-Length"] == str(len(CONTENT))
    assert headers["Accept-Ranges"] == "bytes"
    assert headers["Cache-Control"] == "private, no-store"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Content-Disposition"] == (
        "attachment; filename=\"a__boat____.mp4\"; filename*=UTF-8''a%20%22boat%22%0D%0A%E8%88%B9.mp4"
    )


@pytest.mark.parametrize(
    ("wanted", "status", "expected"),
    [
        ("bytes=0-9", HTTPStatus.PARTIAL_CONTENT, CONTENT[:10]),
        ("bytes=100-", HTTPStatus.PARTIAL_CONTENT, CONTENT[100:]),
        ("bytes=-5", HTTPStatus.PARTIAL_CONTENT, CONTENT[-5:]),
        ("bytes=5-999999999999999999999", HTTPStatus.PARTIAL_CONTENT, CONTENT[5:]),
        ("bytes=999999999-", HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, b""),
        ("bytes=9-1", HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, b""),
        ("bytes=-", HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, b""),
        ("bytes=0-1,5-6", HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, b""),
        ("lines=1-2", HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, b""),
    ],
)
async def test_ranges(served: Served, wanted: str, status: HTTPStatus, expected: bytes) -> None:
    async with served.ask(Range=wanted) as response:
        body = await response.read()
    assert response.status == status
    assert body[: len(expected) or 0] == expected
    if status is HTTPStatus.PARTIAL_CONTENT:
        assert len(body) == len(expected)
    assert "no-store" in response.headers["Cache-Control"]


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/media/",
        "/links.key",
        "/../links.key",
        f"{GOOD}/../../links.key",
        f"/media/media{GOOD}",
        f"{GOOD}?x=../..%00",
        GOOD.upper(),
        SIGNER.path_to(JOB, NOW),
        SIGNER.path_to("f" * 32, NOW + timedelta(hours=1)),
        "/" + "a" * 8000,
        "/%00%ff%2e%2e%2f",
    ],
)
async def test_anything_else_is_not_found(served: Served, path: str) -> None:
    if path.startswith(f"{GOOD}?"):
        async with served.ask(path) as response:
            assert response.status == HTTPStatus.OK  # a query changes nothing, and is not looked at
        return
    async with served.ask(path) as response:
        assert (response.status, await response.read()) == (HTTPStatus.NOT_FOUND, b"")
        assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert set(served.shelf.asked) <= {"f" * 32}


async def test_only_reading_is_possible(served: Served) -> None:
    for method in ("POST", "PUT", "DELETE", "OPTIONS"):
        async with served.ask(method=method) as response:
            assert response.status == HTTPStatus.METHOD_NOT_ALLOWED
    assert served.shelf.asked == []


@pytest.mark.parametrize(
    "data",
    [
        b"\x16\x03\x01\x02\x00\x01",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET " + b"/" * 70_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\n" + b"A: b\r\n" * 1000 + b"\r\n",
        b"\r\n\r\n\r\n\x00\xff",
    ],
)
async def test_what_is_no_request_changes_nothing(served: Served, data: bytes) -> None:
    answer = await served.say(data + b"\r\n\r\n")
    assert answer == b"" or b" 40" in answer.splitlines()[0]
    async with served.ask() as response:
        assert response.status == HTTPStatus.OK


async def test_a_video_that_is_taken_away_is_not_found(served: Served) -> None:
    served.shelf.there = False
    async with served.ask() as response:
        assert response.status == HTTPStatus.NOT_FOUND


async def test_a_transfer_under_way_ends_when_the_video_may_no_longer_be_seen(served: Served) -> None:
    with served.shelf.path.open("wb") as file:
        file.truncate(200_000_000)
    async with served.ask() as response:
        await response.content.readexactly(1000)
        served.shelf.there = False
        await served.shelf.refused.wait()
        with pytest.raises(aiohttp.ClientPayloadError):
            await response.read()


async def test_more_connections_than_there_are_places_are_closed_at_once(served: Served) -> None:
    opened = [await asyncio.open_connection("127.0.0.1", served.port) for _ in range(CONNECTIONS_MAX)]
    assert await served.say(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n") == b""
    for _, writer in opened:
        writer.close()
        await writer.wait_closed()
    async with asyncio.timeout(60):
        while not (await served.say(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")).startswith(b"HTTP/1.1 404"):
            pass


async def test_a_port_that_is_taken_is_an_error(served: Served) -> None:
    links = MediaLinks(SIGNER, served.shelf, prefix="", now=lambda: NOW)
    with pytest.raises(OSError, match="in use"):
        async with links.serving("127.0.0.1", served.port):
            pass


async def test_a_connection_that_says_nothing_is_closed(served: Served) -> None:
    links = MediaLinks(SIGNER, served.shelf, prefix="", now=lambda: NOW, head_within_s=0.1)
    async with links.serving("127.0.0.1", 0) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET / HTTP/1.1\r\nHost:")
        async with asyncio.timeout(60):
            assert await reader.read() == b""
        writer.close()
        await writer.wait_closed()
