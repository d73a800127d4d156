"""Reads the header of a BMP (Microsoft, *Bitmap Storage*). Nothing is decoded here."""

from pathlib import Path
from typing import Final

from bot.images.problems import ImageProblem, UnusableImageError

_HEADERS_BYTES: Final = frozenset({12, 40, 52, 56, 64, 108, 124})
"""Sizes of the headers that there are."""
_COMPRESSIONS: Final = frozenset({0, 1, 2, 3, 6})
"""None, two kinds of run lengths, two kinds of bit fields; others hold a JPEG, a PNG or what printers take."""
_OLD_BYTES: Final = 12


def check_header(path: Path) -> None:
    """Raise `UnusableImageError` for what only begins like a BMP, and for a rare kind."""
    with path.open("rb") as file:
        head = file.read(14 + 20)
    size_bytes = int.from_bytes(head[14:18], "little")
    if size_bytes not in _HEADERS_BYTES:
        raise UnusableImageError(ImageProblem.NOT_AN_IMAGE)
    if size_bytes != _OLD_BYTES and int.from_bytes(head[30:34], "little") not in _COMPRESSIONS:
        raise UnusableImageError(ImageProblem.UNSUPPORTED_FORMAT, "BMP of a rare kind")
