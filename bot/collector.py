"""Python's garbage collector, kept from stalling the event loop.

A full collection looks at every object there is, which with thousands of jobs takes a tenth of a second. What
ends a job leaves few cycles behind, so full collections are made when little is going on, and seldom.
"""

import asyncio
import gc
from collections.abc import Callable
from typing import Final

import structlog

log: Final = structlog.get_logger(__name__)

_LOOK_EVERY_S: Final = 600.0
_FEW_JOBS: Final = 200
_LOOKS_AT_MOST: Final = 36
"""After six hours it is made however much is going on."""
_NEVER: Final = 1_000_000


def settle() -> None:
    """Set aside what was loaded so far, which stays, and leave full collections to `collect_when_quiet`.

    For a process that runs one bot.
    """
    gc.collect()
    gc.freeze()
    youngest, middle, _ = gc.get_threshold()
    gc.set_threshold(youngest, middle, _NEVER)


async def collect_when_quiet(jobs: Callable[[], int]) -> None:
    """Make a full collection now and then while few `jobs()` are under way, until cancelled."""
    looks = 0
    while True:
        await asyncio.sleep(_LOOK_EVERY_S)
        looks += 1
        if jobs() < _FEW_JOBS or looks >= _LOOKS_AT_MOST:
            log.debug("garbage_collected", objects=gc.collect())
            looks = 0
