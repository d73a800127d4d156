"""Shielding of work that must not be cut off by a cancellation, such as a commit or an upload."""

import asyncio
from collections.abc import Coroutine
from typing import Any, Final, TypeVar

_Result = TypeVar("_Result")

AT_ONCE: Final = "at once"
"""Message of a cancellation that cuts short what a first one still lets end within its time."""


async def shield_until_done(work: Coroutine[Any, Any, _Result], *, within_s: float | None = None) -> _Result:
    """Run `work` to its end even if the calling task is cancelled meanwhile.

    Args:
        work: The coroutine to run, as a task of its own.
        within_s: Seconds that the work may still take after a cancellation; then it is cancelled, too, or when a
            second cancellation says `AT_ONCE`. None is without limit.

    Returns:
        The result of `work`, or its exception is raised.

    Raises:
        asyncio.CancelledError: The calling task was cancelled. It is raised only after the work has ended, in
            place of the work's result or exception.
    """
    task = asyncio.ensure_future(work)
    cancelled: asyncio.CancelledError | None = None
    while not task.done():
        try:
            # asyncio.wait does not cancel what it waits for, unlike awaiting the task.
            await asyncio.wait([task], timeout=within_s if cancelled is not None else None)
            # Back here after a cancellation, the work has ended (then this does nothing) or its time is up.
            if cancelled is not None:
                task.cancel()
        except asyncio.CancelledError as error:
            cancelled = error
            if within_s is not None and AT_ONCE in error.args:
                task.cancel()
    if cancelled is None:
        return task.result()
    if not task.cancelled():
        task.exception()  # retrieved, or asyncio logs "Task exception was never retrieved"
    raise cancelled
