"""Servers on real sockets: one that records requests and answers by script, one that speaks raw TCP."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Self

from aiohttp import web
from multidict import CIMultiDict
from yarl import URL

RawHandler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@dataclass(frozen=True)
class Seen:
    """A request as it arrived; `at_s` is the loop's time when it had come whole."""

    method: str
    path: str
    headers: CIMultiDict[str]
    body: bytes
    at_s: float


@dataclass
class Answer:
    """What the server says next."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict[str, str])


def json_answer(text: str, status: int = 200, **headers: str) -> Answer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(status, text.encode("utf-8", "surrogatepass"), {"Content-Type": "application/json"} | named)


class RecordingServer:
    """Answers every request with the next of its `answers`, the last one for ever, and keeps what it saw."""

    def __init__(self) -> None:
        self.seen: list[Seen] = []
        self.answers: list[Answer] = []
        self._runner: web.AppRunner | None = None
        self.url = URL()

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=0)
        app.router.add_route("*", "/{tail:.*}", self._serve)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        host, port = self._runner.addresses[0][:2]
        self.url = URL(f"http://{host}:{port}")
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._runner is not None
        await self._runner.cleanup()

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        body = await request.content.read()
        at_s = asyncio.get_running_loop().time()
        self.seen.append(Seen(request.method, request.raw_path, CIMultiDict(request.headers), body, at_s))
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return web.Response(status=answer.status, body=answer.body, headers=answer.headers)


class RawServer:
    """Hands every connection to a handler, and keeps count."""

    def __init__(self, handler: RawHandler) -> None:
        self._handler = handler
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self.connections = 0
        self.url = URL()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        host, port = self._server.sockets[0].getsockname()[:2]
        self.url = URL(f"http://{host}:{port}")
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            await self._handler(reader, writer)
        except ConnectionError:
            pass
        finally:
            writer.close()


async def read_request(reader: asyncio.StreamReader) -> tuple[bytes, bytes]:
    """Head and body of one request with a Content-Length."""
    head = await reader.readuntil(b"\r\n\r\n")
    lengths = [
        line.split(b":")[1] for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")
    ]
    return head, await reader.readexactly(int(lengths[0])) if lengths else b""


def raw_answer(status_line: str, body: bytes = b"", **headers: str) -> bytes:
    """An HTTP/1.1 answer with an exact Content-Length unless one is given."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    lengths = {} if "Content-Length" in named else {"Content-Length": str(len(body))}
    lines = [f"HTTP/1.1 {status_line}", *(f"{name}: {value}" for name, value in (lengths | named).items())]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body
