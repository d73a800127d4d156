"""Child processes of a bot, found from outside."""

from contextlib import suppress

import psutil

_PICTURES = "bot.images.decoding.main"


def picture_children(bot_pid: int | None = None) -> list[psutil.Process]:
    """Return the children that prepare pictures.

    Args:
        bot_pid: The bot's process; None for this one.
    """
    found: list[psutil.Process] = []
    with suppress(psutil.NoSuchProcess):
        for child in psutil.Process(bot_pid).children():
            with suppress(psutil.NoSuchProcess, psutil.ZombieProcess):
                if _PICTURES in child.cmdline():
                    found.append(child)
    return found
