"""Shows a frame as players do: with square pixels, turned, and in the right colours."""

import struct
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Final, cast

from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from PIL import Image

from bot.video_files.decoding.colours import as_rgb, as_srgb
from bot.video_files.decoding.opening import PIXELS_MAX, UnusableVideoError

_MATRIX: Final = struct.Struct("=9i")
_TURNS: Final[Mapping[tuple[int, ...], Image.Transpose]] = {
    (-1, 0, 0, 1): Image.Transpose.FLIP_LEFT_RIGHT,
    (1, 0, 0, -1): Image.Transpose.FLIP_TOP_BOTTOM,
    (-1, 0, 0, -1): Image.Transpose.ROTATE_180,
    (0, 1, -1, 0): Image.Transpose.ROTATE_270,  # counter-clockwise, as Pillow counts
    (0, -1, 1, 0): Image.Transpose.ROTATE_90,
    (0, 1, 1, 0): Image.Transpose.TRANSPOSE,
    (0, -1, -1, 0): Image.Transpose.TRANSVERSE,
}
"""By the signs of a, b, c and d of the display matrix (ISO/IEC 14496-12, 8.3.2): a point (x, y) of the frame is
shown at (a x + c y, b x + d y). Other angles than right ones are not turned, as in browsers."""
SIDEWAYS: Final = frozenset(
    {
        Image.Transpose.ROTATE_90,
        Image.Transpose.ROTATE_270,
        Image.Transpose.TRANSPOSE,
        Image.Transpose.TRANSVERSE,
    }
)
_RATIO_MAX: Final = 8
"""Pixels that are more oblong than this are taken for square ones: the file is wrong."""


def shown_dimensions(frame: VideoFrame, stream: VideoStream) -> tuple[int, int]:
    """Return the width and height in pixels in which a frame is shown."""
    width_px, height_px = _square_dimensions(frame, stream)
    return (height_px, width_px) if _turn_of(frame) in SIDEWAYS else (width_px, height_px)


def shown_picture(frame: VideoFrame, stream: VideoStream) -> Image.Image:
    """Return a frame as it is shown. Raises `UnusableVideoError` if it is too large."""
    width_px, height_px = _square_dimensions(frame, stream)
    if max(frame.width * frame.height, width_px * height_px) > PIXELS_MAX:
        raise UnusableVideoError("too_many_pixels")
    scaled = as_rgb(frame, width_px, height_px)
    # PyAV does not annotate this.
    picture = as_srgb(cast("Image.Image", scaled.to_image()), frame)  # pyright: ignore[reportUnknownMemberType]
    turn = _turn_of(frame)
    return picture if turn is None else picture.transpose(turn)


def pixel_ratio_of(stream: VideoStream) -> Fraction | None:
    """Return the width of a pixel divided by its height, once a frame was decoded; None if unknown."""
    return stream.sample_aspect_ratio or stream.codec_context.sample_aspect_ratio or None


def _square_dimensions(frame: VideoFrame, stream: VideoStream) -> tuple[int, int]:
    """Return the frame's dimensions with square pixels: the shorter side of a pixel is stretched."""
    ratio = pixel_ratio_of(stream) or Fraction(1)
    if not Fraction(1, _RATIO_MAX) <= ratio <= _RATIO_MAX:
        ratio = Fraction(1)
    if ratio >= 1:
        return round(frame.width * ratio), frame.height
    return frame.width, round(frame.height / ratio)


def _turn_of(frame: VideoFrame) -> Image.Transpose | None:
    found = frame.side_data.get("DISPLAYMATRIX")
    return turn_of_matrix(_MATRIX.unpack(bytes(found)[: _MATRIX.size]) if found is not None else None)


def turn_of_matrix(matrix: Sequence[int] | None) -> Image.Transpose | None:
    """Return how players turn frames with this display matrix; None if they do not."""
    if matrix is None:
        return None
    a, b, _, c, d, *_ = matrix
    return _TURNS.get(_signs(a, b, c, d))


def _signs(*values: int) -> tuple[int, ...]:
    """Return -1, 0 or 1 for each; what is small beside the largest is 0."""
    small = max(map(abs, values)) // 8
    return tuple((value > small) - (value < -small) for value in values)
