"""The line of `python -m bot check` about the image check: a detector that is installed scores a picture."""

import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from PIL import Image

from bot.cli.check_line import CheckLine
from bot.images.screening import Screening, ScreeningUnavailableError
from bot.settings import BadConfigurationError, ImageCheck, Settings
from bot.texts import console
from bot.wiring.screening import chosen_detector

_NAME: Final = "image check"
_PICTURE_PX: Final = (640, 360)


async def check_images(settings: Settings, import_paths: Sequence[Path] = ()) -> CheckLine:
    """Check that the operator's choice is installed and works.

    Args:
        settings: The configuration.
        import_paths: Further folders to import detectors from, for tests.
    """
    try:
        detector = chosen_detector(settings, import_paths)
    except BadConfigurationError as error:
        return CheckLine(_NAME, passed=False, told=str(error))
    if detector is None:
        chosen = settings.image_check is ImageCheck.OFF
        told = console.IMAGE_CHECK_OFF if chosen else console.IMAGE_CHECK_NOT_INSTALLED
        return CheckLine(_NAME, passed=True, told=told)
    with tempfile.TemporaryDirectory(prefix="stillmotion-check-") as folder:
        picture = Path(folder) / "grey.png"
        Image.new("RGB", _PICTURE_PX, "grey").save(picture)
        began_s = time.monotonic()
        try:
            async with Screening(detector, import_paths=import_paths) as screening:
                await screening.score_pictures([picture])
        except ScreeningUnavailableError as error:
            return CheckLine(_NAME, passed=False, told=console.image_check_fails(detector, error.fault))
    return CheckLine(_NAME, passed=True, told=console.image_check_works(detector, time.monotonic() - began_s))
