"""Fetching a finished video: across redirects, in pieces, onto the disk, and only ever whole."""

import asyncio
import codecs
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Final

import aiohttp
import structlog
from aiohttp import hdrs
from yarl import URL

from bot.dimilinks.absences import route_says_absent
from bot.dimilinks.answers import Answer
from bot.dimilinks.errors import (
    BrokenVideoError,
    ConnectionFailedError,
    DimiLinksError,
    TruncatedVideoError,
    VideoMissingError,
    VideoTooLargeError,
)
from bot.dimilinks.exchange import Exchange
from bot.dimilinks.mp4 import PEEK_BYTES, Length, Mp4Verdict, judge_mp4, may_begin_mp4
from bot.dimilinks.partfile import PartFile
from bot.dimilinks.ranges import length_of
from bot.dimilinks.redirects import Hop, hop_after, is_redirect
from bot.dimilinks.refusals import error_from, is_success
from bot.dimilinks.scrub import Scrubber
from bot.dimilinks.task import Download
from bot.dimilinks.timeouts import ApiTimeouts
from bot.dimilinks.verdicts import FaultReason

log: Final = structlog.get_logger(__name__)

# In the API's own words, these say of a task's video that it is not there: too early, or for ever.
_SAYS_ABSENT: Final = frozenset({400, 403, 404, 409, 410, 502})

# What 2xx says so with an answer that is no video: accepted, but not done; nothing to send.
_NOTHING_YET: Final = frozenset({202, 204})

# One hop into a thread and back costs about as much as writing 100 kB; a megabyte makes it negligible.
_WRITE_BYTES: Final = 256 * 1024


