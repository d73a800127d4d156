"""Systems and Pythons that the bot runs on. This file and what it imports can be read by Python 3.8."""

from __future__ import annotations

from typing import Final

from bot.texts import console_platforms

_WINDOWS: Final = "win32"
_OLDEST: Final = (3, 11)


def unsupported(platform: str, version: tuple[int, int]) -> str | None:
    """Return the line for an operator on whose system or Python the bot does not run; None where it runs.

    Args:
        platform: The system, as `sys.platform` names it.
        version: Major and minor version of Python.
    """
    if platform == _WINDOWS:
        return console_platforms.NO_WINDOWS
    return console_platforms.python_too_old(version) if version < _OLDEST else None
