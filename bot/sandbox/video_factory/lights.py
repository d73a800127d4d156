"""A scene without things: drifting lights whose colours come from the prompt."""

import colorsys
import math
import random
from collections.abc import Iterator

from PIL import Image, ImageChops, ImageFilter, ImageOps

from bot.sandbox.video_factory.scene import chance_of
from bot.sandbox.video_factory.spec import VideoSpec

_LIGHTS = 7


def lights(spec: VideoSpec, count: int) -> Iterator[Image.Image]:
    """Yield `count` frames of soft lights that drift over a dusky gradient."""
    chance = chance_of(spec.prompt)
    hue = chance.random()
    backdrop = _backdrop(spec, hue)
    lights = [_light(spec, chance, hue) for _ in range(_LIGHTS)]
    for number in range(count):
        frame = backdrop.copy()
        turn = 2 * math.pi * number / count
        for glow, (x, y, reach_x, reach_y, phase, speed) in lights:
            left = round(x + reach_x * math.cos(speed * turn + phase) - glow.width / 2)
            top = round(y + reach_y * math.sin(speed * turn + phase) - glow.height / 2)
            _add(frame, glow, left, top)
        yield frame


def _backdrop(spec: VideoSpec, hue: float) -> Image.Image:
    top, bottom = _colour(hue, 0.75, 0.16), _colour(hue + 0.12, 0.8, 0.42)
    shade = Image.linear_gradient("L").resize((spec.width_px, spec.height_px))
    gradient = Image.composite(Image.new("RGB", shade.size, bottom), Image.new("RGB", shade.size, top), shade)
    horizon = Image.radial_gradient("L").resize((spec.width_px * 2, spec.height_px))
    glow = ImageOps.invert(horizon).crop((spec.width_px // 2, 0, spec.width_px * 3 // 2, spec.height_px))
    warm = Image.composite(
        Image.new("RGB", shade.size, _colour(hue + 0.55, 0.6, 0.34)), Image.new("RGB", shade.size), glow
    )
    return ImageChops.screen(gradient, warm)


_Path = tuple[float, float, float, float, float, float]


def _light(spec: VideoSpec, chance: random.Random, hue: float) -> tuple[Image.Image, _Path]:
    side = round(min(spec.width_px, spec.height_px) * chance.uniform(0.25, 0.75))
    disc = ImageOps.invert(Image.radial_gradient("L").resize((side, side)))
    disc = disc.point([min(255, int(max(0, value - 75) ** 1.35 / 5)) for value in range(256)])
    disc = disc.filter(ImageFilter.GaussianBlur(side / 40))
    colour = _colour(hue + chance.uniform(-0.12, 0.6), chance.uniform(0.5, 0.9), chance.uniform(0.5, 0.9))
    glow = Image.composite(Image.new("RGB", disc.size, colour), Image.new("RGB", disc.size), disc)
    path = (
        chance.uniform(0.1, 0.9) * spec.width_px,
        chance.uniform(0.15, 0.8) * spec.height_px,
        chance.uniform(0.05, 0.3) * spec.width_px,
        chance.uniform(0.03, 0.2) * spec.height_px,
        chance.uniform(0, 2 * math.pi),
        chance.choice((-2, -1, 1, 2)),
    )
    return glow, path


def _add(frame: Image.Image, glow: Image.Image, left: int, top: int) -> None:
    """Add light to the part of the frame that the glow covers."""
    box = (
        max(0, left),
        max(0, top),
        min(frame.width, left + glow.width),
        min(frame.height, top + glow.height),
    )
    if box[0] >= box[2] or box[1] >= box[3]:
        return
    part = glow.crop((box[0] - left, box[1] - top, box[2] - left, box[3] - top))
    frame.paste(ImageChops.screen(frame.crop(box), part), box)


def _colour(hue: float, saturation: float, value: float) -> tuple[int, int, int]:
    red, green, blue = colorsys.hsv_to_rgb(hue % 1.0, saturation, value)
    return round(red * 255), round(green * 255), round(blue * 255)
