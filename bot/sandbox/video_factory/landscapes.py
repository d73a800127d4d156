"""Scenes with a horizon: the sea, and mountains in fog."""

import math
import random
from collections.abc import Callable, Mapping
from typing import Final

from PIL import Image, ImageDraw

from bot.sandbox.video_factory.boat import PaperBoat
from bot.sandbox.video_factory.painting import Colour, Layer, glow, gradient, light, mix, ridge, silhouette
from bot.sandbox.video_factory.scene import Canvas, Hour, Scene
from bot.sandbox.video_factory.sky import SKIES, SUNS, Painter, sky

_WATERS: Final[Mapping[Hour, tuple[Colour, Colour]]] = {
    Hour.DAWN: ((206, 170, 172), (44, 74, 112)),
    Hour.DAY: ((112, 178, 208), (10, 66, 120)),
    Hour.DUSK: ((224, 124, 104), (26, 22, 66)),
    Hour.NIGHT: ((40, 60, 108), (4, 8, 28)),
}


def sea(canvas: Canvas, scene: Scene, chance: random.Random) -> Painter:
    """Waves that come nearer, the light upon them, and a boat among them."""
    horizon = 0.52
    heaven = sky(canvas, scene, chance, horizon)
    top = round(canvas.height * horizon)
    far, near = _WATERS[scene.hour]
    water = gradient((canvas.width, canvas.height - top), (0, far), (0.25, mix(far, near, 0.5)), (1, near))
    waves = [_wave(canvas, chance, horizon, number, (far, near)) for number in range(7)]
    glints = _glints(canvas, chance, horizon, SUNS[scene.hour])
    boat = PaperBoat(canvas, 0.8, 0.8 if scene.hour is Hour.DUSK else 0.15)
    if scene.hour is Hour.NIGHT:
        boat = PaperBoat(canvas, 0.8, -0.5)

    def paint(at_s: float) -> Image.Image:
        frame = heaven(at_s)
        frame.paste(water, (0, top))
        for number, layer in enumerate(waves):
            bob = canvas.px(2 + 2.4 * number) * math.sin(at_s * (1.3 - 0.07 * number) + number * 1.9)
            layer.put(frame, at_s, bob, canvas.px(8 * number) * (1 + math.sin(at_s * 0.7 + number)))
            if number == 2:  # noqa: PLR2004 - light lies on the far water
                glints(frame, at_s)
            if number == 4:  # noqa: PLR2004 - the boat is between the near waves
                boat.put(frame, at_s, canvas.height * (horizon + 0.305), mirrored=False)
        return frame

    return paint


