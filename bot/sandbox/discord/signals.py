"""Waiting for something to become true without polling."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


class Signal:
    """Rings whenever the thing it belongs to changed."""

    def __init__(self) -> None:
        self._waiting: set[asyncio.Future[None]] = set()
        self._linked: list[Signal] = []

    def link(self, other: "Signal") -> None:
        """From now on `other` rings whenever this one does."""
        if other not in self._linked:
            self._linked.append(other)

    def ring(self) -> None:
        """Wake every waiter."""
        for future in self._waiting:
            if not future.done():
                future.set_result(None)
        self._waiting.clear()
        for other in self._linked:
            other.ring()

    async def until(self, found: Callable[[], T | None], timeout_s: float, what: str) -> T:
        """The first answer of `found` that is not None, asked now and after each ring.

        Raises `TimeoutError` that names `what` was awaited when `timeout_s` seconds have passed.
        """
        try:
            async with asyncio.timeout(timeout_s):
                while (answer := found()) is None:
                    future = asyncio.get_running_loop().create_future()
                    self._waiting.add(future)
                    try:
                        await future
                    finally:
                        self._waiting.discard(future)
                return answer
        except TimeoutError:
            raise TimeoutError(f"waited {timeout_s:g} s for {what}") from None
