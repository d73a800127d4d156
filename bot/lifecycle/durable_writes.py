"""Writes that are repeated until the disk takes them."""

from collections.abc import Awaitable, Callable
from typing import Final

import stamina

from bot.storage.errors import StorageUnavailableError

_FIRST_PAUSE_S: Final = 0.2


async def write_until_stored(
    write: Callable[[], Awaitable[None]],
    failed: Callable[[StorageUnavailableError], None],
    *,
    longest_pause_s: float,
) -> None:
    """Repeat a write without an end: nothing may happen before it is kept. Each try compares the row anew.

    Args:
        write: Raises `StorageUnavailableError` when the disk does not take it; other errors end this.
        failed: Called after each try that the disk did not take.
        longest_pause_s: The longest pause between two tries.
    """
    async for attempt in stamina.retry_context(
        on=StorageUnavailableError,
        attempts=None,
        timeout=None,
        wait_initial=_FIRST_PAUSE_S,
        wait_jitter=_FIRST_PAUSE_S,
        wait_max=longest_pause_s,
    ):
        with attempt:
            try:
                await write()
            except StorageUnavailableError as error:
                failed(error)
                raise
