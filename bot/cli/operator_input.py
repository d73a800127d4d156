"""Checks and cleans what an operator typed and what is printed for them."""

from bot.cli.failure import CommandFailedError, ExitStatus
from bot.texts import console_purchases

_TASK_ID_MAX_CHARS = 256


def checked_task_id(typed: str) -> str:
    """Return a task's id without blanks around it. Raises `CommandFailedError` if it cannot be one."""
    task_id = typed.strip()
    if not task_id or len(task_id) > _TASK_ID_MAX_CHARS or not task_id.isprintable() or " " in task_id:
        raise CommandFailedError(console_purchases.NO_TASK_ID, ExitStatus.FAILED)
    return task_id


def printable(text: str) -> str:
    """Return what users or the video service wrote on one line, without characters that steer a terminal."""
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())
