"""Proves that a picture which is sent as it is stored can be decoded, that nothing of it is missing or hidden."""

import io
from pathlib import Path
from typing import Final

from PIL import Image, ImageChops

from bot.images.decoding.kinds import PictureKind
from bot.images.decoding.layout import Layout, damaged
from bot.images.decoding.opening import open_picture

_HEAD_BYTES: Final = 64 * 1024
"""Of the coded data of a baseline JPEG so much is decoded, which proves its tables. Damage behind shows as a smear
in every viewer, as decoders go on, and decoding all of it would take longer than fetching it."""
_DRAFT: Final = 8
_OPAQUE: Final = 255
_JPEG_END: Final = b"\xff\xd9"
_FILLER: Final = b"\x5a\xa5" * 4096
"""Continues the data of a cut-off scan otherwise than decoders do, which fill up with zeros. Without a byte FF."""
_DECODED_WHOLE_PIXELS: Final = 25_000_000
"""Larger pictures are compared at half their sides, which takes a quarter of the memory and shows all the same
where data is missing."""


def is_opaque(path: Path, kind: PictureKind, layout: Layout) -> bool:
    """Decode a picture. Returns False if parts of it are, or may be, see-through, and hide colours.

    Raises whatever the decoder raises, unless the whole picture is there.
    """
    if kind is PictureKind.JPEG and not layout.progressive:
        _decode_head(path, layout.scan_at + _HEAD_BYTES)
        return True
    with open_picture(path, kind) as picture:
        # Of a JPEG all data is read at an eighth of its size too, but most of the arithmetic is left out.
        picture.draft(None, (picture.width // _DRAFT, picture.height // _DRAFT))
        picture.load()
        if picture.mode in {"RGBA", "LA"}:
            # Many have a channel for it that hides nothing.
            alpha: tuple[int, int] = picture.getextrema()[-1]  # pyright: ignore[reportAssignmentType] - of bytes
            return alpha[0] == _OPAQUE
        return not picture.has_transparency_data


def _decode_head(path: Path, head_bytes: int) -> None:
    with path.open("rb") as file:
        # Decoders fill up what is missing before an end marker.
        head = io.BytesIO(file.read(head_bytes) + _JPEG_END)
    with Image.open(head, formats=[PictureKind.JPEG.value]) as picture:
        picture.draft(None, (picture.width // _DRAFT, picture.height // _DRAFT))
        picture.load()


def check_without_end(path: Path) -> None:
    """Check a JPEG without an end marker. Raises `UnusableImageError`, or whatever the decoder raises.

    Decoders fill up what is missing and report nothing. So the picture is decoded twice, with different data behind
    what there is: if all is there, neither is looked at.
    """
    data = path.read_bytes()
    pictures: list[Image.Image] = []
    for ending in (_JPEG_END, _FILLER + _JPEG_END):
        with Image.open(io.BytesIO(data + ending), formats=[PictureKind.JPEG.value]) as opened:
            if opened.width * opened.height > _DECODED_WHOLE_PIXELS:
                opened.draft(None, (opened.width // 2, opened.height // 2))
            opened.load()
            pictures.append(opened.convert("RGB"))
    if ImageChops.difference(*pictures).getbbox() is not None:
        raise damaged("no end, and data is missing")
