"""HEIC and AVIF files, which are made anew, and what is damaged or a bomb."""

import io
import struct
from collections.abc import Callable, Iterator
from functools import cache, partial

from PIL import Image

from tests.images.corpus import private, profiles
from tests.images.corpus.case import Case, Colour, Outcome, Refused
from tests.images.corpus.drawing import QUARTERS, SIZE, detailed, quarters, shows
from tests.images.corpus.hdr import HLG, PQ, hdr_values, tone_mapped
from tests.images.corpus.isobmff_parts import (
    AV1,
    HEVC,
    Coded,
    Item,
    box,
    coded,
    coded_grays,
    colour_numbers,
    colour_profile,
    exif_item,
    file,
    full_box,
    grid,
    mirror,
    picture,
    rotation,
    spatial_extents,
    xmp_item,
)

DAMAGED = Refused("truncated")
CODECS = ((HEVC, "heic"), (AV1, "avif"))
_SEE_THROUGH: tuple[Colour, ...] = (
    (200, 60, 50, 255),
    (60, 160, 80, 255),
    (50, 80, 180, 0),
    (230, 210, 90, 255),
)
_TILE_PX = 64
_COLUMNS, _ROWS = 4, 3


@cache
def plain(codec: bytes) -> Coded:
    """Return the quarters, coded."""
    return coded(quarters(), codec)


@cache
def tiled(codec: bytes) -> bytes:
    """Return a picture of four by three tiles, as phones make them."""
    size = (_COLUMNS * _TILE_PX, _ROWS * _TILE_PX)
    whole = quarters(size)
    tiles = [
        coded(whole.crop((x, y, x + _TILE_PX, y + _TILE_PX)), codec)
        for y in range(0, size[1], _TILE_PX)
        for x in range(0, size[0], _TILE_PX)
    ]
    return file(
        *grid(tiles, _COLUMNS, size), brands=(b"heic", b"mif1") if codec == HEVC else (b"avif", b"mif1")
    )


@cache
def soft_tiled(codec: bytes) -> bytes:
    """Return tiles of detail, most of whose bytes are coded data."""
    size = (_COLUMNS * _TILE_PX, _ROWS * _TILE_PX)
    tile = coded(detailed((_TILE_PX, _TILE_PX)), codec)
    tiles = [tile] * (_COLUMNS * _ROWS)
    return file(
        *grid(tiles, _COLUMNS, size), brands=(b"heic", b"mif1") if codec == HEVC else (b"avif", b"mif1")
    )


def turned(codec: bytes, quarter_turns: int, axis: int | None, *more: Item) -> bytes:
    """Return a picture that its properties turn upright: first against the clock, then mirrored."""
    seen = quarters()
    if axis is not None:
        seen = seen.transpose(Image.Transpose.FLIP_LEFT_RIGHT if axis else Image.Transpose.FLIP_TOP_BOTTOM)
    stored = seen.rotate(-90 * quarter_turns, expand=True)
    properties = [rotation(quarter_turns)] if quarter_turns else []
    properties += [] if axis is None else [mirror(axis)]
    return file(picture(coded(stored, codec), *properties), *more)


def _turned(codec: bytes, name: str) -> Iterator[Case]:
    for quarter_turns in range(4):
        for axis in (None, 0, 1):
            if quarter_turns or axis is not None:
                suffix = f"irot_{quarter_turns}" + ("" if axis is None else f"_imir_{axis}")
                yield Case(f"{name}_{suffix}", partial(turned, codec, quarter_turns, axis), shows())
    yield Case(
        f"{name}_irot_3_and_exif_orientation_6",
        lambda: turned(codec, 3, None, exif_item(private.exif(6, place=True))),
        shows(),
        reading="HEIF turns by its properties alone; EXIF tells of the same turn, which is not made twice.",
    )
    yield Case(
        f"{name}_exif_orientation_6_alone",
        lambda: file(picture(plain(codec)), exif_item(private.exif(6))),
        shows(),
        reading="HEIF turns by its properties alone: viewers show this as it is stored.",
    )
    yield Case(
        f"{name}_of_tiles_turned",
        lambda: _turn_of_tiles(codec),
        shows((_ROWS * _TILE_PX, _COLUMNS * _TILE_PX), (QUARTERS[2], QUARTERS[0], QUARTERS[3], QUARTERS[1])),
    )


