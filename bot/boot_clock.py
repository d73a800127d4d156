"""A clock for leases and confirmations: unlike the event loop's, it goes on while this machine is suspended."""

import time
from typing import Final

_CLOCK: Final = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
"""Linux alone has it (clock_gettime(2)); elsewhere one process is what the bot runs as."""


def since_boot_s() -> float:
    """Return seconds since the machine was started, those in which it slept included."""
    return time.clock_gettime(_CLOCK)
