"""Parts of HEIC and AVIF files (ISO/IEC 14496-12 and 23008-12): boxes, items, and coded pictures in them."""

import io
import os
import struct
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import Any

import av
import pillow_heif
from PIL import Image

from tests.images.corpus.case import Colour
from tests.images.corpus.drawing import SIZE

pillow_heif.register_heif_opener()  # pyright: ignore[reportUnknownMemberType] - its annotations are partial
_PYAV: Any = av  # its annotations leave out half of what is used here
HEVC, AV1 = b"hvc1", b"av01"
_SETTINGS = {HEVC: b"hvcC", AV1: b"av1C"}
_BRANDS = {HEVC: (b"heic", b"mif1", b"heic"), AV1: (b"avif", b"mif1", b"miaf", b"avif")}
SRGB = (1, 13, 6)
"""Primaries, transfer and matrix as the encoders write them."""


def box(kind: bytes, data: bytes = b"", *, length: int | None = None) -> bytes:
    """Return a box, with its own length unless another is given."""
    return struct.pack(">I", 8 + len(data) if length is None else length) + kind + data


def full_box(kind: bytes, data: bytes, version: int = 0, flags: int = 0) -> bytes:
    """Return a box with version and flags."""
    return box(kind, bytes([version]) + flags.to_bytes(3, "big") + data)


def file_type(major: bytes, *compatible: bytes) -> bytes:
    """Return an ftyp box."""
    return box(b"ftyp", major + bytes(4) + b"".join(compatible))


def spatial_extents(size: tuple[int, int]) -> bytes:
    """Return the property of a picture's size."""
    return full_box(b"ispe", struct.pack(">II", *size))


def rotation(quarter_turns: int) -> bytes:
    """Return the property that turns a picture against the clock."""
    return box(b"irot", bytes([quarter_turns]))


def mirror(axis: int) -> bytes:
    """Return the property that exchanges top and bottom (0) or left and right (1)."""
    return box(b"imir", bytes([axis]))


def colour_numbers(primaries: int, transfer: int, matrix: int) -> bytes:
    """Return the property of colours by the numbers of ITU-T H.273, in full range."""
    return box(b"colr", b"nclx" + struct.pack(">HHHB", primaries, transfer, matrix, 0x80))


def colour_profile(profile: bytes) -> bytes:
    """Return the property of colours by a profile."""
    return box(b"colr", b"prof" + profile)


@dataclass(frozen=True)
class Coded:
    """A coded picture: its codec, the decoder's settings as a box, the data, and its size in pixels."""

    codec: bytes
    settings: bytes
    data: bytes
    size: tuple[int, int]


def coded(picture: Image.Image, codec: bytes = HEVC, quality: int = 95) -> Coded:
    """Encode a picture of 8 bits."""
    file = io.BytesIO()
    picture.save(file, "HEIF" if codec == HEVC else "AVIF", quality=quality)
    return _taken_out(file.getvalue(), codec, picture.size)


@cache
def coded_grays(values: tuple[Colour, ...], codec: bytes = HEVC) -> Coded:
    """Encode four quarters of gray, whose values have 10 bits."""
    return _grays_by_x265(values) if codec == HEVC else _grays_by_svt(values)


