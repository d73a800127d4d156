"""Priority of a child process: below the bot's event loop, for which users wait. Imports next to nothing."""

import os
from pathlib import Path
from typing import Final

_SESSION: Final = Path("/proc/self/autogroup")


def step_back(niceness: int) -> None:
    """Have this process give way to the bot's own. Called before anything large is imported.

    Linux shares the processor among *sessions* first, each in equal parts, where autogrouping is on: in a session
    of its own a child gets as much as the whole bot, however nice it is. So its session becomes as nice as itself
    (*sched(7)*, the autogroup feature).

    Args:
        niceness: From 0 to 19.
    """
    os.nice(niceness)
    give_session_way(niceness)


def give_session_way(niceness: int) -> bool:
    """Make this process's session as nice as that. Returns False if Linux put that off.

    It takes only one such change within 0.1 s, of all users but root.
    """
    try:
        _SESSION.write_text(str(niceness))
    except BlockingIOError:
        return False
    except OSError:
        pass  # no Linux, no autogrouping, or no right to change it
    return True
