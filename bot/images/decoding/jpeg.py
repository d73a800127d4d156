"""Walks over the segments of a JPEG (ITU T.81, Annex B). Nothing is decoded here."""

import mmap
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from PIL import Image

from bot.images.decoding.layout import PARTS_MAX, Layout, Piece, damaged, too_many_parts
from bot.images.problems import ImageProblem, UnusableImageError

_START: Final = b"\xff\xd8"
_END: Final = 0xD9
_SCAN: Final = 0xDA
_TABLES: Final = frozenset({0xC4, 0xDB, 0xDD, 0xCC})
"""Huffman tables, quantization tables, restart interval, arithmetic conditioning."""
_FRAMES: Final = frozenset({*range(0xC0, 0xD0), 0xF7}) - {0xC4, 0xC8, 0xCC}
"""Of every coding process, JPEG-LS (ITU T.87) included."""
_PROGRESSIVE: Final = 0xC2
_DECODABLE_FRAMES: Final = frozenset({0xC0, 0xC1, _PROGRESSIVE})
"""Baseline, extended, progressive. Browsers decode neither lossless, hierarchical nor arithmetic ones."""
_RESTARTS: Final = frozenset(range(0xD0, 0xD8))
_WITHOUT_LENGTH: Final = frozenset({0x01, *_RESTARTS})
_SCANS_MAX: Final = 200
"""A progressive picture has about ten scans, and each can cost as much to decode as the whole picture."""
_NEXT_MARKER: Final = re.compile(rb"\xff[^\x00\xd0-\xd7]")
"""Ends a scan's data, in which FF is followed by 00 or is a restart marker (B.1.1.5)."""
_JFIF: Final = b"JFIF\0"
_JFIF_WITHOUT_THUMBNAIL: Final = b"\xff\xe0\x00\x10"
_JFIF_BYTES: Final = 14
_PROFILE: Final = b"ICC_PROFILE\0"
_ADOBE: Final = b"Adobe"
_EXIF: Final = b"Exif\0"
_ORIENTATION: Final = 0x0112
_FOUR_COLOURS: Final = 4
_COEFFICIENTS: Final = 64
_SCAN_HEAD_BYTES: Final = 12
"""One byte, two for each of up to four components, three of parameters."""
_FRAME_BYTES: Final = 6


@dataclass
class _Walk:
    """Findings of the walk so far."""

    kept: list[Piece] = field(default_factory=lambda: [_START])
    left_out: bool = False
    frame: bytes = b""
    frame_marker: int = 0
    orientation: int | None = None
    scans: int = 0
    final: set[tuple[int, int]] = field(default_factory=set[tuple[int, int]])
    """Components and coefficients that are there in full precision."""
    ended: bool = False
    first_scan_at: int = 0


def walk(path: Path) -> Layout:
    """Walk over a JPEG's segments to its end marker, or to the file's end where there is none.

    Kept are the coded picture, the colour profile, and what says how colours are coded (JFIF, Adobe). Left out are
    EXIF, XMP, comments, previews, everything of makers of cameras and programs, and data behind the end.

    Raises:
        UnusableImageError: It is damaged, has too many segments, or is of a rare kind.
    """
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        seen = _Walk()
        at = len(_START)
        for count, (marker, begin, end) in enumerate(_segments(data)):
            if count > PARTS_MAX:
                raise too_many_parts(count)
            _take(seen, data, marker, begin, end)
            at = end
        size_bytes = len(data)
    if not seen.scans or not seen.frame:
        raise damaged("no picture data")
    if (
        not seen.ended
        and seen.frame_marker == _PROGRESSIVE
        and len(seen.final) < _COEFFICIENTS * seen.frame[5]
    ):
        raise damaged("scans are missing")
    if not seen.ended:
        seen.kept.append(b"\xff" + bytes([_END]))
    return _layout(seen, leaves_out=seen.left_out or not seen.ended or at < size_bytes)


def _segments(data: mmap.mmap) -> Iterator[tuple[int, int, int]]:
    """Yield each segment's marker and place in the file, a scan's with its data. Stops behind the end marker."""
    at = len(_START)
    while at < len(data):
        if data[at] != 0xFF:  # noqa: PLR2004 - the first byte of every marker
            raise damaged("no marker where one must be")
        begin = at
        while at < len(data) and data[at] == 0xFF:  # noqa: PLR2004 - fill bytes (B.1.1.2)
            at += 1
        if at >= len(data):
            return
        marker = data[at]
        at += 1
        if marker == _END:
            yield marker, begin, at
            return
        if marker not in _WITHOUT_LENGTH:
            length = int.from_bytes(data[at : at + 2], "big")
            at += length
            if length < 2 or at > len(data):  # noqa: PLR2004 - the length counts its own two bytes
                raise damaged("a segment is cut off")
        if marker == _SCAN or marker in _RESTARTS:
            found = _NEXT_MARKER.search(data, at)
            at = found.start() if found else len(data)
        yield marker, begin, at


