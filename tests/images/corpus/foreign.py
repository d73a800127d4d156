"""Files of other kinds, each of which is called by its name, and files that are no picture."""

import io
import struct
import zipfile
from collections.abc import Callable, Iterator
from fractions import Fraction
from functools import cache
from typing import Any

import av

from tests.images.corpus.case import Case, Refused
from tests.images.corpus.drawing import quarters
from tests.images.corpus.isobmff_parts import box, file_type
from tests.images.encoded_videos import film

_PYAV: Any = av  # its annotations leave out half of what is used here
_NO_IMAGE, _VIDEO = Refused("not_an_image"), Refused("video")


@cache
def _by_pillow(kind: str) -> bytes:
    kept = io.BytesIO()
    quarters().save(kept, kind)
    return kept.getvalue()


@cache
def _by_ffmpeg(encoder: str, pixel_format: str) -> bytes:
    context = _PYAV.CodecContext.create(encoder, "w")
    context.width, context.height, context.pix_fmt = 96, 64, pixel_format
    context.time_base = Fraction(1, 1)
    frame = _PYAV.VideoFrame.from_image(quarters()).reformat(format=pixel_format)
    frame.pts = 0
    packets = [*context.encode(frame), *context.encode(None)]
    return b"".join(bytes(packet) for packet in packets)


_SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="96" height="64"><path d="M0 0h48v32z"/></svg>'
_SVG_BEHIND_PROLOG = b'\xef\xbb\xbf<?xml version="1.0"?>\n<!-- made by hand -->\n' + _SVG
_PSD = (
    b"8BPS\0\1" + bytes(6) + struct.pack(">HIIHH", 3, 64, 96, 8, 3) + bytes(12) + b"\0\0" + bytes(96 * 64 * 3)
)
_EPS = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 96 64\n0 0 48 32 rectfill\nshowpage\n%%EOF\n"
_PDF = b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer << /Root 1 0 R >>\n%%EOF\n"
_JXL_STREAM = b"\xff\x0a" + bytes(range(60))
_JXL_FILE = box(b"JXL ", b"\r\n\x87\n") + file_type(b"jxl ", b"jxl ") + box(b"jxlc", _JXL_STREAM)
_TIFF_HEAD = b"II*\0\x10\0\0\0"
_CR2 = _TIFF_HEAD + b"CR\2\0" + bytes(500)
_HTML = b"<!DOCTYPE html>\n<html><head><title>404</title></head><body>Not found</body></html>\n"


def _targa(*, footer: bool) -> bytes:
    head = bytes([0, 0, 2]) + bytes(9) + struct.pack("<HHBB", 96, 64, 24, 0x20)
    return head + bytes(96 * 64 * 3) + (bytes(8) + b"TRUEVISION-XFILE.\0" if footer else b"")


def _pictures() -> Iterator[Case]:
    kinds: dict[str, tuple[Callable[[], bytes], tuple[str, ...]]] = {
        "tiff": (lambda: _by_pillow("TIFF"), ("TIFF",)),
        "tiff_big_endian": (lambda: b"MM\0*" + bytes(100), ("TIFF",)),
        "big_tiff": (lambda: b"II+\0\x08\0\0\0" + bytes(100), ("TIFF",)),
        "raw_of_canon": (lambda: _CR2, ("RAW", "CR2", "TIFF")),
        "raw_of_canon_in_boxes": (lambda: file_type(b"crx ", b"crx ", b"isom") + bytes(99), ("RAW", "CR3")),
        "raw_of_fuji": (lambda: b"FUJIFILMCCD-RAW 0201FF129502" + bytes(500), ("RAW", "RAF")),
        "svg": (lambda: _SVG, ("SVG",)),
        "svg_behind_its_prolog": (lambda: _SVG_BEHIND_PROLOG, ("SVG",)),
        "psd": (lambda: _PSD, ("PSD", "Photoshop")),
        "ico": (lambda: _by_pillow("ICO"), ("ICO",)),
        "cursor": (lambda: b"\0\0\2\0" + _by_pillow("ICO")[4:], ("CUR", "ICO")),
        "icns": (lambda: b"icns" + struct.pack(">I", 108) + bytes(100), ("ICNS",)),
        "jpeg_xl": (lambda: _JXL_STREAM, ("JPEG XL",)),
        "jpeg_xl_in_boxes": (lambda: _JXL_FILE, ("JPEG XL",)),
        "jpeg_2000": (lambda: _by_pillow("JPEG2000"), ("JPEG 2000",)),
        "jpeg_2000_stream": (lambda: _by_ffmpeg("jpeg2000", "rgb24"), ("JPEG 2000",)),
        "jpeg_xr": (lambda: b"II\xbc\x01\x20\0\0\0" + bytes(100), ("JPEG XR",)),
        "eps": (lambda: _EPS, ("EPS", "PostScript")),
        "eps_with_a_preview": (
            lambda: b"\xc5\xd0\xd3\xc6" + struct.pack("<7I", 32, 99, 0, 0, 0, 0, 0xFFFF) + _EPS,
            ("EPS",),
        ),
        "pdf": (lambda: _PDF, ("PDF",)),
        "ppm": (lambda: _by_pillow("PPM"), ("PPM", "PNM")),
        "pgm": (lambda: b"P5\n96 64\n255\n" + bytes(96 * 64), ("PGM", "PPM", "PNM")),
        "pam": (
            lambda: b"P7\nWIDTH 96\nHEIGHT 64\nDEPTH 3\nMAXVAL 255\nTUPLTYPE RGB\nENDHDR\n" + bytes(99),
            ("PAM", "PPM", "PNM"),
        ),
        "dds": (lambda: _by_pillow("DDS"), ("DDS",)),
        "radiance": (lambda: _by_ffmpeg("hdr", "gbrpf32le"), ("HDR", "Radiance")),
        "open_exr": (lambda: _by_ffmpeg("exr", "gbrpf32le"), ("EXR",)),
        "qoi": (lambda: _by_pillow("QOI"), ("QOI",)),
        "pcx": (lambda: _by_pillow("PCX"), ("PCX",)),
        "sgi": (lambda: _by_pillow("SGI"), ("SGI",)),
        "xcf": (lambda: b"gimp xcf v011\0" + bytes(99), ("XCF", "GIMP")),
        "farbfeld": (lambda: b"farbfeld" + struct.pack(">II", 8, 8) + bytes(512), ("Farbfeld",)),
        "flif": (lambda: b"FLIF31\0" + bytes(99), ("FLIF",)),
        "bpg": (lambda: b"BPG\xfb" + bytes(99), ("BPG",)),
        "djvu": (lambda: b"AT&TFORM\0\0\0\x63DJVUINFO" + bytes(99), ("DjVu",)),
        "wmf": (lambda: b"\xd7\xcd\xc6\x9a" + bytes(99), ("WMF",)),
        "mng": (lambda: b"\x8aMNG\r\n\x1a\n" + bytes(99), ("MNG",)),
        "jng": (lambda: b"\x8bJNG\r\n\x1a\n" + bytes(99), ("JNG",)),
        "targa_with_its_footer": (lambda: _targa(footer=True), ("TGA", "Targa")),
    }
    for name, (build, named) in kinds.items():
        rare = name in _RARE
        yield Case(
            f"foreign_{name}",
            build,
            Refused("unsupported_format", named),
            also=(_NO_IMAGE,) if rare else (),
            reading="Calling it no picture is right as well: few people take it for one." if rare else "",
        )
    yield Case(
        "foreign_targa_of_old",
        lambda: _targa(footer=False),
        _NO_IMAGE,
        also=(Refused("unsupported_format", ("TGA", "Targa")),),
        reading="Without its footer a Targa has no sign that tells it from other files.",
    )