def _turn_of_tiles(codec: bytes) -> bytes:
    size = (_COLUMNS * _TILE_PX, _ROWS * _TILE_PX)
    whole = quarters(size)
    boxes = [
        (x, y, x + _TILE_PX, y + _TILE_PX)
        for y in range(0, size[1], _TILE_PX)
        for x in range(0, size[0], _TILE_PX)
    ]
    tiles = [coded(whole.crop(place), codec) for place in boxes]
    brands = (b"heic", b"mif1") if codec == HEVC else (b"avif", b"mif1")
    return file(*grid(tiles, _COLUMNS, size, rotation(3)), brands=brands)


def _items(codec: bytes, name: str) -> Iterator[Case]:
    other = ((0, 0, 0),) * 4
    black = picture(coded(quarters(colours=other), codec))
    main = picture(plain(codec))
    files: dict[str, Callable[[], bytes]] = {
        "plain": lambda: file(main),
        "of_tiles": lambda: tiled(codec),
        "second_picture_is_the_primary": lambda: file(black, main, primary=2),
        "private_parts": lambda: file(
            main, exif_item(private.exif(1, place=True, camera=True)), xmp_item(private.XMP)
        ),
        "thumbnail": lambda: file(main, Item(codec, black.data, black.properties, [(b"thmb", [1])])),
        "brand_mif1_first": lambda: file(main, brands=(b"mif1", name.encode(), b"miaf")),
        "free_box_before_data": lambda: file(main, before_data=box(b"free", bytes(100))),
        "data_behind_end": lambda: file(main) + b"\0\0\0",
    }
    for suffix, build in files.items():
        size = (_COLUMNS * _TILE_PX, _ROWS * _TILE_PX) if suffix == "of_tiles" else SIZE
        yield Case(f"{name}_{suffix}", build, shows(size))
    yield Case(f"{name}_see_through", partial(_see_through, codec), shows(colours=_SEE_THROUGH))


def _see_through(codec: bytes) -> bytes:
    kept = io.BytesIO()
    quarters(colours=_SEE_THROUGH, mode="RGBA").save(kept, "HEIF" if codec == HEVC else "AVIF", quality=95)
    return kept.getvalue()