def _wave(
    canvas: Canvas, chance: random.Random, horizon: float, number: int, waters: tuple[Colour, Colour]
) -> Layer:
    share = (number + 0.35) / 7
    top = round(canvas.height * (horizon + (1 - horizon) * share**1.45))
    room = canvas.px(30)
    high = canvas.px(3 + 5.2 * number)
    speed = canvas.px(8 + 13 * number)
    width = round(canvas.width + speed * canvas.seconds + canvas.px(16 * 7) + 16)
    cycles = round(width / canvas.px(90 + 46 * number))
    line = ridge(
        chance, 400, [(cycles, high * 0.55), (cycles * 2 + 1, high * 0.22), (cycles // 2 + 1, high * 0.35)]
    )
    height = canvas.height - top + 2 * high
    mask = silhouette((width, height + 2 * room), [y + high + room for y in line])
    far, near = waters
    crest = mix(mix(far, (255, 255, 255), 0.22), near, min(1.0, share * 0.74))
    paint = gradient(
        (canvas.width, height), (0, crest), (0.3, mix(crest, near, 0.6)), (1, mix(near, (0, 0, 0), 0.2))
    )
    return Layer(paint, mask, top - high, speed, room)


def _glints(
    canvas: Canvas, chance: random.Random, horizon: float, colour: Colour
) -> Callable[[Image.Image, float], None]:
    glints: list[tuple[Image.Image, float, float, float, float]] = []
    for _ in range(70):
        share = chance.random() ** 1.6
        wide = canvas.px(26 + 120 * share)
        mask = glow(wide, canvas.px(4 + 9 * share), 1.4)
        x = canvas.width * (0.66 + chance.gauss(0, 0.028 + 0.07 * share))
        y = canvas.height * (horizon + 0.008 + (1 - horizon) * 0.5 * share)
        glints.append((mask, x, y, chance.uniform(0, 6.28), chance.uniform(0.9, 2.2)))

    def put(frame: Image.Image, at_s: float) -> None:
        for mask, x, y, phase, speed in glints:
            bright = 0.5 + 0.5 * math.sin(at_s * speed + phase)
            lit = (round(colour[0] * bright), round(colour[1] * bright), round(colour[2] * bright))
            light(frame, mask, lit, (x + canvas.px(6) * math.sin(at_s + phase), y))

    return put


def mountains(canvas: Canvas, scene: Scene, chance: random.Random) -> Painter:
    """Ridge behind ridge in the fog, the nearest with trees."""
    heaven = sky(canvas, scene, chance, 0.62)
    above, between, below = SKIES[scene.hour]
    dark = mix(above, (8, 14, 24), 0.72)
    layers = [_ridge_layer(canvas, chance, number, dark, mix(below, between, 0.35)) for number in range(6)]

    def paint(at_s: float) -> Image.Image:
        frame = heaven(at_s)
        for layer in layers:
            layer.put(frame, at_s)
        return frame

    return paint


def _ridge_layer(canvas: Canvas, chance: random.Random, number: int, dark: Colour, fog: Colour) -> Layer:
    share = number / 5
    speed = canvas.px(4 + 52 * share**1.8)
    width = round(canvas.width + speed * canvas.seconds + 16)
    high = canvas.px(150 - 80 * share)
    base = canvas.height * (0.44 + 0.42 * share)
    scale = width / canvas.px(1280)
    line = ridge(
        chance,
        900,
        [
            (1.3 * scale, high * 0.55),
            (3.1 * scale, high * 0.3),
            (7.3 * scale, high * 0.14),
            (19 * scale, high * 0.05),
        ],
    )
    if number < 4:  # noqa: PLR2004 - far ridges are rock, near ones forest
        line = [y + chance.uniform(-0.012, 0.012) * high for y in line]
    top = max(0, round(base - high * 1.1) - canvas.px(150))
    size = (width, canvas.height - top)
    mask = silhouette(size, [base - top + y for y in line])
    if number >= 3:  # noqa: PLR2004
        _plant(mask, canvas, chance, [base - top + y for y in line], number)
    tone = mix(fog, dark, 0.16 + 0.84 * share**1.15)
    foot = mix(tone, fog, 0.62 * (1 - share))
    return Layer(gradient((canvas.width, size[1]), (0, tone), (0.35, tone), (1, foot)), mask, top, speed)


def _plant(mask: Image.Image, canvas: Canvas, chance: random.Random, line: list[float], number: int) -> None:
    """Put firs on a ridge."""
    tall = canvas.px({3: 30, 4: 58, 5: 120}[number])
    trees = Image.new("L", (mask.width * 2, mask.height * 2))
    draw = ImageDraw.Draw(trees)
    x = 0.0
    while x < mask.width:
        foot = line[min(len(line) - 1, int(x / mask.width * len(line)))] + tall * 0.12
        size = tall * chance.uniform(0.55, 1.15)
        for step in range(7):
            share = (step + 1) / 7
            half = size * 0.2 * share * chance.uniform(0.85, 1.15)
            peak, rim = foot - size * (1 - (step / 7) * 0.9), foot - size * (1 - share * 0.96)
            draw.polygon(
                [(x * 2, peak * 2 - 4), ((x - half) * 2, rim * 2), ((x + half) * 2, rim * 2)], fill=255
            )
        x += tall * chance.uniform(0.16, 0.5)
    mask.paste(255, (0, 0), trees.resize(mask.size, Image.Resampling.BOX))
