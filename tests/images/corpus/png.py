"""PNG files: what passes, what is stripped or made anew, what is damaged, and what is a bomb."""

import io
import struct
import zlib
from collections.abc import Iterator, Sequence
from functools import cache, partial
from typing import Any

from PIL import Image

from tests.images.corpus import private, profiles
from tests.images.corpus.case import Case, Colour, Patch, Passes, Refused, Stripped, patch
from tests.images.corpus.drawing import CENTRES, QUARTERS, SIZE, detailed, quarters, shows, stored
from tests.images.corpus.case import MadeAnew

SIGNATURE = b"\x89PNG\r\n\x1a\n"
DAMAGED = Refused("truncated")
COMPLEX = Refused("too_complex")
_GRAY, _RGB, _GRAY_ALPHA, _RGBA = 0, 2, 4, 6
_SEE_THROUGH: tuple[Colour, ...] = ((200, 60, 50, 255), (60, 160, 80, 128), (50, 80, 180, 0), (230, 210, 90, 255))


def chunk(kind: bytes, data: bytes = b"", *, crc: int | None = None, length: int | None = None) -> bytes:
    """Return a chunk, with its own checksum and length unless others are given."""
    right = zlib.crc32(kind + data) if crc is None else crc
    return struct.pack(">I", len(data) if length is None else length) + kind + data + struct.pack(">I", right)


END = chunk(b"IEND")


def header(size: tuple[int, int], depth: int = 8, colour: int = _RGB, interlace: int = 0) -> bytes:
    """Return an IHDR chunk."""
    return chunk(b"IHDR", struct.pack(">IIBBBBB", *size, depth, colour, 0, 0, interlace))


def encoded(picture: Image.Image, **options: Any) -> bytes:
    """Return a picture as Pillow encodes it."""
    file = io.BytesIO()
    picture.save(file, "PNG", **options)
    return file.getvalue()


@cache
def plain() -> bytes:
    """Return the quarters as a PNG of IHDR, IDAT and IEND."""
    return encoded(quarters())


@cache
def soft() -> bytes:
    """Return a picture of detail, most of whose bytes are coded data."""
    return encoded(detailed())


def before_data(png: bytes, *chunks: bytes) -> bytes:
    """Put chunks before the first IDAT."""
    at = png.index(b"IDAT") - 4
    return png[:at] + b"".join(chunks) + png[at:]


def before_end(png: bytes, *chunks: bytes) -> bytes:
    """Put chunks before IEND."""
    return png.removesuffix(END) + b"".join(chunks) + END


