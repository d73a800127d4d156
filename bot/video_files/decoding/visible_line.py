"""Draws a line of text on the first seconds of a film, upright as players show it."""

from collections.abc import Callable
from typing import Final

from av.video.frame import VideoFrame
from PIL import Image, ImageDraw, ImageFont

from bot.video_files.decoding.display import SIDEWAYS, turn_of_matrix
from bot.video_files.decoding.look import FrameLook

_SECONDS: Final = 3.0
_HEIGHT: Final = 0.05
"""Height of the letters over the shorter side (GB 45438-2025, 4.4: at least 5 %)."""
_PLAIN: Final = "Made by AI"
"""Text that is drawn where the font has no letters for the text: Pillow's own knows no Chinese and no Japanese."""
_LETTERS_PX_MIN: Final = 8
_SHADE: Final = 150
_NEUTRAL: Final = 128
_BLACK: Final = 16
_WHITE: Final = 235
_TURNED_BACK: Final = {
    Image.Transpose.ROTATE_90: Image.Transpose.ROTATE_270,
    Image.Transpose.ROTATE_270: Image.Transpose.ROTATE_90,
}

_Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


def line_of(text: str, look: FrameLook) -> Callable[[VideoFrame, float], VideoFrame]:
    """Return what draws a line on frames of a film in YUV 4:2:0, of any size.

    Args:
        text: The line, in letters that Latin has; others become a plain English sentence.
        look: How the film's frames are shown.
    """
    return _Line(text, look)


def line_on(picture: Image.Image, text: str, at_s: float) -> Image.Image:
    """Return an upright picture with the line on it, if it is one of the first seconds."""
    if at_s >= _SECONDS:
        return picture
    shade, letters = _masks_of(text, picture.size)
    made = picture.convert("RGB")
    made.paste((0, 0, 0), (0, 0), shade)
    made.paste((255, 255, 255), (0, 0), letters)
    return made


class _Line:
    def __init__(self, text: str, look: FrameLook) -> None:
        self._text = text
        self._turn = turn_of_matrix(look.matrix)
        self._masks: dict[tuple[int, int], tuple[Image.Image, Image.Image]] = {}

    def __call__(self, frame: VideoFrame, at_s: float) -> VideoFrame:
        if at_s >= _SECONDS:
            return frame
        size = (frame.width, frame.height)
        if size not in self._masks:
            self._masks[size] = self._drawn(size)
        shade, letters = self._masks[size]
        # The decoder still needs its frames as they are.
        made = VideoFrame(*size, "yuv420p")
        for number, (plane, new) in enumerate(zip(frame.planes, made.planes, strict=True)):
            plane_size = (plane.width, plane.height)
            picture = Image.frombuffer("L", plane_size, bytes(plane), "raw", "L", plane.line_size, 1)
            picture = picture.copy()
            shade_here, letters_here = shade, letters
            if number:
                shade_here, letters_here = shade.resize(plane_size), letters.resize(plane_size)
            picture.paste(_NEUTRAL if number else _BLACK, (0, 0), shade_here)
            picture.paste(_NEUTRAL if number else _WHITE, (0, 0), letters_here)
            padded = Image.new("L", (new.line_size, new.height))
            padded.paste(picture, (0, 0))
            new.update(padded.tobytes())
        return made

    def _drawn(self, size: tuple[int, int]) -> tuple[Image.Image, Image.Image]:
        """Return masks of a dark box and of the letters in it, of the size of stored frames."""
        sideways = self._turn is not None and self._turn in SIDEWAYS
        shade, letters = _masks_of(self._text, (size[1], size[0]) if sideways else size)
        if self._turn is None:
            return shade, letters
        back = _TURNED_BACK.get(self._turn, self._turn)
        return shade.transpose(back), letters.transpose(back)


def _masks_of(text: str, size: tuple[int, int]) -> tuple[Image.Image, Image.Image]:
    """Return masks of a dark box and of the letters in it, for an upright picture."""
    width, height = size
    shade, letters = Image.new("L", (width, height)), Image.new("L", (width, height))
    height_px = max(10, round(min(width, height) * _HEIGHT * 1.4))
    font = ImageFont.load_default(height_px)
    text = text if _has(font, text) else _PLAIN
    while ImageDraw.Draw(letters).textlength(text, font) > width * 0.94 and height_px > _LETTERS_PX_MIN:
        height_px -= 1
        font = ImageFont.load_default(height_px)
    edge = max(2, height_px // 2)
    at = (edge, height - edge)
    box = ImageDraw.Draw(letters).textbbox(at, text, font, anchor="ls")
    around = (box[0] - edge // 2, box[1] - edge // 2, box[2] + edge // 2, box[3] + edge // 2)
    ImageDraw.Draw(shade).rectangle(around, fill=_SHADE)
    ImageDraw.Draw(letters).text(at, text, 255, font, anchor="ls")
    return shade, letters


def _has(font: _Font, text: str) -> bool:
    """Tell if the font has each letter of a text: what it lacks looks like what no font has."""
    lacking = _letter(font, "\uffff")
    return all(letter.isspace() or _letter(font, letter) != lacking for letter in text)


def _letter(font: _Font, letter: str) -> bytes:
    drawn = Image.new("L", (64, 64))
    ImageDraw.Draw(drawn).text((8, 8), letter, 255, font)
    return drawn.tobytes()