class VideoDownload:
    """One attempt to fetch one video into one file."""

    def __init__(
        self,
        exchange: Exchange,
        scrubber: Scrubber,
        timeouts: ApiTimeouts,
        *,
        destination: Path,
        limit_bytes: int,
        is_believed: Callable[[Path], bool],
        now: Callable[[], datetime],
    ) -> None:
        """Set the attempt up.

        Args:
            exchange: Sends the request.
            scrubber: Keeps the key out of errors.
            timeouts: How long answers and pieces are waited for.
            destination: The file.
            limit_bytes: The largest video that is taken.
            is_believed: Tells of a file that may be whole if it is taken for that.
            now: The clock for `Retry-After` dates.
        """
        self._exchange = exchange
        self._scrubber = scrubber
        self._timeouts = timeouts
        self._destination = destination
        self._limit_bytes = limit_bytes
        self._is_believed = is_believed
        self._now = now
        self.began = False
        """True once the first bytes of a video have come."""

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
            if not is_success(response.status):
                answer = await self._exchange.read(response, within_s=self._timeouts.download_idle_s)
                raise self._error(answer, hop)
            return await self._receive(response, hop)
        finally:
            response.close()

    async def _open(self, hop: Hop) -> aiohttp.ClientResponse:
        return await self._exchange.open(
            hop.url, authorized=hop.authorized, answer_s=self._timeouts.download_answer_s
        )

    def _error(self, answer: Answer, hop: Hop) -> DimiLinksError:
        """The error for an answer that is no video. Another host's is no word on our key, or on the task."""
        error = error_from(answer, self._scrubber, self._now(), own_origin=hop.authorized)
        if error.in_own_voice:
            may_say_absent = answer.status in _SAYS_ABSENT or is_success(answer.status)
            absent = may_say_absent and not _about_account(error)
        else:
            absent = hop.authorized and route_says_absent(answer, self._scrubber, _SAYS_ABSENT)
        if not absent:
            return error
        return VideoMissingError(
            error.message, http_status=error.http_status, code=error.code, in_own_voice=True
        )

    async def _receive(self, response: aiohttp.ClientResponse, hop: Hop) -> Download:
        promised_bytes = response.content_length
        if promised_bytes is not None and promised_bytes > self._limit_bytes:
            raise self._too_large()
        length = length_of(response)
        head = await self._head(response, hop)
        self.began = True
        part = PartFile(self._destination)
        try:
            await asyncio.to_thread(part.open)
            size_bytes, broken = await self._stream(response, head, part)
            await asyncio.to_thread(part.sync)
            verdict = await asyncio.to_thread(judge_mp4, part.path, Length.UNMET if broken else length)
            if verdict is Mp4Verdict.DOUBTFUL and await asyncio.to_thread(self._is_believed, part.path):
                log.warning("doubtful_video_kept", size_bytes=size_bytes, length=length.name)
                verdict = Mp4Verdict.WHOLE
            match verdict:
                case Mp4Verdict.WHOLE:
                    await asyncio.to_thread(part.keep)
                case Mp4Verdict.TRUNCATED | Mp4Verdict.DOUBTFUL:
                    raise broken or TruncatedVideoError(f"an incomplete mp4 of {size_bytes} bytes")
                case Mp4Verdict.NOT_MP4:
                    raise broken or BrokenVideoError(f"{size_bytes} bytes that are no mp4")
        finally:
            await asyncio.shield(asyncio.to_thread(part.discard))
        return Download(self._destination, size_bytes)

    async def _head(self, response: aiohttp.ClientResponse, hop: Hop) -> bytes:
        """The first pieces, once they look like a video, whatever type and 2xx status they came with.

        Anything else that was sent is never written to disk.
        """
        head = bytearray()
        while len(head) < PEEK_BYTES and (piece := await self._chunk(response)):
            head += piece
        if may_begin_mp4(head):
            return bytes(head)
        within_s = self._timeouts.download_idle_s
        answer = await self._exchange.read(response, within_s=within_s, head=bytes(head))
        if response.status in _NOTHING_YET:
            raise VideoMissingError("no video yet", http_status=response.status)
        if not head or (len(head) < PEEK_BYTES and not _is_text(answer)):
            raise TruncatedVideoError(f"{len(head)} bytes arrived")
        if _is_text(answer):
            raise self._error(answer, hop)
        raise BrokenVideoError("bytes that are no mp4", http_status=answer.status)

    async def _stream(
        self, response: aiohttp.ClientResponse, head: bytes, part: PartFile
    ) -> tuple[int, TruncatedVideoError | None]:
        """Write `head` and all that follows.

        Returns:
            The number of bytes written, and the error if the connection broke before all had come. That they are
            as many as Content-Length promised is aiohttp's care: it reports an early end.
        """
        size_bytes = 0
        waiting = bytearray(head)
        piece = head
        broken: TruncatedVideoError | None = None
        while piece:
            try:
                piece = await self._chunk(response)
            except TruncatedVideoError as error:
                piece, broken = b"", error
            waiting += piece
            if size_bytes + len(waiting) > self._limit_bytes:
                raise self._too_large()
            if len(waiting) >= _WRITE_BYTES or not piece:
                await asyncio.to_thread(part.write, waiting)
                size_bytes += len(waiting)
                waiting = bytearray()
        return size_bytes, broken

    async def _chunk(self, response: aiohttp.ClientResponse) -> bytes:
        try:
            return await self._exchange.chunk(response, within_s=self._timeouts.download_idle_s)
        except ConnectionFailedError as error:
            raise TruncatedVideoError(error.message) from error

    def _too_large(self) -> VideoTooLargeError:
        return VideoTooLargeError(f"the video is larger than {self._limit_bytes} bytes")


def _is_text(answer: Answer) -> bool:
    """True for what can be read: JSON, and pages. Its type alone proves nothing."""
    try:
        # What was read may end within a character.
        codecs.getincrementaldecoder("utf-8")().decode(answer.body)
    except UnicodeDecodeError:
        return False
    return b"\0" not in answer.body


def _about_account(error: DimiLinksError) -> bool:
    return error.verdict.reason in {FaultReason.KEY, FaultReason.MONEY}
