"""Draws the frames of a video: a slow pan over pictures, or drifting lights whose colours come from the prompt."""

import colorsys
import hashlib
import math
import random
from collections.abc import Iterator
from pathlib import Path

from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageFont, ImageOps

from bot.sandbox.video_factory.spec import VideoSpec

_ROOM = 1.22
"""How much larger than the frame a picture is drawn, so that the frame can travel over it."""
_CROSSFADE_S = 0.7
_LIGHTS = 7
_LAST_LATIN = 0x24F
_CAPTION_CHARS = 90


def frames(spec: VideoSpec) -> Iterator[Image.Image]:
    """Yield every frame of the video, in RGB and of the specified size."""
    count = int(spec.seconds * spec.frames_per_s)
    caption = _caption(spec)
    pictures = _shots(spec, count) if spec.pictures else _lights(spec, count)
    for frame in pictures:
        if caption is not None:
            frame.paste(caption, (0, spec.height_px - caption.height), caption)
        yield frame


def _chance(spec: VideoSpec) -> random.Random:
    return random.Random(hashlib.sha256(spec.prompt.encode("utf-8", "replace")).digest())  # noqa: S311 - art


def _shots(spec: VideoSpec, count: int) -> Iterator[Image.Image]:
    """One shot a picture, of equal length, each fading into the next."""
    canvases = [_canvas(path, spec) for path in spec.pictures]
    chance = _chance(spec)
    ways = [(chance.random(), chance.random(), chance.choice((1, -1))) for _ in canvases]
    length = count / len(canvases)
    fade = min(_CROSSFADE_S * float(spec.frames_per_s), length / 2)
    for number in range(count):
        shot = min(int(number / length), len(canvases) - 1)
        into = number - shot * length
        frame = _view(canvases[shot], spec, into / length, ways[shot])
        left = length - into
        if shot + 1 < len(canvases) and left < fade:
            following = _view(canvases[shot + 1], spec, 0.0, ways[shot + 1])
            frame = Image.blend(following, frame, left / fade)
        yield frame


def _canvas(path: Path, spec: VideoSpec) -> Image.Image:
    size = (round(spec.width_px * _ROOM), round(spec.height_px * _ROOM))
    with Image.open(path) as picture:
        upright = ImageOps.exif_transpose(picture).convert("RGB")
    return ImageOps.fit(upright, size, Image.Resampling.LANCZOS)


def _view(canvas: Image.Image, spec: VideoSpec, part: float, way: tuple[float, float, int]) -> Image.Image:
    across, down, direction = way
    eased = part * part * (3 - 2 * part)
    zoom = 1 + (_ROOM - 1) * (0.35 + 0.5 * (eased if direction > 0 else 1 - eased))
    width, height = canvas.width / zoom, canvas.height / zoom
    travel = across + (down - across) * eased
    left, top = (canvas.width - width) * travel, (canvas.height - height) * (1 - travel)
    return canvas.resize(
        (spec.width_px, spec.height_px),
        Image.Resampling.BILINEAR,
        box=(left, top, left + width, top + height),
    )


def _lights(spec: VideoSpec, count: int) -> Iterator[Image.Image]:
    """Soft lights that drift over a dusky gradient."""
    chance = _chance(spec)
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


def _caption(spec: VideoSpec) -> Image.Image | None:
    """The prompt on a shaded strip; None where the built-in font lacks its letters."""
    words = " ".join(spec.prompt.split())
    if not words or any(ord(char) > _LAST_LATIN for char in words):
        return None
    if len(words) > _CAPTION_CHARS:
        words = f"{words[:_CAPTION_CHARS].rstrip()}..."
    letter_px = max(14, min(spec.width_px, spec.height_px) // 26)
    font = ImageFont.load_default(size=letter_px)
    margin = spec.height_px // 28
    while font.getlength(words) > spec.width_px - 2 * margin and len(words) > 4:  # noqa: PLR2004 - "x..."
        words = f"{words[:-4].rstrip()}..."
    height = margin * 2 + letter_px
    shade = (
        Image.linear_gradient("L").resize((spec.width_px, height)).point([v * 170 // 255 for v in range(256)])
    )
    strip = Image.new("RGBA", (spec.width_px, height))
    strip.putalpha(shade)
    ImageDraw.Draw(strip).text((margin, margin), words, font=font, fill=(255, 255, 255, 235))
    return strip
