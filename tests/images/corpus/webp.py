"""WebP files: what passes, what is stripped or made anew, what is damaged, and what is a bomb."""

import io
import struct
from collections.abc import Iterator, Sequence
from functools import cache, partial
from typing import Any

from PIL import Image

from tests.images.corpus import private, profiles
from tests.images.corpus.case import Case, Colour, Passes, Refused, Stripped
from tests.images.corpus.drawing import QUARTERS, SIZE, detailed, quarters, shows, stored

DAMAGED = Refused("truncated")
_PROFILE, _ALPHA, _EXIF, _XMP, _ANIMATION = 0x20, 0x10, 0x08, 0x04, 0x02
_SEE_THROUGH: tuple[Colour, ...] = (
    (200, 60, 50, 255),
    (60, 160, 80, 255),
    (50, 80, 180, 0),
    (230, 210, 90, 255),
)
_NOTHING: Colour = (0, 0, 0, 0)


def chunk(kind: bytes, data: bytes = b"", *, length: int | None = None) -> bytes:
    """Return a chunk of RIFF, padded to an even length."""
    return kind + struct.pack("<I", len(data) if length is None else length) + data + bytes(len(data) % 2)


def riff(*chunks: bytes, length: int | None = None) -> bytes:
    """Return a WebP file of these chunks, with its own length unless another is given."""
    body = b"WEBP" + b"".join(chunks)
    return b"RIFF" + struct.pack("<I", len(body) if length is None else length) + body


def coded(picture: Image.Image, **options: Any) -> bytes:
    """Return the chunk of a picture as Pillow encodes it, or two with a separate alpha channel."""
    file = io.BytesIO()
    picture.save(file, "WEBP", **({"quality": 95} | options))
    body = file.getvalue()[12:]
    return body if body[:4] in {b"VP8 ", b"VP8L"} else body[18:]


def extended(size: tuple[int, int], flags: int) -> bytes:
    """Return the chunk VP8X."""
    sides = (size[0] - 1).to_bytes(3, "little") + (size[1] - 1).to_bytes(3, "little")
    return chunk(b"VP8X", bytes([flags, 0, 0, 0]) + sides)


