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
    try:
        app()
    except OSError as error:
        from bot.cli.screen import takes_output, tell
        from bot.texts import console

        if takes_output():
            raise
        tell(console.output_lost(error.strerror or type(error).__name__))
        sys.exit(ExitStatus.FAILED)


def _open_closed_streams() -> None:
    """Open what was closed at the start (`2>&-`): Python has None there, and another file takes its number.

    A closed standard output refuses what is written, as it does in other programs.
    """
    if sys.stdin is None:
        sys.stdin = open(os.devnull, encoding="utf-8")  # noqa: SIM115, PTH123 - for the whole process
    if sys.stdout is None:
        refusing = io.FileIO(os.open(os.devnull, os.O_RDONLY), "w")
        # Nothing is kept in a buffer, which would fail once more when Python ends.
        sys.stdout = io.TextIOWrapper(cast("Any", refusing), encoding="utf-8", write_through=True)
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123 - for the whole process


if __name__ == "__main__":
    main()
