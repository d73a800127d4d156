"""Serves linked videos over HTTP: nothing but these, and each only for as long as it may be seen."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Final, Protocol

import structlog
from aiohttp.web import BaseRequest, Response, Server, StreamResponse
from aiohttp.web_protocol import RequestHandler

from bot.media_links.headers import PLAIN_HEADERS
from bot.media_links.signing import LinkSigner
from bot.media_links.transfer import VideoTransfer

log: Final = structlog.get_logger(__name__)

CONNECTIONS_MAX: Final = 32
"""Connections at once; more are closed before a byte of theirs is read."""
_END_WITHIN_S: Final = 1.0
_NOTHING: Final = logging.getLogger("bot.media_links.requests")
"""Takes what aiohttp says of requests that are none, with which strangers could fill the log."""


@dataclass(frozen=True)
class LinkedVideo:
    """A file that may be sent, and its name for whoever saves it."""

    path: Path
    name: str


class VideoAwayError(Exception):
    """A video may be sent, and cannot be read at present."""


class LinkedVideoSource(Protocol):
    """Says what may be sent of a job at this moment."""

    async def find(self, job_id: str) -> LinkedVideo | None:
        """Return the file, or None where nothing of the job may be sent. Raises `VideoAwayError`."""
        ...

    async def may_go_on(self, job_id: str) -> bool:
        """Return True if what was found may still be sent."""
        ...


class MediaLinks:
    """Answers requests for links. No path of a request reaches the file system: the job's row names the file."""

    def __init__(
        self,
        signer: LinkSigner,
        source: LinkedVideoSource,
        *,
        prefix: str,
        now: Callable[[], datetime],
        ask_every_s: float = 1.0,
        head_within_s: float = 10.0,
    ) -> None:
        """Set the routes up.

        Args:
            signer: Reads links.
            source: Asked at each request, and again and again while a video is sent.
            prefix: Path before links, which a proxy may leave or take away.
            now: The clock.
            ask_every_s: Seconds between two questions while a video is sent.
            head_within_s: Seconds in which the head of a request has to come.
        """
        self._signer = signer
        self._source = source
        self._prefix = prefix
        self._now = now
        self._ask_every_s = ask_every_s
        self._head_within_s = head_within_s
        self._silent: set[RequestHandler] = set()

    @asynccontextmanager
    async def serving(self, host: str, port: int) -> AsyncGenerator[int]:
        """Serve while the block runs; gives the port. Transfers under way are broken off at its end.

        Raises:
            OSError: The address cannot be used.
        """
        _NOTHING.disabled = True
        web = Server(self._answer, logger=_NOTHING, access_log=None, lingering_time=0.0)
        listening = await asyncio.get_running_loop().create_server(partial(self._connection, web), host, port)
        try:
            yield listening.sockets[0].getsockname()[1]
        finally:
            listening.close()
            await web.shutdown(_END_WITHIN_S)

    def _connection(self, web: Server) -> asyncio.Protocol:
        if len(web.connections) >= CONNECTIONS_MAX:
            return _Refused()
        connection = web()
        self._silent.add(connection)
        asyncio.get_running_loop().call_later(self._head_within_s, self._end_silent, connection)
        return connection

    def _end_silent(self, connection: RequestHandler) -> None:
        if connection in self._silent:
            self._silent.discard(connection)
            if connection.transport is not None:
                connection.transport.abort()

    async def _answer(self, request: BaseRequest) -> StreamResponse:
        self._silent.discard(request.protocol)
        try:
            answer = await self._answer_to(request)
        except Exception:
            log.exception("media_link_broke")
            answer = Response(status=500, headers=PLAIN_HEADERS)
        # One request for each connection: whoever asks again is counted again.
        answer.force_close()
        return answer

    async def _answer_to(self, request: BaseRequest) -> StreamResponse:
        if request.method not in {"GET", "HEAD"}:
            return Response(status=405, headers={**PLAIN_HEADERS, "Allow": "GET, HEAD"})
        path = request.rel_url.raw_path
        if self._prefix and path.startswith(f"{self._prefix}/"):
            path = path.removeprefix(self._prefix)
        job_id = self._signer.job_of(path, self._now())
        try:
            video = await self._source.find(job_id) if job_id is not None else None
        except VideoAwayError:
            return Response(status=503, headers={**PLAIN_HEADERS, "Retry-After": "60"})
        if job_id is None or video is None:
            return Response(status=404, headers=PLAIN_HEADERS)
        log.info("media_link_used", job=job_id, method=request.method)
        may_go_on = partial(self._source.may_go_on, job_id)
        return VideoTransfer(video.path, video.name, may_go_on, ask_every_s=self._ask_every_s)


class _Refused(asyncio.Protocol):
    """A connection too many."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Close it."""
        if isinstance(transport, asyncio.Transport):
            transport.abort()
