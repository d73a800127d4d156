"""A condition that every write of some tasks has to meet, checked within its transaction (`Database.write`).

It goes with the task, also into those that it starts: a process that stood still may go on with any of them, and
does not know yet that another process has its work.
"""

from collections.abc import Awaitable, Callable
from contextvars import Context, ContextVar, copy_context
from typing import Final, TypeAlias

from sqlalchemy.ext.asyncio import AsyncConnection

Fence: TypeAlias = Callable[[AsyncConnection], Awaitable[None]]
"""Called at the beginning of a transaction. Raises `StorageError`, and nothing is written then."""
_FENCE: Final[ContextVar[Fence | None]] = ContextVar("fence", default=None)


def current_fence() -> Fence | None:
    """Return the condition of the running task's writes."""
    return _FENCE.get()


def fenced(fence: Fence) -> Context:
    """Return a context like the current one, for a task whose writes have a condition."""
    context = copy_context()
    context.run(_FENCE.set, fence)
    return context