def _colours(codec: bytes, name: str) -> Iterator[Case]:
    p3 = quarters(colours=tuple(map(profiles.in_display_p3, QUARTERS)))
    profile = colour_profile(profiles.display_p3())
    yield Case(
        f"{name}_in_display_p3",
        lambda: file(picture(coded(p3, codec, 100), colour_numbers(1, 13, 6), colours=profile)),
        shows(tolerance=3),
    )
    yield Case(
        f"{name}_in_display_p3_by_numbers",
        lambda: file(picture(coded(p3, codec, 100), colours=colour_numbers(12, 13, 6))),
        shows(tolerance=3),
        reading="Browsers mind the numbers as they mind a profile.",
    )
    yield Case(
        f"{name}_gray", lambda: file(picture(coded(_grays().convert("L"), codec))), shows(colours=_GRAYS)
    )
    for transfer, curve in ((PQ, "pq"), (HLG, "hlg")):
        yield Case(
            f"{name}_10_bit_{curve}",
            lambda transfer=transfer: file(
                picture(
                    coded_grays(tuple(hdr_values(transfer, 1023)), codec),
                    colours=colour_numbers(9, transfer, 9),
                )
            ),
            tone_mapped(),
        )
    tens = tuple((value[0] * 1023 // 255,) * 3 for value in _GRAYS)
    yield Case(f"{name}_10_bit", lambda: file(picture(coded_grays(tens, codec))), shows(colours=_GRAYS))


_GRAYS: tuple[Colour, ...] = ((60, 60, 60), (100, 100, 100), (140, 140, 140), (180, 180, 180))


def _grays() -> Image.Image:
    return quarters(colours=_GRAYS)


def _damaged(codec: bytes, name: str) -> Iterator[Case]:
    for percent in (30, 60, 90):
        yield Case(
            f"{name}_of_tiles_cut_at_{percent}_percent",
            lambda percent=percent: soft_tiled(codec)[: len(soft_tiled(codec)) * percent // 100],
            DAMAGED,
        )
    kind = Refused("unsupported_format", (name.upper(), "HEIF"))
    files: dict[str, tuple[Callable[[], bytes], Outcome]] = {
        "of_tiles_cut_by_10_bytes": (lambda: soft_tiled(codec)[:-10], DAMAGED),
        "cut_at_half_of_the_data": (lambda: file(_soft(codec))[: -len(_soft(codec).data) // 2], DAMAGED),
        "cut_in_its_head": (lambda: file(picture(plain(codec)))[:120], DAMAGED),
        "head_alone": (lambda: file(picture(plain(codec)))[:28], DAMAGED),
        "without_primary_item": (lambda: file(picture(plain(codec)), primary=None), DAMAGED),
        "primary_item_that_is_none": (lambda: file(picture(plain(codec)), primary=7), DAMAGED),
        "without_items": (lambda: file(primary=None, brands=(name.encode(), b"mif1")), DAMAGED),
        "without_decoder_settings": (
            lambda: file(Item(codec, plain(codec).data, [spatial_extents(SIZE)])),
            DAMAGED,
        ),
        "data_that_is_none": (
            lambda: file(picture(Coded(codec, plain(codec).settings, bytes(range(200)), SIZE))),
            DAMAGED,
        ),
        "tile_missing": (lambda: _tile_missing(codec), DAMAGED),
        "coded_by_vvc": (
            lambda: file(picture(Coded(b"vvc1", box(b"vvcC", bytes(20)), bytes(99), SIZE))),
            kind,
        ),
        "box_longer_than_the_file": (
            lambda: file(picture(plain(codec))).replace(b"mdat", b"\0" * 4) + box(b"mdat", length=0x7FFFFFFF),
            DAMAGED,
        ),
    }
    for suffix, (build, outcome) in files.items():
        also = (DAMAGED,) if suffix == "coded_by_vvc" else (kind,) if suffix in _OF_NO_KIND else ()
        yield Case(f"{name}_{suffix}", build, outcome, also=also)


_OF_NO_KIND = {"without_primary_item", "without_items", "without_decoder_settings", "head_alone"}


def _soft(codec: bytes) -> Item:
    return picture(coded(detailed(), codec))


def _tile_missing(codec: bytes) -> bytes:
    """Return a grid of two by one tiles, of which one item is not there."""
    tile = coded(quarters((_TILE_PX, _TILE_PX)), codec)
    whole, first, _ = grid([tile, tile], 2, (2 * _TILE_PX, _TILE_PX))
    return file(whole, first, brands=(b"heic", b"mif1") if codec == HEVC else (b"avif", b"mif1"))


def _bombs(codec: bytes, name: str) -> Iterator[Case]:
    too_complex, too_many = Refused("too_complex"), Refused("too_many_pixels")
    main = picture(plain(codec))
    exif = exif_item(b"")
    yield Case(f"{name}_of_10000_boxes", lambda: file(main, before_data=box(b"free") * 10_000), too_complex)
    yield Case(f"{name}_of_10000_items", lambda: file(main, *[exif] * 10_000), too_complex)
    yield Case(
        f"{name}_of_10000_boxes_in_its_head", lambda: file(main, more=box(b"free") * 10_000), too_complex
    )
    yield Case(
        f"{name}_of_5000_properties",
        lambda: file(
            main,
            Item(b"mime", b"", [full_box(b"ispe", struct.pack(">II", 1, n)) for n in range(250)]),
            more=_properties(5_000),
        ),
        too_complex,
        also=(DAMAGED,),
    )
    large = Coded(codec, plain(codec).settings, plain(codec).data, (30_000, 30_000))
    yield Case(f"{name}_claiming_30000_squared", lambda: file(picture(large)), too_many)
    yield Case(
        f"{name}_tiles_claiming_30000_squared",
        lambda: file(*grid([plain(codec)] * 4, 2, (30_000, 30_000)), brands=(name.encode(), b"mif1")),
        too_many,
        also=(DAMAGED,),
    )


def _properties(count: int) -> bytes:
    return box(b"iprp", box(b"ipco", box(b"free") * count) + full_box(b"ipma", bytes(4)))


def _animated() -> bytes:
    kept = io.BytesIO()
    second = quarters(colours=((0, 0, 0),) * 4)
    quarters().save(kept, "AVIF", save_all=True, append_images=[second], duration=100, quality=95)
    content = bytearray(kept.getvalue())
    for kind in (b"mvhd", b"tkhd", b"mdhd"):
        # The times of creation and change, of 8 bytes each in version 1 of these boxes.
        at = content.index(kind) + 8
        content[at : at + 16] = bytes(16)
    return bytes(content)


def cases() -> Iterator[Case]:
    """Return the cases."""
    for codec, name in CODECS:
        yield from _turned(codec, name)
        yield from _items(codec, name)
        yield from _colours(codec, name)
        yield from _damaged(codec, name)
        yield from _bombs(codec, name)
    yield Case("avif_animated", _animated, shows())
