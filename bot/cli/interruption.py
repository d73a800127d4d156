"""Ends of commands by a signal: at once before it has anything to clean up, and soon after it has."""

from __future__ import annotations  # so that Python 3.8 reads it, and is told that it is too old

import os
import signal
import threading
from types import FrameType

from bot.cli.failure import ExitStatus


def end_at_once_on(*numbers: signal.Signals, status: ExitStatus) -> None:
    """Let each of these signals end the process with `status`, silently, until something else handles them.

    For the time in which modules are loaded and nothing is open. An exception raised in there would print a
    traceback of Python's import machinery, or be caught by a module that tries what it can import.
    """

    def end(_number: int, _frame: FrameType | None) -> None:
        os._exit(status)

    for number in numbers:
        signal.signal(number, end)


def raise_on_interrupt(*numbers: signal.Signals) -> None:
    """Let these signals raise KeyboardInterrupt, as Python does for SIGINT by itself.

    Without any it is SIGINT; `asyncio.run` then cancels what it runs.
    """
    for number in numbers or (signal.SIGINT,):
        signal.signal(number, signal.default_int_handler)


def end_within(seconds: float, status: ExitStatus) -> None:
    """End the process with `status`, unless it has ended by itself by then. Call it once all is cleaned up.

    Python waits for its threads without a limit, also for those of a library that wait for the network.
    """
    timer = threading.Timer(seconds, os._exit, [status])
    timer.daemon = True
    timer.start()
