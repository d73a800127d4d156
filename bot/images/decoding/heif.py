"""Walks over the boxes of HEIF and AVIF files (ISO/IEC 14496-12 and 23008-12). Nothing is decoded here.

Decoders fill a picture whose tiles are missing with a colour and report no error. So it is checked here that the
file holds all the data that its own table of items names.
"""

import mmap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bot.images.decoding.kinds import PictureKind
from bot.images.decoding.layout import PARTS_MAX, CodedColours, damaged, too_many_parts
from bot.images.decoding.limits import check_pixels

_SIZE_IS_64_BIT: Final = 1
_SIZE_IS_REST: Final = 0
_HEAD_BYTES: Final = 8
_FULL_BOX_BYTES: Final = 4
_IN_FILE: Final = 0
"""Construction method of an item whose data lies in the file, not in the `idat` box."""


@dataclass(frozen=True)
class _Box:
    name: bytes
    begin: int
    """Start of its content."""
    end: int


def walk(path: Path, kind: PictureKind) -> CodedColours | None:
    """Walk over the top-level boxes, and over the table of items.

    Returns:
        The colours of the first `colr` box with numbers, or None.

    Raises:
        UnusableImageError: It is cut off, holds no picture, or has too many boxes.
    """
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        meta: _Box | None = None
        has_data = False
        for count, box in enumerate(_boxes(data, 0, len(data), lenient=True)):
            if count > PARTS_MAX:
                raise too_many_parts(count)
            if box.end > len(data):
                if meta is not None and has_data and box.name not in {b"mdat", b"meta", b"moov", b"idat"}:
                    break  # bytes behind the picture that are no box
                raise damaged("a box is cut off")
            if box.name == b"meta" and meta is None:
                meta = box
            has_data = has_data or box.name in {b"mdat", b"meta"}
        if meta is None:
            raise damaged("no table of items")
        return _items(data, meta, kind)


def _boxes(data: mmap.mmap, begin: int, end: int, *, lenient: bool = False) -> Iterator[_Box]:
    """Yield the boxes between two places; `lenient` also yields one that reaches beyond `end`."""
    at = begin
    while at + _HEAD_BYTES <= end:
        size, name = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8]
        content = at + _HEAD_BYTES
        if size == _SIZE_IS_64_BIT:
            size = int.from_bytes(data[content : content + 8], "big")
            content += 8
        elif size == _SIZE_IS_REST:
            size = end - at
        if at + size < content:
            return  # no box: padding, or what a program has appended
        if at + size > end and not lenient:
            raise damaged("a box is cut off")
        yield _Box(name, content, at + size)
        at += size


def _items(data: mmap.mmap, meta: _Box, kind: PictureKind) -> CodedColours | None:
    colours: CodedColours | None = None
    has_items = False
    for count, box in enumerate(_boxes(data, meta.begin + _FULL_BOX_BYTES, meta.end)):
        if count > PARTS_MAX:
            raise too_many_parts(count)
        match box.name:
            case b"iloc":
                has_items = True
                _check_extents(data, box)
            case b"iprp":
                colours = _properties(data, box, kind)
            case _:
                pass
    if not has_items:
        raise damaged("no picture data")
    return colours


def _properties(data: mmap.mmap, properties: _Box, kind: PictureKind) -> CodedColours | None:
    """Check the dimensions of all pictures, tiles included; return the first colours that are given by numbers."""
    colours: CodedColours | None = None
    for container in _boxes(data, properties.begin, properties.end):
        if container.name != b"ipco":
            continue
        for count, box in enumerate(_boxes(data, container.begin, container.end)):
            if count > PARTS_MAX:
                raise too_many_parts(count)
            if box.name == b"ispe":
                read = _Reader(data, box)
                read.number(_FULL_BOX_BYTES)
                check_pixels(kind, read.number(4), read.number(4))
            if box.name == b"colr" and data[box.begin : box.begin + 4] == b"nclx":
                numbers = data[box.begin + 4 : box.begin + 8]
                found = CodedColours(int.from_bytes(numbers[:2], "big"), int.from_bytes(numbers[2:], "big"))
                colours = colours or found
    return colours


class _Reader:
    """Reads numbers one after the other. Beyond the end of the box the file is damaged."""

    def __init__(self, data: mmap.mmap, box: _Box) -> None:
        self._data = data
        self._at = box.begin
        self._end = box.end

    def number(self, size_bytes: int) -> int:
        """Return the next number of `size_bytes`, which may be none: that is 0."""
        begin, self._at = self._at, self._at + size_bytes
        if self._at > self._end:
            raise damaged("the table of items is cut off")
        return int.from_bytes(self._data[begin : self._at], "big")


def _check_extents(data: mmap.mmap, box: _Box) -> None:
    """Check that the data of all items is in the file (ISO/IEC 14496-12, 8.11.3, the item location box)."""
    read = _Reader(data, box)
    version = read.number(1)
    read.number(3)
    sizes = read.number(2)
    offset_bytes, length_bytes, base_bytes = sizes >> 12, sizes >> 8 & 15, sizes >> 4 & 15
    index_bytes = sizes & 15 if version else 0
    long_ids = version == 2  # noqa: PLR2004 - the version with ids of 32 bits
    items = read.number(4 if long_ids else 2)
    parts = 0
    for _ in range(items):
        read.number(4 if long_ids else 2)
        method = read.number(2) & 15 if version else _IN_FILE
        reference = read.number(2)
        base = read.number(base_bytes)
        extents = read.number(2)
        parts += 1 + extents
        if parts > PARTS_MAX:
            raise too_many_parts(parts)
        for _ in range(extents):
            read.number(index_bytes)
            begin, length = base + read.number(offset_bytes), read.number(length_bytes)
            # Length 0 means the whole file; data of another file cannot be checked, or decoded.
            if method == _IN_FILE and not reference and begin + length > len(data):
                raise damaged("picture data is missing")
