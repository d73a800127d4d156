"""Exit statuses of commands, and the error of a command that failed, which `commands.py` prints as one line."""

from enum import IntEnum


class ExitStatus(IntEnum):
    """Exit statuses of the command line, which scripts may rely on."""

    DONE = 0
    FAILED = 1
    BAD_CONFIGURATION = 2
    SUPERSEDED = 75
    """A process that shares a database was seen to be replaced by another one, and has to be started again."""
    INTERRUPTED = 130
    """Status that shells report of a command that Ctrl-C ended: 128 + SIGINT."""


class CommandFailedError(Exception):
    """The command failed. The text is one line for the operator that says why."""

    def __init__(self, told: str, status: ExitStatus) -> None:
        super().__init__(told)
        self.status = status
