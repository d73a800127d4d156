"""Tells if a file is a whole mp4, judged by its top-level boxes alone.

Source: ISO/IEC 14496-12 (ISO base media file format), 4.2 "Object structure". A file is a row of boxes, each
beginning with its size (32 bits, big endian, header included) and a four-character type; size 1 means that a
64-bit size follows the type, size 0 that the box reaches to the end of the file.
"""

import struct
from enum import Enum, StrEnum, auto
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

# What may follow at the top level. Anything else behind a whole video is no box that was cut off, but some
# bytes that a gateway has added, which players ignore.
_KNOWN: Final = _FIRST | {b"moof", b"mfra", b"sidx", b"ssix", b"prft", b"emsg", b"meta", b"udta"}

PEEK_BYTES: Final = _HEADER.size
"""How many leading bytes `may_begin_mp4` needs."""

# Fragmented files hold some hundred boxes. The bound keeps a file made of empty boxes from taking minutes.
_BOXES_MAX: Final = 100_000


class Mp4Verdict(StrEnum):
    """What a file turned out to be."""

    WHOLE = "whole"
    TRUNCATED = "truncated"
    """It ends before its boxes do, or before all that a video needs is there."""
    NOT_MP4 = "not_mp4"
    """It does not begin like an mp4, or its boxes make no sense."""


class _NoBox(Enum):
    """Why there is no box at a place in the file."""

    CUT_OFF = auto()
    """The file ends within its header."""
    NONSENSE = auto()
    """Its size is smaller than its header."""


def may_begin_mp4(head: bytes | bytearray) -> bool:
    """True if a file that begins with `head` (at least `PEEK_BYTES` long) can be an mp4 at all."""
    return len(head) >= PEEK_BYTES and _HEADER.unpack_from(head)[1] in _FIRST


def judge_mp4(path: Path) -> Mp4Verdict:
    """Walk the top-level boxes of a file. Blocks: reads the disk; run it in a thread. Raises `OSError`.

    WHOLE means that `ftyp`, `moov` and `mdat` are there whole, and that no box behind them is cut off. Bytes
    behind them that are no box are tolerated.
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
        if isinstance(box, _NoBox):
            return _at_the_end(box, missing)
        kind, box_bytes = box
        if offset + box_bytes > file_bytes:
            is_foreign = not missing and kind not in _KNOWN
            return Mp4Verdict.WHOLE if is_foreign else Mp4Verdict.TRUNCATED
        missing.discard(kind)
        offset += box_bytes
    return Mp4Verdict.TRUNCATED if missing or offset != file_bytes else Mp4Verdict.WHOLE


def _at_the_end(found: _NoBox, missing: set[bytes]) -> Mp4Verdict:
    if not missing:
        return Mp4Verdict.WHOLE
    return Mp4Verdict.TRUNCATED if found is _NoBox.CUT_OFF else Mp4Verdict.NOT_MP4


def _box_at(file: BinaryIO, offset: int, file_bytes: int) -> tuple[bytes, int] | _NoBox:
    """Type and size in bytes of the box at `offset`."""
    file.seek(offset)
    header = file.read(_HEADER.size + _LARGE_SIZE.size)
    if len(header) < _HEADER.size:
        return _NoBox.CUT_OFF
    size, kind = _HEADER.unpack_from(header)
    header_bytes = _HEADER.size
    if size == _SIZE_IS_REST_OF_FILE:
        size = file_bytes - offset
    elif size == _SIZE_IS_64_BIT:
        header_bytes += _LARGE_SIZE.size
        if len(header) < header_bytes:
            return _NoBox.CUT_OFF
        (size,) = _LARGE_SIZE.unpack_from(header, _HEADER.size)
    return (kind, size) if size >= header_bytes else _NoBox.NONSENSE