def _take(seen: _Walk, data: mmap.mmap, marker: int, begin: int, end: int) -> None:
    """Decide about one segment."""
    body = begin + 1
    while data[body] == 0xFF:  # noqa: PLR2004 - fill bytes
        body += 1
    body += 3
    if marker == _SCAN:
        seen.first_scan_at = seen.first_scan_at or begin
        _note_scan(seen, data[body : body + _SCAN_HEAD_BYTES])
    elif marker == _END:
        seen.ended = True
    elif marker in _FRAMES:
        _note_frame(seen, marker, data[body:end])
    elif marker not in _TABLES and marker not in _RESTARTS:
        replaced = _of_application(seen, data, marker, body, end)
        if replaced is not None:
            seen.left_out = True
            if replaced:
                seen.kept.append(replaced)
            return
    _keep(seen.kept, begin, end)


def _note_frame(seen: _Walk, marker: int, frame: bytes) -> None:
    if seen.frame:
        raise damaged("two frames")
    if len(frame) < _FRAME_BYTES:
        raise damaged("no dimensions")
    seen.frame, seen.frame_marker = frame, marker


def _note_scan(seen: _Walk, scan: bytes) -> None:
    """Note what a scan completes (B.2.3): its components, the band of coefficients, the bits that are left out."""
    seen.scans += 1
    if seen.scans > _SCANS_MAX:
        raise too_many_parts(seen.scans)
    count = scan[0] if scan else 0
    parameters = scan[1 + 2 * count : 4 + 2 * count]
    if len(parameters) == 3 and not parameters[2] & 15:  # noqa: PLR2004 - start and end of the band, bits
        first, last = parameters[0], min(parameters[1], _COEFFICIENTS - 1)
        components = scan[1 : 1 + 2 * count : 2]
        seen.final.update(
            (component, number) for component in components for number in range(first, last + 1)
        )


def _of_application(seen: _Walk, data: mmap.mmap, marker: int, body: int, end: int) -> bytes | None:
    """Return None for a segment that is kept as it is, else what stands in its place."""
    match marker:
        case 0xE0 if data[body : body + 5] == _JFIF:
            if end - body == _JFIF_BYTES:
                return None
            # A thumbnail: its dimensions become 0 x 0.
            return _JFIF_WITHOUT_THUMBNAIL + data[body : body + _JFIF_BYTES - 2].ljust(_JFIF_BYTES, b"\0")
        case 0xE2 if data[body : body + len(_PROFILE)] == _PROFILE:
            return None
        case 0xEE if data[body : body + len(_ADOBE)] == _ADOBE:
            return None
        case 0xE1 if data[body : body + len(_EXIF)] == _EXIF and seen.orientation is None:
            seen.orientation = exif_orientation(data[body + 6 : end])
        case _:
            pass
    return b""


def _keep(kept: list[Piece], begin: int, end: int) -> None:
    """Add a part, joined to the one before where they touch."""
    last = kept[-1] if kept else b""
    if isinstance(last, tuple) and sum(last) == begin:
        kept[-1] = (last[0], end - last[0])
    else:
        kept.append((begin, end - begin))


def _layout(seen: _Walk, *, leaves_out: bool) -> Layout:
    precision, height_px, width_px, colours = (
        seen.frame[0],
        int.from_bytes(seen.frame[1:3], "big"),
        int.from_bytes(seen.frame[3:5], "big"),
        seen.frame[5],
    )
    if seen.frame_marker not in _DECODABLE_FRAMES or precision != 8:  # noqa: PLR2004 - bits
        raise UnusableImageError(ImageProblem.UNSUPPORTED_FORMAT, "JPEG of a rare kind")
    if not (width_px and height_px and colours):
        raise damaged("no dimensions")
    return Layout(
        width_px,
        height_px,
        kept=seen.kept if leaves_out else None,
        orientation=seen.orientation or 1,
        needs_remake=colours == _FOUR_COLOURS,
        ended=seen.ended,
        progressive=seen.frame_marker == _PROGRESSIVE,
        scan_at=seen.first_scan_at,
    )


def exif_orientation(exif: bytes) -> int:
    """Return the orientation in a block of EXIF data (a TIFF header and what follows); 1 if there is none."""
    found = Image.Exif()
    try:
        found.load(exif)
        orientation = found.get(_ORIENTATION, 1)
    # Damaged EXIF makes Pillow raise what it likes; viewers then show the picture as it is stored.
    except Exception:  # noqa: BLE001 - as the line above says
        return 1
    return orientation if isinstance(orientation, int) and 1 <= orientation <= 8 else 1  # noqa: PLR2004
