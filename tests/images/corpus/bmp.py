"""BMP files, which are made anew, and variants that are not decoded."""

import struct
from collections.abc import Callable, Iterator, Sequence

from tests.images.corpus.case import Case, Colour, Outcome, Refused
from tests.images.corpus.drawing import QUARTERS, SIZE, shows
from tests.images.corpus.jpeg_parts import plain as plain_jpeg

DAMAGED = Refused("truncated")
_RGB, _RLE8, _RLE4, _FIELDS, _JPEG, _PNG = 0, 1, 2, 3, 4, 5
_FILE_HEAD_BYTES = 14
_SEE_THROUGH: tuple[Colour, ...] = (
    (200, 60, 50, 255),
    (60, 160, 80, 128),
    (50, 80, 180, 0),
    (230, 210, 90, 255),
)


def file(
    data: bytes,
    bits: int,
    *,
    compression: int = _RGB,
    palette: bytes = b"",
    size: tuple[int, int] = SIZE,
    more: bytes = b"",
) -> bytes:
    """Return a BMP with a header of Windows.

    Args:
        data: The rows.
        bits: Bits of a pixel.
        compression: Kind of coding.
        palette: The palette, or what else stands between header and rows.
        size: Width and height; a negative height means rows from the top.
        more: Rest of the header in versions 4 and 5.
    """
    info_bytes = 40 + len(more)
    colours = len(palette) // 4 if bits <= 8 else 0
    info = struct.pack(
        "<IiiHHIIiiII", info_bytes, *size, 1, bits, compression, len(data), 2835, 2835, colours, 0
    )
    at = _FILE_HEAD_BYTES + info_bytes + len(palette)
    return b"BM" + struct.pack("<IHHI", at + len(data), 0, 0, at) + info + more + palette + data


