"""Films from pictures: each whole and upright, before a blurred copy of itself, under a slowly moving camera."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageEnhance, ImageFilter, ImageOps

from bot.sandbox.video_factory.painting import ease
from bot.sandbox.video_factory.scene import chance_of
from bot.sandbox.video_factory.spec import VideoSpec

_CROSSFADE_S = 0.9
_NEARER = 0.045
"""By which share of its size a picture grows, and of the room around it that it has for it."""
_ALONE_ROOM = 1.25
"""A backdrop is drawn this much larger than the frame."""


@dataclass(frozen=True)
class _Shot:
    """A picture as it fits, its backdrop, and the way the camera goes: -1 away or 1 nearer; across in pixels."""

    picture: Image.Image
    backdrop: Image.Image
    way: int
    across: float


def shots(spec: VideoSpec, count: int) -> Iterator[Image.Image]:
    """Yield `count` frames: one shot a picture, of equal length, each fading into the next."""
    chance = chance_of(spec.prompt)
    made = [_shot(path, spec, chance.choice((1, -1)), chance.choice((1, -1))) for path in spec.pictures]
    length = count / len(made)
    fade = min(_CROSSFADE_S * float(spec.frames_per_s), length / 2)
    for number in range(count):
        current = min(int(number / length), len(made) - 1)
        into = number - current * length
        # A shot goes on moving while it fades, so both have its length and the fade on either side.
        whole = length + fade
        frame = _view(made[current], spec, (into + fade / 2) / whole)
        left = length - into
        if current + 1 < len(made) and left < fade / 2:
            frame = Image.blend(
                frame, _view(made[current + 1], spec, (fade / 2 - left) / whole), 0.5 - left / fade
            )
        elif current > 0 and into < fade / 2:
            before = _view(made[current - 1], spec, min(1.0, (length + fade / 2 + into) / whole))
            frame = Image.blend(before, frame, 0.5 + into / fade)
        yield frame


def _shot(path: Path, spec: VideoSpec, way: int, side: int) -> _Shot:
    size = (spec.width_px, spec.height_px)
    with Image.open(path) as opened:
        upright = ImageOps.exif_transpose(opened).convert("RGBA")
    flat = Image.new("RGB", upright.size, (24, 24, 28))
    flat.paste(upright, (0, 0), upright)
    small = ImageOps.fit(
        flat, (round(size[0] * _ALONE_ROOM / 4), round(size[1] * _ALONE_ROOM / 4)), Image.Resampling.BOX
    )
    soft = small.filter(ImageFilter.GaussianBlur(max(2, small.height / 22)))
    backdrop = (
        ImageEnhance.Brightness(soft)
        .enhance(0.5)
        .resize((small.width * 4, small.height * 4), Image.Resampling.BICUBIC)
    )
    # Kept at the size that it has at its nearest, so that it is only ever made smaller.
    return _Shot(
        ImageOps.contain(flat, size, Image.Resampling.LANCZOS), backdrop, way, side * size[0] * 0.012
    )


def _view(shot: _Shot, spec: VideoSpec, share: float) -> Image.Image:
    eased = ease(share)
    nearer = eased if shot.way > 0 else 1 - eased
    width, height = spec.width_px, spec.height_px
    drift = shot.across * (2 * eased - 1)
    room_x, room_y = shot.backdrop.width - width, shot.backdrop.height - height
    margin = 0.25 + 0.25 * (1 - nearer)
    box = (
        room_x * margin * 0.5 + drift + abs(shot.across),
        room_y * margin * 0.5,
        shot.backdrop.width - room_x * margin * 0.5 + drift - abs(shot.across),
        shot.backdrop.height - room_y * margin * 0.5,
    )
    frame = shot.backdrop.resize((width, height), Image.Resampling.BILINEAR, box=box)
    scale = 1 - _NEARER * (1 - nearer)
    shown = (shot.picture.width * scale, shot.picture.height * scale)
    left, top = (width - shown[0]) / 2 - drift * 0.5, (height - shown[1]) / 2
    left = min(max(0.0, left), width - shown[0])
    data = (1 / scale, 0, -left / scale, 0, 1 / scale, -top / scale)
    moved = shot.picture.transform((width, height), Image.Transform.AFFINE, data, Image.Resampling.BICUBIC)
    full = Image.new("L", shot.picture.size, 255)
    mask = full.transform((width, height), Image.Transform.AFFINE, data, Image.Resampling.BILINEAR)
    frame.paste(moved, (0, 0), mask)
    return frame
