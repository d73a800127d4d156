"""Tracks uploads under way: a stop waits for them, because cutting one short leaves its outcome in doubt."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager


class UploadTracker:
    """Counts uploads under way. Once a stop has begun, no other begins."""

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
        self._under_way += 1
        self._none_under_way.clear()
        try:
            yield
        finally:
            self._under_way -= 1
            if not self._under_way:
                self._none_under_way.set()

    async def close(self, *, within_s: float) -> bool:
        """Let no other upload begin, and wait for those under way. Returns False if some took too long."""
        self._closed = True
        try:
            async with asyncio.timeout(within_s):
                await self._none_under_way.wait()
        except TimeoutError:
            return False
        return True
