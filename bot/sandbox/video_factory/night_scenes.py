"""Scenes of lights in the dark: a city above wet streets, and space."""

import math
import random

from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageOps

from bot.sandbox.video_factory.boat import PaperBoat
from bot.sandbox.video_factory.painting import Colour, disc, ease, glow, gradient, light, mix
from bot.sandbox.video_factory.scene import Canvas, Hour, Scene
from bot.sandbox.video_factory.sky import SKIES, Painter, sky
from bot.sandbox.video_factory.weather import stars

_NEON: tuple[Colour, ...] = ((255, 60, 130), (40, 220, 255), (255, 170, 60), (150, 90, 255), (70, 255, 170))
_HORIZON = 0.66
_STRIP_PX = 1


def city(canvas: Canvas, scene: Scene, chance: random.Random) -> Painter:
    """Houses with lit windows and neon, and their reflection in the wet street, on which a boat may float."""
    hour = Hour.DUSK if scene.hour in (Hour.DAWN, Hour.DUSK, Hour.DAY) else Hour.NIGHT
    heaven = sky(canvas, Scene(scene.place, hour, scene.weather, scene.with_boat), chance, _HORIZON)
    rows = [_houses(canvas, chance, depth, hour) for depth in range(3)]
    ground = round(canvas.height * _HORIZON)
    boat = PaperBoat(canvas, 0.82, 0.35) if scene.with_boat else None
    haze = gradient(
        (canvas.width, ground), (0, (0, 0, 0)), (0.4, (0, 0, 0)), (1, mix(SKIES[hour][2], (0, 0, 0), 0.55))
    )

    def paint(at_s: float) -> Image.Image:
        frame = heaven(at_s)
        for picture, mask, speed in rows:
            left = at_s * speed
            box = (left, 0, left + canvas.width, ground)
            seen = mask.resize((canvas.width, ground), Image.Resampling.BILINEAR, box=box)
            frame.paste(
                picture.resize((canvas.width, ground), Image.Resampling.BILINEAR, box=box), (0, 0), seen
            )
            light_up = frame.crop((0, 0, canvas.width, ground))
            if speed < rows[-1][2]:
                frame.paste(ImageChops.screen(light_up, haze), (0, 0))
        _reflect(canvas, frame, ground, at_s)
        if boat is not None:
            boat.put(frame, at_s, canvas.height * 0.84)
        return frame

    return paint


