"""Short films with oddities: turned, with oblong pixels, with colour tags, with a cover picture."""

import io
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

import av
import av.stream
from PIL import Image, ImageDraw

_PYAV: Any = av  # its annotations leave out half of what is used here
FRAMES_PER_S = 24
CORNERS = ("red", "lime", "blue", "white")
"""Colours of `quarters`: top left, top right, bottom left, bottom right."""
UNTAGGED = 2
MATRICES = {1: (0.2126, 0.0722), 6: (0.299, 0.114), 9: (0.2627, 0.0593)}
"""Kr and Kb of BT.709, BT.601 and BT.2020, by their numbers in ITU-T H.273."""


def quarters(size: tuple[int, int] = (160, 96)) -> Image.Image:
    """A picture whose quarters differ, so that each way to turn it shows."""
    width, height = size
    drawn = Image.new("RGB", size)
    draw = ImageDraw.Draw(drawn)
    for number, colour in enumerate(CORNERS):
        left, top = number % 2 * width // 2, number // 2 * height // 2
        draw.rectangle((left, top, left + width // 2 - 1, top + height // 2 - 1), fill=colour)
    return drawn


def corners(picture: Image.Image) -> list[tuple[int, ...]]:
    """The colours of the middles of the quarters, in the order of `CORNERS`."""
    width, height = picture.size
    across, down = (width // 4, width * 3 // 4), (height // 4, height * 3 // 4)
    return [picture.getpixel((x, y)) for y in down for x in across]  # type: ignore[misc]


def encoded(
    frames: Sequence[Any],
    *,
    pts: Sequence[int] | None = None,
    matrix: Sequence[int] | None = None,
    pixel_ratio: Fraction | None = None,
    tags: dict[str, int] | None = None,
    pix_fmt: str = "yuv420p",
    container_format: str = "mp4",
    muxing: dict[str, str] | None = None,
    cover: Image.Image | None = None,
    **options: str,
) -> bytes:
    """Encode pictures, or frames, with x264.

    Args:
        frames: Pictures of Pillow or frames of PyAV, all of one size.
        pts: Their times, in frames; one after the other if left out.
        matrix: The display matrix: nine numbers, as in the track's header.
        pixel_ratio: Width of a pixel divided by its height.
        tags: Colour tags, by the names of the codec's attributes.
        pix_fmt: Pixel format of the film.
        container_format: Name of the muxer.
        muxing: Options of the muxer.
        cover: A cover picture, as a stream in front of the film.
        options: Options of the encoder.
    """
    with NamedTemporaryFile() as file:
        with _PYAV.open(file.name, "w", container_format, muxing or {}) as container:
            cover_stream = _cover_stream(container, cover) if cover is not None else None
            stream = container.add_stream("libx264", rate=FRAMES_PER_S, options={"crf": "4", **options})
            stream.width, stream.height = frames[0].width, frames[0].height
            stream.pix_fmt = pix_fmt
            stream.codec_context.time_base = Fraction(1, FRAMES_PER_S)
            if pixel_ratio is not None:
                stream.codec_context.sample_aspect_ratio = pixel_ratio
            for name, number in (tags or {}).items():
                setattr(stream.codec_context, name, number)
            if matrix is not None:
                stream.set_display_matrix(matrix)
            if cover is not None:
                container.mux(cover_stream.encode(_PYAV.VideoFrame.from_image(cover)))
            for number, one in enumerate(frames):
                frame = _PYAV.VideoFrame.from_image(one) if isinstance(one, Image.Image) else one
                frame.pts, frame.time_base = pts[number] if pts else number, Fraction(1, FRAMES_PER_S)
                container.mux(stream.encode(frame))
            container.mux(stream.encode(None))
        return Path(file.name).read_bytes()


def _cover_stream(container: Any, cover: Image.Image) -> Any:
    stream = container.add_stream("mjpeg", rate=1)
    stream.width, stream.height, stream.pix_fmt = cover.width, cover.height, "yuvj420p"
    stream.disposition = _PYAV.stream.Disposition.attached_pic
    return stream


def flat_frame(
    colour: tuple[int, int, int], size: tuple[int, int], *, matrix: int, full_range: bool = False
) -> Any:
    """A frame of one colour, whose luma and chroma are computed here by the formulas of ITU-T H.273."""
    kr, kb = MATRICES[matrix]
    red, green, blue = (value / 255 for value in colour)
    luma = kr * red + (1 - kr - kb) * green + kb * blue
    chroma = ((blue - luma) / (2 * (1 - kb)), (red - luma) / (2 * (1 - kr)))
    if full_range:
        values = [round(255 * luma), *(round(128 + 255 * one) for one in chroma)]
    else:
        values = [round(16 + 219 * luma), *(round(128 + 224 * one) for one in chroma)]
    frame = _PYAV.VideoFrame(*size, "yuv420p")
    for plane, value in zip(frame.planes, values, strict=True):
        plane.update(bytes([min(max(value, 0), 255)]) * plane.buffer_size)
    return frame


def opened(path: Path) -> Image.Image:
    """A picture, read whole."""
    return Image.open(io.BytesIO(path.read_bytes())).convert("RGB")
