"""The sky of a scene: its colours at each hour, the sun or moon, stars, clouds."""

import random
from collections.abc import Callable, Mapping
from typing import Final

from PIL import Image, ImageDraw, ImageFilter

from bot.sandbox.video_factory.painting import Colour, Layer, disc, glow, gradient, light, mix
from bot.sandbox.video_factory.scene import Canvas, Hour, Scene
from bot.sandbox.video_factory.weather import stars

Painter = Callable[[float], Image.Image]
"""Paints the frame of a moment, in seconds."""

SKIES: Final[Mapping[Hour, tuple[Colour, Colour, Colour]]] = {
    Hour.DAWN: ((92, 122, 176), (214, 176, 188), (255, 222, 180)),
    Hour.DAY: ((54, 126, 204), (126, 184, 232), (214, 236, 246)),
    Hour.DUSK: ((38, 30, 84), (190, 78, 110), (255, 172, 96)),
    Hour.NIGHT: ((6, 9, 30), (16, 28, 68), (42, 62, 112)),
}
"""Colours of the sky: above, in between, at the horizon."""
SUNS: Final[Mapping[Hour, Colour]] = {
    Hour.DAWN: (255, 236, 205),
    Hour.DAY: (255, 252, 238),
    Hour.DUSK: (255, 214, 150),
    Hour.NIGHT: (232, 238, 255),
}


def sky(canvas: Canvas, scene: Scene, chance: random.Random, horizon: float) -> Painter:
    """Return a sky above `horizon`, a share of the height, with its sun or moon, stars at night, and clouds."""
    above, between, below = SKIES[scene.hour]
    backdrop = gradient(canvas.size, (0, above), (horizon * 0.62, between), (horizon, below), (1, below))
    sun_x = canvas.width * chance.uniform(0.6, 0.72)
    sun_y = (
        canvas.height
        * horizon
        * {Hour.DUSK: 0.8, Hour.DAWN: 0.72, Hour.DAY: 0.3, Hour.NIGHT: 0.34}[scene.hour]
    )
    colour = SUNS[scene.hour]
    side = canvas.px(1000)
    light(
        backdrop,
        glow(side, side, 3.0).point([round(v * 0.75) for v in range(256)]),
        mix(below, colour, 0.5),
        (sun_x, sun_y),
    )
    light(backdrop, glow(side // 3, side // 3, 2.0), mix(below, colour, 0.8), (sun_x, sun_y))
    round_sun = disc(canvas.px(96))
    corner = (round(sun_x - round_sun.width / 2), round(sun_y - round_sun.height / 2))
    core = glow(round_sun.width * 3, round_sun.width * 3, 2.4)
    twinkling = stars(canvas, chance, horizon * 0.9) if scene.hour is Hour.NIGHT else None
    clouds = [_cloud_layer(canvas, scene, chance, horizon, depth) for depth in range(2)]

    def paint(at_s: float) -> Image.Image:
        frame = backdrop.copy()
        if twinkling is not None:
            twinkling(frame, at_s)
        for layer in clouds:
            layer.put(frame, at_s)
        frame.paste(colour, corner, round_sun)
        light(frame, core, mix(colour, below, 0.5), (sun_x, sun_y))
        return frame

    return paint


def _cloud_layer(canvas: Canvas, scene: Scene, chance: random.Random, horizon: float, depth: int) -> Layer:
    height = round(canvas.height * horizon)
    speed = canvas.px(7 + 9 * depth)
    width = round(canvas.width + speed * canvas.seconds + 8)
    mask = Image.new("L", (width // 4, height // 4))
    draw = ImageDraw.Draw(mask)
    for _ in range(7):
        x, y = chance.uniform(0, mask.width), mask.height * chance.uniform(0.15, 0.85)
        for _ in range(16):
            across = chance.uniform(0.04, 0.13) * mask.height
            dx, dy = chance.gauss(0, 0.34) * mask.height, chance.gauss(0, 0.022) * mask.height
            box = (
                x + dx - across * 2.4,
                y + dy - across * 0.34,
                x + dx + across * 2.4,
                y + dy + across * 0.34,
            )
            draw.ellipse(box, fill=min(255, 64 + 36 * depth))
    soft = mask.filter(ImageFilter.GaussianBlur(max(1.0, mask.height / 46)))
    above, between, below = SKIES[scene.hour]
    bright = mix(below, (255, 255, 255), 0.55 if scene.hour is Hour.DAY else 0.12)
    paint = gradient(
        (canvas.width, height), (0, mix(above, between, 0.7)), (0.55, mix(between, below, 0.5)), (1, bright)
    )
    return Layer(paint, soft.resize((width, height), Image.Resampling.BICUBIC), 0, speed)
