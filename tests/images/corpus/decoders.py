"""Two decoders that share no code: FFmpeg by way of PyAV, and Pillow."""

import io
import warnings
from dataclasses import dataclass
from typing import Any

import av
import pillow_heif
from PIL import Image

from tests.images.corpus.case import Colour

pillow_heif.register_heif_opener()  # pyright: ignore[reportUnknownMemberType] - its annotations are partial
_PYAV: Any = av  # its annotations leave out half of what is used here
_DECODERS = {"image/png": "png", "image/jpeg": "mjpeg", "image/webp": "webp"}
_SIGNATURES = {"image/png": b"\x89PNG\r\n\x1a\n", "image/jpeg": b"\xff\xd8\xff", "image/webp": b"RIFF"}


class UndecodableError(Exception):
    """A decoder gives no picture for a file."""


def mime_of(content: bytes) -> str:
    """Return the media type of a PNG, JPEG or WebP by its first bytes, or nothing."""
    for mime, signature in _SIGNATURES.items():
        if content.startswith(signature) and (mime != "image/webp" or content[8:12] == b"WEBP"):
            return mime
    return ""


@dataclass(frozen=True)
class Decoded:
    """A picture as FFmpeg decodes it, without turning or recolouring it."""

    frame: Any

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self.frame.width, self.frame.height

    def planes(self) -> tuple[str, tuple[bytes, ...]]:
        """Return the pixel format, and all samples without the padding of rows."""
        return self.frame.format.name, tuple(
            _samples(plane, self.frame.format) for plane in self.frame.planes
        )

    def colour(self, x: float, y: float) -> Colour:
        """Return red, green, blue and alpha at a place, given in shares of width and height."""
        name = self.frame.format.name
        if name.startswith("yuv"):
            return self._from_luminance(x, y)
        at_x, at_y = int(x * self.frame.width), int(y * self.frame.height)
        plane = self._rgba.planes[0]
        start = at_y * plane.line_size + at_x * 4
        return tuple(bytes(plane)[start : start + 4])

    @property
    def _rgba(self) -> Any:
        return self.frame.reformat(format="rgba")

    def _from_luminance(self, x: float, y: float) -> Colour:
        """Return a colour by the formula of ITU-R BT.601, which JPEG and WebP have, without FFmpeg's scaler."""
        values = []
        for plane in self.frame.planes:
            at = int(y * plane.height) * plane.line_size + int(x * plane.width)
            values.append(bytes(plane)[at])
        luminance, blue, red = (float(value) for value in values[:3])
        if not (self.frame.format.name.startswith("yuvj") or self.frame.color_range == 2):
            luminance = (luminance - 16) * 255 / 219
            blue, red = 128 + (blue - 128) * 255 / 224, 128 + (red - 128) * 255 / 224
        seen = (
            luminance + 1.402 * (red - 128),
            luminance - 0.344136 * (blue - 128) - 0.714136 * (red - 128),
            luminance + 1.772 * (blue - 128),
        )
        alpha = values[3] if len(values) > 3 else 255
        return (*(min(255, max(0, round(value))) for value in seen), alpha)


def _samples(plane: Any, pixel_format: Any) -> bytes:
    """Return a plane's samples without the padding of rows; of a palette all of it."""
    data = bytes(plane)
    sample_bits = 16 if pixel_format.components[0].bits > 8 else 8
    pixel_bits = sample_bits if pixel_format.is_planar else pixel_format.padded_bits_per_pixel
    row_bytes = min(plane.line_size, (plane.width * pixel_bits + 7) // 8)
    return b"".join(data[row * plane.line_size :][:row_bytes] for row in range(plane.height))


def by_ffmpeg(content: bytes) -> Decoded:
    """Decode a PNG, JPEG or WebP.

    Raises:
        UndecodableError: FFmpeg gives no frame, as also for animated WebP.
    """
    decoder = _DECODERS.get(mime_of(content))
    if decoder is None:
        raise UndecodableError("no PNG, JPEG or WebP")
    context = _PYAV.CodecContext.create(decoder, "r")
    context.thread_count = 1
    try:
        frames = [*context.decode(_PYAV.Packet(content)), *context.decode(None)]
    except _PYAV.FFmpegError as error:
        raise UndecodableError(str(error)) from None
    if not frames:
        raise UndecodableError("no frame")
    return Decoded(frames[0])


def by_pillow(content: bytes) -> Image.Image:
    """Decode the first frame of a file of any kind.

    Raises:
        UndecodableError: Pillow does not open it, or finds it incomplete.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            opened = Image.open(io.BytesIO(content))
            opened.load()
            return opened
    except Exception as error:  # noqa: BLE001 - third-party decoders raise anything about a damaged file
        raise UndecodableError(f"{type(error).__name__}: {error}") from None


@dataclass(frozen=True)
class DecodedByPillow:
    """A picture as Pillow decodes it, for what FFmpeg cannot."""

    picture: Image.Image

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self.picture.size

    def colour(self, x: float, y: float) -> Colour:
        """Return red, green, blue and alpha at a place, given in shares of width and height."""
        at = (int(x * self.picture.width), int(y * self.picture.height))
        return self.picture.convert("RGBA").getpixel(at)


def decoded_by_either(content: bytes) -> Decoded | DecodedByPillow:
    """Decode by FFmpeg, or by Pillow where FFmpeg cannot. Raises `UndecodableError` if neither can."""
    try:
        return by_ffmpeg(content)
    except UndecodableError:
        return DecodedByPillow(by_pillow(content))