_RARE = {
    "pam", "pdf", "pcx", "sgi", "xcf", "farbfeld", "flif", "bpg", "djvu", "wmf", "mng", "jng", "icns", "cursor",
    "targa_with_its_footer", "raw_of_fuji", "eps_with_a_preview", "big_tiff",
}  # fmt: skip


def _zip() -> bytes:
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w") as archive:
        archive.writestr(zipfile.ZipInfo("a.png"), b"\x89PNG\r\n\x1a\n")
    return kept.getvalue()


def _no_pictures() -> Iterator[Case]:
    files: dict[str, Callable[[], bytes]] = {
        "zip": _zip,
        "html": lambda: _HTML,
        "html_with_svg_inside": lambda: _HTML.replace(b"Not found", _SVG),
        "json": lambda: b'{"error": "no such file"}',
        "text": lambda: b"this is no picture",
        "text_with_picture_words": lambda: b"PNG, JPEG and <svg> are kinds of pictures",
        "zeros": lambda: bytes(5000),
        "one_byte": lambda: b"\xff",
        "two_bytes_of_bmp": lambda: b"BM",
        "xml": lambda: b'<?xml version="1.0"?><note/>',
        "wav": lambda: b"RIFF\x24\0\0\0WAVEfmt " + bytes(28),
        "ogg": lambda: b"OggS" + bytes(60),
        "mp3": lambda: b"ID3\4\0\0\0\0\0\0" + bytes(60),
        "m4a": lambda: file_type(b"M4A ", b"M4A ", b"isom") + box(b"mdat"),
        "executable": lambda: b"\x7fELF\2\1\1" + bytes(60),
    }
    for name, build in files.items():
        also = (
            (Refused("truncated"),)
            if name == "two_bytes_of_bmp"
            else (_VIDEO,)
            if name in {"m4a", "ogg"}
            else ()
        )
        yield Case(f"no_picture_{name}", build, _NO_IMAGE, also=also)
    yield Case("no_picture_empty", lambda: b"", Refused("empty"))


def _videos() -> Iterator[Case]:
    files: dict[str, Callable[[], bytes]] = {
        "mp4": _film,
        "mp4_fragmented": lambda: _film(movflags="frag_keyframe+empty_moov"),
        "mov": lambda: _film(container_format="mov"),
        "mov_without_file_type": lambda: _without_file_type(_film(container_format="mov")),
        "matroska": lambda: _film(container_format="matroska"),
        "webm": lambda: _film(container_format="matroska").replace(b"matroska", b"webm\0\0\0\0"),
        "avi": lambda: _film(container_format="avi"),
        "3gp": lambda: _film(container_format="3gp"),
        "mpeg_transport_stream": lambda: _film(container_format="mpegts"),
        "flv": lambda: _film(container_format="flv"),
        "mp4_cut": lambda: _film()[:500],
    }
    for name, build in files.items():
        rare = name in {"mpeg_transport_stream", "flv"}
        yield Case(f"video_{name}", build, _VIDEO, also=(_NO_IMAGE,) if rare else ())


@cache
def _film(container_format: str = "mp4", movflags: str = "") -> bytes:
    """Return a short film. Some containers hold numbers that differ each time, so it is made once."""
    return film(3, container_format=container_format, movflags=movflags)


def _without_file_type(movie: bytes) -> bytes:
    return movie[int.from_bytes(movie[:4], "big") :]


def cases() -> Iterator[Case]:
    """Return the cases."""
    yield from _pictures()
    yield from _no_pictures()
    yield from _videos()
