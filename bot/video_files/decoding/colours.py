"""Makes sRGB of a frame's luma and chroma, by the tags of its stream (ITU-T H.273)."""

import io
from collections.abc import Mapping
from enum import IntEnum
from typing import Final

from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange, Colorspace, Interpolation
from PIL import Image, ImageCms

from bot.colour_profiles import profile_of_numbers


class _Matrix(IntEnum):
    """*Matrix coefficients*: how luma and chroma are made of red, green and blue."""

    BT709 = 1
    UNSPECIFIED = 2
    FCC = 4
    BT470BG = 5
    SMPTE170M = 6
    SMPTE240M = 7
    BT2020 = 9
    BT2020_CONSTANT = 10


_COLOURSPACES: Final[Mapping[int, Colorspace]] = {
    _Matrix.BT709: Colorspace.ITU709,
    _Matrix.FCC: Colorspace.FCC,
    _Matrix.BT470BG: Colorspace.ITU601,
    _Matrix.SMPTE170M: Colorspace.ITU601,
    _Matrix.SMPTE240M: Colorspace.SMPTE240M,
    _Matrix.BT2020: Colorspace.BT2020,
    _Matrix.BT2020_CONSTANT: Colorspace.BT2020,
}
_HD_PX: Final = 720


def as_srgb(picture: Image.Image, frame: VideoFrame) -> Image.Image:
    """Return the picture of a frame with wide primaries in those of sRGB, and HDR in ordinary brightness.

    Others stay as they are: their primaries and curves are so close to those of sRGB that players leave them.
    """
    profile = profile_of_numbers(frame.color_primaries, frame.color_trc)
    if profile is None:
        return picture
    found = ImageCms.ImageCmsProfile(io.BytesIO(profile))
    # Pillow leaves out the type of what it returns.
    srgb = ImageCms.createProfile("sRGB")  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    return ImageCms.profileToProfile(picture, found, srgb) or picture  # pyright: ignore[reportUnknownArgumentType]


def as_rgb(frame: VideoFrame, width_px: int, height_px: int) -> VideoFrame:
    """Return the frame scaled to these dimensions, as `rgb24`.

    Without tags, a frame of 720p or more is BT.709 and a smaller one BT.601, and the range is limited, as players
    take them.
    """
    return frame.reformat(
        width_px,
        height_px,
        "rgb24",
        src_colorspace=_colourspace(frame),
        dst_color_range=ColorRange.JPEG,
        interpolation=Interpolation.BICUBIC,
        threads=1,
    )


def _colourspace(frame: VideoFrame) -> Colorspace | None:
    """Return the frame's matrix; None for what has none, such as RGB."""
    if frame.colorspace == _Matrix.UNSPECIFIED:
        is_hd = min(frame.width, frame.height) >= _HD_PX
        return Colorspace.ITU709 if is_hd else Colorspace.ITU601
    return _COLOURSPACES.get(frame.colorspace)
