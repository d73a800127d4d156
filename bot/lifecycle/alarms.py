"""Lasting troubles that the operator hears of: at most once an hour for each, and once when it has ended."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

SILENCE_S: Final = 3600.0
"""Between two messages about the same trouble."""


@dataclass
class _Trouble:
    told_at_s: float
    active: bool = True
    end_is_news: bool = True


class OperatorAlarms:
    """Tells the operator of troubles by their keys. No method waits.

    Args:
        tell: Has a text delivered to the operator; never waits.
    """

    def __init__(self, tell: Callable[[str], None]) -> None:
        self._tell = tell
        self._troubles: dict[str, _Trouble] = {}

    def tell(self, text: str) -> None:
        """Tell of something of which the caller knows that it is news."""
        self._tell(text)

    def once(self, key: str, text: str) -> None:
        """Tell of something that the operator hears of once in the life of this process."""
        if key not in self._troubles:
            self._troubles[key] = _Trouble(asyncio.get_running_loop().time())
            self._tell(text)

    def begin(self, key: str, text: str) -> None:
        """Say that a trouble began, or still lasts. It is told unless the operator heard of it within the hour."""
        now_s = asyncio.get_running_loop().time()
        trouble = self._troubles.get(key)
        if trouble is None or now_s - trouble.told_at_s >= SILENCE_S:
            self._troubles[key] = _Trouble(now_s)
            self._tell(text)
        elif not trouble.active:
            # It came back within the hour: neither this nor its next end is news.
            trouble.active, trouble.end_is_news = True, False

    def end(self, key: str, text: str = "") -> None:
        """Say that a trouble is over. That is told, if there is a text and its beginning was told."""
        trouble = self._troubles.get(key)
        if trouble is None or not trouble.active:
            return
        trouble.active = False
        if text and trouble.end_is_news:
            self._tell(text)
