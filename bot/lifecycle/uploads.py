"""Tracks uploads under way: a stop waits for them, because cutting one short leaves its outcome in doubt."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from contextvars import ContextVar
from http import HTTPStatus
from types import SimpleNamespace
from typing import Final

import aiohttp


class UploadTracker:
    """Counts uploads under way. Once a stop has begun, no other begins.

    One whose last request failed is not under way while nothing is sent: a stop does not wait for pauses between
    two tries, be they ours or discord.py's.
    """

    def __init__(self) -> None:
        self._under_way = 0
        self._none_under_way = asyncio.Event()
        self._none_under_way.set()
        self._closed = False

    @property
    def under_way(self) -> int:
        """Number of uploads under way."""
        return self._under_way

    @asynccontextmanager
    async def uploading(self) -> AsyncGenerator[None]:
        """Surround an upload, from the commit that announces it to the commit that stores its outcome.

        While the process stops this waits until it is cancelled.
        """
        if self._closed:
            await asyncio.Event().wait()
        upload = _Upload(self)
        outer = _upload.set(upload)
        upload.resume()
        try:
            yield
        finally:
            upload.pause()
            _upload.reset(outer)

    async def close(self, *, within_s: float) -> bool:
        """Let no other upload begin, and wait for those under way. Returns False if some took too long."""
        self._closed = True
        try:
            async with asyncio.timeout(within_s):
                await self._none_under_way.wait()
        except TimeoutError:
            return False
        return True

    def count(self, change: int) -> None:
        """Note that an upload is under way, or no longer."""
        self._under_way += change
        if self._under_way:
            self._none_under_way.clear()
        else:
            self._none_under_way.set()


class _Upload:
    """One upload, which may take several requests."""

    def __init__(self, tracker: UploadTracker) -> None:
        self._tracker = tracker
        self._counted = False

    def resume(self) -> None:
        """A request leaves."""
        if not self._counted:
            self._counted = True
            self._tracker.count(1)

    def pause(self) -> None:
        """It failed, or the upload is over."""
        if self._counted:
            self._counted = False
            self._tracker.count(-1)


_upload: Final[ContextVar[_Upload | None]] = ContextVar("upload", default=None)


def watch_uploads(trace: aiohttp.TraceConfig) -> None:
    """Let the tracker see the requests of a session. `trace` is the session's."""

    async def started(
        _session: aiohttp.ClientSession, _context: SimpleNamespace, _start: aiohttp.TraceRequestStartParams
    ) -> None:
        if (upload := _upload.get()) is not None:
            upload.resume()

    async def answered(
        _session: aiohttp.ClientSession, _context: SimpleNamespace, end: aiohttp.TraceRequestEndParams
    ) -> None:
        if end.response.status >= HTTPStatus.MULTIPLE_CHOICES and (upload := _upload.get()) is not None:
            upload.pause()

    async def broken(
        _session: aiohttp.ClientSession, _context: SimpleNamespace, _end: aiohttp.TraceRequestExceptionParams
    ) -> None:
        if (upload := _upload.get()) is not None:
            upload.pause()

    trace.on_request_start.append(started)
    trace.on_request_end.append(answered)
    trace.on_request_exception.append(broken)
