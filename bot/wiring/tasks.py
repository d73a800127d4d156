"""Tasks that run beside the jobs, and their ends."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from contextlib import AsyncExitStack
from typing import Any, Final, TypeAlias

import structlog

log: Final = structlog.get_logger(__name__)

_CANCELLED_AGAIN_AFTER_S: Final = 0.5
_RESTART_AFTER_S: Final = 60.0

SideTask: TypeAlias = tuple[str, Callable[[], Awaitable[None]]]
"""A name, and what runs until it is cancelled."""


def begin(tasks: Iterable[SideTask], logged_in: asyncio.Event, stack: AsyncExitStack) -> None:
    """Have tasks run once the bot has logged in, until the stack is left."""
    for name, work in tasks:
        task = asyncio.create_task(_begin_once(logged_in, name, work), name=name)
        stack.push_async_callback(cancelled, task)


async def _begin_once(logged_in: asyncio.Event, name: str, work: Callable[[], Awaitable[None]]) -> None:
    await logged_in.wait()  # nobody can be told anything before
    await keep_going(name, work)


async def keep_going(name: str, work: Callable[[], Awaitable[None]]) -> None:
    """Run a task, and again a minute after it broke, until cancelled."""
    while True:
        try:
            await work()
        except Exception:  # a bug in what runs beside the jobs must not end the bot
            log.exception("side_task_broke", task=name)
            await asyncio.sleep(_RESTART_AFTER_S)


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


def say_nothing(_line: str) -> None:
    """Show nothing: for callers without an operator."""
