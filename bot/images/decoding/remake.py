"""Makes a picture's pixels anew: upright, one frame, opaque, 8-bit sRGB, of a size that the video service takes."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from PIL import Image
from PIL.GifImagePlugin import GifImageFile
from PIL.PngImagePlugin import Blend, PngImageFile

from bot import colour_profiles
from bot.images.decoding.colours import png_profile, to_srgb, with_plain_mode
from bot.images.decoding.kinds import PictureKind
from bot.images.decoding.layout import CodedColours, Layout
from bot.images.decoding.limits import ENLARGED_PX
from bot.images.decoding.opening import open_picture
from bot.images.problems import ImageProblem, UnusableImageError

_SIDES_PX: Final = (4096, 3072, 2560, 2048, 1536, 1024)
_QUALITIES: Final = (95, 88, 80)
_LOSSLESS: Final = frozenset({PictureKind.PNG, PictureKind.GIF, PictureKind.BMP})
_LOSSLESS_PIXELS_MAX: Final = 4_000_000
"""Larger pictures as PNG would take seconds, and would seldom be small enough."""
_ORIENTATION: Final = 0x0112
_UPRIGHT: Final[Mapping[int, Image.Transpose]] = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""Operation that turns a picture of an EXIF orientation upright."""


@dataclass(frozen=True)
class Remade:
    """The new file: its media type and dimensions, and if parts of it were see-through."""

    mime: str
    width_px: int
    height_px: int
    on_white: bool = False


def remake(source: Path, destination: Path, kind: PictureKind, layout: Layout, *, limit_bytes: int) -> Remade:
    """Write the picture anew, smaller than `limit_bytes`. Raises whatever the decoder does.

    Quality is lowered first and dimensions second until the file is small enough.
    """
    with open_picture(source, kind) as opened:
        if kind is PictureKind.JPEG:
            # Decoded at a half, a quarter or an eighth of its size, a large JPEG takes that share of the memory.
            opened.draft(None, (_SIDES_PX[0], _SIDES_PX[0]))
        profile = _profile_of(opened, kind, layout.colours)
        picture = with_plain_mode(_first_frame(opened, kind))
        orientation = layout.orientation
        if kind is PictureKind.AVIF:
            # Pillow tells of the turns of an AVIF as EXIF does; libheif makes those of a HEIC itself.
            orientation = opened.getexif().get(_ORIENTATION, 1)
    picture.info = {}
    picture.thumbnail((_SIDES_PX[0], _SIDES_PX[0]), Image.Resampling.LANCZOS)
    picture = to_srgb(picture, profile)
    if orientation in _UPRIGHT:
        picture = picture.transpose(_UPRIGHT[orientation])
    see_through = picture.mode == "RGBA" and picture.getchannel("A").getextrema() != (255, 255)
    picture = _on_white(picture) if see_through else picture.convert("RGB")
    if min(picture.size) < ENLARGED_PX:
        share = ENLARGED_PX / min(picture.size)
        larger = (round(picture.width * share), round(picture.height * share))
        picture = picture.resize(larger, Image.Resampling.BICUBIC)
    remade = _save(picture, destination, limit_bytes, lossless=kind in _LOSSLESS)
    return replace(remade, on_white=see_through)


def _on_white(picture: Image.Image) -> Image.Image:
    """Return an RGBA picture as RGB, as moderators see it: nobody is sent the colours that it hides."""
    ground = Image.new("RGB", picture.size, "white")
    ground.paste(picture, mask=picture.getchannel("A"))
    return ground


def _profile_of(opened: Image.Image, kind: PictureKind, colours: CodedColours | None) -> bytes | None:
    by_numbers = colour_profiles.profile_of_numbers(colours.primaries, colours.transfer) if colours else None
    # No profile describes HDR; else a profile says more than numbers.
    if colours is not None and colours.hdr:
        return by_numbers
    own = opened.info.get("icc_profile") or by_numbers
    return png_profile(opened) if own is None and kind is PictureKind.PNG else own


def _first_frame(opened: Image.Image, kind: PictureKind) -> Image.Image:
    """Return the first frame as a viewer draws it."""
    if isinstance(opened, PngImageFile) and opened.default_image:
        return _first_frame_of_png(opened)
    box: tuple[int, int, int, int] | None = None
    if isinstance(opened, GifImageFile) and opened.tile:
        # Viewers leave see-through what the first frame does not cover; Pillow draws it in the colour number 0.
        box = opened.tile[0].extents
    opened.load()
    if box is None or box == (0, 0, *opened.size):
        return opened.copy() if kind is PictureKind.GIF else opened
    covered = opened.convert("RGBA").crop(box)
    canvas = Image.new("RGBA", opened.size)
    canvas.paste(covered, box[:2])
    return canvas


def _first_frame_of_png(opened: PngImageFile) -> Image.Image:
    # The plain picture of this animation is for viewers that know no animations, and not part of it. Pillow draws
    # the first frame upon it, viewers upon nothing.
    opened.seek(1)
    opened.blend_op = Blend.OP_SOURCE
    opened.load()
    left, top, right, bottom = (int(number) for number in opened.dispose_extent)
    canvas = Image.new("RGBA", opened.size)
    canvas.paste(opened.convert("RGBA").crop((left, top, right, bottom)), (left, top))
    return canvas


def _save(picture: Image.Image, destination: Path, limit_bytes: int, *, lossless: bool) -> Remade:
    if lossless and picture.width * picture.height <= _LOSSLESS_PIXELS_MAX:
        picture.save(destination, "PNG")
        if destination.stat().st_size < limit_bytes:
            return Remade("image/png", *picture.size)
    for side_px in _SIDES_PX:
        picture.thumbnail((side_px, side_px), Image.Resampling.LANCZOS)
        for quality in _QUALITIES:
            picture.save(destination, "JPEG", quality=quality, subsampling=0)
            if destination.stat().st_size < limit_bytes:
                return Remade("image/jpeg", *picture.size)
    raise UnusableImageError(ImageProblem.CONVERSION_FAILED, "still too large")
