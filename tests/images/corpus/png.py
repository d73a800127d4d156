"""PNG files: what passes, what is stripped or made anew, what is damaged, and what is a bomb."""

import io
import struct
import zlib
from collections.abc import Iterator
from functools import partial

from PIL import Image

from tests.images.corpus import private, profiles
from tests.images.corpus.case import Case, Colour, Passes, Stripped
from tests.images.corpus.drawing import CENTRES, QUARTERS, SIZE, quarters, shows, stored
from tests.images.corpus.hdr import HLG, PQ, hdr_values, tone_mapped
from tests.images.corpus.png_parts import (
    END,
    GRAY,
    GRAY_ALPHA,
    RGB,
    RGBA,
    SIGNATURE,
    animated,
    before_data,
    before_end,
    chunk,
    deep,
    encoded,
    header,
    in_pieces,
    of_samples,
    p3_colours,
    plain,
    profile_chunk,
    soft,
)

_SEE_THROUGH: tuple[Colour, ...] = (
    (200, 60, 50, 255),
    (60, 160, 80, 128),
    (50, 80, 180, 0),
    (230, 210, 90, 255),
)


def _interlaced() -> bytes:
    """Return the quarters by Adam7, whose seven passes each have the quarters' own proportions."""
    passes = (
        (0, 0, 8, 8),
        (4, 0, 8, 8),
        (0, 4, 4, 8),
        (2, 0, 4, 4),
        (0, 2, 2, 4),
        (1, 0, 2, 2),
        (0, 1, 1, 2),
    )
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
        "palette_of_2_bits": lambda: encoded(quarters().quantize(4), bits=2),
        "gray": lambda: encoded(quarters().convert("L")),
        "black_and_white": lambda: encoded(quarters().convert("1", dither=Image.Dither.NONE)),
        "gray_and_alpha_that_hides_nothing": lambda: encoded(quarters(mode="RGBA").convert("LA")),
        "alpha_that_hides_nothing": lambda: encoded(quarters(mode="RGBA")),
        "interlaced": _interlaced,
        "in_display_p3": lambda: before_data(
            encoded(quarters(colours=p3_colours())), profile_chunk(profiles.display_p3())
        ),
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


def _see_through() -> Iterator[Case]:
    veiled = quarters(colours=_SEE_THROUGH, mode="RGBA")
    palette = quarters().quantize(8)
    pictures = {
        "palette_with_transparency": lambda: encoded(palette, transparency=bytes([255, 0, 128, 255])),
        "colour_key": lambda: encoded(quarters(), transparency=QUARTERS[2]),
        "gray_and_alpha": lambda: encoded(veiled.convert("LA")),
        "alpha": lambda: encoded(veiled),
    }
    for name, build in pictures.items():
        shown = Image.open(io.BytesIO(build())).convert("RGBA")
        places = ((round(x * shown.width), round(y * shown.height)) for x, y in CENTRES)
        yield Case(f"png_{name}", build, shows(colours=tuple(map(shown.getpixel, places))))


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
    gone = {"compressed_text": (b"zTXt",), "raw_profile_exif": (b"zTXt",), "xmp": (b"iTXt",)}
    for name, part in chunks.items():
        yield Case(
            f"png_{name}", lambda part=part: before_data(plain(), part), Stripped(gone=gone.get(name, ()))
        )
    yield Case("png_text_behind_data", lambda: before_end(plain(), text), Stripped())
    yield Case("png_data_behind_end", lambda: plain() + b"appended", Stripped())
    yield Case("png_second_png_behind_end", lambda: plain() + before_data(plain(), text), Stripped())


def _raw_profile() -> bytes:
    """Return EXIF as ImageMagick puts it into text."""
    block = b"Exif\0\0" + private.exif(place=True)
    return b"\nexif\n" + str(len(block)).encode().rjust(8) + b"\n" + block.hex().encode() + b"\n"


def _made_anew() -> Iterator[Case]:
    yield Case("png_16_bit_rgb", lambda: deep(QUARTERS, RGB), shows())
    yield Case("png_16_bit_rgba", lambda: deep(_SEE_THROUGH, RGBA), shows(colours=_SEE_THROUGH))
    grays = ((60,), (100,), (140,), (180,))
    yield Case("png_16_bit_gray", lambda: deep(grays, GRAY), shows(colours=tuple(gray * 3 for gray in grays)))
    veiled = tuple((*gray, alpha) for gray, alpha in zip(grays, (255, 128, 0, 255), strict=True))
    yield Case(
        "png_16_bit_gray_and_alpha",
        lambda: deep(veiled, GRAY_ALPHA),
        shows(colours=tuple((gray, gray, gray, alpha) for gray, alpha in veiled)),
    )
    yield Case(
        "png_16_bit_in_display_p3",
        lambda: deep(p3_colours(), RGB, profile_chunk(profiles.display_p3())),
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


def _hdr() -> Iterator[Case]:
    for transfer, name in ((PQ, "pq"), (HLG, "hlg")):
        tag = chunk(b"cICP", bytes([9, transfer, 0, 1]))
        yield Case(
            f"png_16_bit_{name}",
            lambda transfer=transfer, tag=tag: of_samples(hdr_values(transfer, 65535), 16, RGB, tag),
            tone_mapped(),
        )
    yield Case(
        "png_8_bit_pq",
        lambda: of_samples(hdr_values(PQ, 255), 8, RGB, chunk(b"cICP", bytes([9, PQ, 0, 1]))),
        tone_mapped(),
        reading="A person sees HDR; a reader without cICP would see a flat and gray picture.",
    )
    yield Case(
        "png_8_bit_display_p3_by_cicp",
        lambda: of_samples(p3_colours(), 8, RGB, chunk(b"cICP", bytes([12, 13, 0, 1]))),
        shows(),
        also=(Stripped(kept=(b"cICP",)), Passes()),
        reading="The tag is a profile in four bytes, so it may stay with its pixels.",
    )


def _framed() -> tuple[Colour, ...]:
    """Return what the first frame of `animated` shows: nothing but the lower right quarter."""
    return ((0, 0, 0, 0), (0, 0, 0, 0), (0, 0, 0, 0), QUARTERS[3])


def cases() -> Iterator[Case]:
    """Return the cases."""
    yield from _passing()
    yield from _see_through()
    yield from _stripped()
    yield from _made_anew()
