"""A frame is taken as players show it: upright, with square pixels, in the right colours."""

from fractions import Fraction
from pathlib import Path

import pytest
from PIL import Image, ImageColor

from bot.video_files.decoding.facts import facts
from bot.video_files.decoding.frames import first_frame, last_frame
from tests.video_files.films import (
    UNTAGGED,
    corners,
    encoded,
    flat_frame,
    opened,
    quarters,
)

ONE = 1 << 16


def turned(a: int, b: int, c: int, d: int) -> tuple[int, ...]:
    """A display matrix, as in the header of a track."""
    return (a * ONE, b * ONE, 0, c * ONE, d * ONE, 0, 0, 0, 1 << 30)


def taken(folder: Path, content: bytes) -> Image.Image:
    """The last frame, after a comparison with the dimensions that are told."""
    source, destination = folder / "film", folder / "frame.png"
    source.write_bytes(content)
    told = last_frame(str(source), str(destination))
    picture = opened(destination)
    found = facts(str(source))
    assert (told["width_px"], told["height_px"]) == picture.size
    assert (found["width_px"], found["height_px"]) == picture.size
    return picture


def apart(one: tuple[int, ...], other: tuple[int, ...]) -> int:
    return max(abs(a - b) for a, b in zip(one, other, strict=True))


@pytest.mark.parametrize(
    ("matrix", "shown"),
    [
        (turned(1, 0, 0, 1), ("red", "lime", "blue", "white")),
        (turned(0, 1, -1, 0), ("blue", "red", "white", "lime")),
        (turned(-1, 0, 0, -1), ("white", "blue", "lime", "red")),
        (turned(0, -1, 1, 0), ("lime", "white", "red", "blue")),
        (turned(-1, 0, 0, 1), ("lime", "red", "white", "blue")),
        (turned(1, 0, 0, -1), ("blue", "white", "red", "lime")),
        (turned(0, 1, 1, 0), ("red", "blue", "lime", "white")),
        (turned(0, -1, -1, 0), ("white", "lime", "blue", "red")),
        ((ONE * 2, 0, 0, 0, ONE * 2, 0, 0, 0, 1 << 30), ("red", "lime", "blue", "white")),
        ((46341, 46341, 0, -46341, 46341, 0, 0, 0, 1 << 30), ("red", "lime", "blue", "white")),
    ],
    ids=["0", "90", "180", "270", "mirrored", "upside down", "transposed", "transverse", "doubled", "45"],
)
def test_it_is_turned_as_its_track_says(
    tmp_path: Path, matrix: tuple[int, ...], shown: tuple[str, ...]
) -> None:
    picture = taken(tmp_path, encoded([quarters((160, 96))] * 2, matrix=matrix))
    assert picture.size == ((96, 160) if matrix[0] == 0 else (160, 96))
    for found, colour in zip(corners(picture), shown, strict=True):
        assert apart(found, ImageColor.getrgb(colour)) <= 3


@pytest.mark.parametrize(
    ("ratio", "matrix", "size"),
    [
        (Fraction(4, 3), turned(1, 0, 0, 1), (213, 96)),
        (Fraction(3, 4), turned(1, 0, 0, 1), (160, 128)),
        (Fraction(2), turned(0, 1, -1, 0), (96, 320)),
        (Fraction(100), turned(1, 0, 0, 1), (160, 96)),
    ],
    ids=["broad", "tall", "turned", "absurd"],
)
def test_its_pixels_become_square(
    tmp_path: Path, ratio: Fraction, matrix: tuple[int, ...], size: tuple[int, int]
) -> None:
    picture = taken(tmp_path, encoded([quarters((160, 96))] * 2, pixel_ratio=ratio, matrix=matrix))
    assert picture.size == size


