"""Parts of JPEG files (ITU-T T.81): segments to put in, places to cut, and a coder for flat blocks."""

import io
import struct
from collections.abc import Sequence
from functools import cache
from typing import Any

from PIL import Image

from tests.images.corpus.case import Colour
from tests.images.corpus.drawing import QUARTERS, detailed, quarters

START, END = b"\xff\xd8", b"\xff\xd9"
APP0, APP1, APP2, APP5, APP13, APP14, COM = 0xE0, 0xE1, 0xE2, 0xE5, 0xED, 0xEE, 0xFE
_SCAN = 0xDA
_BLOCK_PX = 8
_MOST_ICC_BYTES = 65_519


def segment(marker: int, payload: bytes = b"") -> bytes:
    """Return a segment."""
    return bytes([0xFF, marker]) + struct.pack(">H", len(payload) + 2) + payload


def encoded(picture: Image.Image, **options: Any) -> bytes:
    """Return a picture as Pillow encodes it."""
    file = io.BytesIO()
    picture.save(file, "JPEG", **({"quality": 95} | options))
    return file.getvalue()


@cache
def plain() -> bytes:
    """Return the quarters as a baseline JPEG with a JFIF header and nothing else."""
    return encoded(quarters())


@cache
def soft(*, progressive: bool = False) -> bytes:
    """Return a picture of detail, most of whose bytes are coded data."""
    return encoded(detailed(), quality=80, progressive=progressive)


def after_start(jpeg: bytes, *segments: bytes) -> bytes:
    """Put segments right behind the start marker."""
    return jpeg[:2] + b"".join(segments) + jpeg[2:]


def after_jfif(jpeg: bytes, *segments: bytes) -> bytes:
    """Put segments behind the JFIF header, which is to be the first segment."""
    at = 4 + int.from_bytes(jpeg[4:6], "big")
    return jpeg[:at] + b"".join(segments) + jpeg[at:]


def without_jfif(jpeg: bytes) -> bytes:
    """Take the JFIF header out."""
    return jpeg[:2] + jpeg[4 + int.from_bytes(jpeg[4:6], "big") :]


def segments_of(jpeg: bytes) -> list[tuple[int, int]]:
    """Return marker and offset of the segments up to the first scan."""
    found, at = [], 2
    while jpeg[at] == 0xFF:
        found.append((jpeg[at + 1], at))
        if jpeg[at + 1] == _SCAN:
            break
        at += 2 + int.from_bytes(jpeg[at + 2 : at + 4], "big")
    return found


def scan_start(jpeg: bytes) -> int:
    """Return the offset of the first scan's marker."""
    return next(at for marker, at in segments_of(jpeg) if marker == _SCAN)


def later_scans(jpeg: bytes) -> list[int]:
    """Return the offsets of the markers of all scans."""
    found, at = [], jpeg.find(b"\xff\xda")
    while at >= 0:
        found.append(at)
        at = jpeg.find(b"\xff\xda", at + 2)
    return found


def cut(jpeg: bytes, share: float) -> bytes:
    """Return the file with this share of its scans left."""
    start = scan_start(jpeg)
    return jpeg[: start + int((len(jpeg) - start) * share)]


def icc_segments(profile: bytes, pieces: int = 1) -> list[bytes]:
    """Return the APP2 segments that hold a profile (ICC.1, annex B.4)."""
    size = min(_MOST_ICC_BYTES, -(-len(profile) // pieces))
    parts = [profile[at : at + size] for at in range(0, len(profile), size)]
    return [
        segment(APP2, b"ICC_PROFILE\0" + bytes([number, len(parts)]) + part)
        for number, part in enumerate(parts, start=1)
    ]


def with_header(
    jpeg: bytes, marker: int, *, precision: int | None = None, size: tuple[int, int] | None = None
) -> bytes:
    """Return the file with another frame marker, and other claims in its frame header."""
    at = next(at for found, at in segments_of(jpeg) if found in {0xC0, 0xC1, 0xC2})
    changed = bytearray(jpeg)
    changed[at + 1] = marker
    if precision is not None:
        changed[at + 4] = precision
    if size is not None:
        struct.pack_into(">HH", changed, at + 5, size[1], size[0])
    return bytes(changed)


class _Bits:
    def __init__(self) -> None:
        self._bits = ""

    def put(self, value: int, length: int) -> None:
        if length:
            self._bits += format(value, f"0{length}b")

    def stuffed(self) -> bytes:
        bits = self._bits + "1" * (-len(self._bits) % 8)
        return int(bits, 2).to_bytes(len(bits) // 8, "big").replace(b"\xff", b"\xff\0")


def flat_blocks(
    colours: Sequence[Colour] = QUARTERS,
    blocks: tuple[int, int] = (12, 8),
    *,
    ids: bytes = b"\1\2\3\4",
    head: bytes = b"",
    marker: int = 0xC0,
    precision: int = 8,
) -> bytes:
    """Code four quarters of raw sample values, in as many components as the colours have.

    Args:
        colours: Values of the components in each quarter.
        blocks: Width and height in blocks of 8 pixels.
        ids: Names of the components.
        head: Segments behind the start marker.
        marker: The frame marker.
        precision: Bits of a sample.
    """
    count = len(colours[0])
    middle = 1 << (precision - 1)
    bits, last = _Bits(), [0] * count
    for row in range(blocks[1]):
        for column in range(blocks[0]):
            colour = colours[(2 if row >= blocks[1] // 2 else 0) + (column >= blocks[0] // 2)]
            for number, value in enumerate(colour):
                # With a quantiser of 8 the coefficient is the mean of the block itself.
                difference = value - middle - last[number]
                last[number] = value - middle
                size = abs(difference).bit_length()
                bits.put(size, 4)
                bits.put(difference if difference > 0 else difference + (1 << size) - 1, size)
                bits.put(0, 1)  # nothing but the mean
    # Sixteen sizes in codes of 5 bits would leave most unused; 15 codes of 4 bits are allowed, as all ones is not.
    tables = segment(0xC4, b"\0" + bytes([0, 0, 0, 15]) + bytes(12) + bytes(range(15)))
    tables += segment(0xC4, b"\x10" + bytes([1]) + bytes(15) + b"\0")
    frame = struct.pack(">BHHB", precision, blocks[1] * _BLOCK_PX, blocks[0] * _BLOCK_PX, count)
    frame += b"".join(bytes([name, 0x11, 0]) for name in ids[:count])
    scan = bytes([count]) + b"".join(bytes([name, 0]) for name in ids[:count]) + bytes([0, 63, 0])
    quantiser = segment(0xDB, b"\0" + bytes([8] * 64))
    return (
        START
        + head
        + quantiser
        + segment(marker, frame)
        + tables
        + segment(_SCAN, scan)
        + bits.stuffed()
        + END
    )


def adobe(transform: int) -> bytes:
    """Return Adobe's segment: 0 for RGB or CMYK, 1 for YCbCr, 2 for YCCK."""
    return segment(APP14, b"Adobe" + struct.pack(">HHHB", 100, 0, 0, transform))


def ycc(colour: Colour) -> Colour:
    """Return luminance and colour differences of JFIF for red, green and blue."""
    red, green, blue = colour
    return (
        round(0.299 * red + 0.587 * green + 0.114 * blue),
        round(128 - 0.168736 * red - 0.331264 * green + 0.5 * blue),
        round(128 + 0.5 * red - 0.418688 * green - 0.081312 * blue),
    )
