"""How a command ends that did not do its work."""

from enum import IntEnum


class ExitStatus(IntEnum):
    """Exit statuses that scripts may rely on."""

    FAILED = 1
    BAD_CONFIGURATION = 2


class CommandFailedError(Exception):
    """The command failed. The text is one line for the operator that says why."""

    def __init__(self, told: str, status: ExitStatus) -> None:
        super().__init__(told)
        self.status = status