def _houses(
    canvas: Canvas, chance: random.Random, depth: int, hour: Hour
) -> tuple[Image.Image, Image.Image, float]:
    """Draw a row of houses with its mask and its speed; the nearest has neon signs."""
    ground = round(canvas.height * _HORIZON)
    speed = canvas.px(6 + 15 * depth)
    width = round(canvas.width + speed * canvas.seconds + 16)
    far = mix(SKIES[hour][1], (10, 12, 32), 0.42 + 0.24 * depth)
    picture = Image.new("RGB", (width, ground), far)
    mask = Image.new("L", (width, ground))
    draw, cut = ImageDraw.Draw(picture), ImageDraw.Draw(mask)
    signs: list[tuple[int, int, int, int, Colour]] = []
    x = -canvas.px(30)
    while x < width:
        wide = canvas.px(chance.uniform(70, 130) * (0.7 + 0.35 * depth))
        tall = ground * chance.uniform(0.3, 0.62) * (1.25 - 0.12 * depth)
        top = round(ground - tall)
        cut.rectangle((x, top, x + wide, ground), fill=255)
        if chance.random() < 0.4:  # noqa: PLR2004 - a mast or a tank
            cut.rectangle((x + wide // 2, top - canvas.px(34), x + wide // 2 + canvas.px(3), top), fill=255)
        tone = mix(far, (0, 0, 0), chance.uniform(0, 0.22))
        draw.rectangle((x, top - canvas.px(34), x + wide, ground), fill=tone)
        _windows(canvas, draw, chance, (x, top, x + wide, ground), depth)
        if depth > 0 and chance.random() < 0.62:  # noqa: PLR2004
            sign_x = x + round(wide * chance.uniform(0.15, 0.6))
            sign_y = round(ground - tall * chance.uniform(0.35, 0.75))
            high = canvas.px(chance.uniform(60, 130))
            signs.append((sign_x, sign_y, canvas.px(chance.uniform(14, 26)), high, chance.choice(_NEON)))
        x += wide + canvas.px(1) - canvas.px(chance.uniform(2, 8))
    for sign in signs:
        _neon(canvas, picture, chance, sign)
    return picture, mask, speed


def _windows(
    canvas: Canvas,
    draw: ImageDraw.ImageDraw,
    chance: random.Random,
    house: tuple[int, int, int, int],
    depth: int,
) -> None:
    left, top, right, bottom = house
    step_x, step_y = canvas.px(11 + 6 * depth), canvas.px(14 + 8 * depth)
    wide, high = canvas.px(5 + 3 * depth), canvas.px(7 + 4 * depth)
    lit_share = chance.uniform(0.15, 0.5)
    for y in range(top + step_y // 2, bottom - high, step_y):
        for x in range(left + step_x // 2, right - wide, step_x):
            if chance.random() < lit_share:
                warm = mix((255, 206, 128), (255, 240, 206), chance.random())
                bright = chance.uniform(0.3, 0.95)
                colour = mix((30, 30, 60), warm, bright)
                draw.rectangle((x, y, x + wide, y + high), fill=colour)


def _neon(
    canvas: Canvas, picture: Image.Image, chance: random.Random, sign: tuple[int, int, int, int, Colour]
) -> None:
    left, top, wide, high, colour = sign
    middle = (left + wide / 2, top + high / 2)
    light(picture, glow(wide * 12, high * 3, 2.2).point([round(v * 0.7) for v in range(256)]), colour, middle)
    draw = ImageDraw.Draw(picture)
    draw.rounded_rectangle(
        (left, top, left + wide, top + high), radius=wide // 4, outline=colour, width=canvas.px(2)
    )
    for step in range(max(1, high // wide)):
        y = top + wide * step + wide * 0.25
        inner = (left + wide * 0.25, y, left + wide * 0.75, y + wide * 0.5)
        bright = mix(colour, (255, 255, 255), 0.6)
        if chance.random() < 0.5:  # noqa: PLR2004
            draw.ellipse(inner, outline=bright, width=canvas.px(2))
        else:
            draw.line((inner[0], inner[1], inner[2], inner[3]), fill=bright, width=canvas.px(2))


def _reflect(canvas: Canvas, frame: Image.Image, ground: int, at_s: float) -> None:
    """Mirror what stands above the ground in the wet street, drawn out and rippled."""
    height = canvas.height - ground
    upper = ImageOps.flip(frame.crop((0, ground - round(height * 1.3), canvas.width, ground)))
    small = upper.resize((canvas.width // 2, height // 2), Image.Resampling.BOX)
    small = small.filter(ImageFilter.BoxBlur((1, 9)))
    rippled = small.copy()
    for y in range(0, small.height, _STRIP_PX):
        near = y / small.height
        shift = (0.6 + 5 * near) * math.sin(9 * math.log(0.2 + near) - at_s * 2.2) + 1.6 * near * math.sin(
            y * 0.3 + at_s * 1.7
        )
        strip = small.crop((0, y, small.width, y + _STRIP_PX))
        data = (1, 0, shift, 0, 1, 0)
        moved = strip.transform(strip.size, Image.Transform.AFFINE, data, Image.Resampling.BILINEAR)
        rippled.paste(moved, (0, y))
    water = rippled.resize((canvas.width, height), Image.Resampling.BICUBIC)
    dark = Image.new("RGB", water.size, (8, 10, 24))
    shade = Image.linear_gradient("L").resize(water.size).point([round(70 + v * 0.36) for v in range(256)])
    frame.paste(Image.composite(dark, water, shade), (0, ground))


def space(canvas: Canvas, scene: Scene, chance: random.Random) -> Painter:
    """Nebulae, stars at three distances, and a planet with a ring of light."""
    del scene
    room = canvas.px(90)
    wide = (canvas.width + 2 * room, canvas.height + 2 * room)
    nebula = _nebula(wide, chance)
    twinkling = stars(canvas, chance, 1.0, 300)
    near = _star_field(canvas, wide, chance)
    planet, planet_mask = _planet(canvas, chance)
    aura = glow(planet.width * 2, planet.height * 2, 2.6)
    tint = chance.choice(((110, 150, 255), (255, 150, 110), (130, 240, 220)))

    def paint(at_s: float) -> Image.Image:
        share = ease(at_s / canvas.seconds)
        zoom = 0.1 * share
        box = (room * zoom * 4, room * zoom * 4, wide[0] - room * zoom * 4, wide[1] - room * zoom * 4)
        frame = nebula.resize(canvas.size, Image.Resampling.BILINEAR, box=box)
        twinkling(frame, at_s)
        left = room * 1.6 * share
        field = near.resize(
            canvas.size,
            Image.Resampling.BILINEAR,
            box=(left, room / 2, left + canvas.width, room / 2 + canvas.height),
        )
        frame.paste((240, 246, 255), (0, 0), field)
        x, y = canvas.width * (0.74 - 0.1 * share), canvas.height * (0.56 + 0.02 * math.sin(at_s * 0.4))
        light(frame, aura, mix(tint, (0, 0, 0), 0.5), (x, y))
        corner = (x - planet.width / 2, y - planet.height / 2)
        data = (1, 0, -(corner[0] % 1), 0, 1, -(corner[1] % 1))
        for_mask = planet_mask.transform(
            planet_mask.size, Image.Transform.AFFINE, data, Image.Resampling.BILINEAR
        )
        frame.paste(planet, (int(corner[0]), int(corner[1])), for_mask)
        return frame

    return paint


def _nebula(size: tuple[int, int], chance: random.Random) -> Image.Image:
    small = (size[0] // 6, size[1] // 6)
    picture = gradient(small, (0, (5, 6, 22)), (0.5, (10, 10, 36)), (1, (3, 4, 16)))
    colours = ((86, 40, 150), (24, 80, 160), (170, 46, 110), (20, 120, 130))
    middle_y = small[1] * 0.5
    for _ in range(110):
        x = chance.uniform(-0.1, 1.1) * small[0]
        y = middle_y + (x / small[0] - 0.5) * -0.5 * small[1] + chance.gauss(0, 0.17) * small[1]
        side = round(small[1] * chance.uniform(0.1, 0.5))
        mask = glow(round(side * 1.5), side, 1.6).point([round(v * 0.34) for v in range(256)])
        light(picture, mask, chance.choice(colours), (x, y))
    return picture.filter(ImageFilter.GaussianBlur(2)).resize(size, Image.Resampling.BICUBIC)


def _star_field(canvas: Canvas, size: tuple[int, int], chance: random.Random) -> Image.Image:
    field = Image.new("L", size)
    draw = ImageDraw.Draw(field)
    for _ in range(60):
        x, y = chance.uniform(0, size[0]), chance.uniform(0, size[1])
        radius = canvas.px(10) / 10 * chance.uniform(1, 2)
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=chance.randint(150, 255))
    return field.filter(ImageFilter.GaussianBlur(0.8))


def _planet(canvas: Canvas, chance: random.Random) -> tuple[Image.Image, Image.Image]:
    side = canvas.px(310)
    hues = chance.choice(
        (((206, 150, 110), (120, 66, 60)), ((110, 160, 220), (40, 66, 130)), ((150, 210, 190), (46, 90, 104)))
    )
    bands = gradient((side, side), *[(n / 9, mix(*hues, chance.random())) for n in range(10)])
    bands = bands.rotate(-14, Image.Resampling.BICUBIC, fillcolor=hues[1])
    lit = glow(round(side * 1.9), round(side * 1.9), 0.8)
    offset = round(side * 0.18)
    shade = lit.crop(
        (
            round(side * 0.45) + offset,
            round(side * 0.45) + offset,
            round(side * 1.45) + offset,
            round(side * 1.45) + offset,
        )
    )
    return Image.composite(bands, Image.new("RGB", bands.size, (2, 2, 8)), shade), disc(side)
