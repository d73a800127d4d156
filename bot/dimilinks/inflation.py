"""Undoing the compression of an answer's body, piece by piece.

Bodies are asked for uncompressed. Some gateways compress all the same; others pass the header of a compressed
answer on beside a body that they have inflated. So the bytes decide, not the header, and the session must not look
at it either.
"""

import zlib
from collections.abc import Iterator
from typing import Final

import aiohttp

_MAGIC: Final = (b"\x1f\x8b", b"\x78\x01", b"\x78\x5e", b"\x78\x9c", b"\x78\xda")
"""The beginnings of gzip (RFC 1952) and of zlib (RFC 1950), which HTTP calls `deflate`."""
_MAGIC_BYTES: Final = 2
_EITHER_WINDOW: Final = 32 + zlib.MAX_WBITS
_PIECE_BYTES: Final = 1024 * 1024
"""As much as is inflated at a time: a small piece may hold a thousand times as much."""


class AnswerBody:
    """One body on its way. What does not begin like gzip or zlib passes as it is."""

    def __init__(self, content: aiohttp.StreamReader) -> None:
        self._content = content
        self._begun = b""
        self._passes = False
        self._inflate = zlib.decompressobj(_EITHER_WINDOW)
        self._inflates = False
        self._pieces: Iterator[bytes] = iter(())

    async def next(self) -> bytes:
        """The next piece, empty at the end.

        Raises what aiohttp raises, and `zlib.error` where the compression is broken.
        """
        while True:
            for piece in self._pieces:
                return piece
            raw = await self._content.readany()
            if not raw:
                rest, self._begun = self._begun, b""
                return rest
            self._pieces = self._pieces_of(raw)

    def _pieces_of(self, raw: bytes) -> Iterator[bytes]:
        if not self._passes and not self._inflates:
            raw = self._begun + raw
            if len(raw) < _MAGIC_BYTES:
                self._begun = raw
                return
            self._begun = b""
            self._inflates = raw.startswith(_MAGIC)
            self._passes = not self._inflates
        if self._passes:
            yield raw
            return
        while raw:
            if inflated := self._inflate.decompress(raw, _PIECE_BYTES):
                yield inflated
            raw = self._inflate.unconsumed_tail
