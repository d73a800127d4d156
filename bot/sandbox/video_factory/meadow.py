"""A meadow: hills, flowers that bend in the wind, and lights that rise from them."""

import math
import random

from PIL import Image, ImageDraw, ImageFilter

from bot.sandbox.video_factory.painting import Colour, Layer, glow, gradient, light, mix, ridge, silhouette
from bot.sandbox.video_factory.scene import Canvas, Hour, Scene
from bot.sandbox.video_factory.sky import SKIES, Painter, sky


def meadow(canvas: Canvas, scene: Scene, chance: random.Random) -> Painter:
    """Hills with flowers that bend in the wind, and lights that rise from them."""
    heaven = sky(canvas, scene, chance, 0.66)
    below = SKIES[scene.hour][2]
    green = {
        Hour.DAY: (74, 148, 66),
        Hour.DAWN: (92, 132, 84),
        Hour.DUSK: (70, 70, 58),
        Hour.NIGHT: (14, 40, 50),
    }[scene.hour]
    hills = [_hill(canvas, chance, number, green, below) for number in range(3)]
    beds = [_bed(canvas, chance, number, green, scene.hour) for number in range(4)]
    motes = [
        (chance.random(), chance.random(), chance.uniform(0, 6.28), chance.uniform(12, 34)) for _ in range(38)
    ]
    mote = glow(canvas.px(26), canvas.px(26), 2.4)

    def paint(at_s: float) -> Image.Image:
        frame = heaven(at_s)
        for hill in hills:
            hill.put(frame, at_s)
        for number, (bed, mask, top, speed) in enumerate(beds):
            wind = canvas.px(6 + 5 * number) * math.sin(at_s * 1.5 + number * 1.1)
            _bend(frame, bed, mask, top, at_s * speed + canvas.px(70), wind)
        for x, y, phase, speed in motes:
            rising = (y - at_s * speed / 720) % 1.0
            bright = math.sin(math.pi * rising) * (0.6 + 0.4 * math.sin(at_s * 2 + phase))
            lit = (round(255 * bright), round(232 * bright), round(150 * bright))
            where = (
                (x + 0.012 * math.sin(at_s + phase)) * canvas.width,
                (0.35 + 0.65 * rising) * canvas.height,
            )
            light(frame, mote, lit, where)
        return frame

    return paint


def _hill(canvas: Canvas, chance: random.Random, number: int, green: Colour, haze: Colour) -> Layer:
    speed = canvas.px(5 + 8 * number)
    width = round(canvas.width + speed * canvas.seconds + 8)
    base = canvas.height * (0.56 + 0.075 * number)
    line = ridge(chance, 300, [(1.4, canvas.px(38)), (3.2, canvas.px(14))])
    top = round(base - canvas.px(60))
    mask = silhouette((width, canvas.height - top), [base - top + y for y in line])
    tone = mix(haze, green, 0.45 + 0.2 * number)
    return Layer(
        gradient((canvas.width, canvas.height - top), (0, mix(tone, haze, 0.25)), (0.5, tone), (1, green)),
        mask,
        top,
        speed,
    )


def _bed(
    canvas: Canvas, chance: random.Random, number: int, green: Colour, hour: Hour
) -> tuple[Image.Image, Image.Image, int, float]:
    """Draw a strip of grass and flowers that stands on earth, with its mask, its top and its speed."""
    tall = canvas.px(70 + 62 * number)
    speed = canvas.px(16 + 24 * number)
    width = round(canvas.width + speed * canvas.seconds + 2 * canvas.px(80))
    base_colour = mix(green, (6, 16, 12), 0.12 + 0.16 * number)
    big = Image.new("RGBA", (width * 2, tall * 2), (*base_colour, 0))
    draw = ImageDraw.Draw(big)
    dim = {Hour.DAY: 1.0, Hour.DAWN: 0.9, Hour.DUSK: 0.8, Hour.NIGHT: 0.5}[hour]
    petals = [(240, 96, 110), (250, 196, 84), (244, 236, 240), (186, 120, 222), (246, 140, 176)]
    for _ in range(round(width / canvas.px(5 + 2 * number))):
        x, high = chance.uniform(0, big.width), tall * 2 * chance.uniform(0.35, 0.8)
        lean = chance.uniform(-0.16, 0.16) * high
        tone = mix(base_colour, (210, 220, 120), chance.uniform(0, 0.28) * dim)
        half = canvas.px(2.4 + number)
        draw.polygon(
            [(x - half, big.height), (x + lean, big.height - high), (x + half, big.height)], fill=(*tone, 255)
        )
    # The earth begins softly: an edge between two greens looks like a wall.
    earth = Image.linear_gradient("L").point([min(255, round(v * 1.25)) for v in range(256)])
    earth = earth.resize((big.width, round(tall * 0.9)))
    big.paste((*base_colour, 255), (0, big.height - earth.height), earth)
    for _ in range(round(width / canvas.px(46 + 34 * number))):
        x, y = chance.uniform(0, big.width), big.height - tall * 2 * chance.uniform(0.55, 0.88)
        draw.line(
            (x, y, x + chance.uniform(-20, 20), big.height),
            fill=(*base_colour, 255),
            width=canvas.px(3 + number),
        )
        red, green_part, blue = chance.choice(petals)
        colour = (round(red * dim), round(green_part * dim), round(blue * dim), 255)
        size = canvas.px(8 + 7 * number) * chance.uniform(0.8, 1.2)
        turn = chance.uniform(0, 1)
        for petal in range(6):
            angle = math.tau * (petal / 6) + turn
            px, py = x + size * math.cos(angle), y + size * 0.8 * math.sin(angle)
            draw.ellipse(
                (px - size * 0.62, py - size * 0.55, px + size * 0.62, py + size * 0.55), fill=colour
            )
        draw.ellipse(
            (x - size * 0.5, y - size * 0.42, x + size * 0.5, y + size * 0.42), fill=(255, 214, 96, 255)
        )
    small = big.resize((width, tall), Image.Resampling.LANCZOS)
    if number == 3:  # noqa: PLR2004 - nearest, out of focus
        small = small.filter(ImageFilter.GaussianBlur(canvas.px(3)))
    top = round(canvas.height * (0.72 + 0.1 * number)) - tall // 3
    paint = Image.new("RGB", small.size, base_colour)
    paint.paste(small, (0, 0), small)
    return paint, small.getchannel("A"), top, speed


def _bend(  # noqa: PLR0917 - a strip, and how it is seen
    frame: Image.Image, bed: Image.Image, mask: Image.Image, top: int, left: float, wind: float
) -> None:
    """Paint the part of a strip that is seen, its upper edge moved by the wind."""
    size = (frame.width, bed.height)
    lean = wind / bed.height
    data = (1, lean, left - lean * bed.height, 0, 1, 0)
    seen = bed.transform(size, Image.Transform.AFFINE, data, Image.Resampling.BILINEAR)
    frame.paste(seen, (0, top), mask.transform(size, Image.Transform.AFFINE, data, Image.Resampling.BILINEAR))
    below = top + bed.height
    if below < frame.height:
        frame.paste(
            bed.crop((0, bed.height - 1, 1, bed.height)).resize((frame.width, frame.height - below)),
            (0, below),
        )