def rows(values: Sequence[bytes], *, from_top: bool = False) -> bytes:
    """Return rows of four quarters, each padded to four bytes, from the bottom unless `from_top`."""
    half = SIZE[0] // 2
    upper, lower = values[0] * half + values[1] * half, values[2] * half + values[3] * half
    lines = [line + bytes(-len(line) % 4) for line in [upper] * (SIZE[1] // 2) + [lower] * (SIZE[1] // 2)]
    return b"".join(lines if from_top else reversed(lines))


def nibbles(values: Sequence[int], per_byte: int, bits: int) -> bytes:
    """Return rows of four quarters with several pixels in a byte."""
    packed = []
    for value in values:
        whole = 0
        for _ in range(per_byte):
            whole = whole << bits | value
        packed.append(bytes([whole]) * (SIZE[0] // 2 // per_byte))
    upper, lower = packed[0] + packed[1], packed[2] + packed[3]
    lines = [line + bytes(-len(line) % 4) for line in [upper] * (SIZE[1] // 2) + [lower] * (SIZE[1] // 2)]
    return b"".join(reversed(lines))


def _bgr(colours: Sequence[Colour], alpha: Sequence[int] | None = None) -> list[bytes]:
    fourth = [b"" if alpha is None else bytes([value]) for value in (alpha or [0] * 4)]
    return [bytes(reversed(colour[:3])) + last for colour, last in zip(colours, fourth, strict=True)]


PALETTE = b"".join(_bgr(QUARTERS, [0, 0, 0, 0]))
_MASKS = struct.pack("<4I", 0xFF0000, 0xFF00, 0xFF, 0xFF000000)
_V5 = _MASKS + b"BGRs" + bytes(36 + 12) + struct.pack("<4I", 4, 0, 0, 0)


def _run_lengths() -> bytes:
    """Return the quarters as RLE8: two runs and an end of line for each row, from the bottom."""
    half = SIZE[0] // 2
    lower, upper = (bytes([half, at, half, at + 1, 0, 0]) for at in (2, 0))
    return lower * (SIZE[1] // 2) + upper * (SIZE[1] // 2) + b"\0\1"


def _run_lengths_of_4_bits() -> bytes:
    half = SIZE[0] // 2
    lower, upper = (bytes([half, at * 17, half, (at + 1) * 17, 0, 0]) for at in (2, 0))
    return lower * (SIZE[1] // 2) + upper * (SIZE[1] // 2) + b"\0\1"


def _os2() -> bytes:
    """Return a file with the header of OS/2, whose palette has three bytes a colour."""
    info = struct.pack("<IHHHH", 12, *SIZE, 1, 8)
    palette = b"".join(_bgr(QUARTERS)).ljust(3 * 256, b"\0")
    data = rows([bytes([at]) for at in range(4)])
    at = _FILE_HEAD_BYTES + len(info) + len(palette)
    return b"BM" + struct.pack("<IHHI", at + len(data), 0, 0, at) + info + palette + data


def plain() -> bytes:
    """Return the quarters with 24 bits a pixel."""
    return file(rows(_bgr(QUARTERS)), 24)


def _of_16_bits(masks: bytes, shifts: tuple[int, int, int], keep: tuple[int, int, int]) -> bytes:
    values = []
    for colour in QUARTERS:
        number = sum(
            (part >> (8 - bits)) << shift for part, shift, bits in zip(colour, shifts, keep, strict=True)
        )
        values.append(struct.pack("<H", number))
    return file(rows(values), 16, compression=_FIELDS if masks else _RGB, palette=masks)


def _whole() -> Iterator[Case]:
    numbers = [bytes([at]) for at in range(4)]
    alphas = [colour[3] for colour in _SEE_THROUGH]
    dark_and_light = ((0, 0, 0), (255, 255, 255), (255, 255, 255), (0, 0, 0))
    files: dict[str, tuple[Callable[[], bytes], Outcome]] = {
        "24_bits": (plain, shows()),
        "32_bits": (lambda: file(rows(_bgr(QUARTERS, [0] * 4)), 32), shows()),
        "32_bits_with_alpha": (
            lambda: file(rows(_bgr(_SEE_THROUGH, alphas)), 32, compression=_FIELDS, more=_V5),
            shows(colours=_SEE_THROUGH),
        ),
        "palette": (lambda: file(rows(numbers), 8, palette=PALETTE), shows()),
        "palette_of_4_bits": (lambda: file(nibbles(range(4), 2, 4), 4, palette=PALETTE), shows()),
        "1_bit": (
            lambda: file(nibbles((0, 1, 1, 0), 8, 1), 1, palette=bytes(4) + b"\xff\xff\xff\0"),
            shows(colours=dark_and_light),
        ),
        "run_lengths": (lambda: file(_run_lengths(), 8, compression=_RLE8, palette=PALETTE), shows()),
        "run_lengths_of_4_bits": (
            lambda: file(_run_lengths_of_4_bits(), 4, compression=_RLE4, palette=PALETTE),
            shows(),
        ),
        "from_top": (
            lambda: file(rows(_bgr(QUARTERS), from_top=True), 24, size=(SIZE[0], -SIZE[1])),
            shows(),
        ),
        "os2": (_os2, shows()),
        # Five bits hold a colour to within 8 of 255.
        "16_bits": (lambda: _of_16_bits(b"", (10, 5, 0), (5, 5, 5)), shows(tolerance=9)),
        "16_bits_565": (
            lambda: _of_16_bits(struct.pack("<3I", 0xF800, 0x7E0, 0x1F), (11, 5, 0), (5, 6, 5)),
            shows(tolerance=9),
        ),
        "data_behind_end": (lambda: plain() + b"appended", shows()),
        "size_in_header_wrong": (lambda: plain()[:2] + bytes(4) + plain()[6:], shows()),
    }
    for name, (build, outcome) in files.items():
        yield Case(f"bmp_{name}", build, outcome, reading=_READINGS.get(name, ""))


_READINGS = {
    "32_bits": "Without a mask the fourth byte means nothing; taken for alpha the picture would be invisible.",
    "size_in_header_wrong": "Viewers do not mind the file's length in its first bytes.",
}


def _refused() -> Iterator[Case]:
    for percent in (10, 50, 90):
        yield Case(
            f"bmp_cut_at_{percent}_percent",
            lambda percent=percent: plain()[: len(plain()) * percent // 100],
            DAMAGED,
        )
    yield Case(
        "bmp_run_lengths_cut",
        lambda: file(_run_lengths()[:100], 8, compression=_RLE8, palette=PALETTE),
        DAMAGED,
    )
    yield Case("bmp_cut_in_header", lambda: plain()[:30], DAMAGED)
    kind = Refused("unsupported_format", ("BMP",))
    yield Case("bmp_with_jpeg_inside", lambda: file(plain_jpeg(), 0, compression=_JPEG), kind)
    yield Case("bmp_with_png_inside", lambda: file(b"\x89PNG\r\n\x1a\n", 0, compression=_PNG), kind)
    yield Case(
        "bmp_of_unknown_coding", lambda: file(rows(_bgr(QUARTERS)), 24, compression=99), kind, also=(DAMAGED,)
    )
    yield Case(
        "bmp_claiming_30000_squared",
        lambda: file(bytes(1000), 24, size=(30_000, 30_000)),
        Refused("too_many_pixels"),
    )
    yield Case("bmp_of_no_size", lambda: file(b"", 24, size=(0, 0)), DAMAGED, also=(Refused("too_small"),))


def cases() -> Iterator[Case]:
    """Return the cases."""
    yield from _whole()
    yield from _refused()
