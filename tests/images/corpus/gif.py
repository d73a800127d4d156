"""GIF files, which are made anew from their first frame."""

import struct
from collections.abc import Callable, Iterator, Sequence

from tests.images.corpus.case import Case, Colour, Refused
from tests.images.corpus.drawing import QUARTERS, SIZE, shows

DAMAGED = Refused("truncated")
TRAILER = b"\x3b"
_COLOURS = 128
_END_CODE, _CLEAR_CODE = 129, 128
_CODES_BETWEEN_CLEARS = 120
_BLOCK_BYTES = 255
_NOTHING: Colour = (0, 0, 0, 0)


def screen(
    size: tuple[int, int] = SIZE, *, background: int = 0, palette: Sequence[Colour] = QUARTERS
) -> bytes:
    """Return signature, screen descriptor and the global palette."""
    table = b"".join(bytes(colour) for colour in palette).ljust(3 * _COLOURS, b"\0")
    return b"GIF89a" + struct.pack("<HHBBB", *size, 0xF6, background, 0) + table


def blocks(data: bytes) -> bytes:
    """Return data in blocks with their lengths, and the empty block behind them."""
    pieces = [data[at : at + _BLOCK_BYTES] for at in range(0, len(data), _BLOCK_BYTES)]
    return b"".join(bytes([len(piece)]) + piece for piece in pieces) + b"\0"


def control(transparent: int | None = None, disposal: int = 0) -> bytes:
    """Return a graphic control extension."""
    flags = disposal << 2 | (transparent is not None)
    return b"\x21\xf9\x04" + struct.pack("<BHB", flags, 10, transparent or 0) + b"\0"


def image(
    numbers: Sequence[int] = (0, 1, 2, 3),
    size: tuple[int, int] = SIZE,
    offset: tuple[int, int] = (0, 0),
    *,
    interlaced: bool = False,
    share: float = 1,
) -> bytes:
    """Return an image of four quarters, given as numbers of colours, of which `share` of the pixels are coded.

    Codes of 8 bits with frequent clear codes need no dictionary (GIF89a, appendix F).
    """
    lines = [
        bytes([numbers[at]]) * (size[0] // 2) + bytes([numbers[at + 1]]) * (size[0] // 2)
        for at in [0] * (size[1] // 2) + [2] * (size[1] // 2)
    ]
    if interlaced:
        lines = [
            lines[y] for start, step in ((0, 8), (4, 8), (2, 4), (1, 2)) for y in range(start, size[1], step)
        ]
    pixels, codes = b"".join(lines)[: int(size[0] * size[1] * share)], b""
    for at in range(0, len(pixels), _CODES_BETWEEN_CLEARS):
        codes += bytes([_CLEAR_CODE]) + pixels[at : at + _CODES_BETWEEN_CLEARS]
    descriptor = b"\x2c" + struct.pack("<HHHHB", *offset, *size, 0x40 if interlaced else 0)
    return descriptor + b"\x07" + blocks(codes + bytes([_END_CODE]))


def extension(label: int, data: bytes = b"") -> bytes:
    """Return an extension."""
    return bytes([0x21, label]) + blocks(data)


LOOP = b"\x21\xff\x0bNETSCAPE2.0\x03\x01\0\0\0"
HALF = (SIZE[0] // 2, SIZE[1] // 2)


def _whole() -> Iterator[Case]:
    quarter = image((3, 3, 3, 3), HALF, HALF)
    covered = shows(colours=(_NOTHING, _NOTHING, _NOTHING, QUARTERS[3]))
    files: dict[str, tuple[Callable[[], bytes], object]] = {
        "plain": (lambda: screen() + image() + TRAILER, shows()),
        "interlaced": (lambda: screen() + image(interlaced=True) + TRAILER, shows()),
        "animated": (lambda: screen() + LOOP + image() + image((1, 1, 1, 1)) + TRAILER, shows()),
        "comment": (lambda: screen() + extension(0xFE, b"remark") + image() + TRAILER, shows()),
        "see_through": (
            lambda: screen() + control(2) + image() + TRAILER,
            shows(colours=(*QUARTERS[:2], _NOTHING, QUARTERS[3])),
        ),
        "first_frame_with_an_offset": (
            lambda: screen(background=2) + LOOP + quarter + image() + TRAILER,
            covered,
        ),
        "first_frame_with_an_offset_and_transparency": (
            lambda: screen(background=2) + LOOP + control(5) + quarter + image() + TRAILER,
            covered,
        ),
        "only_frame_with_an_offset": (lambda: screen(background=2) + quarter + TRAILER, covered),
        "without_trailer": (lambda: screen() + image(), shows()),
        "data_behind_trailer": (lambda: screen() + image() + TRAILER + b"appended", shows()),
        "second_frame_cut": (lambda: screen() + LOOP + image() + image()[:60], shows()),
    }
    for name, (build, outcome) in files.items():
        reading = _READINGS.get(name, "")
        yield Case(f"gif_{name}", build, outcome, also=_ALSO.get(name, ()), reading=reading)


_READINGS = {
    "first_frame_with_an_offset": "Viewers leave the background colour out: what no frame covers is see-through.",
    "without_trailer": "All coded data of the picture is there, so viewers show all of it.",
    "second_frame_cut": "The picture is the first frame, and that is whole; refusing the file is right as well.",
}
_ALSO = {"second_frame_cut": (DAMAGED,)}


def _damaged() -> Iterator[Case]:
    whole = screen() + image() + TRAILER
    files = {
        "cut_in_header": whole[:9],
        "cut_in_palette": whole[:100],
        "cut_before_image": screen(),
        "without_image": screen() + TRAILER,
        "cut_at_half_of_the_data": whole[: len(screen()) + 10 + len(image()) // 2],
        "cut_at_its_last_block": whole[:-60],
        "of_no_size": screen((0, 0)) + image((0, 0, 0, 0), (0, 0)) + TRAILER,
        "data_ended_early": screen()
        + image()[:11]
        + blocks(image()[12:2000].replace(b"\xff", b""))
        + TRAILER,
    }
    for name, content in files.items():
        also = (Refused("too_small"),) if name == "of_no_size" else ()
        yield Case(f"gif_{name}", lambda content=content: content, DAMAGED, also=also)


def _bombs() -> Iterator[Case]:
    too_complex = Refused("too_complex")
    yield Case(
        "gif_of_10000_extensions",
        lambda: screen() + extension(0xFE) * 10_000 + image() + TRAILER,
        too_complex,
    )
    yield Case(
        "gif_of_10000_frames",
        lambda: screen() + image() + image((1, 1, 1, 1), (2, 2)) * 10_000 + TRAILER,
        shows(),
        also=(too_complex,),
        reading="The picture is the first frame, behind which nothing has to be read.",
    )
    yield Case(
        "gif_claiming_30000_squared",
        lambda: screen((30_000, 30_000)) + image() + TRAILER,
        Refused("too_many_pixels"),
    )
    yield Case(
        "gif_frame_claiming_30000_squared",
        lambda: screen() + image()[:5] + struct.pack("<HH", 30_000, 30_000) + image()[9:] + TRAILER,
        Refused("too_many_pixels"),
        also=(DAMAGED,),
    )


def cases() -> Iterator[Case]:
    """Return the cases."""
    yield from _whole()
    yield from _damaged()
    yield from _bombs()
