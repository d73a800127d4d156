"""The child process that decodes: `python -P -m bot.images.convert SOURCE DESTINATION LIMIT PIXELS`.

Decoders are where hostile files attack, and decoded pictures are large, so neither happens in the bot's own
process. The outcome is one line of JSON on standard output; see `Outcome`.
"""

import os
import resource
import sys
import warnings
from pathlib import Path
from typing import Final, Literal

import pillow_heif
from PIL import Image, ImageOps
from pydantic import BaseModel

MEMORY_LIMIT_BYTES: Final = 3 * 1024**3
"""Address space: 100 million pixels in four channels take 400 MB, a few times over while converting."""
_CPU_LIMIT_S: Final = 60
_SIDES_PX: Final = (4096, 3072, 2560, 2048, 1536, 1024)
_QUALITIES: Final = (95, 88, 80)


class Outcome(BaseModel):
    """What became of the picture: its new mime type and dimensions, or a word on what went wrong."""

    mime: Literal["image/jpeg", "image/webp", ""] = ""
    width_px: int = 0
    height_px: int = 0
    fault: str = ""


def convert(source: Path, destination: Path, limit_bytes: int, limit_pixels: int) -> Outcome:
    """Write the picture, upright and its first frame, as JPEG, or as WebP where it is see-through.

    The result is smaller than `limit_bytes`: quality goes down first, then dimensions.
    """
    warnings.simplefilter("ignore", Image.DecompressionBombWarning)
    Image.MAX_IMAGE_PIXELS = limit_pixels
    with Image.open(source) as opened:
        if opened.width * opened.height > limit_pixels:
            return Outcome(fault="too many pixels")
        if opened.format in {"JPEG", "MPO"}:
            opened.draft("RGB", (_SIDES_PX[0], _SIDES_PX[0]))
        picture = _upright(opened)
    mime: Literal["image/jpeg", "image/webp"] = "image/webp" if picture.mode == "RGBA" else "image/jpeg"
    for side_px in _SIDES_PX:
        picture.thumbnail((side_px, side_px), Image.Resampling.LANCZOS)
        for quality in _QUALITIES:
            picture.save(destination, "WEBP" if picture.mode == "RGBA" else "JPEG", quality=quality)
            if destination.stat().st_size < limit_bytes:
                return Outcome(mime=mime, width_px=picture.width, height_px=picture.height)
    return Outcome(fault="still too large")


def _upright(opened: Image.Image) -> Image.Image:
    opened.seek(0)
    picture = ImageOps.exif_transpose(opened)
    see_through = picture.has_transparency_data
    if picture.mode.startswith(("I", "F")):
        # 16 and 32 bits a channel: converting would clip, so the range is stretched to 8 bits first.
        return ImageOps.autocontrast(picture.point(lambda value: value / 256).convert("L")).convert("RGB")
    converted = picture.convert("RGBA" if see_through else "RGB")
    if see_through and converted.getchannel("A").getextrema() == (255, 255):
        return converted.convert("RGB")
    return converted


def main(arguments: list[str]) -> None:
    """Convert as the arguments say, within limits on memory and processor time."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT_BYTES, MEMORY_LIMIT_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (_CPU_LIMIT_S, _CPU_LIMIT_S))
    os.nice(5)
    # pillow-heif annotates this only in part
    pillow_heif.register_heif_opener()  # pyright: ignore[reportUnknownMemberType]
    source, destination, limit_bytes, limit_pixels = arguments
    try:
        outcome = convert(Path(source), Path(destination), int(limit_bytes), int(limit_pixels))
    except (OSError, SyntaxError, ValueError, EOFError, MemoryError, Image.DecompressionBombError) as error:
        outcome = Outcome(fault=type(error).__name__)
    sys.stdout.write(outcome.model_dump_json())


if __name__ == "__main__":
    main(sys.argv[1:])
