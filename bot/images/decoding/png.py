"""Walks over the chunks of a PNG (W3C, *Portable Network Graphics, Third Edition*). Nothing is decoded here."""

import struct
from dataclasses import dataclass, field
from io import BufferedReader
from pathlib import Path
from typing import Final

from isal.isal_zlib import crc32  # pyright: ignore[reportUnknownVariableType] - its stub leaves the data's type out

from bot.images.decoding.jpeg import exif_orientation
from bot.images.decoding.layout import PARTS_MAX, CodedColours, Layout, Piece, damaged, too_many_parts

_SIGNATURE_BYTES: Final = 8
_HEAD: Final = struct.Struct(">I4s")
_CRC_BYTES: Final = 4
_SLICE_BYTES: Final = 1024 * 1024
_SMALL_BYTES: Final = 64 * 1024
_KEPT: Final = frozenset(
    {
        b"IHDR",
        b"PLTE",
        b"IDAT",
        b"IEND",
        b"tRNS",
        b"gAMA",
        b"cHRM",
        b"sRGB",
        b"iCCP",
        b"cICP",
        b"mDCV",
        b"cLLI",
    }
    | {b"sBIT", b"pHYs", b"bKGD"}
)
"""Chunks that are part of the picture or of its colours. Text, EXIF, times and private chunks are not, nor are the
further frames of an animation."""
_BITS_16: Final = 16


@dataclass
class _Walk:
    kept: list[Piece] = field(default_factory=lambda: [(0, _SIGNATURE_BYTES)])
    left_out: bool = False
    header: bytes = b""
    has_data: bool = False
    ended: bool = False
    orientation: int = 1
    animated: bool = False
    frame_before_data: bool = False
    colours: CodedColours | None = None


def walk(path: Path) -> Layout:
    """Walk over a PNG's chunks and their checksums up to IEND, or to the file's end between two chunks.

    Raises:
        UnusableImageError: It is damaged, holds no picture data, or has too many chunks.
    """
    seen = _Walk()
    with path.open("rb") as file:
        size_bytes = path.stat().st_size
        at = _SIGNATURE_BYTES
        file.seek(at)
        for count in range(PARTS_MAX + 1):
            if seen.ended or at == size_bytes:
                break
            at = _chunk(seen, file, at, size_bytes)
            if count == PARTS_MAX:
                raise too_many_parts(count)
    if len(seen.header) != 13 or not seen.has_data:  # noqa: PLR2004 - IHDR's length
        raise damaged("no picture data")
    if not seen.ended:
        seen.kept.append(b"\0\0\0\0IEND\xaeB`\x82")
    width_px, height_px, depth = struct.unpack(">IIB", seen.header[:9])
    if not (width_px and height_px):
        raise damaged("no dimensions")
    hdr = seen.colours is not None and seen.colours.hdr
    return Layout(
        width_px,
        height_px,
        kept=seen.kept if seen.left_out or not seen.ended or at < size_bytes else None,
        orientation=seen.orientation,
        animated=seen.animated,
        # An animation whose first frame is the plain picture is that picture without the other frames.
        needs_remake=depth == _BITS_16 or hdr or (seen.animated and not seen.frame_before_data),
        colours=seen.colours,
    )


def _chunk(seen: _Walk, file: BufferedReader, at: int, size_bytes: int) -> int:
    """Take the chunk at `at`; return where the next one begins."""
    head = file.read(_HEAD.size)
    if len(head) < _HEAD.size:
        raise damaged("a chunk is cut off")
    length, name = _HEAD.unpack(head)
    end = at + _HEAD.size + length + _CRC_BYTES
    if end > size_bytes:
        raise damaged("a chunk is cut off")
    value = crc32(name)  # the checksum covers the chunk's type and data, not its length
    content = file.read(length) if length <= _SMALL_BYTES else b""
    value = crc32(content, value)
    left_bytes = length - len(content)
    while left_bytes:
        piece = file.read(min(left_bytes, _SLICE_BYTES))
        value = crc32(piece, value)
        left_bytes -= len(piece)
    if int.from_bytes(file.read(_CRC_BYTES), "big") != value:
        raise damaged("wrong checksum")
    _note(seen, name, content)
    if name in _KEPT:
        last = seen.kept[-1]
        if isinstance(last, tuple) and sum(last) == at:
            seen.kept[-1] = (last[0], end - last[0])
        else:
            seen.kept.append((at, end - at))
    else:
        seen.left_out = True
    return end


def _note(seen: _Walk, name: bytes, content: bytes) -> None:
    match name:
        case b"IHDR":
            seen.header = seen.header or content
        case b"IDAT":
            seen.has_data = True
        case b"IEND":
            seen.ended = True
        case b"acTL":
            seen.animated = seen.animated or not seen.has_data
        case b"fcTL":
            seen.frame_before_data = seen.frame_before_data or not seen.has_data
        case b"eXIf" if not seen.has_data:
            # Browsers turn a PNG by its EXIF data only if that stands before the picture's.
            seen.orientation = exif_orientation(content)
        case b"cICP" if len(content) == 4:  # noqa: PLR2004 - primaries, transfer, matrix, range
            seen.colours = CodedColours(content[0], content[1])
        case _:
            pass
