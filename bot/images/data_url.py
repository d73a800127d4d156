"""Streams a picture from the disk as Data URL text, for `bot.dimilinks.ReferenceBody`."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

import pybase64

from bot.video import ImageMime

_READ_BYTES: Final = 3 * 64 * 1024
"""Bytes a piece. A multiple of 3, so that the base64 of the pieces joins without padding. Small enough that
encoding one on the event loop takes about 20 µs."""


class DataUrl:
    """Text `data:image/png;base64,…` of a file, whose size now fixes the length of the text.

    Raises:
        OSError: The file cannot be read.
    """

    def __init__(self, path: Path, mime: ImageMime) -> None:
        self._path = path
        self._head = f"data:{mime};base64,".encode()
        self._size_bytes = path.stat().st_size

    @property
    def length_bytes(self) -> int:
        """Exact length of the whole text in bytes, known before reading: it goes into Content-Length."""
        # Base64 makes four characters of every three bytes, also of an incomplete last group.
        return len(self._head) + 4 * ((self._size_bytes + 2) // 3)

    async def chunks(self) -> AsyncIterator[bytes]:
        """Yield the text in pieces. Raises `OSError` if the file is gone or its size has changed."""
        yield self._head
        rest_bytes = self._size_bytes
        with self._path.open("rb", buffering=0) as file:
            while piece := file.read(_READ_BYTES):
                rest_bytes -= len(piece)
                # Growth, or a short read within the file, which would put padding in the middle of the text.
                if rest_bytes < 0 or (rest_bytes and len(piece) % 3):
                    break
                yield pybase64.b64encode(piece)
        # Raising cuts the request off, which then cannot be taken for a complete one.
        if rest_bytes:
            raise OSError(f"{self._path.name} changed while it was read")
