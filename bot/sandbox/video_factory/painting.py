"""Paints parts of scenes: gradients, glows, silhouettes, layers that pass at their own pace."""

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image, ImageChops, ImageDraw, ImageOps

Colour = tuple[int, int, int]
Size = tuple[int, int]
_OVERSAMPLED = 3
_WHITE = 255
_AT_EDGE = 76


def gradient(size: Size, *stops: tuple[float, Colour]) -> Image.Image:
    """Return a vertical gradient through these colours, each at its share of the height."""
    width, height = size
    column = Image.new("RGB", (1, height))
    for y in range(height):
        column.putpixel((0, y), _at(stops, y / max(1, height - 1)))
    return column.resize((width, height), Image.Resampling.NEAREST)


def _at(stops: Sequence[tuple[float, Colour]], share: float) -> Colour:
    below = max((one for one in stops if one[0] <= share), default=stops[0])
    above = min((one for one in stops if one[0] >= share), default=stops[-1])
    span = above[0] - below[0]
    return mix(below[1], above[1], (share - below[0]) / span if span else 0.0)


def mix(one: Colour, other: Colour, share: float) -> Colour:
    """Return the colour at `share` of the way from one to the other."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(one, other, strict=True))
    return red, green, blue


def ease(share: float) -> float:
    """Begin and end gently."""
    return share * share * (3 - 2 * share)


def glow(width: int, height: int, power: float = 2.0) -> Image.Image:
    """Return a mask that is bright in the middle and fades to nothing at its edge."""
    # Pillow's gradient is not at its end in the middle of an edge, which would be seen.
    table = [
        round(_WHITE * max(0.0, (value - _AT_EDGE) / (_WHITE - _AT_EDGE)) ** power) for value in range(256)
    ]
    fading = ImageOps.invert(Image.radial_gradient("L")).point(table)
    return fading.resize((max(2, width), max(2, height)), Image.Resampling.BICUBIC)


def disc(diameter: int) -> Image.Image:
    """Return the mask of a disc with a smooth rim."""
    big = Image.new("L", (diameter * _OVERSAMPLED, diameter * _OVERSAMPLED))
    ImageDraw.Draw(big).ellipse((0, 0, big.width - 1, big.height - 1), fill=_WHITE)
    return big.resize((diameter, diameter), Image.Resampling.LANCZOS)


def light(frame: Image.Image, mask: Image.Image, colour: Colour, middle: tuple[float, float]) -> None:
    """Add light of a colour around a point, as far as the mask reaches into the frame."""
    left, top = round(middle[0] - mask.width / 2), round(middle[1] - mask.height / 2)
    box = (
        max(0, left),
        max(0, top),
        min(frame.width, left + mask.width),
        min(frame.height, top + mask.height),
    )
    if box[0] >= box[2] or box[1] >= box[3]:
        return
    part = mask.crop((box[0] - left, box[1] - top, box[2] - left, box[3] - top))
    lit = Image.composite(Image.new("RGB", part.size, colour), Image.new("RGB", part.size), part)
    frame.paste(ImageChops.screen(frame.crop(box), lit), box)


def silhouette(size: Size, heights: Sequence[float]) -> Image.Image:
    """Return a mask that is filled below a line; its heights, from the top in pixels, are evenly spread."""
    width, height = size
    scale = 2
    big = Image.new("L", (width * scale, height * scale))
    step = big.width / (len(heights) - 1)
    line = [(number * step, y * scale) for number, y in enumerate(heights)]
    ImageDraw.Draw(big).polygon([(0, big.height), *line, (big.width, big.height)], fill=_WHITE)
    return big.resize(size, Image.Resampling.BOX)


def ridge(chance: random.Random, count: int, waves: Sequence[tuple[float, float]]) -> list[float]:
    """Return a line of `count` heights around 0: the sum of waves, each of cycles and amplitude."""
    phases = [chance.uniform(0, 2 * math.pi) for _ in waves]
    turn = 2 * math.pi / count
    return [
        sum(
            high * math.sin(turn * cycles * x + phase)
            for (cycles, high), phase in zip(waves, phases, strict=True)
        )
        for x in range(count)
    ]


@dataclass(frozen=True)
class Layer:
    """A part of a scene that passes sideways: what is painted, through which wide mask, how high, how fast.

    Attributes:
        paint: As wide as the frame.
        mask: At least as wide as the frame and the way that it passes; a few rows of room at both ends.
        top: Of the paint in the frame, in pixels.
        speed: In pixels a second.
    """

    paint: Image.Image
    mask: Image.Image
    top: int
    speed: float
    room: int = 0

    def put(self, frame: Image.Image, at_s: float, down: float = 0.0, sway: float = 0.0) -> None:
        """Paint the part of the layer that is seen at a moment, moved by parts of pixels as well."""
        left = min(max(0.0, at_s * self.speed + sway), self.mask.width - frame.width)
        above = min(max(0.0, self.room - down), 2.0 * self.room)
        box = (left, above, left + frame.width, above + self.paint.height)
        seen = self.mask.resize(self.paint.size, Image.Resampling.BILINEAR, box=box)
        frame.paste(self.paint, (0, self.top), seen)


def vignette(size: Size, depth: float = 0.35) -> Image.Image:
    """Return what a frame is multiplied with so that its corners are darker."""
    shade = Image.radial_gradient("L").resize(
        (round(size[0] * 1.5), round(size[1] * 1.5)), Image.Resampling.BICUBIC
    )
    left, top = (shade.width - size[0]) // 2, (shade.height - size[1]) // 2
    middle = shade.crop((left, top, left + size[0], top + size[1]))
    table = [round(_WHITE * (1 - depth * (value / _WHITE) ** 2.2)) for value in range(256)]
    return Image.merge("RGB", [middle.point(table)] * 3)
