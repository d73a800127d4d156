"""Children that wait for work: some at most, one at a time for each user, replaced after some tasks."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from types import TracebackType
from typing import Any, Final, Self

import structlog

from bot.children.process import ChildFault, ChildFaultError, ChildProcess, ChildSpec

log: Final = structlog.get_logger(__name__)

_DEATHS_MAX: Final = 2
"""A child that died may have been killed for want of memory elsewhere; one that dies twice dies of its file."""


class ChildPool:
    """Hands tasks to children. An async context manager: leaving it ends all of them.

    A child starts with the first task, or with `warm`, and ends after `idle_s` seconds without one.
    """

    def __init__(
        self, spec: ChildSpec, *, at_once: int, within_s: float, tasks_each: int = 50, idle_s: float = 60.0
    ) -> None:
        """Set the pool up; nothing is started.

        Args:
            spec: What the children run.
            at_once: Number of children.
            within_s: Seconds of wall time for one task.
            tasks_each: Tasks after which a child is replaced, as memory in pieces grows.
            idle_s: Seconds without a task after which a child ends.
        """
        self._spec = spec
        self._within_s = within_s
        self._tasks_each = tasks_each
        self._idle_s = idle_s
        self._at_once = at_once
        self._free = asyncio.Semaphore(at_once)
        self._idle: list[ChildProcess] = []
        self._running: set[ChildProcess] = set()
        self._turns: dict[str, _Turn] = {}
        self._idle_end: asyncio.TimerHandle | None = None
        self._ending: set[asyncio.Task[None]] = set()
        self._closed = False

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closed = True
        for child in (*self._idle, *self._running):
            await child.end()
        # Whoever works with a child, or is just starting one, finds the pool closed before all is free.
        for _ in range(self._at_once):
            await self._free.acquire()
        for _ in range(self._at_once):
            self._free.release()
        if self._idle_end is not None:
            self._idle_end.cancel()
        await asyncio.gather(*self._ending)

    async def warm(self) -> None:
        """Start a child, if none waits or works, while there is still something else to wait for."""
        if self._idle or self._free.locked():
            return
        async with self._free:
            try:
                self._rest(await self._start())
            except ChildFaultError as error:
                log.warning("child_not_started", module=self._spec.module, reason=error.detail)

    async def ask(
        self,
        owner: str,
        task: str,
        *,
        on_progress: Callable[[float], None] | None = None,
        **arguments: object,
    ) -> dict[str, Any]:
        """Have a task done by a child, once more by another one if the child dies.

        Args:
            owner: For whom: tasks of one owner are done one after the other, so that somebody's bad files, which
                may take their whole time, leave a child for everybody else.
            task: Its name.
            on_progress: Called with the share that is done, from 0 to 1; after a child has died, from the beginning
                again. Only for tasks that tell it.
            arguments: Its arguments, as JSON takes them.

        Raises:
            ChildFaultError: The task was not done.
        """
        async with self._turn_of(owner), self._free:
            for _ in range(_DEATHS_MAX - 1):
                try:
                    return await self._once(task, arguments, on_progress)
                except ChildFaultError as error:
                    if error.fault is not ChildFault.DIED:
                        raise
                    log.warning("child_died", module=self._spec.module, task=task, how=error.detail)
            return await self._once(task, arguments, on_progress)

    async def _once(
        self, task: str, arguments: dict[str, object], on_progress: Callable[[float], None] | None
    ) -> dict[str, Any]:
        while self._idle and not self._idle[-1].alive:
            await self._idle.pop().end()
        child = self._idle.pop() if self._idle else await self._start()
        self._running.add(child)
        try:
            return await child.ask(task, self._within_s, arguments, on_progress)
        finally:
            self._running.discard(child)
            if child.alive and child.tasks_done < self._tasks_each and not self._closed:
                self._rest(child)
            else:
                await child.end()

    async def _start(self) -> ChildProcess:
        self._check_open()
        try:
            child = await ChildProcess.start(self._spec)
        except OSError as error:
            raise ChildFaultError(ChildFault.NOT_STARTED, error.strerror or type(error).__name__) from None
        try:
            self._check_open()
        except ChildFaultError:
            await child.end()
            raise
        return child

    def _check_open(self) -> None:
        if self._closed:
            raise ChildFaultError(ChildFault.NOT_STARTED, "the bot stops")

    def _rest(self, child: ChildProcess) -> None:
        self._idle.append(child)
        if self._idle_end is not None:
            self._idle_end.cancel()
        self._idle_end = asyncio.get_running_loop().call_later(self._idle_s, self._end_idle)

    def _end_idle(self) -> None:
        for child in self._idle:
            ending = asyncio.get_running_loop().create_task(child.end())
            self._ending.add(ending)
            ending.add_done_callback(self._ending.discard)
        self._idle.clear()

    @asynccontextmanager
    async def _turn_of(self, owner: str) -> AsyncGenerator[None]:
        turn = self._turns.setdefault(owner, _Turn())
        turn.wanted += 1
        try:
            async with turn.lock:
                yield
        finally:
            turn.wanted -= 1
            if not turn.wanted:
                del self._turns[owner]


class _Turn:
    """One owner's place: a lock, and how many of its tasks want it."""

    def __init__(self) -> None:
        self.lock = asyncio.Lock()
        self.wanted = 0