def _grays_by_x265(values: tuple[Colour, ...]) -> Coded:
    half = SIZE[0] // 2
    upper, lower = (
        b"".join(struct.pack("<3H", *(value << 6 for value in values[at])) * half for at in row)
        for row in ((0, 1), (2, 3))
    )
    picture = pillow_heif.from_bytes("RGB;16", SIZE, upper * (SIZE[1] // 2) + lower * (SIZE[1] // 2))
    file = io.BytesIO()
    picture.save(file, quality=95)
    return _taken_out(file.getvalue(), HEVC, SIZE)


def _grays_by_svt(values: tuple[Colour, ...]) -> Coded:
    frame = _PYAV.VideoFrame(*SIZE, "yuv420p10le")
    for number, plane in enumerate(frame.planes):
        lines = []
        for row in ((0, 1), (2, 3)):
            levels = [values[at][0] if number == 0 else 512 for at in row]
            line = b"".join(struct.pack("<H", level) * (plane.width // 2) for level in levels)
            lines += [line.ljust(plane.line_size, b"\0")] * (plane.height // 2)
        plane.update(b"".join(lines))
    file = io.BytesIO()
    with _quiet_encoder(), _PYAV.open(file, "w", format="avif") as container:
        stream = container.add_stream(
            "libsvtav1", rate=1, options={"crf": "5", "preset": "8", "svtav1-params": "avif=1"}
        )
        stream.width, stream.height, stream.pix_fmt = *SIZE, "yuv420p10le"
        stream.codec_context.color_range = 2
        frame.pts, frame.time_base, frame.color_range = 0, Fraction(1, 1), 2
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return _taken_out(file.getvalue(), AV1, SIZE)


@contextmanager
def _quiet_encoder() -> Iterator[None]:
    """Keep SVT-AV1 from writing its settings to standard error, and from staying ahead of all other processes.

    Where root runs the tests it gives its caller's thread real-time priority (`EbThreads.c`) and never takes that
    back: the tests of other processes would wait for seconds.
    """
    before = os.environ.get("SVT_LOG")
    os.environ["SVT_LOG"] = "0"
    try:
        yield
    finally:
        if sys.platform == "linux":
            os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))
        if before is None:
            del os.environ["SVT_LOG"]
        else:
            os.environ["SVT_LOG"] = before


def _taken_out(content: bytes, codec: bytes, size: tuple[int, int]) -> Coded:
    """Take the one picture out of a file whose mdat holds nothing else."""
    at = content.index(_SETTINGS[codec]) - 4
    settings = content[at : at + int.from_bytes(content[at : at + 4], "big")]
    start = 0
    while content[start + 4 : start + 8] != b"mdat":
        start += int.from_bytes(content[start : start + 4], "big")
    end = start + int.from_bytes(content[start : start + 4], "big")
    return Coded(codec, settings, content[start + 8 : end], size)


@dataclass(frozen=True)
class Item:
    """An item of a file.

    Args:
        kind: Four letters: a codec, `grid`, `Exif` or `mime`.
        data: Its data, in the mdat box.
        properties: Its properties in their order.
        references: Kinds of references, and the numbers of items that they name.
        hidden: True for parts of other items.
    """

    kind: bytes
    data: bytes
    properties: Sequence[bytes] = ()
    references: Sequence[tuple[bytes, Sequence[int]]] = ()
    hidden: bool = False


def picture(source: Coded, *properties: bytes, hidden: bool = False, colours: bytes | None = None) -> Item:
    """Return an item of a coded picture, tagged as sRGB unless `colours` says otherwise."""
    tagged = colour_numbers(*SRGB) if colours is None else colours
    always = (source.settings, spatial_extents(source.size), *([tagged] if tagged else []))
    return Item(source.codec, source.data, (*always, *properties), hidden=hidden)


def exif_item(block: bytes, describes: int = 1) -> Item:
    """Return an item of EXIF about another."""
    return Item(b"Exif", struct.pack(">I", 6) + b"Exif\0\0" + block, references=[(b"cdsc", [describes])])


def xmp_item(packet: bytes, describes: int = 1) -> Item:
    """Return an item of XMP about another."""
    return Item(b"mime", packet, references=[(b"cdsc", [describes])])


def file(
    *items: Item,
    primary: int | None = 1,
    brands: Sequence[bytes] = (),
    before_data: bytes = b"",
    more: bytes = b"",
) -> bytes:
    """Return a file of items, numbered from 1.

    Args:
        items: The items.
        primary: Number of the primary item; None leaves the box out.
        brands: Brands, the major one first, if not those of the first item's codec.
        before_data: Boxes between meta and mdat.
        more: Boxes within meta, behind the others.
    """
    named = brands or _BRANDS.get(items[0].kind if items else HEVC, _BRANDS[HEVC])
    head = file_type(named[0], *(named[1:] or named))
    size = len(_meta(items, primary, 0, more))
    meta = _meta(items, primary, len(head) + size + len(before_data) + 8, more)
    return head + meta + before_data + box(b"mdat", b"".join(item.data for item in items))


def _meta(items: Sequence[Item], primary: int | None, data_at: int, more: bytes) -> bytes:
    handler = full_box(b"hdlr", bytes(4) + b"pict" + bytes(12) + b"\0")
    main = b"" if primary is None else full_box(b"pitm", struct.pack(">H", primary))
    return full_box(
        b"meta", handler + main + _locations(items, data_at) + _information(items) + _links(items) + more
    )


def _locations(items: Sequence[Item], data_at: int) -> bytes:
    table = struct.pack(">BBH", 0x44, 0, len(items))
    for number, item in enumerate(items, start=1):
        table += struct.pack(">HHHII", number, 0, 1, data_at, len(item.data))
        data_at += len(item.data)
    return full_box(b"iloc", table)


def _information(items: Sequence[Item]) -> bytes:
    entries = b""
    for number, item in enumerate(items, start=1):
        name = b"\0application/rdf+xml\0" if item.kind == b"mime" else b"\0"
        entries += full_box(b"infe", struct.pack(">HH", number, 0) + item.kind + name, 2, int(item.hidden))
    return full_box(b"iinf", struct.pack(">H", len(items)) + entries)


def _links(items: Sequence[Item]) -> bytes:
    references = b"".join(
        box(kind, struct.pack(f">HH{len(to)}H", number, len(to), *to))
        for number, item in enumerate(items, start=1)
        for kind, to in item.references
    )
    distinct = list(dict.fromkeys(entry for item in items for entry in item.properties))
    index = {entry: at for at, entry in enumerate(distinct, start=1)}
    described = [(number, item) for number, item in enumerate(items, start=1) if item.properties]
    wide = len(distinct) > 127
    table = struct.pack(">I", len(described))
    for number, item in described:
        table += struct.pack(">HB", number, len(item.properties))
        for entry in item.properties:
            essential = entry[4:8] in {b"hvcC", b"av1C", b"irot", b"imir", b"clap"}
            form, high = (">H", 15) if wide else (">B", 7)
            table += struct.pack(form, essential << high | index[entry])
    properties = box(b"iprp", box(b"ipco", b"".join(distinct)) + full_box(b"ipma", table, flags=int(wide)))
    return (full_box(b"iref", references) if references else b"") + properties


def grid(tiles: Sequence[Coded], columns: int, size: tuple[int, int], *properties: bytes) -> list[Item]:
    """Return a picture of tiles as the first item, and the tiles."""
    layout = bytes([0, 0, len(tiles) // columns - 1, columns - 1]) + struct.pack(">HH", *size)
    numbers = range(2, 2 + len(tiles))
    always = (spatial_extents(size), colour_numbers(*SRGB))
    whole = Item(b"grid", layout, (*always, *properties), [(b"dimg", numbers)])
    return [whole, *(picture(tile, hidden=True) for tile in tiles)]
