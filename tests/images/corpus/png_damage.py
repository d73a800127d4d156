"""PNG files that are damaged, of a kind that nobody decodes, or bombs."""

import zlib
from collections.abc import Iterator
from functools import cache

from tests.images.corpus import private
from tests.images.corpus.case import Case, Refused, Stripped
from tests.images.corpus.drawing import QUARTERS, SIZE
from tests.images.corpus.png_parts import (
    END,
    SIGNATURE,
    before_data,
    before_end,
    chunk,
    claiming,
    header,
    in_pieces,
    plain,
    rows,
    soft,
)

DAMAGED = Refused("truncated")
COMPLEX = Refused("too_complex")


@cache
def zlib_bomb() -> bytes:
    """Return 90 kB that become 90 MB."""
    packer = zlib.compressobj(9)
    million = bytes(1_000_000)
    return b"".join(packer.compress(million) for _ in range(90)) + packer.flush()


def _doubtful() -> Iterator[Case]:
    yield Case(
        "png_without_end_chunk",
        lambda: plain().removesuffix(END),
        Stripped(),
        reading="All coded data is there, so browsers show all of it. The end chunk has to be added.",
    )
    yield Case(
        "png_text_with_a_wrong_checksum",
        lambda: before_data(plain(), chunk(b"tEXt", b"Comment\0" + private.COMMENT, crc=1)),
        Stripped(),
        also=(DAMAGED,),
        reading="Browsers pass over a text chunk, whatever its checksum; strict readers refuse the file.",
    )
    yield Case(
        "png_profile_that_is_a_bomb",
        lambda: before_data(plain(), chunk(b"iCCP", b"ICC\0\0" + zlib_bomb())),
        Stripped(),
        also=(COMPLEX, DAMAGED),
        reading="Browsers show the picture without its profile; refusing the attack is right as well.",
    )
    for name, head in (("compressed_text", b"Comment\0\0"), ("international_text", b"Comment\0\1\0\0\0")):
        kind = b"zTXt" if name == "compressed_text" else b"iTXt"
        yield Case(
            f"png_{name}_that_is_a_bomb",
            lambda kind=kind, head=head: before_data(plain(), chunk(kind, head + zlib_bomb())),
            Stripped(gone=(kind,)),
            also=(COMPLEX,),
            reading="Text is dropped without a look at it; refusing the attack is right as well.",
        )


def _damaged() -> Iterator[Case]:
    short = zlib.compress(zlib.decompress(rows(QUARTERS, SIZE, 8))[:5000])
    whole = rows(QUARTERS, SIZE, 8)
    files = {
        "without_picture_data": SIGNATURE + header(SIZE) + END,
        "with_empty_data": SIGNATURE + header(SIZE) + chunk(b"IDAT") + END,
        "data_too_short": SIGNATURE + header(SIZE) + chunk(b"IDAT", short) + END,
        "data_cut_within_deflate": SIGNATURE + header(SIZE) + chunk(b"IDAT", whole[:30]) + END,
        "data_is_no_deflate": SIGNATURE + header(SIZE) + chunk(b"IDAT", bytes(range(200))) + END,
        "data_with_a_wrong_checksum": SIGNATURE + header(SIZE) + chunk(b"IDAT", whole, crc=1) + END,
        "header_with_a_wrong_checksum": plain().replace(plain()[29:33], b"\0\0\0\0", 1),
        "data_longer_than_the_file": SIGNATURE
        + header(SIZE)
        + chunk(b"IDAT", whole, length=0x7FFFFFFF)
        + END,
        "text_longer_than_the_file": before_data(plain(), chunk(b"tEXt", b"a\0b", length=0x7FFFFFFF)),
        "length_beyond_31_bits": before_data(plain(), chunk(b"tEXt", b"a\0b", length=0xFFFFFFFF)),
        "of_no_size": SIGNATURE + header((0, 0)) + chunk(b"IDAT", whole) + END,
        "palette_missing": SIGNATURE + header(SIZE, colour=3) + chunk(b"IDAT", whole) + END,
        "impossible_depth": SIGNATURE + header(SIZE, depth=3) + chunk(b"IDAT", whole) + END,
        "signature_alone": SIGNATURE,
        "first_chunk_is_no_header": SIGNATURE + chunk(b"IDAT", whole) + header(SIZE) + END,
    }
    for name, content in files.items():
        yield Case(
            f"png_{name}",
            lambda content=content: content,
            DAMAGED,
            also=_TOO_SMALL if name == "of_no_size" else (),
        )
    for percent in (10, 50, 90):
        yield Case(
            f"png_cut_at_{percent}_percent",
            lambda percent=percent: soft()[: len(soft()) * percent // 100],
            DAMAGED,
        )
    yield Case("png_cut_by_20_bytes", lambda: soft()[:-20], DAMAGED)
    yield Case("png_for_iphones", _for_iphones, Refused("unsupported_format", ("PNG",)), also=(DAMAGED,))


_TOO_SMALL = (Refused("too_small"),)


def _for_iphones() -> bytes:
    """Return a PNG as Apple packs it into apps: a chunk CgBI and deflate without a head. No browser shows it."""
    raw = zlib.compress(zlib.decompress(rows(QUARTERS, SIZE, 8)))[2:-4]
    return SIGNATURE + chunk(b"CgBI", b"\x50\0\x20\2") + header(SIZE) + chunk(b"IDAT", raw) + END


def _bombs() -> Iterator[Case]:
    yield Case("png_claiming_30000_squared", lambda: claiming((30_000, 30_000)), Refused("too_many_pixels"))
    yield Case("png_claiming_the_most", lambda: claiming((2**31 - 1, 2**31 - 1)), Refused("too_many_pixels"))
    yield Case("png_of_10000_pieces_of_data", lambda: in_pieces(10_000), COMPLEX)
    text = chunk(b"tEXt", b"a\0")
    yield Case("png_of_10000_texts", lambda: before_data(plain(), text * 10_000), COMPLEX)
    yield Case(
        "png_of_10000_chunks_behind_data", lambda: before_end(plain(), chunk(b"prVt") * 10_000), COMPLEX
    )


def cases() -> Iterator[Case]:
    """Return the cases."""
    yield from _doubtful()
    yield from _damaged()
    yield from _bombs()
