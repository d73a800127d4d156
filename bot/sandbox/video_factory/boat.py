"""A paper boat that floats: it rolls, rises and drifts."""

import math

from PIL import Image, ImageDraw, ImageOps

from bot.sandbox.video_factory.scene import Canvas

_SIDE = 300
_OVERSAMPLED = 3
_WATERLINE = 0.74
"""Share of the sprite's height at which the water is."""
_MIRRORED = 0.3


class PaperBoat:
    """A sprite, drawn once."""

    def __init__(self, canvas: Canvas, scale: float = 1.0, warmth: float = 0.0) -> None:
        """Args: `scale` is its size, `warmth` how much of the evening light is on the paper."""
        self._canvas = canvas
        self._side = canvas.px(_SIDE * scale)
        self._sprite = _folded(self._side, warmth)

    def put(self, frame: Image.Image, at_s: float, waterline: float, *, mirrored: bool = True) -> None:
        """Draw the boat where it is at a moment, upon water at this height."""
        share = at_s / self._canvas.seconds
        x = frame.width * (0.32 + 0.3 * share) - self._side / 2
        rise = self._canvas.px(7) * math.sin(at_s * 1.9)
        roll = 4.2 * math.sin(at_s * 1.45 + 0.6)
        y = waterline - self._side * _WATERLINE + rise
        if mirrored:
            turned = ImageOps.flip(self._moved(-roll, x % 1, 0.0))
            strip = turned.crop((0, round(turned.height * (1 - _WATERLINE)), turned.width, turned.height))
            fade = (
                Image.linear_gradient("L")
                .resize(strip.size)
                .point([round((255 - v) * _MIRRORED) for v in range(256)])
            )
            mask = Image.composite(fade, Image.new("L", strip.size), strip.getchannel("A"))
            frame.paste(strip.convert("RGB"), (int(x), int(waterline + rise / 2)), mask)
        moved = self._moved(roll, x % 1, y % 1)
        frame.paste(moved, (int(x), int(y)), moved)

    def _moved(self, degrees: float, right: float, down: float) -> Image.Image:
        angle = math.radians(degrees)
        cos, sin = math.cos(angle), math.sin(angle)
        middle = self._side / 2
        fixed_y = self._side * _WATERLINE
        shift_x = middle - cos * (middle + right) - sin * (fixed_y + down)
        shift_y = fixed_y + sin * (middle + right) - cos * (fixed_y + down)
        data = (cos, sin, shift_x, -sin, cos, shift_y)
        return self._sprite.transform(
            self._sprite.size, Image.Transform.AFFINE, data, Image.Resampling.BICUBIC
        )


def _folded(side: int, warmth: float) -> Image.Image:
    big = Image.new("RGBA", (side * _OVERSAMPLED, side * _OVERSAMPLED), (236, 226, 214, 0))
    draw = ImageDraw.Draw(big)

    def shade(level: int) -> tuple[int, int, int, int]:
        return level, round(level * (1 - 0.10 * warmth)), round(level * (1 - 0.24 * warmth)), 255

    def fold(level: int, *points: tuple[float, float]) -> None:
        draw.polygon([(x * big.width, y * big.height) for x, y in points], fill=shade(level))

    fold(214, (0.5, 0.2), (0.3, 0.56), (0.5, 0.56))
    fold(250, (0.5, 0.2), (0.5, 0.56), (0.7, 0.56))
    fold(176, (0.06, 0.44), (0.3, 0.56), (0.7, 0.56), (0.94, 0.44), (0.7, 0.6), (0.3, 0.6))
    fold(232, (0.06, 0.44), (0.28, 0.76), (0.5, 0.76), (0.5, 0.57), (0.3, 0.56))
    fold(252, (0.94, 0.44), (0.72, 0.76), (0.5, 0.76), (0.5, 0.57), (0.7, 0.56))
    draw.line(
        [(0.5 * big.width, 0.57 * big.height), (0.5 * big.width, 0.76 * big.height)], fill=shade(206), width=4
    )
    return big.resize((side, side), Image.Resampling.LANCZOS)
