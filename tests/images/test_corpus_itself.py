"""The corpus and its judge: files are what they are called, and wrong answers are found out."""

import io
import os
import sys
from collections.abc import Callable
from typing import Any

import pytest
from PIL import Image

from tests.images.corpus import jpeg
from tests.images.corpus.all_cases import all_cases
from tests.images.corpus.bombs import BOMB_BYTES, bombs
from tests.images.corpus.case import Case, Colour, Passes, Refused, Stripped, patch
from tests.images.corpus.decoders import UndecodableError, by_ffmpeg, by_pillow, mime_of
from tests.images.corpus.drawing import QUARTERS, SIZE, quarters, shows, stored
from tests.images.corpus.isobmff_parts import AV1, coded_grays
from tests.images.corpus.jpeg_parts import after_jfif, encoded, icc_segments
from tests.images.corpus.judge import Answer, Declined, Sent, complaints, matches
from tests.images.corpus.png_parts import before_data, chunk, plain
from tests.images.corpus.private import COMMENT, exif
from tests.images.corpus.profiles import display_p3

UNREADABLE_BY_PILLOW = {
    "jpeg_baseline_without_end_marker",
    "jpeg_progressive_without_end_marker",
    "png_text_with_a_wrong_checksum",
    "png_profile_that_is_a_bomb",
    "png_compressed_text_that_is_a_bomb",
    "png_international_text_that_is_a_bomb",
}
"""Whole files, as browsers see them, that Pillow does not open."""
STAYING = [case for case in all_cases() if isinstance(case.outcome, Passes | Stripped)]


def test_names_are_unique() -> None:
    names = [case.name for case in all_cases()]
    assert len(names) > 400
    assert len(set(names)) == len(names)


@pytest.mark.slow
def test_files_are_the_same_each_time() -> None:
    assert [case.name for case in all_cases() if case.build() != case.content] == []


def test_ten_bombs_have_the_size_that_they_are_called_by() -> None:
    sizes = [len(bomb.content) for bomb in bombs()]
    assert len(sizes) == 10
    assert all(BOMB_BYTES - 100 < size <= BOMB_BYTES for size in sizes)


def sent(content: bytes) -> Sent:
    """A picture as it would leave if it were said to be what FFmpeg finds."""
    width, height = by_ffmpeg(content).size
    return Sent(content, mime_of(content), width, height)


@pytest.mark.parametrize("case", STAYING, ids=str)
def test_what_may_stay_is_decoded_by_both_decoders(case: Case) -> None:
    width, height = by_ffmpeg(case.content).size
    if case.name in UNREADABLE_BY_PILLOW:
        with pytest.raises(UndecodableError):
            by_pillow(case.content)
    else:
        assert by_pillow(case.content).size == (width, height)


@pytest.mark.parametrize("case", [case for case in STAYING if isinstance(case.outcome, Passes)], ids=str)
def test_what_passes_is_without_flaws(case: Case) -> None:
    assert complaints(case, sent(case.content)) == []


@pytest.mark.parametrize(
    ("colours", "encode"),
    [
        (QUARTERS, lambda picture: encoded(picture, quality=90)),
        (QUARTERS, lambda picture: saved(picture, "PNG")),
        (QUARTERS, lambda picture: saved(picture, "WEBP", quality=95)),
        (QUARTERS, lambda picture: saved(picture, "WEBP", lossless=True)),
        (
            ((200, 60, 50, 255), (60, 160, 80, 128), (0, 0, 0, 0), (9, 9, 9, 255)),
            lambda picture: saved(
                Image.alpha_composite(Image.new("RGBA", picture.size, "white"), picture), "PNG"
            ),
        ),
    ],
)
def test_a_picture_that_was_made_anew_well_is_right(
    colours: tuple[Colour, ...], encode: Callable[[Image.Image], bytes]
) -> None:
    case = Case("any", lambda: b"", shows(colours=colours))
    made = quarters(colours=colours, mode="RGBA" if len(colours[0]) == 4 else "RGB")
    assert complaints(case, sent(encode(made))) == []


def saved(picture: Image.Image, image_format: str, **options: Any) -> bytes:
    kept = io.BytesIO()
    picture.save(kept, image_format, **options)
    return kept.getvalue()


