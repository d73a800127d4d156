"""Clocks of the end-to-end tests, and waiting for what only plain records tell."""

import asyncio
from collections.abc import (
    Callable,
)
from datetime import datetime, timedelta

from tests.e2e.actors.harness import TIMEOUT_S, utc_now


class MovableClock:
    """A wall clock that can be set."""

    def __init__(self) -> None:
        self.offset = timedelta()

    def __call__(self) -> datetime:
        return utc_now() + self.offset


async def until(condition: Callable[[], bool]) -> None:
    """Wait for what only plain records tell."""
    async with asyncio.timeout(TIMEOUT_S):
        while not condition():  # noqa: ASYNC110 - plain records
            await asyncio.sleep(0.02)
