"""The kind of a file, told by its first bytes alone.

Names and media types that Discord reports are claims of the uploader and play no part. The signatures are those of
each format's specification; kinds that are refused are listed so that a refusal can call them by their names.
"""

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from bot.images.problems import ImageProblem, UnusableImageError

HEAD_BYTES: Final = 4096
"""Enough to find the root element of an SVG behind its preamble."""


class PictureKind(StrEnum):
    """A kind that is taken. The value is Pillow's name for its decoder."""

    JPEG = "JPEG"
    PNG = "PNG"
    WEBP = "WEBP"
    GIF = "GIF"
    BMP = "BMP"
    HEIF = "HEIF"
    AVIF = "AVIF"


_TAKEN: Final[tuple[tuple[bytes, PictureKind], ...]] = (
    (b"\xff\xd8", PictureKind.JPEG),
    (b"\x89PNG\r\n\x1a\n", PictureKind.PNG),
    (b"GIF87a", PictureKind.GIF),
    (b"GIF89a", PictureKind.GIF),
    (b"BM", PictureKind.BMP),
)
_REFUSED: Final[tuple[tuple[bytes, str], ...]] = (
    (b"II*\0\x10\0\0\0CR", "CR2"),
    (b"II*\0", "TIFF"),
    (b"MM\0*", "TIFF"),
    (b"II+\0", "TIFF"),
    (b"MM\0+", "TIFF"),
    (b"IIU\0", "RW2"),
    (b"IIRO", "ORF"),
    (b"IIRS", "ORF"),
    (b"MMOR", "ORF"),
    (b"FUJIFILMCCD-RAW", "RAF"),
    (b"FOVb", "X3F"),
    (b"II\xbc", "JPEG XR"),
    (b"8BPS", "PSD"),
    (b"gimp xcf", "XCF"),
    (b"icns", "ICNS"),
    (b"\xff\x0a", "JPEG XL"),
    (b"\0\0\0\x0cJXL \r\n\x87\n", "JPEG XL"),
    (b"\0\0\0\x0cjP  \r\n\x87\n", "JPEG 2000"),
    (b"\xff\x4f\xff\x51", "JPEG 2000"),
    (b"\x8aMNG\r\n\x1a\n", "MNG"),
    (b"\x8bJNG\r\n\x1a\n", "JNG"),
    (b"%!PS", "EPS"),
    (b"\xc5\xd0\xd3\xc6", "EPS"),
    (b"DDS ", "DDS"),
    (b"#?RADIANCE", "HDR"),
    (b"#?RGBE", "HDR"),
    (b"v/1\1", "OpenEXR"),
    (b"qoif", "QOI"),
    (b"BPG\xfb", "BPG"),
    (b"FLIF", "FLIF"),
    (b"AT&TFORM", "DjVu"),
    (b"\x0a\x05\x01\x08", "PCX"),
    (b"\xd7\xcd\xc6\x9a", "WMF"),
    (b"\xab\x4b\x54\x58\x20", "KTX"),
    (b"SIMPLE  =", "FITS"),
)
_VIDEOS: Final[tuple[bytes, ...]] = (
    b"\x1aE\xdf\xa3",
    b"FLV\1",
    b"\0\0\1\xba",
    b"\0\0\1\xb3",
    b"0&\xb2u\x8ef\xcf\x11",
)
"""Matroska and WebM, Flash, MPEG program and elementary streams, Windows Media."""
_VIDEO_BOXES: Final = frozenset({b"moov", b"mdat", b"wide", b"moof"})
_BRANDS: Final[Mapping[bytes, PictureKind]] = {
    **dict.fromkeys((b"avif", b"avis"), PictureKind.AVIF),
    **dict.fromkeys(
        (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs"), PictureKind.HEIF
    ),
}
"""Brands of ISO/IEC 23008-12 (HEIF) and of AVIF."""
_GENERIC_BRANDS: Final = frozenset({b"mif1", b"msf1", b"mif2", b"MiHB", b"MiPr", b"miaf"})
"""They say that there is a picture, but not how it is coded; libheif finds out."""
_OTHER_BRANDS: Final[Mapping[bytes, str]] = {
    b"crx ": "CR3",
    b"jxl ": "JPEG XL",
    b"jp2 ": "JPEG 2000",
    b"avci": "AVCI",
}
_NETPBM: Final = re.compile(rb"P[1-7fF][\s#]")
_SVG: Final = re.compile(
    rb"(?:\xef\xbb\xbf)?(?>\s+|<\?.*?\?>|<!--.*?-->|<!DOCTYPE\s+svg[^>\[]*(?:\[.*?\]\s*)?>)*+<(?:\w+:)?svg[\s>/]",
    re.DOTALL,
)
"""An XML document whose root is `svg`. The groups are atomic: a page of a hostile hand must not take long."""
_ICON: Final = re.compile(rb"\0\0([\1\2])\0(?!\0\0)", re.DOTALL)
"""Windows icons and cursors; their number of pictures, which is not 0, follows."""
_TARGA: Final = re.compile(rb".[\0\1][\1-\3\x09-\x0b].{13}[\x08\x0f\x10\x18\x20][\0-\x3f]", re.DOTALL)
"""Truevision's format has no signature: a kind of picture and a number of bits that can be."""


def kind_of(head: bytes) -> PictureKind:
    """Return the kind of a file that begins with `head`.

    Raises:
        UnusableImageError: It is of a kind that is not taken, a video, or no picture.
    """
    if head[:4] == b"RIFF":
        return _of_riff(head)
    if head[4:8] == b"ftyp":
        return _of_brands(head)
    for signature, kind in _TAKEN:
        if head.startswith(signature):
            return kind
    name = _refused_kind(head)
    if name is not None:
        raise UnusableImageError(ImageProblem.UNSUPPORTED_FORMAT, name)
    if head.startswith(_VIDEOS) or head[4:8] in _VIDEO_BOXES or _is_transport_stream(head):
        raise UnusableImageError(ImageProblem.VIDEO)
    raise UnusableImageError(ImageProblem.NOT_AN_IMAGE)


def _refused_kind(head: bytes) -> str | None:
    """Return the name of a kind that is not taken; None if it is none of them."""
    for signature, name in _REFUSED:
        if head.startswith(signature):
            return name
    if _NETPBM.match(head):
        return "PNM"
    if icon := _ICON.match(head):
        return "ICO" if icon[1] == b"\1" else "CUR"
    if _SVG.match(head):
        return "SVG"
    return "TGA" if _TARGA.match(head) and not head[3:8].strip(b"\0") else None


def _of_riff(head: bytes) -> PictureKind:
    match head[8:12]:
        case b"WEBP":
            return PictureKind.WEBP
        case b"AVI ":
            raise UnusableImageError(ImageProblem.VIDEO)
        case b"ACON":
            raise UnusableImageError(ImageProblem.UNSUPPORTED_FORMAT, "ANI")
        case _:
            raise UnusableImageError(ImageProblem.NOT_AN_IMAGE)


def _of_brands(head: bytes) -> PictureKind:
    """Read the brands of an `ftyp` box (ISO/IEC 14496-12, 4.3): the major one, a version, the compatible ones."""
    size_bytes = min(int.from_bytes(head[:4], "big"), len(head))
    brands = [head[8:12], *(head[offset : offset + 4] for offset in range(16, size_bytes - 3, 4))]
    for brand in brands:
        if brand in _BRANDS:
            return _BRANDS[brand]
        if brand in _OTHER_BRANDS:
            raise UnusableImageError(ImageProblem.UNSUPPORTED_FORMAT, _OTHER_BRANDS[brand])
    if _GENERIC_BRANDS.intersection(brands):
        return PictureKind.HEIF
    if head[8:11] in {b"M4A", b"M4B"}:
        raise UnusableImageError(ImageProblem.NOT_AN_IMAGE)
    raise UnusableImageError(ImageProblem.VIDEO)


def _is_transport_stream(head: bytes) -> bool:
    # MPEG-2 transport streams are packets of 188 bytes, each beginning with 47 (ISO/IEC 13818-1, 2.4.3.2).
    return len(head) > 4 * 188 and all(head[188 * packet] == 0x47 for packet in range(4))  # noqa: PLR2004
