"""Systems that the bot runs on."""

from typing import Final

from bot.texts import console_platforms

_WINDOWS: Final = "win32"


def unsupported(platform: str) -> str | None:
    """Return the line for an operator whose system the bot does not run on; None where it runs.

    Args:
        platform: The system, as `sys.platform` names it.
    """
    return console_platforms.NO_WINDOWS if platform == _WINDOWS else None
