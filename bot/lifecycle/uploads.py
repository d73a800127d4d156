"""Uploads in flight: what a stop waits for, because cutting it short would leave its outcome in doubt."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager


class UploadTracker:
    """Counts uploads under way. Once a stop has begun, no other takes off."""

    def __init__(self) -> None:
        self._under_way = 0
        self._all_landed = asyncio.Event()
        self._all_landed.set()
        self._closed = False

    @property
    def under_way(self) -> int:
        """How many uploads are in flight."""
        return self._under_way

    @asynccontextmanager
    async def uploading(self) -> AsyncGenerator[None]:
        """An upload, from the commit that announces it to the commit that tells its outcome.

        While the process stops this waits until it is cancelled.
        """
        if self._closed:
            await asyncio.Event().wait()
        self._under_way += 1
        self._all_landed.clear()
        try:
            yield
        finally:
            self._under_way -= 1
            if not self._under_way:
                self._all_landed.set()

    async def land(self, *, within_s: float) -> bool:
        """Let nothing take off any more; whether all that was under way has ended in time."""
        self._closed = True
        try:
            async with asyncio.timeout(within_s):
                await self._all_landed.wait()
        except TimeoutError:
            return False
        return True
