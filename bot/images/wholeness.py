"""Whether a picture file ends where it should, told from its structure and without decoding it.

Pillow opens a file whose second half is missing; only decoding would tell, at a hundred times the cost. The
files are read in slices: whole ones would count as memory, and one long call would hold up the event loop.
Check sums are ISA-L's, which is some ten times as fast at them as zlib.
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
    """Whether the file holds the whole picture. Blocking, but gives up the interpreter's lock often."""
    with path.open("rb") as file:
        match mime:
            case ImageMime.PNG:
                return _png(file)
            case ImageMime.JPEG:
                return _jpeg(file, path.stat().st_size)
            case ImageMime.WEBP:
                header = file.read(_RIFF_HEADER_BYTES)
                return path.stat().st_size >= int.from_bytes(header[4:], "little") + _RIFF_HEADER_BYTES


def _png(file: BufferedReader) -> bool:
    """Every chunk is there with its right check sum, up to IEND (PNG specification, *Chunk layout*)."""
    file.seek(_PNG_SIGNATURE_BYTES)
    while True:
        head = file.read(_PNG_CHUNK_HEAD_BYTES)
        if len(head) < _PNG_CHUNK_HEAD_BYTES:
            return False
        value = crc32(head[4:])
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
    """An end marker follows the first scan (ITU T.81, B.1.1). Not always at the very end: phones append
    previews, depth maps and whole films. Inside a scan the marker cannot occur, because FF is followed by 00.
    """
    file.seek(max(0, size_bytes - len(_JPEG_END)))
    if file.read() == _JPEG_END:
        return True
    if not _seek_scan(file):
        return False
    last = b""
    while data := file.read(_SLICE_BYTES):
        if _JPEG_END in last + data:
            return True
        last = data[-1:]
    return False


def _seek_scan(file: BufferedReader) -> bool:
    """Go to the first scan, past the segments before it, whose previews have end markers of their own."""
    file.seek(len(b"\xff\xd8"))
    while len(head := file.read(4)) == 4 and head[0] == 0xFF:  # noqa: PLR2004 - marker and length, 2 bytes each
        if head[1] == _JPEG_SCAN:
            return True
        file.seek(int.from_bytes(head[2:], "big") - 2, 1)
    return False
