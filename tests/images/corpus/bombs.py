"""Ten small pictures that are made 9.9 MB by their headers, to take a reader's time and memory."""

from functools import partial

from tests.images.corpus import gif, webp
from tests.images.corpus.case import Case, Refused, Stripped
from tests.images.corpus.drawing import SIZE, quarters
from tests.images.corpus.isobmff import plain as coded_plain
from tests.images.corpus.isobmff_parts import HEVC, box
from tests.images.corpus.isobmff_parts import file as isobmff_file
from tests.images.corpus.isobmff_parts import picture as isobmff_picture
from tests.images.corpus.jpeg_parts import APP5, COM, END, after_jfif, encoded, later_scans, segment
from tests.images.corpus.jpeg_parts import plain as plain_jpeg
from tests.images.corpus.png_parts import before_data, chunk
from tests.images.corpus.png_parts import plain as plain_png

BOMB_BYTES = 9_900_000
"""Size of each bomb, below what the video service takes, so that nothing is refused for its size."""


def _times(part: bytes, beside: int) -> bytes:
    """Return a part as often as fits beside so many other bytes."""
    return part * ((BOMB_BYTES - beside) // len(part))


def _of_segments(part: bytes) -> bytes:
    return after_jfif(plain_jpeg(), _times(part, len(plain_jpeg())))


def _of_fill_bytes() -> bytes:
    jpeg = plain_jpeg()
    return jpeg[:2] + _times(b"\xff", len(jpeg)) + jpeg[2:]


def _of_scans() -> bytes:
    """Return a progressive picture whose last scan is repeated."""
    jpeg = encoded(quarters((64, 64), (QUIET,) * 4), progressive=True).removesuffix(END)
    return jpeg + _times(jpeg[later_scans(jpeg)[-1] :], len(jpeg) + len(END)) + END


QUIET = (128, 128, 128)
"""A gray of which a scan codes next to nothing."""


def _of_chunks(part: bytes) -> bytes:
    return before_data(plain_png(), _times(part, len(plain_png())))


def _of_riff_chunks() -> bytes:
    head, data = webp.extended(SIZE, 0), webp.lossy()
    return webp.riff(head, data, _times(webp.chunk(b"PRVT"), 12 + len(head) + len(data)))


def _of_boxes() -> bytes:
    item = isobmff_picture(coded_plain(HEVC))
    return isobmff_file(item, more=_times(box(b"free"), len(isobmff_file(item))))


def _of_extensions() -> bytes:
    whole = gif.screen() + gif.image() + gif.TRAILER
    return gif.screen() + _times(gif.extension(0xFE), len(whole)) + gif.image() + gif.TRAILER


def bombs() -> tuple[Case, ...]:
    """Return the bombs. Each is refused, or sent without what makes it one."""
    builds = {
        "jpeg_of_empty_segments": partial(_of_segments, segment(APP5)),
        "jpeg_of_comments": partial(_of_segments, segment(COM)),
        "jpeg_of_fill_bytes": _of_fill_bytes,
        "jpeg_of_tables": partial(_of_segments, segment(0xDB, bytes([0] + [8] * 64))),
        "jpeg_of_scans": _of_scans,
        "png_of_empty_chunks": partial(_of_chunks, chunk(b"prVt")),
        "png_of_empty_data": partial(_of_chunks, chunk(b"IDAT")),
        "webp_of_empty_chunks": _of_riff_chunks,
        "heic_of_empty_boxes": _of_boxes,
        "gif_of_empty_extensions": _of_extensions,
    }
    may_pass = {"jpeg_of_fill_bytes"}
    return tuple(
        Case(f"bomb_{name}", build, Refused("too_complex"), also=(Stripped(),) if name in may_pass else ())
        for name, build in builds.items()
    )
