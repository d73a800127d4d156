"""The line of `python -m bot check` about the processes that read pictures and videos: each does a small task."""

import tempfile
from pathlib import Path
from typing import Final

from PIL import Image

from bot.children.pool import ChildPool
from bot.children.process import ChildFault, ChildFaultError
from bot.cli.check_line import CheckLine
from bot.images.preparation import PicturePreparation, picture_pool
from bot.images.problems import UnusableImageError
from bot.settings import Settings
from bot.texts import console_start as words
from bot.video_files.frames import video_pool

_NAME: Final = "pictures and videos"
_MIB_BYTES: Final = 1024 * 1024
_PICTURE_PX: Final = (320, 320)
_OWNER: Final = "check"


async def check_decoding(settings: Settings) -> CheckLine:
    """Check that a picture can be prepared, and that a process for videos starts and answers.

    Both run as they do in the bot, with the same limit of memory.
    """
    memory_bytes = settings.child_memory_mb * _MIB_BYTES
    try:
        with tempfile.TemporaryDirectory(prefix="stillmotion-check-") as name:
            # The service takes no BMP, so that it is decoded and encoded.
            picture = Path(name, "grey.bmp")
            Image.new("RGB", _PICTURE_PX, "grey").save(picture)
            async with picture_pool(memory_bytes) as pictures:
                await PicturePreparation(pictures).prepare(_OWNER, picture, Path(name, "prepared"))
            async with video_pool(memory_bytes) as videos:
                await _have_answer(videos, picture)
    except UnusableImageError as error:
        fault = error.detail or error.problem.value
    except ChildFaultError as error:
        fault = str(error)
    except OSError as error:
        fault = error.strerror or str(error)
    else:
        return CheckLine(_NAME, passed=True, told=words.DECODING_WORKS)
    return CheckLine(_NAME, passed=False, told=words.decoding_fails(fault, settings.child_memory_mb))


async def _have_answer(videos: ChildPool, no_video: Path) -> None:
    """Have a process for videos open a file that is none. Raises `ChildFaultError` if it does not answer."""
    try:
        await videos.ask(_OWNER, "facts", source=str(no_video))
    except ChildFaultError as error:
        # What opens videos was loaded, and refuses the file with an error of its own.
        if error.fault is not ChildFault.RAISED:
            raise
