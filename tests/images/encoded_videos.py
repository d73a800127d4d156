"""Short videos, encoded here, of frames that differ."""

import io
from fractions import Fraction
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

import av
from PIL import Image, ImageDraw

_PYAV: Any = av  # its annotations leave out half of what is used here
FRAMES_PER_S = 24


def drawing(number: int) -> Image.Image:
    """A picture that is unlike those before and after it."""
    drawn = Image.new("RGB", (160, 96), (number * 47 % 256, number * 91 % 256, number * 13 % 256))
    ImageDraw.Draw(drawn).text((20, 20), str(number), fill="white", font_size=40)
    return drawn


def film(
    frames: int, *, first_pts: int = 0, container_format: str = "mp4", movflags: str = "", **options: str
) -> bytes:
    """So many frames, encoded with x264's `options`."""
    flags = {"movflags": movflags} if movflags else {}
    with NamedTemporaryFile() as file, _PYAV.open(file.name, "w", container_format, flags) as container:
        stream = container.add_stream("libx264", rate=FRAMES_PER_S, options={"preset": "fast", **options})
        stream.width, stream.height, stream.pix_fmt = 160, 96, "yuv420p"
        for number in range(frames):
            frame = _PYAV.VideoFrame.from_image(drawing(number))
            frame.pts, frame.time_base = first_pts + number, Fraction(1, FRAMES_PER_S)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
        container.close()
        return Path(file.name).read_bytes()


def sound() -> bytes:
    """An mp4 in which there is nothing to see."""
    file = io.BytesIO()
    with _PYAV.open(file, "w", format="mp4") as container:
        stream = container.add_stream("aac", rate=44100)
        frame = _PYAV.AudioFrame(format="fltp", layout="stereo", samples=1024)
        frame.sample_rate = 44100
        for plane in frame.planes:
            plane.update(bytes(plane.buffer_size))
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return file.getvalue()


def reddening(path: Path, frames: int, container_format: str = "mp4") -> Path:
    """A film whose frames are the redder the later they are, from black to red."""
    with _PYAV.open(str(path), "w", container_format) as container:
        stream = container.add_stream("libx264", rate=24, options={"qp": "0"})
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv444p"
        for number in range(frames):
            red = round(255 * number / max(1, frames - 1))
            frame = _PYAV.VideoFrame.from_image(Image.new("RGB", (64, 48), (red, 0, 0)))
            frame.pts, frame.time_base = number, Fraction(1, 24)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path
