"""Child process that converts a picture: `python -m bot.images.convert SOURCE DESTINATION LIMIT PIXELS`.

Decoders are where hostile files attack, and decoded pictures are large, so neither happens in the bot's own
process. `bot/images/conversion.py` starts it. It writes one line of JSON to standard
output: `bot.images.conversion.ConversionResult`.
"""

import sys
import warnings
from pathlib import Path
from typing import Final, Literal

import pillow_heif
from PIL import Image, ImageOps

from bot.images.child import limit_resources
from bot.images.conversion import ConversionResult

_SIDES_PX: Final = (4096, 3072, 2560, 2048, 1536, 1024)
_QUALITIES: Final = (95, 88, 80)


def convert(source: Path, destination: Path, limit_bytes: int, limit_pixels: int) -> ConversionResult:
    """Convert a picture's first frame, turned upright, to JPEG, or to WebP if it has transparent parts.

    Quality is lowered first and dimensions second until the file is small enough.

    Args:
        source: The picture.
        destination: The file to write.
        limit_bytes: The result is smaller than this.
        limit_pixels: Pictures with more pixels are not decoded.
    """
    # Pillow only warns from MAX_IMAGE_PIXELS on and raises from twice as many; the check below is exact.
    warnings.simplefilter("ignore", Image.DecompressionBombWarning)
    Image.MAX_IMAGE_PIXELS = limit_pixels
    with Image.open(source) as opened:
        if opened.width * opened.height > limit_pixels:
            return ConversionResult(fault="too many pixels")
        if opened.format in {"JPEG", "MPO"}:
            # JPEG can be decoded at a half, a quarter or an eighth of its size, which saves most of the memory.
            opened.draft("RGB", (_SIDES_PX[0], _SIDES_PX[0]))
        picture = _upright(opened)
    mime: Literal["image/jpeg", "image/webp"] = "image/webp" if picture.mode == "RGBA" else "image/jpeg"
    for side_px in _SIDES_PX:
        picture.thumbnail((side_px, side_px), Image.Resampling.LANCZOS)
        for quality in _QUALITIES:
            picture.save(destination, "WEBP" if picture.mode == "RGBA" else "JPEG", quality=quality)
            if destination.stat().st_size < limit_bytes:
                return ConversionResult(mime=mime, width_px=picture.width, height_px=picture.height)
    return ConversionResult(fault="still too large")


def _upright(opened: Image.Image) -> Image.Image:
    """Return the first frame, turned as its EXIF data says, as RGB, or as RGBA if parts are transparent."""
    opened.seek(0)
    # Re-encoding drops EXIF data, so the orientation has to be applied to the pixels.
    picture = ImageOps.exif_transpose(opened)
    transparent = picture.has_transparency_data
    if picture.mode.startswith(("I", "F")):
        # 16 and 32 bits a channel: Pillow's conversion would clip, so the range is scaled to 8 bits first.
        return ImageOps.autocontrast(picture.point(lambda value: value / 256).convert("L")).convert("RGB")
    converted = picture.convert("RGBA" if transparent else "RGB")
    # Many pictures have an alpha channel that hides nothing; without it they can become JPEG.
    if transparent and converted.getchannel("A").getextrema() == (255, 255):
        return converted.convert("RGB")
    return converted


def main(arguments: list[str]) -> None:
    """Convert the picture named by the command line's arguments, within limits on memory and processor time."""
    limit_resources()
    # pillow-heif annotates this only in part
    pillow_heif.register_heif_opener()  # pyright: ignore[reportUnknownMemberType]
    source, destination, limit_bytes, limit_pixels = arguments
    try:
        outcome = convert(Path(source), Path(destination), int(limit_bytes), int(limit_pixels))
    # Damaged files make Pillow's decoders raise all of these; SyntaxError comes from its PNG parser.
    except (OSError, SyntaxError, ValueError, EOFError, MemoryError, Image.DecompressionBombError) as error:
        outcome = ConversionResult(fault=type(error).__name__)
    sys.stdout.write(outcome.model_dump_json())


if __name__ == "__main__":
    main(sys.argv[1:])
