"""Frames of a video that the image check looks at: spread over all of it, and as players show them."""

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import pytest
from PIL import Image

from bot.images import screen
from tests.images.encoded_videos import reddening
from tests.video_files.films import UNTAGGED, corners, encoded, flat_frame, quarters


def reds(frames: Sequence[Image.Image]) -> list[float]:
    """How red each is, from 0 to 1."""
    found: list[float] = []
    for frame in frames:
        pixel = frame.getpixel((30, 20))
        assert isinstance(pixel, tuple)
        found.append(pixel[0] / 255)
    return found


@pytest.mark.parametrize("container_format", ["mp4", "matroska"])
@pytest.mark.parametrize("frames", [1, 2, 8, 9, 50, 150])
def test_frames_are_sampled_evenly_from_first_to_last(
    tmp_path: Path, frames: int, container_format: str
) -> None:
    sampled = reds(screen.sample_frames(reddening(tmp_path / "film", frames, container_format)))
    count = min(frames, 8)
    ideal = [number / max(1, count - 1) for number in range(count)]
    tolerance = 0.02 + 0.5 / max(1, frames - 1)
    assert sampled == [pytest.approx(moment, abs=tolerance) for moment in ideal]


@pytest.mark.parametrize("counted", [1, 10, 39, 41, 1000])
def test_whatever_was_counted_the_last_frame_is_sampled_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, counted: int
) -> None:
    path = reddening(tmp_path / "film.mp4", 40)

    def count(_path: Path) -> int:
        return counted

    monkeypatch.setattr(screen, "_count_frames", count)
    sampled = reds(screen.sample_frames(path))
    assert sampled == sorted(set(sampled))
    assert sampled[-1] == pytest.approx(1, abs=0.02)


def test_frames_are_upright(tmp_path: Path) -> None:
    path = tmp_path / "film.mp4"
    turned = (0, 65536, 0, -65536, 0, 0, 0, 0, 1 << 30)
    path.write_bytes(encoded([quarters()] * 3, matrix=turned))
    (first, *_) = screen.sample_frames(path)
    assert first.size == (96, 160)
    as_stored, shown = corners(quarters()), corners(first)
    expected = [as_stored[number] for number in (2, 0, 3, 1)]  # a quarter turn clockwise
    for found, colour in zip(shown, expected, strict=True):
        assert found == pytest.approx(colour, abs=24)


@pytest.mark.parametrize(
    ("stored", "size", "matrix", "tags", "shown"),
    [
        ((220, 120, 40), (1280, 720), 1, {"colorspace": UNTAGGED}, (220, 120, 40)),
        (
            (165, 81, 44),
            (160, 96),
            9,
            {"colorspace": 9, "color_range": 1, "color_primaries": 9, "color_trc": 13},
            (200, 60, 30),
        ),
    ],
    ids=["720p without tags", "BT.2020"],
)
def test_frames_have_the_colours_that_players_show(
    tmp_path: Path,
    stored: tuple[int, int, int],
    size: tuple[int, int],
    matrix: int,
    tags: dict[str, int],
    shown: tuple[int, int, int],
) -> None:
    path = tmp_path / "film.mp4"
    path.write_bytes(encoded([flat_frame(stored, size, matrix=matrix)] * 2, tags=tags))
    for frame in screen.sample_frames(path):
        assert frame.getpixel((30, 20)) == pytest.approx(shown, abs=4)


def test_frames_have_square_pixels(tmp_path: Path) -> None:
    path = tmp_path / "film.mp4"
    path.write_bytes(encoded([quarters((160, 96))] * 2, pixel_ratio=Fraction(2)))
    assert {frame.size for frame in screen.sample_frames(path)} == {(320, 96)}
