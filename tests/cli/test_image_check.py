"""The image check on the command line: a detector that is named and missing, and the line of `check`."""

from pathlib import Path

import pytest

from bot.cli.image_check import check_images
from bot.images.detectors import DetectorName, is_installed
from bot.settings import load
from tests.cli.shell import Shell
from tests.images.made_detectors import made_detector


def lacking(detector: DetectorName) -> None:
    """Skip the test where the detector is installed."""
    if is_installed(detector):
        pytest.skip(f"{detector} is installed here")


@pytest.mark.slow
async def test_a_start_with_a_detector_that_is_not_installed_says_so(shell: Shell) -> None:
    lacking(DetectorName.NUDENET)
    secrets = {"DISCORD_TOKEN": "a-token", "DIMILINKS_API_KEY": "a-key"}
    outcome = await shell.run("run", environment={**secrets, "IMAGE_CHECK": "nudenet"})
    assert outcome.status == 2
    assert len(outcome.err.strip().splitlines()) == 1
    assert "IMAGE_CHECK: nudenet is not installed" in outcome.err
    assert "requirements/nudenet.lock" in outcome.err


async def test_the_check_names_what_is_missing() -> None:
    lacking(DetectorName.OPENNSFW)
    line = await check_images(load({"image_check": "opennsfw"}, env_file=None))
    assert not line.passed
    assert "opennsfw is not installed" in line.told
    assert "requirements/nsfw.lock" in line.told


@pytest.mark.parametrize("detector", list(DetectorName))
@pytest.mark.parametrize("automatic", [True, False])
async def test_the_check_has_a_picture_scored(
    tmp_path: Path, detector: DetectorName, *, automatic: bool
) -> None:
    if automatic:
        lacking(DetectorName.OPENNSFW)
    choice = "auto" if automatic else detector.value
    packages = made_detector(tmp_path, detector)
    line = await check_images(load({"image_check": choice}, env_file=None), [packages])
    assert line.passed
    assert line.told.startswith(f"{detector} works")


async def test_the_check_finds_a_detector_that_does_not_work(tmp_path: Path) -> None:
    packages = made_detector(tmp_path, DetectorName.OPENNSFW, "import a_library_that_is_not_there")
    line = await check_images(load({"image_check": "opennsfw"}, env_file=None), [packages])
    assert not line.passed
    assert "not_loadable" in line.told


async def test_what_is_off_is_no_fault(tmp_path: Path) -> None:
    packages = made_detector(tmp_path, DetectorName.OPENNSFW, "import a_library_that_is_not_there")
    line = await check_images(load({"image_check": "off"}, env_file=None), [packages])
    assert (line.passed, line.told) == (True, "off")
