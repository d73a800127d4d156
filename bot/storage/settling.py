"""Waiting for work that must not be left half done, whoever is cancelled meanwhile."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

_Result = TypeVar("_Result")


async def settled(work: Coroutine[Any, Any, _Result], *, within_s: float | None = None) -> _Result:
    """The result of `work`, or its exception, once it has ended.

    A cancellation of the waiting task does not reach the work: it is raised afterwards, in place of either. With
    `within_s` the work has that long to end after a cancellation, and is cancelled then.
    """
    task = asyncio.ensure_future(work)
    cancelled: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.wait([task], timeout=within_s if cancelled is not None else None)
            if cancelled is not None:
                task.cancel()
        except asyncio.CancelledError as error:
            cancelled = error
    if cancelled is None:
        return task.result()
    if not task.cancelled():
        task.exception()  # looked at, or asyncio would log that nobody did
    raise cancelled
