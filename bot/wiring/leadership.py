"""Tasks of which one process at a time runs each: they run in the leader, and go on in the next one."""

import asyncio
from collections.abc import Sequence
from typing import Final

import structlog

from bot.storage.errors import StorageUnavailableError
from bot.storage.fence import fenced
from bot.storage.leader_lease import LeaderLease
from bot.wiring.tasks import SideTask, ended, keep_going

log: Final = structlog.get_logger(__name__)

_LOOK_EVERY_S: Final = 2.0
_ANSWER_WITHIN_S: Final = 2.0
"""With the pause between two looks, less than what a lease has left when its holder no longer believes it."""


class Leadership:
    """Runs the tasks while this process has the lease; `run` is the body of one task.

    When the lease cannot be renewed they are cancelled before it runs out. What a process that stood still has
    under way all the same writes nothing (`LeaderLease.fence`).
    """

    def __init__(self, lease: LeaderLease, tasks: Sequence[SideTask]) -> None:
        self._lease = lease
        self._work = tasks
        self._running: list[asyncio.Task[None]] = []
        self._failing = False
        self.epoch: int | None = None
        """The epoch in which this process leads; None while it does not."""

    async def run(self) -> None:
        """Lead whenever nobody else does, until cancelled; then the next one may at once."""
        keeping: asyncio.Task[None] | None = None
        try:
            while True:
                # A task: a question that the server does not answer must not delay what follows.
                keeping = keeping or asyncio.create_task(self._keep(), name="lease")
                await asyncio.wait([keeping], timeout=_ANSWER_WITHIN_S)
                if keeping.done():
                    keeping.result()
                    keeping = None
                if self._lease.epoch != self.epoch:
                    await self._change()
                await asyncio.sleep(_LOOK_EVERY_S)
        finally:
            await self._end()
            if keeping is not None:
                await ended([keeping])
            await self._give_back()

    async def _keep(self) -> None:
        try:
            await self._lease.keep()
        except StorageUnavailableError as error:
            if not self._failing:
                log.warning("lease_not_renewed", reason=str(error))
            self._failing = True
        else:
            self._failing = False

    async def _change(self) -> None:
        await self._end()
        epoch = self._lease.epoch
        if epoch is None:
            return
        self.epoch = epoch
        log.info("leading", epoch=epoch)
        context = fenced(self._lease.fence(epoch))
        loop = asyncio.get_running_loop()
        self._running = [
            loop.create_task(keep_going(name, work), name=name, context=context) for name, work in self._work
        ]

    async def _end(self) -> None:
        if self.epoch is None:
            return
        await ended(self._running)
        log.info("leading_no_more", epoch=self.epoch)
        self._running, self.epoch = [], None

    async def _give_back(self) -> None:
        try:
            async with asyncio.timeout(_ANSWER_WITHIN_S):
                await self._lease.give_back()
        except (StorageUnavailableError, TimeoutError) as error:
            log.info("lease_not_given_back", reason=str(error))
