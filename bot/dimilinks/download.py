"""Fetching a finished video: across redirects, in pieces, onto the disk, and only ever whole."""

import asyncio
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from typing import Final

import aiohttp
from aiohttp import hdrs
from yarl import URL

from bot.dimilinks.errors import (
    ConnectionFailedError,
    DimiLinksError,
    ErrorKind,
    NotFoundError,
    OtherRefusalError,
    TruncatedVideoError,
    UnreadableAnswerError,
    VideoMissingError,
    VideoTooLargeError,
)
from bot.dimilinks.exchange import Exchange
from bot.dimilinks.mp4 import PEEK_BYTES, Mp4Verdict, judge_mp4, may_begin_mp4
from bot.dimilinks.partfile import PartFile
from bot.dimilinks.redirects import Hop, hop_after, is_redirect
from bot.dimilinks.refusals import complaint_in, error_from, is_refusal, is_success
from bot.dimilinks.scrub import Scrubber
from bot.dimilinks.task import Download
from bot.dimilinks.timeouts import ApiTimeouts

# One hop into a thread and back costs about as much as writing 100 kB; a megabyte makes it negligible.
_WRITE_BYTES: Final = 1024 * 1024


class VideoDownload:
    """One attempt to fetch one video into one file."""

    def __init__(
        self,
        exchange: Exchange,
        scrubber: Scrubber,
        timeouts: ApiTimeouts,
        destination: Path,
        limit_bytes: int,
    ) -> None:
        self._exchange = exchange
        self._scrubber = scrubber
        self._timeouts = timeouts
        self._destination = destination
        self._limit_bytes = limit_bytes

    async def run(self, url: URL) -> Download:
        """Fetch the video at `url`, an address of the API's own.

        Raises every error of `DimiLinks.download`, `OSError` of the disk included. Leaves no part file.
        """
        hop = Hop(url)
        response = await self._open(hop)
        try:
            while is_redirect(response.status):
                hop = hop_after(hop, response.headers.get(hdrs.LOCATION))
                response.close()
                response = await self._open(hop)
            if response.status != HTTPStatus.OK:
                raise await self._error(response, hop)
            return await self._receive(response)
        finally:
            response.close()

    async def _open(self, hop: Hop) -> aiohttp.ClientResponse:
        return await self._exchange.open(
            hop.url, authorized=hop.authorized, answer_s=self._timeouts.download_answer_s
        )

    async def _error(self, response: aiohttp.ClientResponse, hop: Hop) -> DimiLinksError:
        answer = await self._exchange.read(response, within_s=self._timeouts.download_idle_s)
        if is_success(answer.status):
            return UnreadableAnswerError("an answer that is not the video", http_status=answer.status)
        error = error_from(answer, self._scrubber, datetime.now(UTC))
        if isinstance(error, NotFoundError):
            return VideoMissingError(error.message, http_status=error.http_status, code=error.code)
        if is_refusal(answer.status) and not hop.authorized:
            # Another host's 401 or 403 (an expired address, say) is no word on our key; asking anew may help.
            return OtherRefusalError(
                error.message, http_status=error.http_status, code=error.code, kind=ErrorKind.TRANSPORT
            )
        return error

    async def _receive(self, response: aiohttp.ClientResponse) -> Download:
        promised_bytes = response.content_length
        if promised_bytes is not None and promised_bytes > self._limit_bytes:
            raise self._too_large()
        head = await self._head(response)
        part = PartFile(self._destination)
        try:
            await asyncio.to_thread(part.open)
            size_bytes = await self._stream(response, head, part)
            await asyncio.to_thread(part.sync)
            match await asyncio.to_thread(judge_mp4, part.path):
                case Mp4Verdict.WHOLE:
                    await asyncio.to_thread(part.keep)
                case Mp4Verdict.TRUNCATED:
                    raise TruncatedVideoError(f"an incomplete mp4 of {size_bytes} bytes")
                case Mp4Verdict.NOT_MP4:
                    raise VideoMissingError("a file that is no mp4")
        finally:
            await asyncio.shield(asyncio.to_thread(part.discard))
        return Download(self._destination, size_bytes)

    async def _head(self, response: aiohttp.ClientResponse) -> bytes:
        """The first pieces, once they look like a video; whatever else was sent is never written to disk."""
        head = bytearray()
        while len(head) < PEEK_BYTES and (piece := await self._chunk(response)):
            head += piece
        if may_begin_mp4(head) or not head:
            return bytes(head)
        if len(head) < PEEK_BYTES and not _is_text(response.content_type):
            raise TruncatedVideoError(f"{len(head)} bytes arrived")
        answer = await self._exchange.read(
            response, within_s=self._timeouts.download_idle_s, head=bytes(head)
        )
        complaint = complaint_in(answer, self._scrubber)
        raise VideoMissingError(
            complaint.message or f"no video: {self._scrubber.excerpt(answer.body)}",
            http_status=answer.status,
            code=next(iter(complaint.codes), None),
            content_type=self._scrubber.clean(answer.content_type),
        )

    async def _stream(self, response: aiohttp.ClientResponse, head: bytes, part: PartFile) -> int:
        """Write `head` and all that follows; the number of bytes written.

        That they are as many as Content-Length promised is aiohttp's care: it reports an early end.
        """
        size_bytes = 0
        waiting = bytearray(head)
        piece = head
        while piece:
            piece = await self._chunk(response)
            waiting += piece
            if size_bytes + len(waiting) > self._limit_bytes:
                raise self._too_large()
            if len(waiting) >= _WRITE_BYTES or not piece:
                await asyncio.to_thread(part.write, waiting)
                size_bytes += len(waiting)
                waiting = bytearray()
        return size_bytes

    async def _chunk(self, response: aiohttp.ClientResponse) -> bytes:
        try:
            return await self._exchange.chunk(response, within_s=self._timeouts.download_idle_s)
        except ConnectionFailedError as error:
            raise TruncatedVideoError(error.message) from error

    def _too_large(self) -> VideoTooLargeError:
        return VideoTooLargeError(f"the video is larger than {self._limit_bytes} bytes")


def _is_text(content_type: str) -> bool:
    return content_type.startswith("text/") or content_type.endswith("json")
