"""What the pictures of the corpus show: four coloured quarters, or detail that does not compress."""

import random

from PIL import Image

from tests.images.corpus.case import TOLERANCE, Colour, MadeAnew, patch

SIZE = (96, 64)
"""Width and height in pixels of most pictures. The quarters end at multiples of 16 pixels."""
QUARTERS: tuple[Colour, ...] = ((200, 60, 50), (60, 160, 80), (50, 80, 180), (230, 210, 90))
"""Colours at the top left, top right, bottom left and bottom right: another order in each orientation."""
CENTRES = ((0.25, 0.25), (0.75, 0.25), (0.25, 0.75), (0.75, 0.75))

_STORED = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


def quarters(
    size: tuple[int, int] = SIZE, colours: tuple[Colour, ...] = QUARTERS, mode: str = "RGB"
) -> Image.Image:
    """Return a picture of four quarters."""
    drawn = Image.new(mode, size)
    width, height = size[0] // 2, size[1] // 2
    for number, colour in enumerate(colours):
        left, top = number % 2 * width, number // 2 * height
        right, bottom = (size[0] if number % 2 else width), (size[1] if number // 2 else height)
        drawn.paste(colour, (left, top, right, bottom))
    return drawn


def stored(upright: Image.Image, orientation: int) -> Image.Image:
    """Return the pixels as a file with this EXIF orientation stores them."""
    return upright.transpose(_STORED[orientation]) if orientation in _STORED else upright


def shows(
    size: tuple[int, int] = SIZE, colours: tuple[Colour, ...] = QUARTERS, tolerance: int = TOLERANCE
) -> MadeAnew:
    """Return the outcome in which four upright quarters are seen."""
    seen = tuple(patch(x, y, colour, tolerance) for (x, y), colour in zip(CENTRES, colours, strict=True))
    return MadeAnew(*size, seen)


def reduced(size: tuple[int, int], colours: tuple[Colour, ...] = QUARTERS) -> MadeAnew:
    """Return the outcome in which the quarters are seen in this shape, whatever the size."""
    return MadeAnew(*size, shows(size, colours).patches, reduced=True)


def detailed(size: tuple[int, int] = (160, 120)) -> Image.Image:
    """Return a picture of soft detail, of which every part takes bytes."""
    width, height = size[0] // 4, size[1] // 4
    coarse = Image.frombytes("RGB", (width, height), random.Random(13).randbytes(width * height * 3))
    return coarse.resize(size, Image.Resampling.BICUBIC)


def noisy(size: tuple[int, int], colours: tuple[Colour, ...] = QUARTERS) -> Image.Image:
    """Return a picture that hardly compresses, with flat places at the centres of its quarters."""
    drawn = Image.frombytes("RGB", size, random.Random(13).randbytes(size[0] * size[1] * 3))
    side = size[0] // 8
    for (x, y), colour in zip(CENTRES, colours, strict=True):
        left, top = int(x * size[0]) - side // 2, int(y * size[1]) - side // 2
        drawn.paste(colour, (left, top, left + side, top + side))
    return drawn
