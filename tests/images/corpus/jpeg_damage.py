"""JPEG files that are odd and whole, cut, second pictures behind the first, and kinds that nobody decodes."""

import io
import struct
from collections.abc import Iterator
from functools import partial

from PIL import Image

from tests.images.corpus import private
from tests.images.corpus.case import Case, Refused, Stripped
from tests.images.corpus.drawing import quarters
from tests.images.corpus.jpeg_parts import (
    APP1,
    APP5,
    COM,
    END,
    START,
    after_jfif,
    after_start,
    cut,
    encoded,
    flat_blocks,
    later_scans,
    plain,
    scan_start,
    segment,
    segments_of,
    soft,
    with_header,
)

DAMAGED = Refused("truncated")
_APPENDED = b"what phones append to their pictures"


def _filled() -> bytes:
    """Return a file with fill bytes before markers (T.81 B.1.1.2)."""
    jpeg = plain()
    for _, at in reversed(segments_of(jpeg)):
        jpeg = jpeg[:at] + b"\xff" * 3 + jpeg[at:]
    return jpeg.removesuffix(END) + b"\xff\xff" + END


def two_pictures() -> bytes:
    """Return an MPO as phones write them: a second picture behind the first, with the place in its own EXIF."""
    block = private.exif(place=True, camera=True)
    file = io.BytesIO()
    second = Image.open(io.BytesIO(encoded(quarters(colours=((0, 0, 0),) * 4))))
    quarters().save(file, "MPO", save_all=True, append_images=[second], quality=95)
    mpo = file.getvalue()
    at = mpo.index(END + START) + 2
    longer = after_start(mpo[at:], segment(APP1, b"Exif\0\0" + block))
    # The index in front of the first picture says how long the second is.
    indexed = mpo[:at].replace(struct.pack("<I", len(mpo) - at), struct.pack("<I", len(longer)))
    return indexed + longer


def _odd() -> Iterator[Case]:
    yield Case("jpeg_fill_bytes", _filled, Stripped())
    yield Case("jpeg_fill_bytes_and_appended_data", lambda: _filled() + _APPENDED, Stripped())
    yield Case("jpeg_appended_data", lambda: plain() + _APPENDED, Stripped())
    yield Case("jpeg_appended_zeros", lambda: plain() + bytes(1000), Stripped())
    yield Case("jpeg_appended_jpeg", lambda: plain() + soft(), Stripped())
    yield Case("jpeg_two_end_markers", lambda: plain() + END, Stripped())
    for progressive in (False, True):
        name = "progressive" if progressive else "baseline"
        yield Case(
            f"jpeg_{name}_without_end_marker",
            partial(_without_end, progressive=progressive),
            Stripped(),
            reading="All coded data is there, so viewers show all of it. The end marker may be added.",
        )
    yield Case("mpo", two_pictures, Stripped())
    yield Case("mpo_second_cut", lambda: two_pictures()[:-300], Stripped())
    yield Case(
        "mpo_second_missing", lambda: two_pictures()[: two_pictures().index(END + START) + 2], Stripped()
    )


def _without_end(*, progressive: bool) -> bytes:
    return soft(progressive=progressive).removesuffix(END)


def _cut() -> Iterator[Case]:
    for progressive in (False, True):
        name = "progressive" if progressive else "baseline"
        whole = partial(soft, progressive=progressive)
        for percent in (10, 50, 90, 99):
            yield Case(
                f"jpeg_{name}_cut_at_{percent}_percent",
                lambda whole=whole, percent=percent: cut(whole(), percent / 100),
                DAMAGED,
            )
    yield Case("jpeg_progressive_cut_between_scans", _between_scans, DAMAGED)
    yield Case("jpeg_cut_in_header", lambda: plain()[: scan_start(plain()) - 20], DAMAGED)
    yield Case("jpeg_cut_before_scan", lambda: plain()[: scan_start(plain())], DAMAGED)
    yield Case("jpeg_start_marker_alone", lambda: plain()[:4], DAMAGED)
    yield Case("jpeg_header_and_end", lambda: plain()[: scan_start(plain())] + END, DAMAGED)
    yield Case("jpeg_cut_with_a_thumbnail_inside", _cut_with_thumbnail, DAMAGED)
    yield Case("jpeg_segment_longer_than_the_file", _long_segment, DAMAGED)
    yield Case(
        "jpeg_of_no_size",
        lambda: with_header(plain(), 0xC0, size=(0, 0)),
        DAMAGED,
        also=(Refused("too_small"),),
    )


def _between_scans() -> bytes:
    jpeg = soft(progressive=True)
    return jpeg[: later_scans(jpeg)[3]]


def _cut_with_thumbnail() -> bytes:
    """Return half a picture whose EXIF holds a whole thumbnail, end marker and all."""
    thumbnail = encoded(quarters((32, 24)))
    block = private.exif(1, thumbnail=True).replace(private.THUMBNAIL, thumbnail)
    return cut(after_jfif(soft(), segment(APP1, b"Exif\0\0" + block)), 0.5)


def _long_segment() -> bytes:
    return after_jfif(plain()[:-400], b"\xff\xe5\xff\xff")


def _not_decoded() -> Iterator[Case]:
    kind = Refused("unsupported_format", ("JPEG",))
    for marker, name in (
        (0xC3, "lossless"),
        (0xC5, "differential"),
        (0xC9, "arithmetic"),
        (0xCA, "progressive_arithmetic"),
        (0xCB, "lossless_arithmetic"),
        (0xF7, "ls"),
    ):
        yield Case(f"jpeg_{name}", lambda marker=marker: with_header(plain(), marker), kind)
    yield Case("jpeg_of_12_bits", _twelve_bits, kind)
    yield Case(
        "jpeg_of_2_components",
        lambda: flat_blocks([(200, 10), (60, 90), (50, 80), (9, 9)]),
        kind,
        also=(DAMAGED,),
    )


def _twelve_bits() -> bytes:
    colours = [tuple(value * 16 for value in colour) for colour in ((200, 60, 50), (60, 160, 80))]
    return flat_blocks([*colours, *colours], marker=0xC1, precision=12)


def _bombs() -> Iterator[Case]:
    complex_ = Refused("too_complex")
    for name, part in (
        ("empty_segments", segment(APP5)),
        ("comments", segment(COM)),
        ("tables", segment(0xDB, bytes([0] + [8] * 64))),
    ):
        yield Case(f"jpeg_of_27000_{name}", lambda part=part: after_jfif(plain(), part * 27_000), complex_)
    yield Case(
        "jpeg_of_110000_fill_bytes",
        lambda: plain()[:2] + b"\xff" * 110_000 + plain()[2:],
        Stripped(),
        also=(complex_, DAMAGED),
        reading="Valid by T.81, which sets no bound, and nothing that any camera writes.",
    )
    yield Case("jpeg_of_3000_scans", _many_scans, complex_, also=(DAMAGED,))
    for marker, name in ((0xC0, "baseline"), (0xC2, "progressive")):
        yield Case(
            f"jpeg_{name}_claiming_30000_squared",
            lambda marker=marker: with_header(plain(), marker, size=(30_000, 30_000)),
            Refused("too_many_pixels"),
        )


def _many_scans() -> bytes:
    """Return a progressive picture whose last scan is repeated."""
    jpeg = encoded(quarters(), progressive=True).removesuffix(END)
    last = jpeg[later_scans(jpeg)[-1] :]
    return jpeg + last * 3_000 + END


def cases() -> Iterator[Case]:
    """Return the cases."""
    yield from _odd()
    yield from _cut()
    yield from _not_decoded()
    yield from _bombs()
