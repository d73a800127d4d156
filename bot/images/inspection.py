"""Identifies a picture's format, dimensions and completeness by its content, without decoding it.

Names and media types that Discord reports are claims of the uploader and play no part.
"""

import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import pillow_heif
from PIL import Image, UnidentifiedImageError

from bot.images.model import Finding, ImageLimits, ImageProblem, UnusableImageError
from bot.images.wholeness import is_whole
from bot.video import ImageMime

# pillow-heif annotates this only in part
pillow_heif.register_heif_opener()  # pyright: ignore[reportUnknownMemberType]

PASSING: Final[Mapping[str, ImageMime]] = {
    "PNG": ImageMime.PNG,
    "JPEG": ImageMime.JPEG,
    "MPO": ImageMime.JPEG,  # Pillow's name for the JPEGs of many phones, which hold a second picture
    "WEBP": ImageMime.WEBP,
}
"""Formats that go to the API unchanged, by Pillow's names."""
CONVERTIBLE: Final = frozenset({"GIF", "HEIF", "AVIF", "BMP", "DIB"})
"""Formats that are converted first. Every other format is refused: each decoder is more surface for attacks."""


def inspect(path: Path, limits: ImageLimits) -> Finding:
    """Inspect a file. Blocking; meant for a thread, as it often releases the interpreter's lock.

    Args:
        path: The file.
        limits: The largest number of pixels.

    Raises:
        UnusableImageError: The file is no picture, has an unusable format, is incomplete, or has so many pixels
            that decoding it could exhaust the memory (a decompression bomb).
    """
    image_format, width_px, height_px = _open(path)
    if width_px * height_px > limits.pixels:
        raise UnusableImageError(ImageProblem.TOO_MANY_PIXELS, f"{width_px} x {height_px}")
    mime = PASSING.get(image_format)
    if mime is None and image_format not in CONVERTIBLE:
        raise UnusableImageError(ImageProblem.UNSUPPORTED_FORMAT, image_format)
    if mime is not None and not is_whole(path, mime):
        raise UnusableImageError(ImageProblem.TRUNCATED, image_format)
    return Finding(image_format, mime, width_px, height_px)


def _open(path: Path) -> tuple[str, int, int]:
    try:
        with warnings.catch_warnings():
            # The bot's own limit of pixels decides; Pillow's warning would only fill the log.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(path) as picture:
                return picture.format or "", picture.width, picture.height
    except Image.DecompressionBombError:
        raise UnusableImageError(ImageProblem.TOO_MANY_PIXELS) from None
    except UnidentifiedImageError:
        raise UnusableImageError(ImageProblem.NOT_AN_IMAGE) from None
    except (OSError, SyntaxError, ValueError):
        # Pillow recognised the format by its first bytes, but could not parse the rest of the header.
        raise UnusableImageError(ImageProblem.TRUNCATED) from None
