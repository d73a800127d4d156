"""Findings of a walk over a file's parts, and copies without some of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bot.images.problems import ImageProblem, UnusableImageError

PARTS_MAX: Final = 10_000
"""Most segments, chunks, boxes or blocks of a file. Encoders that write a PNG in pieces of 8 KiB stay below, and
walking as many takes some 10 ms; files of nothing but headers have hundreds of thousands."""
_COPY_BYTES: Final = 1024 * 1024

Piece = tuple[int, int] | bytes
"""A part of the new file: an offset and a length in the old one, or new bytes."""


HDR_TRANSFERS: Final = frozenset({16, 18})
"""PQ and HLG (ITU-T H.273, *Transfer characteristics*)."""


@dataclass(frozen=True)
class CodedColours:
    """Colours by numbers of ITU-T H.273, as HEIF, AVIF and the cICP chunk of PNG give them."""

    primaries: int
    transfer: int

    @property
    def hdr(self) -> bool:
        """True for brightness beyond that of paper white."""
        return self.transfer in HDR_TRANSFERS


@dataclass(frozen=True)
class Layout:
    """A whole file's parts.

    Attributes:
        width_px: As stored, before it is turned upright.
        height_px: As stored.
        kept: The file without what is private or ballast; None if nothing is to be left out.
        orientation: 1 to 8 as in EXIF, as viewers of the format obey it.
        animated: True if there is more than one frame.
        needs_remake: True if its pixels cannot be sent as they are stored: CMYK, 16 bits, HDR, an animation.
        ended: False for a JPEG without its end marker, of which only decoding tells if all data is there.
        progressive: True for a JPEG whose pixels are spread over all of its data.
        scan_at: Where the coded data of a JPEG begins, in bytes.
        colours: Where they are given by numbers.
    """

    width_px: int
    height_px: int
    kept: Sequence[Piece] | None = None
    orientation: int = 1
    animated: bool = False
    needs_remake: bool = False
    ended: bool = True
    progressive: bool = False
    scan_at: int = 0
    colours: CodedColours | None = None


def damaged(detail: str) -> UnusableImageError:
    """Return the error for a damaged or incomplete file."""
    return UnusableImageError(ImageProblem.TRUNCATED, detail)


def too_many_parts(count: int) -> UnusableImageError:
    """Return the error for a file of too many parts."""
    return UnusableImageError(ImageProblem.TOO_COMPLEX, f"{count} parts")


def write_copy(source: Path, destination: Path, pieces: Sequence[Piece]) -> None:
    """Write the pieces of `source` to `destination`."""
    with source.open("rb", buffering=0) as old, destination.open("wb", buffering=0) as new:
        for piece in pieces:
            if isinstance(piece, bytes):
                new.write(piece)
                continue
            offset, left_bytes = piece
            old.seek(offset)
            while left_bytes:
                data = old.read(min(left_bytes, _COPY_BYTES))
                if not data:
                    raise damaged("cut while it was read")
                new.write(data)
                left_bytes -= len(data)
