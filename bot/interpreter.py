"""Settings of Python's interpreter in a process that runs one bot: its garbage collector and its threads.

A full collection visits every object, which takes a tenth of a second with thousands of jobs in memory. Ended
jobs leave few reference cycles behind, so full collections are rare and made while few jobs run.
`bot/cli/run.py` freezes the startup objects; `bot/wiring/app.py` starts `collect_when_quiet`.
"""

import asyncio
import gc
import sys
from collections.abc import Callable
from typing import Final

import structlog

log: Final = structlog.get_logger(__name__)

_THREADS_WAIT_S: Final = 0.000_5
_CHECK_INTERVAL_S: Final = 600.0
_FEW_JOBS: Final = 200
_CHECKS_AT_MOST: Final = 36
"""After so many checks (six hours), a full collection is made however many jobs run."""
_NEVER: Final = 1_000_000
"""Number of middle collections before a full one: too many to occur."""


def hold_back() -> None:
    """Stop collections until `freeze_startup_objects`: visiting what is loaded at the start finds nothing."""
    gc.disable()


def freeze_startup_objects() -> None:
    """Exempt all present objects from collection and turn automatic full collections off.

    Only for a process that runs a single bot: the collector is global to the process.
    """
    # Modules, classes and tables stay until the end. The little garbage of the start-up is frozen with them:
    # finding it would take a tenth of a second of every start.
    gc.freeze()
    youngest, middle, _ = gc.get_threshold()
    gc.set_threshold(youngest, middle, _NEVER)
    gc.enable()


def let_threads_in() -> None:
    """Have a thread that waits for the interpreter get it within half a millisecond, instead of five.

    A transaction goes back and forth between the event loop and the driver's thread. While the loop is busy, each
    step waited for the whole interval: with hundreds of jobs at their ends, the queue for the disk grew to seconds.
    """
    sys.setswitchinterval(_THREADS_WAIT_S)


async def collect_when_quiet(jobs: Callable[[], int]) -> None:
    """Make a full collection every ten minutes if few jobs run, and at least every six hours. Runs until cancelled.

    Args:
        jobs: Returns the number of jobs that are running.
    """
    checks = 0
    while True:
        await asyncio.sleep(_CHECK_INTERVAL_S)
        checks += 1
        if jobs() < _FEW_JOBS or checks >= _CHECKS_AT_MOST:
            log.debug("garbage_collected", objects=gc.collect())
            checks = 0
