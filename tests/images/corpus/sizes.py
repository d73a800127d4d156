"""Pictures of sizes at the limits: too small, enlarged, too narrow, made smaller."""

from collections.abc import Iterator
from functools import cache, partial

from PIL import Image

from tests.images.corpus import profiles
from tests.images.corpus.case import Case, MadeAnew, Outcome, Passes, Refused
from tests.images.corpus.drawing import QUARTERS, noisy, quarters, reduced, shows
from tests.images.corpus.gif import TRAILER, image, screen
from tests.images.corpus.jpeg_parts import after_jfif, icc_segments
from tests.images.corpus.jpeg_parts import encoded as jpeg
from tests.images.corpus.png_parts import before_data, profile_chunk
from tests.images.corpus.png_parts import encoded as png

_SMALL, _NARROW = Refused("too_small"), Refused("too_narrow")


@cache
def _png(width: int, height: int) -> bytes:
    """Return quarters as a palette of 2 bits, which packs and unpacks quickly."""
    palette = quarters((2, 2)).quantize(4)
    drawn = Image.new("P", (width, height))
    drawn.putpalette(palette.getpalette() or [])
    for number in range(4):
        left, top = number % 2 * (width // 2), number // 2 * (height // 2)
        place = (left, top, width if number % 2 else width // 2, height if number // 2 else height // 2)
        drawn.paste(palette.getpixel((number % 2, number // 2)), place)
    return png(drawn, bits=2, compress_level=1)


def cases() -> Iterator[Case]:
    """Return the cases."""
    sizes: dict[tuple[int, int], Outcome | tuple[Outcome, ...]] = {
        (1, 1): _SMALL,
        (31, 100): _SMALL,
        (100, 31): _SMALL,
        (31, 31): _SMALL,
        (20, 400): (_SMALL, _NARROW),
        (32, 32): _enlarged(64, 64),
        (40, 40): _enlarged(64, 64),
        (63, 200): _enlarged(64, 203),
        (200, 63): _enlarged(203, 64),
        (32, 192): _enlarged(64, 384),
        (64, 64): Passes(),
        (64, 384): Passes(),
        (100, 600): Passes(),
        (600, 100): Passes(),
        (100, 601): _NARROW,
        (601, 100): _NARROW,
        (32, 193): _NARROW,
        (8192, 1400): Passes(),
        (9000, 2000): reduced((9000, 2000)),
        (2000, 9000): reduced((2000, 9000)),
        (12_000, 8_400): Refused("too_many_pixels"),
    }
    for (width, height), outcome in sizes.items():
        first, *others = outcome if isinstance(outcome, tuple) else (outcome,)
        yield Case(f"size_{width}_{height}", partial(_png, width, height), first, also=tuple(others))
    yield Case("size_32_32_jpeg", lambda: jpeg(quarters((32, 32)), subsampling=0), _enlarged(64, 64))
    yield Case("size_9000_2000_jpeg", _wide_jpeg, reduced((9000, 2000)))
    yield Case("size_32_32_gif", lambda: screen((32, 32)) + image(size=(32, 32)) + TRAILER, _enlarged(64, 64))
    yield from _above_limit()


def _above_limit() -> Iterator[Case]:
    """Return pictures in Display P3 of more bytes than the video service takes, so they are made anew."""
    colours = tuple(map(profiles.in_display_p3, QUARTERS))
    size = (2400, 1600)
    profile = profiles.display_p3()
    yield Case(
        "size_above_10_MB_png_in_display_p3",
        lambda: before_data(png(noisy(size, colours), compress_level=0), profile_chunk(profile)),
        reduced(size),
    )
    yield Case(
        "size_above_10_MB_jpeg_in_display_p3",
        lambda: after_jfif(jpeg(noisy(size, colours), quality=100, subsampling=0), *icc_segments(profile)),
        reduced(size),
    )
    yield Case("size_above_10_MB_png", lambda: png(noisy(size), compress_level=0), reduced(size))


def _wide_jpeg() -> bytes:
    return jpeg(quarters((9000, 2000)), quality=85)


def _enlarged(width: int, height: int) -> MadeAnew:
    return shows((width, height))
