"""Chooses the detector of the image check: the one that the operator names, or one that is installed."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import structlog

from bot.extras import Extra, install_command
from bot.images.detectors import DetectorName, first_installed, is_installed
from bot.settings import BadConfigurationError, ImageCheck, SettingProblem, Settings

log: Final = structlog.get_logger(__name__)


def chosen_detector(settings: Settings, import_paths: Sequence[Path] = ()) -> DetectorName | None:
    """Return the detector that scores pictures and videos; None if the check is off.

    Args:
        settings: The operator's choice.
        import_paths: Further folders to import from, for tests.

    Raises:
        BadConfigurationError: The one that the operator names is not installed.
    """
    match settings.image_check:
        case ImageCheck.OFF:
            return None
        case ImageCheck.AUTO:
            return first_installed(import_paths)
        case ImageCheck.OPENNSFW:
            return _named(DetectorName.OPENNSFW, Extra.NSFW, import_paths)
        case ImageCheck.NUDENET:
            return _named(DetectorName.NUDENET, Extra.NUDENET, import_paths)


def _named(detector: DetectorName, extra: Extra, import_paths: Sequence[Path]) -> DetectorName:
    if is_installed(detector, import_paths):
        return detector
    told = f"{detector} is not installed; install it with {install_command(extra)}"
    problem = SettingProblem("IMAGE_CHECK", told)
    raise BadConfigurationError((problem,))
