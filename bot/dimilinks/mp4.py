"""Whether a file is a whole mp4, judged by its top-level boxes alone.

Source: ISO/IEC 14496-12 (ISO base media file format), 4.2 "Object structure". A file is a row of boxes, each
beginning with its size (32 bits, big endian, header included) and a four-character type; size 1 means that a
64-bit size follows the type, size 0 that the box reaches to the end of the file.
"""

import struct
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO, Final

_HEADER: Final = struct.Struct(">I4s")
_LARGE_SIZE: Final = struct.Struct(">Q")
_SIZE_IS_64_BIT: Final = 1
_SIZE_IS_REST_OF_FILE: Final = 0

_REQUIRED: Final = frozenset({b"ftyp", b"moov", b"mdat"})
# A file may only begin with one of these: the brand, or a box that the standard and QuickTime allow before
# it.
_FIRST: Final = frozenset({b"ftyp", b"styp", b"moov", b"mdat", b"free", b"skip", b"wide", b"pdin", b"uuid"})

PEEK_BYTES: Final = _HEADER.size
"""How many leading bytes `may_begin_mp4` needs."""

# Fragmented files hold some hundred boxes. The bound keeps a file made of empty boxes from taking minutes.
_BOXES_MAX: Final = 100_000


class Mp4Verdict(StrEnum):
    """What a file turned out to be."""

    WHOLE = "whole"
    TRUNCATED = "truncated"
    NOT_MP4 = "not_mp4"


def may_begin_mp4(head: bytes | bytearray) -> bool:
    """Whether a file that begins with `head` (at least `PEEK_BYTES` long) can be an mp4 at all."""
    return len(head) >= PEEK_BYTES and _HEADER.unpack_from(head)[1] in _FIRST


def judge_mp4(path: Path) -> Mp4Verdict:
    """Walk the top-level boxes of a file. Blocks: reads the disk; run it in a thread. Raises `OSError`.

    WHOLE means that `ftyp`, `moov` and `mdat` are there and the boxes end exactly where the file does.
    """
    size_bytes = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(PEEK_BYTES)
        if len(head) < PEEK_BYTES:
            return Mp4Verdict.TRUNCATED
        if not may_begin_mp4(head):
            return Mp4Verdict.NOT_MP4
        return _walk(file, size_bytes)


def _walk(file: BinaryIO, file_bytes: int) -> Mp4Verdict:
    missing = set(_REQUIRED)
    offset = 0
    for _ in range(_BOXES_MAX):
        if offset >= file_bytes:
            break
        box = _box_at(file, offset, file_bytes)
        if box is None:
            return Mp4Verdict.TRUNCATED
        kind, box_bytes = box
        missing.discard(kind)
        offset += box_bytes
    return Mp4Verdict.TRUNCATED if missing or offset != file_bytes else Mp4Verdict.WHOLE


def _box_at(file: BinaryIO, offset: int, file_bytes: int) -> tuple[bytes, int] | None:
    """Type and size in bytes of the box at `offset`; None when its header is cut off or makes no sense."""
    file.seek(offset)
    header = file.read(_HEADER.size + _LARGE_SIZE.size)
    if len(header) < _HEADER.size:
        return None
    size, kind = _HEADER.unpack_from(header)
    header_bytes = _HEADER.size
    if size == _SIZE_IS_REST_OF_FILE:
        size = file_bytes - offset
    elif size == _SIZE_IS_64_BIT:
        header_bytes += _LARGE_SIZE.size
        if len(header) < header_bytes:
            return None
        (size,) = _LARGE_SIZE.unpack_from(header, _HEADER.size)
    return (kind, size) if size >= header_bytes else None
