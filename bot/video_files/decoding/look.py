"""Sizes and colours of a film's frames as they are stored and shown: kept where the film is compressed."""

import struct
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange, Colorspace, Interpolation
from av.video.stream import VideoStream

from bot.video_files.decoding.display import pixel_ratio_of

_MATRIX: Final = struct.Struct("=9i")
_UNSPECIFIED: Final = 2
_BT709: Final = 1
_HD_PX: Final = 720
_RGB: Final = ("rgb", "bgr", "gbr", "argb", "abgr", "0rgb", "0bgr", "pal")
_RATE_MAX: Final = 1000
_RATE_WITHOUT: Final = Fraction(24)


@dataclass(frozen=True)
class FrameLook:
    """Storage and display of frames. Numbers of colours are those of ITU-T H.273.

    Attributes:
        width_px: Width of the stored frames.
        height_px: Height, likewise.
        frames_per_s: About the number of frames a second.
        pixel_ratio: Width of a pixel divided by its height; None if it is square.
        matrix: The display matrix, as in the header of a track; None without one.
        is_rgb: True if the frames have no luma and chroma.
        full_range: True if black is 0 rather than 16.
        colour_matrix: How luma and chroma are made of red, green and blue.
        primaries: The primaries.
        transfer: The curve.
    """

    width_px: int
    height_px: int
    frames_per_s: Fraction
    pixel_ratio: Fraction | None
    matrix: tuple[int, ...] | None
    is_rgb: bool
    full_range: bool
    colour_matrix: int
    primaries: int
    transfer: int

    @property
    def stored_range(self) -> int:
        """The range of the compressed frames."""
        return ColorRange.JPEG if self.full_range and not self.is_rgb else ColorRange.MPEG

    def stored_matrix(self, width_px: int, height_px: int) -> int:
        """Return the matrix of frames that are compressed in this size.

        Without a tag players go by the size: a film that is no longer HD needs one, others stay without.
        """
        if self.is_rgb:
            return _BT709
        if self.colour_matrix != _UNSPECIFIED:
            return self.colour_matrix
        was_hd = min(self.width_px, self.height_px) >= _HD_PX
        return _BT709 if was_hd and min(width_px, height_px) < _HD_PX else _UNSPECIFIED

    def fitted(self, frame: VideoFrame, width_px: int, height_px: int) -> VideoFrame:
        """Return a frame in this size as YUV 4:2:0, in its own colours."""
        if (frame.width, frame.height, frame.format.name) == (width_px, height_px, "yuv420p"):
            return frame
        if self.is_rgb:
            return frame.reformat(
                width_px,
                height_px,
                "yuv420p",
                dst_colorspace=Colorspace.ITU709,
                dst_color_range=ColorRange.MPEG,
                interpolation=Interpolation.BICUBIC,
                threads=1,
            )
        return frame.reformat(
            width_px,
            height_px,
            "yuv420p",
            src_color_range=self.stored_range,
            dst_color_range=self.stored_range,
            interpolation=Interpolation.BICUBIC,
            threads=1,
        )


def look_of(frame: VideoFrame, stream: VideoStream) -> FrameLook:
    """Return how a frame, and with it the others of its film, is stored and shown."""
    rate = stream.average_rate or _RATE_WITHOUT
    found = frame.side_data.get("DISPLAYMATRIX")
    name = frame.format.name
    return FrameLook(
        width_px=frame.width,
        height_px=frame.height,
        frames_per_s=rate if 1 <= rate <= _RATE_MAX else min(max(rate, Fraction(1)), Fraction(_RATE_MAX)),
        pixel_ratio=pixel_ratio_of(stream),
        matrix=_MATRIX.unpack(bytes(found)[: _MATRIX.size]) if found is not None else None,
        is_rgb=name.startswith(_RGB),
        full_range=frame.color_range == ColorRange.JPEG or name.startswith("yuvj"),
        colour_matrix=frame.colorspace,
        primaries=frame.color_primaries,
        transfer=frame.color_trc,
    )
