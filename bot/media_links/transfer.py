"""Answer that sends a file for as long as that is allowed."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

from aiohttp.abc import AbstractStreamWriter
from aiohttp.web import BaseRequest, FileResponse

from bot.media_links.headers import video_headers

_LONGEST_S: Final = 3600.0
"""Seconds for one transfer, however slow its line is."""


class VideoTransfer(FileResponse):
    """Sends a video, whole or in part, from the disk to the socket, and breaks off when it may no longer go on."""

    def __init__(
        self, path: Path, name: str, may_go_on: Callable[[], Awaitable[bool]], *, ask_every_s: float
    ) -> None:
        """Prepare the answer.

        Args:
            path: The file.
            name: Its name for whoever saves it.
            may_go_on: Tells if the video may still be sent.
            ask_every_s: Seconds after which that is asked again.
        """
        super().__init__(path, headers=video_headers(name))
        self._may_go_on = may_go_on
        self._ask_every_s = ask_every_s

    async def prepare(self, request: BaseRequest) -> AbstractStreamWriter | None:
        """Send the headers and the bytes. Raises `ConnectionResetError` where it was broken off."""
        loop = asyncio.get_running_loop()
        ends_s = loop.time() + _LONGEST_S
        sending = loop.create_task(super().prepare(request))
        try:
            while True:
                done, _ = await asyncio.wait([sending], timeout=self._ask_every_s)
                if done:
                    return sending.result()
                if loop.time() >= ends_s or not await self._may_go_on():
                    raise ConnectionResetError("the video is not to be sent any more")
        finally:
            if not sending.done():
                # First the task, which else would wait for a socket that never becomes ready again.
                sending.cancel()
                await asyncio.wait([sending])
                if request.transport is not None:
                    request.transport.abort()
