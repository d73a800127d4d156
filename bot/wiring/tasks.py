"""Ends of tasks that run beside the jobs."""

import asyncio
from collections.abc import Iterable
from typing import Any, Final

_CANCELLED_AGAIN_AFTER_S: Final = 0.5


async def ended(tasks: Iterable[asyncio.Task[Any]]) -> None:
    """Cancel until all have ended: the library forgets a cancellation that meets it while it connects a shard."""
    pending = set(tasks)
    while pending:
        for task in pending:
            task.cancel()
        _, pending = await asyncio.wait(pending, timeout=_CANCELLED_AGAIN_AFTER_S)


async def cancelled(task: asyncio.Task[None]) -> None:
    """Cancel a task and wait for its end."""
    task.cancel()
    await asyncio.wait([task])
