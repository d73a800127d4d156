"""Clock for deletion and expiry, which believes no single look at the wall clock.

A clock that jumps would make everything due at once. So nothing is due for minutes after a start or a jump, while
the system may still set its clock, and then only what was due at two looks whose distance the monotonic clock
confirms. A jump is right after all where the machine was suspended: it is believed in the end.
"""

import time
from collections.abc import Callable
from datetime import datetime
from typing import Final

import structlog

log: Final = structlog.get_logger(__name__)

WAIT_S: Final = 300.0
_TOLERANCE_S: Final = 5.0
"""Seconds by which the two clocks may come apart between two looks: systems correct clocks in small steps."""


class DeadlineClock:
    """Tells up to which moment deadlines have passed. One task looks at it, every minute or so."""

    def __init__(
        self,
        now: Callable[[], datetime],
        *,
        wait_s: float = WAIT_S,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Args: `wait_s` is how long nothing is due after the first look and after a jump."""
        self._now = now
        self._wait_s = wait_s
        self._monotonic = monotonic
        self._last: tuple[datetime, float] | None = None
        self._steady_since_s = 0.0

    def look(self) -> datetime | None:
        """Return the moment of the look before, whose deadlines have surely passed; None if nothing is due yet."""
        moment, at_s = self._now(), self._monotonic()
        before, self._last = self._last, (moment, at_s)
        if before is None:
            self._steady_since_s = at_s
            return None
        before_moment, before_s = before
        jump_s = (moment - before_moment).total_seconds() - (at_s - before_s)
        if abs(jump_s) > _TOLERANCE_S:
            log.warning("clock_jumped", seconds=round(jump_s))
            self._steady_since_s = at_s
            return None
        return before_moment if before_s - self._steady_since_s >= self._wait_s else None
