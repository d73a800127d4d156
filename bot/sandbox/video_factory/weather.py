"""Rain, snow and stars: textures made once, of which each frame shows another part."""

import math
import random
from collections.abc import Callable

from PIL import Image, ImageDraw, ImageFilter

from bot.sandbox.video_factory.painting import Colour
from bot.sandbox.video_factory.scene import Canvas, Weather

Overlay = Callable[[Image.Image, float], None]
"""Paints over a frame what is there at a moment, in seconds."""


def falling(canvas: Canvas, weather: Weather, chance: random.Random) -> Overlay:
    """Return what falls in this weather."""
    match weather:
        case Weather.CLEAR:
            return lambda _frame, _at_s: None
        case Weather.RAIN:
            return _scrolled(
                canvas, [_rain(canvas, chance, depth) for depth in range(3)], (205, 220, 245), 0.0
            )
        case Weather.SNOW:
            return _scrolled(
                canvas, [_snow(canvas, chance, depth) for depth in range(3)], (250, 252, 255), 14.0
            )


def _scrolled(
    canvas: Canvas, textures: list[tuple[Image.Image, float]], colour: Colour, sway: float
) -> Overlay:
    paint = Image.new("RGB", canvas.size, colour)
    room = canvas.px(40)

    def put(frame: Image.Image, at_s: float) -> None:
        for number, (texture, speed) in enumerate(textures):
            top = canvas.height - at_s * speed % canvas.height
            left = room + canvas.px(sway) * math.sin(at_s * 0.8 + number * 2) if sway else room
            box = (left, top, left + canvas.width, top + canvas.height)
            frame.paste(paint, (0, 0), texture.resize(canvas.size, Image.Resampling.BILINEAR, box=box))

    return put


def _twice(canvas: Canvas, tile: Image.Image) -> Image.Image:
    texture = Image.new("L", (tile.width, canvas.height * 2))
    texture.paste(tile, (0, 0))
    texture.paste(tile, (0, canvas.height))
    return texture


def _rain(canvas: Canvas, chance: random.Random, depth: int) -> tuple[Image.Image, float]:
    width = canvas.width + 2 * canvas.px(40)
    tile = Image.new("L", (width * 2, canvas.height * 2))
    draw = ImageDraw.Draw(tile)
    length, slant = canvas.px(26 + 24 * depth) * 2, canvas.px(3 + 3 * depth) * 2
    for _ in range((170, 95, 42)[depth]):
        x, y = chance.uniform(0, tile.width), chance.uniform(0, tile.height)
        bright = chance.randint(24, 62) + 14 * depth
        # Drawn at both ends, so that the tile continues itself.
        for shifted in (y - tile.height, y):
            draw.line((x, shifted, x - slant, shifted + length), fill=bright, width=2 + depth)
    small = tile.resize((width, canvas.height), Image.Resampling.BOX)
    return _twice(canvas, small), canvas.px(760 + 420 * depth)


def _snow(canvas: Canvas, chance: random.Random, depth: int) -> tuple[Image.Image, float]:
    width = canvas.width + 2 * canvas.px(40)
    tile = Image.new("L", (width, canvas.height))
    draw = ImageDraw.Draw(tile)
    for _ in range((260, 110, 34)[depth]):
        x, y = chance.uniform(0, width), chance.uniform(0, canvas.height)
        radius = canvas.px(10) / 10 * chance.uniform(1.0, 1.9) * (1, 2, 3.6)[depth]
        for shifted in (y - canvas.height, y, y + canvas.height):
            box = (x - radius, shifted - radius, x + radius, shifted + radius)
            draw.ellipse(box, fill=chance.randint(120, 215))
    soft = tile.filter(ImageFilter.GaussianBlur(canvas.px(10) / 10 * (0.7, 1.2, 3.2)[depth]))
    return _twice(canvas, soft), canvas.px((46, 84, 150)[depth])


def stars(canvas: Canvas, chance: random.Random, reach: float, count: int = 240) -> Overlay:
    """Return stars above `reach` of the height, of which each half is brighter at another time."""
    height = round(canvas.height * reach)
    fields: list[Image.Image] = []
    for _ in range(2):
        big = Image.new("L", (canvas.width * 2, height * 2))
        draw = ImageDraw.Draw(big)
        for _ in range(count // 2):
            x, y = chance.uniform(0, big.width), chance.uniform(0, big.height) * chance.uniform(0.4, 1)
            radius = canvas.px(10) / 10 * chance.choice((0.9, 1.1, 1.4, 2.2))
            draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=chance.randint(90, 255))
        fields.append(big.resize((canvas.width, height), Image.Resampling.BOX))
    paint = Image.new("RGB", (canvas.width, height), (240, 244, 255))

    def put(frame: Image.Image, at_s: float) -> None:
        for number, field in enumerate(fields):
            bright = 0.72 + 0.28 * math.sin(at_s * 1.7 + number * math.pi)
            frame.paste(paint, (0, 0), field.point([round(value * bright) for value in range(256)]))

    return put
