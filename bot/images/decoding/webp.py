"""Walks over the chunks of a WebP (Google, *WebP Container Specification*). Nothing is decoded here."""

import struct
from pathlib import Path
from typing import Final

from bot.images.decoding.layout import PARTS_MAX, Layout, Piece, damaged, too_many_parts

_RIFF_BYTES: Final = 12
_HEAD: Final = struct.Struct("<4sI")
_PICTURE: Final = frozenset({b"VP8 ", b"VP8L"})
_KEPT: Final = frozenset({b"VP8 ", b"VP8L", b"ALPH", b"ICCP"})
_ANIMATION: Final = frozenset({b"ANIM", b"ANMF"})
_ANIMATION_FLAG: Final = 0x02
_PRIVATE_FLAGS: Final = 0x08 | 0x04
"""Of VP8X: EXIF and XMP."""
_EXTENDED_BYTES: Final = 10


def walk(path: Path) -> Layout:
    """Walk over a WebP's chunks. EXIF, whose orientation browsers do not obey in WebP, XMP and others are left out.

    Raises:
        UnusableImageError: It is cut off, holds no picture data, or has too many chunks.
    """
    size_bytes = path.stat().st_size
    kept: list[Piece] = []
    names: list[bytes] = []
    dimensions: tuple[int, int] | None = None
    extended = b""
    with path.open("rb") as file:
        riff = file.read(_RIFF_BYTES)
        riff_end = int.from_bytes(riff[4:8], "little") + 8
        if riff_end > size_bytes:
            raise damaged("cut off")
        at = _RIFF_BYTES
        while at + _HEAD.size <= riff_end:
            file.seek(at)
            name, length = _HEAD.unpack(file.read(_HEAD.size))
            end = at + _HEAD.size + length + length % 2
            # Some encoders leave out the last chunk's padding.
            if end - length % 2 > riff_end:
                raise damaged("a chunk is cut off")
            names.append(name)
            if len(names) > PARTS_MAX:
                raise too_many_parts(len(names))
            if name == b"VP8X":
                extended = extended or file.read(_EXTENDED_BYTES)
            elif name in _KEPT:
                kept.append((at, min(end, riff_end) - at))
            if name in _PICTURE and dimensions is None:
                dimensions = _dimensions(name, file.read(_EXTENDED_BYTES))
            at = end
    animated = bool(_ANIMATION.intersection(names)) or bool(extended and extended[0] & _ANIMATION_FLAG)
    if len(extended) == _EXTENDED_BYTES:
        dimensions = 1 + int.from_bytes(extended[4:7], "little"), 1 + int.from_bytes(extended[7:10], "little")
        kept.insert(
            0,
            b"VP8X"
            + struct.pack("<I", _EXTENDED_BYTES)
            + bytes([extended[0] & ~_PRIVATE_FLAGS])
            + extended[1:],
        )
    if dimensions is None or not (animated or _PICTURE.intersection(names)):
        raise damaged("no picture data")
    leaves_out = any(name not in _KEPT and name != b"VP8X" for name in names) or riff_end < size_bytes
    return Layout(
        *dimensions,
        kept=_with_head(kept) if leaves_out and not animated else None,
        animated=animated,
        needs_remake=animated,
    )


def _dimensions(name: bytes, content: bytes) -> tuple[int, int]:
    """Return width and height of a lossy (RFC 6386, 9.1) or lossless bitstream."""
    if (content[3:6] if name == b"VP8 " else content[:1]) not in {b"\x9d\x01\x2a", b"\x2f"}:
        raise damaged("no picture data")
    if name == b"VP8 ":
        return int.from_bytes(content[6:8], "little") & 0x3FFF, int.from_bytes(
            content[8:10], "little"
        ) & 0x3FFF
    bits = int.from_bytes(content[1:5], "little")
    return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)


def _with_head(kept: list[Piece]) -> list[Piece]:
    size_bytes = sum(len(piece) if isinstance(piece, bytes) else piece[1] for piece in kept)
    padding = [b"\0"] if size_bytes % 2 else []
    size_bytes += len(padding)
    return [b"RIFF" + struct.pack("<I", size_bytes + 4) + b"WEBP", *kept, *padding]
