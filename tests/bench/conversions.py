"""Pictures of noise for the benchmark of images, and the time that pictures of every kind take to be made anew."""

import io
import math
import os
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pillow_heif
from PIL import Image

from bot.images.preparation import PicturePreparation, picture_pool
from tests.bench.figures import Figure

pillow_heif.register_heif_opener()  # pyright: ignore[reportUnknownMemberType] - annotated only in part

_CHILD_BYTES = 768 * 1024 * 1024
_SIZES = ((1600, 1200), (2400, 1800), (3000, 2000), (4000, 3000), (1080, 1920), (800, 800))
_ORIENTATION = 0x0112


def noise_jpeg(size_bytes: int) -> bytes:
    """Return a JPEG of noise, which nothing can compress, of about this size and a little less."""
    pixels = size_bytes / 1.2
    while True:
        side_px = int(math.sqrt(pixels))
        content = _saved(
            Image.frombytes("RGB", (side_px, side_px), os.urandom(side_px * side_px * 3)), "JPEG", quality=95
        )
        if len(content) < size_bytes:
            return content
        pixels *= 0.995 * size_bytes / len(content)


def with_private_parts(jpeg: bytes) -> bytes:
    """Return the JPEG with EXIF data behind its first segment, which says where it was taken."""
    exif = Image.Exif()
    exif.get_ifd(0x8825).update({1: "N", 2: (52.0, 31.0, 12.0)})
    block = b"Exif\0\0" + exif.tobytes()[6:]
    return jpeg[:20] + b"\xff\xe1" + (len(block) + 2).to_bytes(2, "big") + block + jpeg[20:]


def _corpus() -> Iterator[bytes]:
    """Sixty pictures: ten kinds in six sizes."""
    for width, height in _SIZES:
        grain = Image.frombytes("L", (width // 4, height // 4), os.urandom((width // 4) * (height // 4)))
        photo = Image.merge("RGB", [grain.resize((width, height), Image.Resampling.BICUBIC)] * 3)
        exif = Image.Exif()
        exif[_ORIENTATION] = 6
        yield _saved(photo, "HEIF", quality=60)
        yield _saved(photo, "AVIF", quality=60, speed=9)
        yield _saved(photo, "BMP")
        yield _saved(photo.quantize(64), "GIF")
        yield _saved(photo, "JPEG", exif=exif)
        yield _saved(photo.convert("CMYK"), "JPEG")
        yield _saved(photo.convert("I;16"), "PNG", compress_level=1)
        yield _saved(photo, "PNG", compress_level=1, exif=exif)
        frames = [photo.resize((width // 4, height // 4)), photo.resize((width // 4, height // 4)).rotate(90)]
        yield _saved(frames[0], "WEBP", save_all=True, append_images=frames[1:])
        yield _saved(photo.convert("RGBA"), "AVIF", quality=60, speed=9)


def _saved(picture: Image.Image, image_format: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, image_format, **options)
    return buffer.getvalue()


async def convert_figure() -> Figure:
    """Measure each conversion of the corpus by a warm child."""
    times_s: list[float] = []
    with tempfile.TemporaryDirectory(prefix="stillmotion-bench-") as scratch:
        source, made = Path(scratch, "source"), Path(scratch, "made")
        async with picture_pool(_CHILD_BYTES) as pool:
            pictures = PicturePreparation(pool)
            await pictures.warm()
            for content in _corpus():
                source.write_bytes(content)
                began_s = time.perf_counter()
                await pictures.prepare("bench", source, made)
                times_s.append(time.perf_counter() - began_s)
    return Figure(
        "images.convert_p95_s",
        statistics.quantiles(times_s, n=20)[-1],
        f"95th percentile of {len(times_s)} conversions, of 0.6 to 12 megapixels",
    )
