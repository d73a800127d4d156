"""`python -m bot`: the command line, whose commands are in `bot.cli.commands`."""

import io
import signal
import sys
from typing import Any, cast

from bot.cli.failure import ExitStatus
from bot.cli.interruption import end_at_once_on


def main() -> None:
    """Carry out the command that the arguments name."""
    if sys.argv[1:2] == ["run"]:
        # A stop before anything was begun is as clean as one later.
        end_at_once_on(signal.SIGINT, signal.SIGTERM, status=ExitStatus.DONE)
    else:
        end_at_once_on(signal.SIGINT, status=ExitStatus.INTERRUPTED)
    # Prompts are in any language; a terminal that lacks their letters shows their numbers instead of a traceback.
    cast("io.TextIOWrapper[Any]", sys.stdout).reconfigure(errors="backslashreplace")
    # Only now: loading takes part of a second, in which a signal may come.
    from bot.cli.commands import app

    app()


if __name__ == "__main__":
    main()
