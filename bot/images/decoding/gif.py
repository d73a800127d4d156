"""Walks over the blocks of a GIF (CompuServe, *GIF89a Specification*). Nothing is decoded here."""

import mmap
from pathlib import Path
from typing import Final

from bot.images.decoding.kinds import PictureKind
from bot.images.decoding.layout import PARTS_MAX, Layout, damaged, too_many_parts
from bot.images.decoding.limits import check_pixels

_SCREEN_BYTES: Final = 13
_IMAGE: Final = 0x2C
_EXTENSION: Final = 0x21
_IMAGE_BYTES: Final = 10
_SUB_BLOCKS_MAX: Final = 200_000
"""Of one block. They hold at most 255 bytes, so that a large picture has many."""


def walk(path: Path) -> Layout:
    """Walk over a GIF's blocks to its trailer, or to the file's end between two blocks.

    Raises:
        UnusableImageError: It is cut off, holds no picture, or has too many blocks.
    """
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        frames, largest = _frames(data)
        width_px, height_px = _dimensions(data, 6)
    if not frames or not (width_px and height_px):
        raise damaged("no picture data")
    check_pixels(PictureKind.GIF, *largest)
    return Layout(width_px, height_px, animated=frames > 1, needs_remake=True)


def _frames(data: mmap.mmap) -> tuple[int, tuple[int, int]]:
    """Return the number of frames, and the dimensions of the largest, which may be larger than the screen."""
    if len(data) < _SCREEN_BYTES:
        raise damaged("cut off")
    at = _SCREEN_BYTES + _table_bytes(data[10])
    frames, largest = 0, (0, 0)
    for _ in range(PARTS_MAX):
        if at == len(data):
            break
        begin = _data_of_block(data, at)
        if begin is None:
            # The trailer, or what is no block: decoders stop here too, if they have a frame.
            break
        if data[at] == _IMAGE:
            frames += 1
            largest = max(largest, _dimensions(data, at + 5), key=lambda size: size[0] * size[1])
        at = _end_of_data(data, begin)
    else:
        raise too_many_parts(PARTS_MAX)
    return frames, largest


def _dimensions(data: mmap.mmap, at: int) -> tuple[int, int]:
    return int.from_bytes(data[at : at + 2], "little"), int.from_bytes(data[at + 2 : at + 4], "little")


def _data_of_block(data: mmap.mmap, at: int) -> int | None:
    """Return where the sub-blocks of the block at `at` begin; None if no block begins there."""
    if at > len(data):
        raise damaged("cut off")
    if data[at] == _EXTENSION:
        return at + 2
    if data[at] != _IMAGE:
        return None
    if at + _IMAGE_BYTES >= len(data):
        raise damaged("cut off")
    # A descriptor, perhaps a table of colours, one byte.
    return at + _IMAGE_BYTES + _table_bytes(data[at + 9]) + 1


def _end_of_data(data: mmap.mmap, at: int) -> int:
    """Walk over sub-blocks, each a length and as many bytes, up to the empty one."""
    for _ in range(_SUB_BLOCKS_MAX):
        if at >= len(data):
            raise damaged("cut off")
        length = data[at]
        at += 1 + length
        if not length:
            return at
    raise too_many_parts(_SUB_BLOCKS_MAX)


def _table_bytes(flags: int) -> int:
    """Return the size of a table of colours: a flag says if there is one, three bits its size."""
    return 3 * 2 ** ((flags & 0x07) + 1) if flags & 0x80 else 0
