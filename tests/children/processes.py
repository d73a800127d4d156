"""Child processes of a bot, found from outside."""

from contextlib import suppress

import psutil

_PICTURES = "bot.images.decoding.main"
_VIDEOS = "bot.video_files.decoding.main"


def picture_children(bot_pid: int | None = None) -> list[psutil.Process]:
    """Return the children that prepare pictures.

    Args:
        bot_pid: The bot's process; None for this one.
    """
    return _children(_PICTURES, bot_pid)


def video_children(bot_pid: int | None = None) -> list[psutil.Process]:
    """Return the children that read and write videos; `bot_pid` as above."""
    return _children(_VIDEOS, bot_pid)


def _children(module: str, bot_pid: int | None) -> list[psutil.Process]:
    found: list[psutil.Process] = []
    with suppress(psutil.NoSuchProcess):
        for child in psutil.Process(bot_pid).children():
            with suppress(psutil.NoSuchProcess, psutil.ZombieProcess):
                if module in child.cmdline():
                    found.append(child)
    return found
