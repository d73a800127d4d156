"""The detectors themselves, where one is installed: they load in the child process and score as they do alone."""

import importlib
from pathlib import Path
from typing import Any

import pytest

from bot.images.detectors import DetectorName, is_installed
from bot.images.scoring import EXPOSED
from bot.images.screening import Screening
from tests.images.encoded_videos import drawing, film


def needs(detector: DetectorName) -> pytest.MarkDecorator:
    """Skip what needs a detector that is not installed."""
    return pytest.mark.skipif(
        not is_installed(detector),
        reason=f"{detector.package} is not installed",
    )


@pytest.fixture
def drawings(tmp_path: Path) -> list[Path]:
    """Harmless pictures that differ."""
    paths = [tmp_path / f"{number}.png" for number in range(3)]
    for number, path in enumerate(paths):
        drawing(number).save(path)
    return paths


@pytest.mark.parametrize("detector", [pytest.param(name, marks=needs(name)) for name in DetectorName])
async def test_harmless_drawings_score_low(
    drawings: list[Path], tmp_path: Path, detector: DetectorName
) -> None:
    video = tmp_path / "film.mp4"
    video.write_bytes(film(10))
    async with Screening(detector) as screening:
        assert await screening.score_pictures(drawings) < 0.5
        assert await screening.score_video(video) < 0.5


@needs(DetectorName.OPENNSFW)
async def test_opennsfw_scores_in_the_child_as_alone(drawings: list[Path]) -> None:
    package: Any = importlib.import_module(DetectorName.OPENNSFW.package)
    alone = [package.classify(str(path)).nsfw for path in drawings]
    assert len(set(alone)) == len(alone)
    async with Screening(DetectorName.OPENNSFW) as screening:
        found = [await screening.score_pictures([path]) for path in drawings]
    assert found == pytest.approx(alone, abs=1e-3)


@needs(DetectorName.NUDENET)
def test_nudenet_knows_the_classes_that_count() -> None:
    package: Any = importlib.import_module("nudenet.nudenet")
    labels: list[str] = vars(package)["__labels"]
    assert set(labels) >= EXPOSED
    assert {name for name in labels if name.endswith("_EXPOSED")} - EXPOSED == {
        "MALE_BREAST_EXPOSED",
        "FEET_EXPOSED",
        "BELLY_EXPOSED",
        "ARMPITS_EXPOSED",
    }