def frame(picture: bytes, size: tuple[int, int], offset: tuple[int, int]) -> bytes:
    """Return a frame of an animation."""
    numbers = (offset[0] // 2, offset[1] // 2, size[0] - 1, size[1] - 1, 100)
    return chunk(b"ANMF", b"".join(number.to_bytes(3, "little") for number in numbers) + b"\0" + picture)


@cache
def lossy() -> bytes:
    """Return the quarters as one VP8 chunk."""
    return coded(quarters())


@cache
def lossless() -> bytes:
    """Return the quarters as one VP8L chunk."""
    return coded(quarters(), lossless=True)


@cache
def soft() -> bytes:
    """Return a picture of detail, most of whose bytes are coded data."""
    return riff(coded(detailed(), quality=90))


def animated(*, offset: bool, seconds: bool = True) -> bytes:
    """Return an animation on a blue background.

    Args:
        offset: The first frame covers only the lower right quarter.
        seconds: There is a second frame.
    """
    half = (SIZE[0] // 2, SIZE[1] // 2)
    part = coded(quarters(half, (QUARTERS[3],) * 4), lossless=True)
    first = frame(part, half, half) if offset else frame(lossless(), SIZE, (0, 0))
    second = frame(coded(quarters(colours=((0, 0, 0),) * 4), lossless=True), SIZE, (0, 0))
    background = chunk(b"ANIM", bytes([255, 0, 0, 255]) + b"\0\0")
    return riff(extended(SIZE, _ANIMATION | _ALPHA), background, first, *([second] if seconds else []))


def _passing() -> Iterator[Case]:
    p3 = quarters(colours=tuple(map(profiles.in_display_p3, QUARTERS)))
    see_through = quarters(colours=_SEE_THROUGH, mode="RGBA")
    chunks = {
        "lossy": lambda: [lossy()],
        "lossless": lambda: [lossless()],
        "extended_for_nothing": lambda: [extended(SIZE, 0), lossy()],
        "in_display_p3": lambda: [
            extended(SIZE, _PROFILE),
            chunk(b"ICCP", profiles.display_p3()),
            coded(p3, lossless=True),
        ],
    }
    yield Case(
        "webp_lossy_with_alpha",
        lambda: riff(extended(SIZE, _ALPHA), coded(see_through)),
        shows(colours=_SEE_THROUGH),
    )
    yield Case(
        "webp_lossless_with_alpha",
        lambda: riff(coded(see_through, lossless=True)),
        shows(colours=_SEE_THROUGH),
    )
    for name, build in chunks.items():
        also = (Stripped(),) if name == "extended_for_nothing" else ()
        yield Case(f"webp_{name}", lambda build=build: riff(*build()), Passes(), also=also)
    yield Case("webp_soft", soft, Passes())


def _stripped() -> Iterator[Case]:
    exif = chunk(b"EXIF", private.exif(1, place=True, camera=True))
    behind_jpeg_head = chunk(b"EXIF", b"Exif\0\0" + private.exif(1, place=True))
    xmp = chunk(b"XMP ", private.XMP)
    p3 = quarters(colours=tuple(map(profiles.in_display_p3, QUARTERS)))
    chunks = {
        "exif": [extended(SIZE, _EXIF), lossy(), exif],
        "exif_with_the_head_of_jpeg": [extended(SIZE, _EXIF), lossy(), behind_jpeg_head],
        "exif_without_its_flag": [extended(SIZE, 0), lossy(), exif],
        "xmp": [extended(SIZE, _XMP), lossless(), xmp],
        "exif_and_xmp": [extended(SIZE, _EXIF | _XMP), lossy(), exif, xmp],
        "unknown_chunk": [extended(SIZE, 0), lossy(), chunk(b"PRVT", private.MAKER)],
        "100_unknown_chunks": [extended(SIZE, 0), lossy(), chunk(b"PRVT", private.MAKER) * 100],
        "unknown_chunk_behind_plain_data": [lossy(), chunk(b"PRVT", private.MAKER)],
    }
    for name, parts in chunks.items():
        yield Case(f"webp_{name}", lambda parts=parts: riff(*parts), Stripped())
    yield Case(
        "webp_profile_and_exif",
        lambda: riff(
            extended(SIZE, _EXIF | _PROFILE),
            chunk(b"ICCP", profiles.display_p3()),
            coded(p3, lossless=True),
            exif,
        ),
        Stripped(kept=(profiles.display_p3(),)),
    )
    yield Case("webp_data_behind_end", lambda: riff(lossy()) + b"appended", Stripped())
    yield Case("webp_exif_behind_end", lambda: riff(lossy()) + exif, Stripped())


def _made_anew() -> Iterator[Case]:
    yield Case("webp_animated", lambda: animated(offset=False), shows())
    yield Case("webp_animation_of_one_frame", lambda: animated(offset=False, seconds=False), shows())
    yield Case(
        "webp_animated_first_frame_with_an_offset",
        lambda: animated(offset=True),
        shows(colours=(_NOTHING, _NOTHING, _NOTHING, QUARTERS[3])),
        reading="Browsers leave the background colour out of a picture: what no frame covers is see-through.",
    )


def _lying() -> Iterator[Case]:
    """Return pictures that are stored for an orientation: by Chromium's reading as they are, by Safari's turned."""
    for orientation in range(2, 9):
        yield Case(
            f"webp_orientation_{orientation}",
            partial(_turned, orientation),
            Stripped(gone=(b"EXIF",)),
            also=(shows(),),
            reading=_LYING,
        )
    yield Case(
        "webp_display_p3_lying",
        _p3_turned,
        Stripped(gone=(b"EXIF",), kept=(profiles.display_p3(),)),
        also=(shows(),),
        reading=_LYING,
    )
    yield Case(
        "webp_alpha_lying",
        _alpha_turned,
        shows(SIZE[::-1], tuple(_SEE_THROUGH[number] for number in (2, 0, 3, 1))),
        also=(shows(colours=_SEE_THROUGH),),
        reading=_LYING,
    )


_LYING = (
    "Chromium, and so Discord, shows a WebP as it is stored; Safari turns it. No orientation may be left."
)


def _turned(orientation: int) -> bytes:
    picture = stored(quarters(), orientation)
    exif = chunk(b"EXIF", private.exif(orientation, place=True))
    return riff(extended(picture.size, _EXIF), coded(picture, lossless=True), exif)


def _p3_turned() -> bytes:
    picture = stored(quarters(colours=tuple(map(profiles.in_display_p3, QUARTERS))), 6)
    parts = (
        extended(picture.size, _EXIF | _PROFILE),
        chunk(b"ICCP", profiles.display_p3()),
        coded(picture, lossless=True),
    )
    return riff(*parts, chunk(b"EXIF", private.exif(6)))


def _alpha_turned() -> bytes:
    picture = stored(quarters(colours=_SEE_THROUGH, mode="RGBA"), 8)
    parts = (extended(picture.size, _EXIF | _ALPHA), coded(picture, lossless=True))
    return riff(*parts, chunk(b"EXIF", private.exif(8)))


def _damaged() -> Iterator[Case]:
    for percent in (1, 10, 50, 90):
        yield Case(
            f"webp_cut_at_{percent}_percent",
            lambda percent=percent: soft()[: len(soft()) * percent // 100],
            DAMAGED,
        )
    files: dict[str, Sequence[bytes]] = {
        "without_picture_data": [extended(SIZE, 0)],
        "exif_alone": [extended(SIZE, _EXIF), chunk(b"EXIF", private.exif(1))],
        "animation_without_frames": [extended(SIZE, _ANIMATION), chunk(b"ANIM", bytes(6))],
        "data_longer_than_the_file": [lossy()[:4] + struct.pack("<I", 0x7FFFFFF0) + lossy()[8:]],
        "data_that_is_none": [chunk(b"VP8L", bytes(range(100)))],
        "data_cut_with_right_lengths": [chunk(b"VP8 ", coded(detailed())[8:2000])],
        "lossless_data_cut_with_right_lengths": [chunk(b"VP8L", coded(detailed(), lossless=True)[8:9000])],
    }
    for name, parts in files.items():
        yield Case(f"webp_{name}", lambda parts=parts: riff(*parts), DAMAGED)
    yield Case("webp_riff_header_alone", riff, DAMAGED)
    yield Case("webp_riff_length_too_large", lambda: riff(lossy(), length=100_000), DAMAGED)
    yield Case(
        "webp_riff_length_too_small",
        lambda: riff(coded(detailed()), length=1000),
        DAMAGED,
        reading="libwebp, which browsers have, takes a picture that is longer than its file for damaged.",
    )
    yield Case("webp_animation_cut", lambda: animated(offset=False)[:120], DAMAGED)
    yield Case(
        "webp_animation_cut_in_second_frame", lambda: animated(offset=False)[:-20], DAMAGED, also=(shows(),)
    )


def _bombs() -> Iterator[Case]:
    tiny = chunk(b"PRVT")
    yield Case(
        "webp_of_10000_chunks",
        lambda: riff(extended(SIZE, 0), lossy(), tiny * 10_000),
        Refused("too_complex"),
    )
    yield Case(
        "webp_of_10000_frames",
        lambda: riff(
            extended(SIZE, _ANIMATION), chunk(b"ANIM", bytes(6)), frame(lossless(), SIZE, (0, 0)) * 10_000
        ),
        Refused("too_complex"),
        also=(shows(),),
    )
    yield Case("webp_claiming_16383_squared", claiming_the_most, Refused("too_many_pixels"))
    yield Case("webp_canvas_of_30000_squared", lambda: riff(extended((30_000, 30_000), 0), lossy()), TOO_MANY)


TOO_MANY = Refused("too_many_pixels")


def claiming_the_most() -> bytes:
    """Return a WebP whose header claims the largest size that the format has."""
    data = bytearray(lossless())
    # After the chunk's head and one byte of signature, 14 bits each for width and height.
    struct.pack_into("<I", data, 9, 16_382 | 16_382 << 14)
    return riff(bytes(data))


def cases() -> Iterator[Case]:
    """Return the cases."""
    yield from _passing()
    yield from _stripped()
    yield from _lying()
    yield from _made_anew()
    yield from _damaged()
    yield from _bombs()
