"""Parts of PNG files: chunks with right and wrong checksums, raw samples, animations."""

import io
import struct
import zlib
from collections.abc import Sequence
from functools import cache
from typing import Any

from PIL import Image

from tests.images.corpus import profiles
from tests.images.corpus.case import Colour
from tests.images.corpus.drawing import QUARTERS, SIZE, detailed, quarters

SIGNATURE = b"\x89PNG\r\n\x1a\n"
GRAY, RGB, GRAY_ALPHA, RGBA = 0, 2, 4, 6


def chunk(kind: bytes, data: bytes = b"", *, crc: int | None = None, length: int | None = None) -> bytes:
    """Return a chunk, with its own checksum and length unless others are given."""
    right = zlib.crc32(kind + data) if crc is None else crc
    return struct.pack(">I", len(data) if length is None else length) + kind + data + struct.pack(">I", right)


END = chunk(b"IEND")


def header(size: tuple[int, int], depth: int = 8, colour: int = RGB, interlace: int = 0) -> bytes:
    """Return an IHDR chunk."""
    return chunk(b"IHDR", struct.pack(">IIBBBBB", *size, depth, colour, 0, 0, interlace))


def encoded(picture: Image.Image, **options: Any) -> bytes:
    """Return a picture as Pillow encodes it."""
    file = io.BytesIO()
    picture.save(file, "PNG", **options)
    return file.getvalue()


@cache
def plain() -> bytes:
    """Return the quarters as a PNG of IHDR, IDAT and IEND."""
    return encoded(quarters())


@cache
def soft() -> bytes:
    """Return a picture of detail, most of whose bytes are coded data."""
    return encoded(detailed())


def before_data(png: bytes, *chunks: bytes) -> bytes:
    """Put chunks before the first IDAT."""
    at = png.index(b"IDAT") - 4
    return png[:at] + b"".join(chunks) + png[at:]


def before_end(png: bytes, *chunks: bytes) -> bytes:
    """Put chunks before IEND."""
    return png.removesuffix(END) + b"".join(chunks) + END


def rows(samples: Sequence[Sequence[int]], size: tuple[int, int], depth: int) -> bytes:
    """Return the compressed rows of four quarters of raw samples of 8 or 16 bits."""
    width, height = size
    packed = [struct.pack(">" + ("B" if depth == 8 else "H") * len(place), *place) for place in samples]
    upper, lower = (b"\0" + packed[at] * (width // 2) + packed[at + 1] * (width // 2) for at in (0, 2))
    return zlib.compress(upper * (height // 2) + lower * (height // 2))


def of_samples(samples: Sequence[Sequence[int]], depth: int, colour: int, *chunks: bytes) -> bytes:
    """Return a PNG of four quarters of raw samples."""
    return (
        SIGNATURE
        + header(SIZE, depth, colour)
        + b"".join(chunks)
        + chunk(b"IDAT", rows(samples, SIZE, depth))
        + END
    )


def deep(colours: Sequence[Colour], colour: int, *chunks: bytes) -> bytes:
    """Return a PNG of 16 bits a sample."""
    return of_samples([tuple(value * 257 for value in place) for place in colours], 16, colour, *chunks)


def profile_chunk(profile: bytes) -> bytes:
    """Return an iCCP chunk."""
    return chunk(b"iCCP", b"ICC\0\0" + zlib.compress(profile))


def p3_colours() -> tuple[Colour, ...]:
    """Return the quarters' values in Display P3."""
    return tuple(map(profiles.in_display_p3, QUARTERS))


def in_pieces(count: int) -> bytes:
    """Return a PNG whose coded data is in so many IDAT chunks, as libpng splits a large picture."""
    data = rows(QUARTERS, SIZE, 8) if count > 4000 else data_of(soft())
    size = max(1, len(data) // count)
    pieces = [data[at : at + size] for at in range(0, len(data), size)]
    # What is missing to the number are empty pieces, which are valid.
    pieces += [b""] * (count - len(pieces))
    size_px = SIZE if count > 4000 else (160, 120)
    return SIGNATURE + header(size_px) + b"".join(chunk(b"IDAT", piece) for piece in pieces) + END


def data_of(png: bytes) -> bytes:
    at, data = len(SIGNATURE), b""
    while at < len(png):
        length = int.from_bytes(png[at : at + 4], "big")
        if png[at + 4 : at + 8] == b"IDAT":
            data += png[at + 8 : at + 8 + length]
        at += 12 + length
    return data


def animated(*, default: bool) -> bytes:
    """Return an animated PNG of two frames.

    Args:
        default: True if the IDAT is a picture of its own, for readers without animation, and no frame.
    """
    half = (SIZE[0] // 2, SIZE[1] // 2)
    whole = rows([(*colour, 255) for colour in QUARTERS], SIZE, 8)
    part = rows([(*QUARTERS[3], 255)] * 4, half, 8)
    parts: list[bytes] = [chunk(b"acTL", struct.pack(">II", 2, 0))]
    number = 0
    if not default:
        parts.append(_frame_control(number, SIZE, (0, 0)))
        number += 1
    parts.append(chunk(b"IDAT", whole))
    for _ in range(2 if default else 1):
        parts.append(_frame_control(number, half, half))
        parts.append(chunk(b"fdAT", struct.pack(">I", number + 1) + part))
        number += 2
    return SIGNATURE + header(SIZE, colour=RGBA) + b"".join(parts) + END


def _frame_control(number: int, size: tuple[int, int], offset: tuple[int, int]) -> bytes:
    return chunk(b"fcTL", struct.pack(">IIIIIHHBB", number, *size, *offset, 1, 10, 0, 0))


def claiming(size: tuple[int, int]) -> bytes:
    """Return a PNG whose header claims a size that its data has not."""
    return SIGNATURE + header(size) + chunk(b"IDAT", zlib.compress(bytes(1000))) + END
