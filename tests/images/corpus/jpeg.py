"""JPEG files that are whole: what passes, what is stripped, what has to be made anew."""

from collections.abc import Iterator
from functools import partial

from tests.images.corpus import private, profiles
from tests.images.corpus.case import Case, Colour, MadeAnew, Passes, Stripped
from tests.images.corpus.drawing import QUARTERS, SIZE, quarters, shows, stored
from tests.images.corpus.jpeg_parts import (
    APP0,
    APP1,
    APP5,
    APP13,
    COM,
    adobe,
    after_jfif,
    after_start,
    encoded,
    flat_blocks,
    icc_segments,
    plain,
    segment,
    soft,
    without_jfif,
    ycc,
)

_EXIF = b"Exif\0\0"
_XMP = b"http://ns.adobe.com/xap/1.0/\0"
_LONG_XMP = b"http://ns.adobe.com/xmp/extension/\0" + b"0123456789ABCDEF0123456789ABCDEF"
_PHOTOSHOP = b"Photoshop 3.0\x008BIM\x04\x04\0\0"
_ORIENTATION_XMP = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    b'<rdf:Description xmlns:tiff="http://ns.adobe.com/tiff/1.0/" tiff:Orientation="6"/></rdf:RDF></x:xmpmeta>'
)
NAIVE_INKS = ((200, 60, 50), (60, 160, 80), (50, 80, 180), (230, 210, 90))
"""Seen without a profile, where each ink takes its share of the light away."""
_PRESS = ((1, 0, 0, 0), (0, 1, 0, 0), (0, 0, 1, 0), (1, 0, 1, 0))


def with_exif(block: bytes) -> bytes:
    """Return the plain picture with an EXIF segment behind the JFIF header."""
    return after_jfif(plain(), segment(APP1, _EXIF + block))


def turned(orientation: int, order: str = "<", *, count: int = 1, kind: int = private.SHORT) -> bytes:
    """Return the quarters stored for an EXIF orientation, as a camera writes them: EXIF and no JFIF."""
    block = private.exif(orientation, order=order, kind=kind, count=count, camera=True)
    jpeg = without_jfif(encoded(stored(quarters(), orientation)))
    return after_start(jpeg, segment(APP1, _EXIF + block))


def profiled_and_turned(profile: bytes, colours: tuple[Colour, ...]) -> bytes:
    """Return a picture in a wide space that has to be turned, so its pixels have to be made anew."""
    jpeg = encoded(stored(quarters(colours=colours), 6), subsampling=0, quality=98)
    return after_jfif(jpeg, segment(APP1, _EXIF + private.exif(6)), *icc_segments(profile))


def inked(transform: int, *, profile: bool = False) -> bytes:
    """Return a JPEG of four inks, inverted as Adobe stores them; 2 stores them as luminance and differences."""
    inks = (
        tuple(tuple(255 * ink for ink in place) for place in _PRESS)
        if profile
        else tuple(map(_inks, NAIVE_INKS))
    )
    inverted = [tuple(255 - ink for ink in place) for place in inks]
    if transform == 2:
        # Decoders take the sum of YCC from white, and what they get then is inverted like the rest.
        inverted = [(*ycc(place[:3]), 255 - place[3]) for place in inks]
    segments = adobe(transform) + b"".join(icc_segments(profiles.cmyk()) if profile else [])
    return flat_blocks(inverted, head=segments)


def _inks(colour: Colour) -> Colour:
    """Return inks that show a colour where each takes its share away: some of the darkness is black."""
    black = 20
    return (*(round(255 - 255 * value / (255 - black)) for value in colour), black)


def _orientations() -> Iterator[Case]:
    for orientation in range(2, 9):
        for order, name in (("<", "little"), (">", "big")):
            yield Case(
                f"jpeg_orientation_{orientation}_{name}_endian", partial(turned, orientation, order), shows()
            )
    yield Case("jpeg_orientation_1", partial(turned, 1), Stripped())
    for orientation in (0, 9):
        yield Case(
            f"jpeg_orientation_{orientation}_which_does_not_exist",
            partial(turned, orientation),
            Stripped(),
            reading="Viewers show a picture as it is stored if its orientation is none of the eight.",
        )
    for kind, name in ((private.LONG, "long"), (private.BYTE, "byte")):
        yield Case(
            f"jpeg_orientation_6_as_{name}",
            lambda kind=kind: with_exif(private.exif(6, kind=kind)),
            Stripped(),
            also=(MadeAnew(SIZE[1], SIZE[0], ()),),
            reading="EXIF has SHORT. Browsers take nothing else, many other viewers turn it: both are right.",
        )
    yield Case(
        "jpeg_orientation_twice_in_one_value",
        lambda: with_exif(private.exif(6, count=2)),
        Stripped(),
        also=(MadeAnew(SIZE[1], SIZE[0], ()),),
        reading="EXIF has one value. Browsers take nothing else, many other viewers turn it: both are right.",
    )
    yield Case(
        "jpeg_orientation_in_xmp_only",
        lambda: after_jfif(plain(), segment(APP1, _XMP + _ORIENTATION_XMP)),
        Stripped(gone=(b"tiff:Orientation",)),
        reading="Viewers turn by EXIF alone, and Pillow by XMP as well.",
    )
    yield Case("jpeg_orientation_behind_xmp", _orientation_behind_xmp, shows())


def _orientation_behind_xmp() -> bytes:
    jpeg = encoded(stored(quarters(), 8))
    return after_jfif(jpeg, segment(APP1, _XMP + private.XMP), segment(APP1, _EXIF + private.exif(8)))


