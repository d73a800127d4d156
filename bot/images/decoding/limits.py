"""The limits of pictures, before anything is decoded."""

from collections.abc import Mapping
from typing import Final

from bot.images.decoding.kinds import PictureKind
from bot.images.problems import ImageProblem, UnusableImageError

SMALLEST_PX: Final = 32
ENLARGED_PX: Final = 64
"""The smaller side of a picture that is enlarged because it is below this."""
LARGEST_PX: Final = 8192
LONGEST_RATIO: Final = 6
_PIXELS_MAX: Final[Mapping[PictureKind, int]] = {
    PictureKind.JPEG: 100_000_000,
    PictureKind.PNG: 50_000_000,
    PictureKind.HEIF: 50_000_000,
    PictureKind.AVIF: 50_000_000,
    PictureKind.GIF: 50_000_000,
    PictureKind.BMP: 50_000_000,
    PictureKind.WEBP: 40_000_000,
}
"""The most pixels that fit into a child's memory: a large JPEG is decoded at a fraction of its size, a WebP takes
several times the memory of the others."""
_DECODING_BYTES: Final[Mapping[PictureKind, int]] = {
    PictureKind.JPEG: 6,
    PictureKind.PNG: 10,
    PictureKind.HEIF: 10,
    PictureKind.AVIF: 10,
    PictureKind.GIF: 10,
    PictureKind.BMP: 10,
    PictureKind.WEBP: 14,
}
"""Memory that a pixel takes while it is decoded, as measured; a progressive JPEG of full colour is meant."""


def decoding_bytes(kind: PictureKind, pixels: int) -> int:
    """Return how much memory decoding a picture may take."""
    return pixels * _DECODING_BYTES[kind]


def check_dimensions(kind: PictureKind, width_px: int, height_px: int) -> None:
    """Raise `UnusableImageError` for a picture that is too large, too small or too narrow."""
    check_pixels(kind, width_px, height_px)
    dimensions = f"{width_px} x {height_px}"
    if min(width_px, height_px) < SMALLEST_PX:
        raise UnusableImageError(ImageProblem.TOO_SMALL, dimensions)
    if max(width_px, height_px) > LONGEST_RATIO * min(width_px, height_px):
        raise UnusableImageError(ImageProblem.TOO_NARROW, dimensions)


def check_pixels(kind: PictureKind, width_px: int, height_px: int) -> None:
    """Raise `UnusableImageError` for more pixels than fit into a child's memory."""
    if width_px * height_px > _PIXELS_MAX[kind]:
        raise UnusableImageError(ImageProblem.TOO_MANY_PIXELS, f"{width_px} x {height_px}")
