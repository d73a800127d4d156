"""Priority of a child process: below the bot's event loop, for which users wait. Imports next to nothing."""

import os
from pathlib import Path
from typing import Final

_SESSION: Final = Path("/proc/self/autogroup")
_NICENESS: Final = 5
"""A third of what the bot gets where both want all. With much more, a video that is made smaller would starve."""


def step_back() -> None:
    """Have this process give way to the bot's own. Called before anything large is imported.

    Linux shares the processor among *sessions* first, each in equal parts, where autogrouping is on: in a session
    of its own a child gets as much as the whole bot, however nice it is. So its session becomes as nice as itself
    (*sched(7)*, the autogroup feature).
    """
    os.nice(_NICENESS)
    give_session_way()


def give_session_way() -> bool:
    """Make this process's session as nice as the process. Returns False if Linux put that off.

    It takes only one such change within 0.1 s, of all users but root.
    """
    try:
        _SESSION.write_text(str(_NICENESS))
    except BlockingIOError:
        return False
    except OSError:
        pass  # no Linux, no autogrouping, or no right to change it
    return True
