"""The bot's status in Discord: how long the line is."""

import asyncio
from collections.abc import Callable
from typing import Final, Protocol

from bot.jobs.queue.slots import Slots
from bot.texts import status as words

EVERY_S: Final = 20.0
"""Discord takes 5 updates in 20 seconds of one session; older documents say 5 in 60."""
_LAST_WITHIN_S: Final = 1.0


class StatusDisplay(Protocol):
    """Where the status is shown."""

    async def show(self, text: str) -> None:
        """Show a text wherever another one is shown."""
        ...


class LineStatus:
    """Keeps the status current; `run` is its task's.

    Args:
        display: Shows it.
        slots: The line.
        at_once: Most requests that run at the same time.
        paused: Returns True while the video service takes no requests of this bot.
        every_s: Seconds between two updates at least.
    """

    def __init__(
        self,
        display: StatusDisplay,
        slots: Slots,
        *,
        at_once: int,
        paused: Callable[[], bool],
        every_s: float = EVERY_S,
    ) -> None:
        self._display = display
        self._slots = slots
        self._at_once = at_once
        self._paused = paused
        self._every_s = every_s
        self._stopping = False

    async def run(self) -> None:
        """Show how long the line is, until cancelled or `stopping`."""
        while not self._stopping:
            await self._display.show(self.text)
            await asyncio.sleep(self._every_s)

    async def stopping(self) -> None:
        """Show once that the bot stops, unless that takes more than a second."""
        if self._stopping:
            return
        self._stopping = True
        try:
            async with asyncio.timeout(_LAST_WITHIN_S):
                await self._display.show(words.STOPPING)
        except TimeoutError:
            pass

    @property
    def text(self) -> str:
        """The status of this moment."""
        if self._paused():
            return words.PAUSED
        if self._slots.waiting:
            return words.in_line(self._slots.waiting)
        return words.FREE if self._slots.running < self._at_once else words.BUSY
