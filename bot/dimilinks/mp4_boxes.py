"""Reads the headers of boxes, of which an mp4 consists.

Source: ISO/IEC 14496-12 (ISO base media file format), 4.2 "Object structure". A file is a row of boxes, each
beginning with its size (32 bits, big endian, header included) and a four-character type; size 1 means that a
64-bit size follows the type, size 0 that the box reaches to the end of the file.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto
from typing import BinaryIO, Final

HEADER: Final = struct.Struct(">I4s")
_LARGE_SIZE: Final = struct.Struct(">Q")
_SIZE_IS_64_BIT: Final = 1
_SIZE_IS_REST_OF_FILE: Final = 0


@dataclass(frozen=True)
class Box:
    """A box of the top level, which may reach beyond the end of the file.

    Attributes:
        kind: Its type, of four characters.
        begin: Place of its header, in bytes from the beginning of the file.
        size_bytes: Its size with its header.
        header_bytes: The size of the header alone.
        open_ended: True if it reaches to the end of the file, wherever that is.
    """

    kind: bytes
    begin: int
    size_bytes: int
    header_bytes: int
    open_ended: bool

    @property
    def end(self) -> int:
        """Place behind the box."""
        return self.begin + self.size_bytes

    @property
    def payload_bytes(self) -> int:
        """Size of its contents."""
        return self.size_bytes - self.header_bytes


class NoBox(Enum):
    """Reason why there is no box at a place in the file."""

    CUT_OFF = auto()
    """The file ends within its header."""
    NONSENSE = auto()
    """Its size is smaller than its header."""


def box_at(file: BinaryIO, begin: int, file_bytes: int) -> Box | NoBox:
    """Read the header of the box at `begin`."""
    file.seek(begin)
    header = file.read(HEADER.size + _LARGE_SIZE.size)
    if len(header) < HEADER.size:
        return NoBox.CUT_OFF
    size, kind = HEADER.unpack_from(header)
    header_bytes = HEADER.size
    open_ended = size == _SIZE_IS_REST_OF_FILE
    if open_ended:
        size = file_bytes - begin
    elif size == _SIZE_IS_64_BIT:
        header_bytes += _LARGE_SIZE.size
        if len(header) < header_bytes:
            return NoBox.CUT_OFF
        (size,) = _LARGE_SIZE.unpack_from(header, HEADER.size)
    if size < header_bytes:
        return NoBox.NONSENSE
    return Box(kind, begin, size, header_bytes, open_ended)


def payload_of(file: BinaryIO, box: Box) -> bytes:
    """Read the contents of a box of the top level."""
    file.seek(box.begin + box.header_bytes)
    return file.read(box.payload_bytes)


def boxes_in(payload: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield type and contents of the boxes that another one contains, as far as they make sense."""
    begin = 0
    while begin + HEADER.size <= len(payload):
        size, kind = HEADER.unpack_from(payload, begin)
        if not HEADER.size <= size <= len(payload) - begin:
            return
        yield kind, payload[begin + HEADER.size : begin + size]
        begin += size