def in_display_p3() -> bytes:
    return after_jfif(encoded(quarters()), *icc_segments(display_p3()))


@pytest.mark.parametrize(
    ("answer", "word"),
    [
        (Declined("truncated"), "refused"),
        (sent(encoded(stored(quarters(), 3))), "not ("),
        (sent(encoded(quarters((64, 96)))), "(64, 96), not"),
        (sent(encoded(quarters(colours=tuple((r + 4, g, b) for r, g, b in QUARTERS)))), "not ("),
        (sent(in_display_p3()), "its profile makes"),
        (sent(jpeg.with_exif(exif(3))), "orientation 3"),
        (sent(jpeg.with_exif(exif(place=True))), "holds b'Nowhere"),
        (Sent(plain(), "image/jpeg", *SIZE), "called image/jpeg"),
        (Sent(plain(), "image/png", 64, 96), "called 64 x 96"),
        (Sent(plain()[:150], "image/png", *SIZE), "does not decode"),
        (sent(before_data(plain(), chunk(b"cICP", bytes([9, 16, 0, 1])))), "has cICP"),
        (
            sent(
                saved(
                    quarters(mode="RGBA", colours=((*QUARTERS[0], 0), *((*q, 255) for q in QUARTERS[1:]))),
                    "PNG",
                )
            ),
            "not (",
        ),
        (sent(encoded(quarters((48, 32)))), "size that is not taken"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_picture_that_was_made_anew_badly_is_found_out(answer: Answer, word: str) -> None:
    case = Case("any", lambda: b"", shows())
    assert any(word in complaint for complaint in complaints(case, answer))


def test_a_stripped_picture_keeps_its_pixels_and_its_profile() -> None:
    case = Case("any", lambda: before_data(plain(), chunk(b"tEXt", b"Comment\0" + COMMENT)), Stripped())
    assert complaints(case, sent(plain())) == []
    assert any("holds" in text for text in complaints(case, sent(case.content)))
    others = [encoded(quarters()), saved(quarters(colours=(QUARTERS[0],) * 4), "PNG")]
    assert all(any("other pixels" in text for text in complaints(case, sent(other))) for other in others)
    profiled = Case("any", in_display_p3, Stripped(kept=(display_p3(),)))
    assert any("lost" in text for text in complaints(profiled, sent(encoded(quarters()))))


def test_a_picture_that_passes_is_the_same_to_the_byte() -> None:
    case = Case("any", plain, Passes())
    assert complaints(case, sent(plain())) == []
    assert complaints(case, sent(saved(quarters(), "PNG", compress_level=1))) == ["Passes: not byte for byte"]


def test_a_refusal_names_the_problem_and_the_kind() -> None:
    case = Case("any", lambda: b"", Refused("unsupported_format", ("JPEG XL",)))
    assert complaints(case, Declined("unsupported_format", "jpeg xl")) == []
    assert complaints(case, Declined("unsupported_format", "TIFF")) != []
    assert complaints(case, Declined("not_an_image")) != []
    assert complaints(case, sent(plain())) != []
    lenient = Case("any", lambda: b"", Refused("truncated"), also=(Refused("too_small"),))
    assert complaints(lenient, Declined("too_small")) == []


def test_what_is_see_through_is_laid_on_white() -> None:
    half = patch(0, 0, (100, 100, 100, 128))
    assert not matches(half, (100, 100, 100, 128))
    assert matches(half, (177, 177, 177))
    assert matches(half, (177, 177, 177, 255))
    assert not matches(half, (100, 100, 100, 255))
    assert not matches(half, (100, 100, 100, 0))
    assert matches(patch(0, 0, (9, 9, 9, 0)), (255, 255, 255))
    assert not matches(patch(0, 0, (9, 9, 9, 0)), (255, 255, 255, 0))
    assert not matches(patch(0, 0, (9, 9, 9)), (9, 9, 9, 100))


@pytest.mark.skipif(sys.platform != "linux", reason="asks Linux for the scheduling policy")
def test_making_files_leaves_the_process_its_ordinary_priority() -> None:
    coded_grays(((120,), (340,), (560,), (780,)), AV1)
    assert os.sched_getscheduler(0) == os.SCHED_OTHER