@pytest.mark.parametrize("full_range", [False, True], ids=["limited", "full"])
@pytest.mark.parametrize("matrix", [1, 6, 9], ids=["bt709", "bt601", "bt2020"])
def test_its_colours_are_those_that_its_tags_mean(tmp_path: Path, matrix: int, *, full_range: bool) -> None:
    colour = (200, 60, 30)
    tags = {"colorspace": matrix, "color_range": 2 if full_range else 1}
    flat = flat_frame(colour, (160, 96), matrix=matrix, full_range=full_range)
    assert apart(corners(taken(tmp_path, encoded([flat] * 2, tags=tags)))[0], colour) <= 2


@pytest.mark.parametrize(
    ("size", "matrix"),
    [((1280, 720), 1), ((720, 1280), 1), ((848, 480), 6), ((480, 848), 6)],
    ids=["720p", "720p upright", "480p", "480p upright"],
)
def test_without_tags_its_size_tells_the_colours(tmp_path: Path, size: tuple[int, int], matrix: int) -> None:
    colour = (200, 60, 30)
    content = encoded([flat_frame(colour, size, matrix=matrix)], tags={"colorspace": UNTAGGED})
    assert apart(corners(taken(tmp_path, content))[0], colour) <= 2


@pytest.mark.parametrize(
    ("stored", "matrix", "primaries", "expected"),
    [
        ((185, 71, 44), 1, 12, (200, 60, 30)),
        ((95, 197, 81), 1, 12, (30, 200, 60)),
        ((165, 81, 44), 9, 9, (200, 60, 30)),
        ((234, 51, 35), 1, 12, (255, 0, 0)),
        ((128, 128, 128), 9, 9, (128, 128, 128)),
    ],
    ids=["P3 orange", "P3 green", "BT.2020 orange", "P3 red", "grey"],
)
def test_wide_colours_become_those_of_srgb(
    tmp_path: Path,
    stored: tuple[int, int, int],
    matrix: int,
    primaries: int,
    expected: tuple[int, int, int],
) -> None:
    tags = {"colorspace": matrix, "color_range": 1, "color_primaries": primaries, "color_trc": 13}
    picture = taken(tmp_path, encoded([flat_frame(stored, (160, 96), matrix=matrix)] * 2, tags=tags))
    assert apart(corners(picture)[0], expected) <= 4


@pytest.mark.parametrize(
    ("transfer", "code", "shown"),
    [
        (16, 148, (230, 245)),
        (16, 64, (35, 55)),
        (16, 255, (250, 255)),
        (18, 191, (215, 240)),
        (18, 255, (235, 255)),
    ],
    ids=["PQ, paper white", "PQ, dark", "PQ, the brightest", "HLG, paper white", "HLG, the brightest"],
)
def test_hdr_becomes_ordinary_brightness(
    tmp_path: Path, transfer: int, code: int, shown: tuple[int, int]
) -> None:
    """White paper is bright, and the lamp beside it brighter still; as stored both would be grey."""
    tags = {"colorspace": 9, "color_range": 1, "color_primaries": 9, "color_trc": transfer}
    flat = flat_frame((code, code, code), (160, 96), matrix=9)
    found = corners(taken(tmp_path, encoded([flat] * 2, tags=tags)))[0]
    assert max(found) - min(found) <= 3
    assert shown[0] <= found[0] <= shown[1]


def test_a_cover_picture_is_not_the_film(tmp_path: Path) -> None:
    content = encoded([quarters((160, 96))] * 3, cover=Image.new("RGB", (64, 64), "purple"))
    assert b"covr" in content
    assert taken(tmp_path, content).size == (160, 96)


def test_the_first_frame_is_shown_like_the_last(tmp_path: Path) -> None:
    source, destination = tmp_path / "film", tmp_path / "frame.png"
    source.write_bytes(encoded([quarters((160, 96))] * 2, matrix=turned(0, 1, -1, 0)))
    first_frame(str(source), str(destination))
    picture = opened(destination)
    assert picture.size == (96, 160)
    assert apart(corners(picture)[0], (0, 0, 255)) <= 3
