"""The bot's status below its name in Discord, which everybody reads alike: in English, as the command's own name.

It tells a number for all servers together, and nothing of any person, server or prompt.
"""

from typing import Final

_MOST_TOLD: Final = 99

FREE: Final = "/video · free now"
BUSY: Final = "/video · busy, nobody in line"
PAUSED: Final = "/video · paused, requests wait"
STOPPING: Final = "/video · stopping"


def in_line(waiting: int) -> str:
    """So many requests wait; a long line has no exact number."""
    return f"/video · {waiting} in line" if waiting <= _MOST_TOLD else f"/video · over {_MOST_TOLD} in line"
