"""Checks by its structure, without decoding, that a picture file is complete. `bot/images/inspection.py` calls it.

Pillow opens a file whose second half is missing; decoding would notice, at a hundred times the cost. Files are
read in slices: a whole one would take its size in memory, and one long call would hold the interpreter's lock
against the event loop. Checksums are ISA-L's, about ten times as fast as zlib's.
"""

from io import BufferedReader
from pathlib import Path
from typing import Final

from isal.isal_zlib import crc32  # pyright: ignore[reportUnknownVariableType] - its stub leaves the data's type out

from bot.video import ImageMime

_SLICE_BYTES: Final = 1024 * 1024
_PNG_SIGNATURE_BYTES: Final = 8
_PNG_CHUNK_HEAD_BYTES: Final = 8
_PNG_CRC_BYTES: Final = 4
_JPEG_END: Final = b"\xff\xd9"
_JPEG_SCAN: Final = 0xDA
_RIFF_HEADER_BYTES: Final = 8


def is_whole(path: Path, mime: ImageMime) -> bool:
    """Return True if the file holds the whole picture. Blocking, but it often releases the interpreter's lock."""
    with path.open("rb") as file:
        match mime:
            case ImageMime.PNG:
                return _png(file)
            case ImageMime.JPEG:
                return _jpeg(file, path.stat().st_size)
            case ImageMime.WEBP:
                # A RIFF file states its length after the first four bytes, without the header's own eight.
                header = file.read(_RIFF_HEADER_BYTES)
                return path.stat().st_size >= int.from_bytes(header[4:], "little") + _RIFF_HEADER_BYTES


def _png(file: BufferedReader) -> bool:
    """Return True if all chunks up to IEND have the right checksum (PNG specification, *Chunk layout*)."""
    file.seek(_PNG_SIGNATURE_BYTES)
    while True:
        head = file.read(_PNG_CHUNK_HEAD_BYTES)
        if len(head) < _PNG_CHUNK_HEAD_BYTES:
            return False
        value = crc32(head[4:])  # the checksum covers the chunk's type and data, not its length
        left_bytes = int.from_bytes(head[:4], "big")
        while left_bytes:
            data = file.read(min(left_bytes, _SLICE_BYTES))
            if not data:
                return False
            value = crc32(data, value)
            left_bytes -= len(data)
        if int.from_bytes(file.read(_PNG_CRC_BYTES), "big") != value:
            return False
        if head[4:] == b"IEND":
            return True


def _jpeg(file: BufferedReader, size_bytes: int) -> bool:
    """Return True if an end marker follows the first scan (ITU T.81, B.1.1)."""
    # The marker is not always at the end of the file: phones append previews, depth maps and whole videos.
    # Inside a scan it cannot occur, because every FF byte of the data is followed by 00.
    file.seek(max(0, size_bytes - len(_JPEG_END)))
    if file.read() == _JPEG_END:
        return True
    if not _seek_scan(file):
        return False
    last = b""  # of the slice before, as the marker may lie across two slices
    while data := file.read(_SLICE_BYTES):
        if _JPEG_END in last + data:
            return True
        last = data[-1:]
    return False


def _seek_scan(file: BufferedReader) -> bool:
    """Move to the first scan; False if there is none. The segments before it may hold previews with end markers."""
    file.seek(len(b"\xff\xd8"))
    while len(head := file.read(4)) == 4 and head[0] == 0xFF:  # noqa: PLR2004 - marker and length, 2 bytes each
        if head[1] == _JPEG_SCAN:
            return True
        file.seek(int.from_bytes(head[2:], "big") - 2, 1)
    return False
