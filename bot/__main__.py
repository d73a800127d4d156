"""`python -m bot`: the command line, whose commands are in `bot.cli.commands`."""

import io
import os
import signal
import sys
from typing import Any, cast

from bot.cli.failure import ExitStatus
from bot.cli.interruption import end_at_once_on
from bot.cli.platforms import unsupported
from bot.texts import console_platforms


def main() -> None:
    """Carry out the command that the arguments name."""
    if sys.argv[1:2] == ["run"]:
        # A stop before anything was begun is as clean as one later.
        end_at_once_on(signal.SIGINT, signal.SIGTERM, status=ExitStatus.DONE)
    else:
        end_at_once_on(signal.SIGINT, status=ExitStatus.INTERRUPTED)
    _open_closed_streams()
    problem = unsupported(sys.platform, sys.version_info[:2])
    if problem is not None:
        sys.exit(problem)  # prints it and ends with status 1
    # Prompts are in any language; a terminal that lacks their letters shows their numbers instead of a traceback.
    cast("io.TextIOWrapper[Any]", sys.stdout).reconfigure(errors="backslashreplace")
    # Only now: loading takes part of a second, in which a signal may come.
    try:
        from bot.cli.commands import app
    except ModuleNotFoundError as error:
        if error.name is None or error.name.split(".")[0] in {"bot", "cogs"}:
            raise
        sys.exit(console_platforms.not_installed(error.name, sys.executable))
    app()


def _open_closed_streams() -> None:
    """Open what was closed at the start (`2>&-`): Python has None there, and another file takes its number."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115, PTH123 - for the whole process


if __name__ == "__main__":
    main()