def _private_parts() -> Iterator[Case]:
    blocks = {
        "gps": private.exif(place=True),
        "gps_big_endian": private.exif(place=True, order=">"),
        "camera": private.exif(camera=True),
        "thumbnail": private.exif(1, camera=True, place=True, thumbnail=True),
        "damaged": b"II*\0\xff\xff\xff\x7f" + private.PLACE,
    }
    for name, block in blocks.items():
        yield Case(f"jpeg_exif_{name}", partial(with_exif, block), Stripped(gone=(_EXIF,)))
    segments = {
        "xmp": [segment(APP1, _XMP + private.XMP)],
        "extended_xmp": [
            segment(APP1, _XMP + private.XMP),
            *(segment(APP1, _LONG_XMP + bytes(8) + private.XMP * 40) for _ in range(3)),
        ],
        "jfif_thumbnail_in_jfxx": [segment(APP0, b"JFXX\0\x13\x04\x03" + (private.THUMBNAIL * 2)[:36])],
        "comment": [segment(COM, private.COMMENT)],
        "comments": [segment(COM, private.COMMENT)] * 100,
        "app13": [segment(APP13, _PHOTOSHOP + private.COMMENT)],
        "unknown_app5": [segment(APP5, private.MAKER)],
        "100_empty_segments": [segment(APP5)] * 100,
    }
    for name, parts in segments.items():
        yield Case(f"jpeg_{name}", lambda parts=parts: after_jfif(plain(), *parts), Stripped())
    yield Case("jpeg_jfif_thumbnail", _jfif_thumbnail, Stripped())
    yield Case("jpeg_11_MB_of_appended_video", lambda: plain() + bytes(11_000_000), Stripped())


def _jfif_thumbnail() -> bytes:
    pixels = (private.THUMBNAIL * 2)[:36]
    return after_start(without_jfif(plain()), segment(APP0, b"JFIF\0\1\2\0\0\x48\0\x48\x04\x03" + pixels))


def _kinds() -> Iterator[Case]:
    yield Case("jpeg_plain", plain, Passes())
    yield Case("jpeg_soft", soft, Passes())
    yield Case("jpeg_progressive", partial(soft, progressive=True), Passes())
    yield Case("jpeg_444", lambda: encoded(quarters(), subsampling=0), Passes())
    yield Case("jpeg_422", lambda: encoded(quarters(), subsampling=1), Passes())
    yield Case("jpeg_gray", lambda: encoded(quarters().convert("L")), Passes())
    yield Case("jpeg_restart_intervals", lambda: encoded(quarters(), restart_marker_rows=1), Passes())
    yield Case("jpeg_without_jfif", lambda: without_jfif(plain()), Passes())
    yield Case("jpeg_adobe_ycc", lambda: after_start(without_jfif(plain()), adobe(1)), Passes())
    yield Case(
        "jpeg_adobe_rgb_transform_0",
        lambda: flat_blocks(head=adobe(0)),
        Passes(),
        also=(shows(),),
        reading="Every viewer minds Adobe's segment; making it anew is right as well, losing the segment is not.",
    )
    yield Case("jpeg_in_srgb", lambda: after_jfif(plain(), *icc_segments(profiles.srgb())), Passes())
    yield Case("jpeg_in_display_p3", partial(_profiled, 1), Passes())
    yield Case("jpeg_profile_in_4_segments", partial(_profiled, 4), Passes())
    yield Case("jpeg_profile_and_gps", _profile_and_gps, Stripped(kept=(profiles.display_p3(),)))
    yield Case("jpeg_gray_with_profile", _gray_profiled, Passes())


def _p3_colours() -> tuple[Colour, ...]:
    return tuple(map(profiles.in_display_p3, QUARTERS))


def _profiled(pieces: int) -> bytes:
    jpeg = encoded(quarters(colours=_p3_colours()), subsampling=0)
    return after_jfif(jpeg, *icc_segments(profiles.display_p3(), pieces))


def _profile_and_gps() -> bytes:
    return after_jfif(_profiled(1), segment(APP1, _EXIF + private.exif(place=True)))


def _gray_profiled() -> bytes:
    return after_jfif(encoded(quarters().convert("L")), *icc_segments(profiles.gray(2.2)))


def _conversions() -> Iterator[Case]:
    adobe_colours = tuple(map(profiles.in_adobe_rgb, QUARTERS))
    yield Case(
        "jpeg_display_p3_turned", lambda: profiled_and_turned(profiles.display_p3(), _p3_colours()), shows()
    )
    yield Case(
        "jpeg_adobe_rgb_turned", lambda: profiled_and_turned(profiles.adobe_rgb(), adobe_colours), shows()
    )
    yield Case(
        "jpeg_damaged_profile_turned",
        lambda: profiled_and_turned(profiles.display_p3()[:60], QUARTERS),
        shows(),
        reading="Viewers take a picture for sRGB if its profile cannot be read.",
    )
    inks = tuple(profiles.INKS[place] for place in _PRESS)
    yield Case("jpeg_cmyk", partial(inked, 0), shows(colours=NAIVE_INKS))
    yield Case("jpeg_ycck", partial(inked, 2), shows(colours=NAIVE_INKS))
    yield Case("jpeg_cmyk_with_profile", partial(inked, 0, profile=True), shows(colours=inks))
    yield Case("jpeg_ycck_with_profile", partial(inked, 2, profile=True), shows(colours=inks))


def cases() -> Iterator[Case]:
    """Return the cases."""
    yield from _orientations()
    yield from _private_parts()
    yield from _kinds()
    yield from _conversions()
