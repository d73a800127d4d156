"""What commands print, where the terminal, pipe or file behind it may be gone.

A pipe to `head`, a full disk behind `2>`, or a closed terminal must not end a command that has bought something.
"""

import sys
from contextlib import suppress
from io import TextIOBase
from typing import Final

from bot.cli.failure import CommandFailedError, ExitStatus
from bot.texts import console

_GONE: Final = (OSError, ValueError)
"""Raised by a stream that takes nothing; ValueError by one that was closed."""


def tell(text: str) -> None:
    """Print a line on standard error; where that is gone, on standard output."""
    for stream in (sys.stderr, sys.stdout):
        with suppress(*_GONE):
            print(text, file=stream, flush=True)
            return


def say(text: str) -> None:
    """Print a line on standard output; where that is gone, on standard error."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(*_GONE):
            print(text, file=stream, flush=True)
            return


def print_result(text: str) -> None:
    """Print a line that the command is called for. Raises `CommandFailedError` where it cannot be written."""
    try:
        sys.stdout.write(f"{text}\n")
        sys.stdout.flush()
    except _GONE as error:
        told = console.output_lost(getattr(error, "strerror", None) or str(error))
        raise CommandFailedError(told, ExitStatus.FAILED) from None


def takes_output() -> bool:
    """Write an empty line on standard output. Returns False where that takes nothing."""
    try:
        sys.stdout.write("\n")
        sys.stdout.flush()
    except _GONE:
        return False
    return True


class Screen(TextIOBase):
    """Standard error as a stream that takes everything, for a progress bar."""

    @property
    def encoding(self) -> str:  # pyright: ignore[reportIncompatibleVariableOverride] - a property in typeshed's own children
        """The encoding of standard error."""
        return sys.stderr.encoding

    def write(self, text: str, /) -> int:
        """Write as far as the screen is there."""
        with suppress(*_GONE):
            sys.stderr.write(text)
        return len(text)

    def flush(self) -> None:
        """Flush as far as the screen is there."""
        with suppress(*_GONE):
            sys.stderr.flush()

    def isatty(self) -> bool:
        """True on a terminal."""
        return sys.stderr.isatty()

    def fileno(self) -> int:
        """The file descriptor, by which the terminal's size is asked for."""
        return sys.stderr.fileno()