def rows(samples: Sequence[Sequence[int]], size: tuple[int, int], depth: int) -> bytes:
    """Return the compressed rows of four quarters of raw samples of 8 or 16 bits."""
    width, height = size
    packed = [struct.pack(">" + ("B" if depth == 8 else "H") * len(place), *place) for place in samples]
    upper, lower = (b"\0" + packed[at] * (width // 2) + packed[at + 1] * (width // 2) for at in (0, 2))
    return zlib.compress(upper * (height // 2) + lower * (height // 2))


def of_samples(samples: Sequence[Sequence[int]], depth: int, colour: int, *chunks: bytes) -> bytes:
    """Return a PNG of four quarters of raw samples."""
    return SIGNATURE + header(SIZE, depth, colour) + b"".join(chunks) + chunk(b"IDAT", rows(samples, SIZE, depth)) + END


def deep(colours: Sequence[Colour], colour: int, *chunks: bytes) -> bytes:
    """Return a PNG of 16 bits a sample."""
    return of_samples([tuple(value * 257 for value in place) for place in colours], 16, colour, *chunks)


def profile_chunk(profile: bytes) -> bytes:
    """Return an iCCP chunk."""
    return chunk(b"iCCP", b"ICC\0\0" + zlib.compress(profile))


def _interlaced() -> bytes:
    """Return the quarters by Adam7, whose seven passes each have the quarters' own proportions."""
    passes = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
    picture, data = quarters(), b""
    for left, top, step_x, step_y in passes:
        for y in range(top, SIZE[1], step_y):
            data += b"\0" + b"".join(bytes(picture.getpixel((x, y))) for x in range(left, SIZE[0], step_x))
    return SIGNATURE + header(SIZE, interlace=1) + chunk(b"IDAT", zlib.compress(data)) + END


def _passing() -> Iterator[Case]:
    palette = quarters().quantize(8)
    pictures = {
        "plain": plain,
        "soft": soft,
        "palette": lambda: encoded(palette),
        "palette_with_transparency": lambda: encoded(palette, transparency=bytes([255, 0, 128, 255])),
        "palette_of_2_bits": lambda: encoded(quarters().quantize(4), bits=2),
        "colour_key": lambda: encoded(quarters(), transparency=QUARTERS[2]),
        "gray": lambda: encoded(quarters().convert("L")),
        "black_and_white": lambda: encoded(quarters().convert("1", dither=Image.Dither.NONE)),
        "gray_and_alpha": lambda: encoded(quarters(colours=_SEE_THROUGH, mode="RGBA").convert("LA")),
        "alpha": lambda: encoded(quarters(colours=_SEE_THROUGH, mode="RGBA")),
        "interlaced": _interlaced,
        "in_display_p3": lambda: before_data(encoded(quarters(colours=p3_colours())), profile_chunk(profiles.display_p3())),
        "gamma_and_srgb_and_density": lambda: before_data(
            plain(),
            chunk(b"gAMA", struct.pack(">I", 45455)),
            chunk(b"sRGB", b"\0"),
            chunk(b"pHYs", struct.pack(">IIB", 2835, 2835, 1)),
        ),
        "2000_pieces_of_data": lambda: in_pieces(2000),
    }
    for name, build in pictures.items():
        yield Case(f"png_{name}", build, Passes())


def p3_colours() -> tuple[Colour, ...]:
    """Return the quarters' values in Display P3."""
    return tuple(map(profiles.in_display_p3, QUARTERS))


def in_pieces(count: int) -> bytes:
    """Return a PNG whose coded data is in so many IDAT chunks, as libpng splits a large picture."""
    data = rows(QUARTERS, SIZE, 8) if count > 4000 else _data_of(soft())
    size = max(1, len(data) // count)
    pieces = [data[at : at + size] for at in range(0, len(data), size)]
    # What is missing to the number are empty pieces, which are valid.
    pieces += [b""] * (count - len(pieces))
    size_px = SIZE if count > 4000 else (160, 120)
    return SIGNATURE + header(size_px) + b"".join(chunk(b"IDAT", piece) for piece in pieces) + END


def _data_of(png: bytes) -> bytes:
    at, data = len(SIGNATURE), b""
    while at < len(png):
        length = int.from_bytes(png[at : at + 4], "big")
        if png[at + 4 : at + 8] == b"IDAT":
            data += png[at + 8 : at + 8 + length]
        at += 12 + length
    return data


def _stripped() -> Iterator[Case]:
    text = chunk(b"tEXt", b"Comment\0" + private.COMMENT)
    chunks = {
        "text": text,
        "compressed_text": chunk(b"zTXt", b"Comment\0\0" + zlib.compress(private.COMMENT)),
        "international_text": chunk(b"iTXt", b"Comment\0\0\0\0\0" + private.COMMENT),
        "xmp": chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + private.XMP),
        "exif_gps": chunk(b"eXIf", private.exif(place=True, camera=True)),
        "exif_orientation_1": chunk(b"eXIf", private.exif(1, camera=True)),
        "time": chunk(b"tIME", struct.pack(">HBBBBB", 2026, 1, 2, 3, 4, 5)),
        "unknown_chunk": chunk(b"prVt", private.MAKER),
        "100_texts": text * 100,
        "raw_profile_exif": chunk(b"zTXt", b"Raw profile type exif\0\0" + zlib.compress(_raw_profile())),
        "text_of_10_MB": chunk(b"tEXt", b"Comment\0" + b"x" * 10_000_000),
    }
    gone = {"compressed_text": (b"zTXt",), "raw_profile_exif": (b"zTXt",), "xmp": (b"iTXt",), "time": (b"tIME",)}
    for name, part in chunks.items():
        yield Case(f"png_{name}", lambda part=part: before_data(plain(), part), Stripped(gone=gone.get(name, ())))
    yield Case("png_text_behind_data", lambda: before_end(plain(), text), Stripped())
    yield Case("png_data_behind_end", lambda: plain() + b"appended", Stripped())
    yield Case("png_second_png_behind_end", lambda: plain() + before_data(plain(), text), Stripped())
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


def _raw_profile() -> bytes:
    """Return EXIF as ImageMagick puts it into text."""
    block = b"Exif\0\0" + private.exif(place=True)
    return b"\nexif\n" + str(len(block)).encode().rjust(8) + b"\n" + block.hex().encode() + b"\n"


@cache
def zlib_bomb() -> bytes:
    """Return 300 kB that become 300 MB."""
    packer = zlib.compressobj(9)
    million = bytes(1_000_000)
    return b"".join(packer.compress(million) for _ in range(300)) + packer.flush()


def _made_anew() -> Iterator[Case]:
    yield Case("png_16_bit_rgb", lambda: deep(QUARTERS, _RGB), shows())
    yield Case("png_16_bit_rgba", lambda: deep(_SEE_THROUGH, _RGBA), shows(colours=_SEE_THROUGH))
    grays = ((60,), (100,), (140,), (180,))
    yield Case("png_16_bit_gray", lambda: deep(grays, _GRAY), shows(colours=tuple(gray * 3 for gray in grays)))
    veiled = tuple((*gray, alpha) for gray, alpha in zip(grays, (255, 128, 0, 255), strict=True))
    yield Case(
        "png_16_bit_gray_and_alpha",
        lambda: deep(veiled, _GRAY_ALPHA),
        shows(colours=tuple((gray, gray, gray, alpha) for gray, alpha in veiled)),
    )
    yield Case(
        "png_16_bit_in_display_p3",
        lambda: deep(p3_colours(), _RGB, profile_chunk(profiles.display_p3())),
        shows(),
    )
    for orientation in range(2, 9):
        yield Case(
            f"png_orientation_{orientation}",
            lambda orientation=orientation: before_data(
                encoded(stored(quarters(), orientation)), chunk(b"eXIf", private.exif(orientation))
            ),
            shows(),
            reading="Browsers turn a PNG by an eXIf chunk before its data, as they turn JPEG.",
        )
    yield Case("png_display_p3_turned", _p3_turned, shows())
    yield Case("png_palette_with_transparency_turned", _palette_turned, shows(colours=_SEE_THROUGH))
    yield from _hdr()
    yield Case("apng_default_image_is_no_frame", partial(animated, default=True), shows(colours=_framed()))
    yield Case(
        "apng",
        partial(animated, default=False),
        Stripped(gone=(b"acTL", b"fdAT")),
        reading="The first frame is the default image, so the rest of the animation can be taken away.",
    )


def _p3_turned() -> bytes:
    png = encoded(stored(quarters(colours=p3_colours()), 6))
    return before_data(png, profile_chunk(profiles.display_p3()), chunk(b"eXIf", private.exif(6)))


def _palette_turned() -> bytes:
    opaque = stored(quarters(), 6)
    palette = opaque.quantize(4)
    alphas = {colour[:3]: colour[3] for colour in _SEE_THROUGH}
    held = palette.getpalette() or []
    transparency = bytes(alphas[tuple(held[at : at + 3])] for at in range(0, 12, 3))
    return before_data(encoded(palette, transparency=transparency), chunk(b"eXIf", private.exif(6)))


PQ, HLG = 16, 18
_NITS = (0.0, 50.0, 203.0, 1000.0)


def pq(nits: float) -> float:
    """Return the value, from 0 to 1, of a luminance by SMPTE ST 2084."""
    power = (nits / 10_000) ** 0.1593017578125
    return ((0.8359375 + 18.8515625 * power) / (1 + 18.6875 * power)) ** 78.84375


def hlg(nits: float) -> float:
    """Return the value, from 0 to 1, of a gray of this luminance on an HLG display of 1,000 cd/m² (BT.2100)."""
    scene = (nits / 1000) ** (1 / 1.2)
    if scene <= 1 / 12:
        return (3 * scene) ** 0.5
    return 0.17883277 * _ln(12 * scene - 0.28466892) + 0.55991073


def _ln(value: float) -> float:
    from math import log  # noqa: PLC0415

    return log(value)


def tone_mapped() -> MadeAnew:
    """Return the outcome for four grays of 0, 50, 203 and 1,000 cd/m² in an HDR file.

    How highlights are pressed together is open. Black stays black, 203 cd/m² (white paper, ITU-R BT.2408) is light,
    1,000 is at least as light as white paper may be, and 50 is between.
    """
    bounds = ((0, 12), (70, 190), (175, 255), (225, 255))
    seen = tuple(
        Patch(x, y, (low, low, low), (high, high, high)) for (x, y), (low, high) in zip(CENTRES, bounds, strict=True)
    )
    return MadeAnew(*SIZE, seen)


def hdr_values(transfer: int, most: int) -> list[Colour]:
    """Return raw samples of the four grays that `tone_mapped` expects."""
    curve = pq if transfer == PQ else hlg
    return [(round(most * curve(nits)),) * 3 for nits in _NITS]


def _hdr() -> Iterator[Case]:
    for transfer, name in ((PQ, "pq"), (HLG, "hlg")):
        tag = chunk(b"cICP", bytes([9, transfer, 0, 1]))
        yield Case(
            f"png_16_bit_{name}",
            lambda transfer=transfer, tag=tag: of_samples(hdr_values(transfer, 65535), 16, _RGB, tag),
            tone_mapped(),
        )
    yield Case(
        "png_8_bit_pq",
        lambda: of_samples(hdr_values(PQ, 255), 8, _RGB, chunk(b"cICP", bytes([9, PQ, 0, 1]))),
        tone_mapped(),
        reading="A person sees HDR; a reader without cICP would see a flat and gray picture.",
    )
    yield Case(
        "png_8_bit_display_p3_by_cicp",
        lambda: of_samples(p3_colours(), 8, _RGB, chunk(b"cICP", bytes([12, 13, 0, 1]))),
        shows(),
        also=(Stripped(kept=(b"cICP",)), Passes()),
        reading="The tag is a profile in four bytes, so it may stay with its pixels.",
    )


def _framed() -> tuple[Colour, ...]:
    """Return what the first frame of `animated` shows: nothing but the lower right quarter."""
    return ((0, 0, 0, 0), (0, 0, 0, 0), (0, 0, 0, 0), QUARTERS[3])


def animated(*, default: bool) -> bytes:
    """Return an animated PNG of two frames.

    Args:
        default: True if the IDAT is a picture of its own, for readers without animation, and no frame.
    """
    half = (SIZE[0] // 2, SIZE[1] // 2)
    whole = rows([(*colour, 255) for colour in QUARTERS], SIZE, 8)
    part = rows([(*QUARTERS[3], 255)] * 4, half, 8)
    parts: list[bytes] = [chunk(b"acTL", struct.pack(">II", 2, 0))]
    number = 0
    if not default:
        parts.append(_frame_control(number, SIZE, (0, 0)))
        number += 1
    parts.append(chunk(b"IDAT", whole))
    for _ in range(2 if default else 1):
        parts.append(_frame_control(number, half, half))
        parts.append(chunk(b"fdAT", struct.pack(">I", number + 1) + part))
        number += 2
    return SIGNATURE + header(SIZE, colour=_RGBA) + b"".join(parts) + END


def _frame_control(number: int, size: tuple[int, int], offset: tuple[int, int]) -> bytes:
    return chunk(b"fcTL", struct.pack(">IIIIIHHBB", number, *size, *offset, 1, 10, 0, 0))


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
        "data_longer_than_the_file": SIGNATURE + header(SIZE) + chunk(b"IDAT", whole, length=0x7FFFFFFF) + END,
        "text_longer_than_the_file": before_data(plain(), chunk(b"tEXt", b"a\0b", length=0x7FFFFFFF)),
        "length_beyond_31_bits": before_data(plain(), chunk(b"tEXt", b"a\0b", length=0xFFFFFFFF)),
        "of_no_size": SIGNATURE + header((0, 0)) + chunk(b"IDAT", whole) + END,
        "palette_missing": SIGNATURE + header(SIZE, colour=3) + chunk(b"IDAT", whole) + END,
        "impossible_depth": SIGNATURE + header(SIZE, depth=3) + chunk(b"IDAT", whole) + END,
        "signature_alone": SIGNATURE,
        "first_chunk_is_no_header": SIGNATURE + chunk(b"IDAT", whole) + header(SIZE) + END,
    }
    for name, content in files.items():
        yield Case(f"png_{name}", lambda content=content: content, DAMAGED, also=_TOO_SMALL if name == "of_no_size" else ())
    for percent in (10, 50, 90):
        yield Case(
            f"png_cut_at_{percent}_percent", lambda percent=percent: soft()[: len(soft()) * percent // 100], DAMAGED
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
    yield Case("png_of_10000_chunks_behind_data", lambda: before_end(plain(), chunk(b"prVt") * 10_000), COMPLEX)


def claiming(size: tuple[int, int]) -> bytes:
    """Return a PNG whose header claims a size that its data has not."""
    return SIGNATURE + header(size) + chunk(b"IDAT", zlib.compress(bytes(1000))) + END


def cases() -> Iterator[Case]:
    """Return the cases."""
    yield from _passing()
    yield from _stripped()
    yield from _made_anew()
    yield from _damaged()
    yield from _bombs()
