"""The bot in several processes that share a database: one gateway, which answers people, and workers."""

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from enum import StrEnum
from typing import Any, Final

import structlog

from bot.dimilinks import Pace
from bot.jobs.run_rows import RunRows
from bot.lifecycle.dispatch import JobDispatcher
from bot.lifecycle.queued_runs import QueuedRuns
from bot.lifecycle.run_queue import RunQueue
from bot.lifecycle.shared_rate import SharedRate
from bot.lifecycle.shared_slots import SharedSlots
from bot.storage.change_feed import ChangeKind
from bot.wiring.app import App
from bot.wiring.tasks import SideTask, begin

log: Final = structlog.get_logger(__name__)

_HAND_BACK_WITHIN_S: Final = 5.0


class Role(StrEnum):
    """Part of the bot that a process is. The values are the commands."""

    ALONE = "run"
    """Everything. It shares the database with nobody."""
    GATEWAY = "gateway"
    """Is connected to Discord's gateway, accepts requests and answers people; runs no jobs."""
    WORKER = "worker"
    """Runs jobs, and speaks to Discord without the gateway."""


class GatewayApp(App):
    """The bot without jobs. `turn_lost` is set when another process may be the gateway."""

    def __init__(self, *parts: Any, queue: RunQueue, turn_lost: asyncio.Event, **named: Any) -> None:  # noqa: ANN401 - as App
        super().__init__(*parts, **named)
        self._dispatcher = JobDispatcher(RunRows(self.database), queue)
        self.jobs.dispatcher = self._dispatcher
        self._turn_lost = turn_lost

    @property
    def _of_every_process(self) -> tuple[SideTask, ...]:
        own = (("dispatch", self._dispatcher.run), ("turn", self._watch_turn))
        return (*super()._of_every_process, *own)

    @property
    def _of_one_process(self) -> tuple[SideTask, ...]:
        # The line is in the workers' memory.
        return tuple(task for task in super()._of_one_process if task[0] != "line-status")

    async def _watch_turn(self) -> None:
        await self._turn_lost.wait()
        self._dispatcher.superseded.set()
        await asyncio.Event().wait()


class WorkerApp(App):
    """The part of the bot that runs jobs."""

    def __init__(self, *parts: Any, queue: RunQueue, rate: Pace, **named: Any) -> None:  # noqa: ANN401 - as App
        super().__init__(*parts, rate=rate, **named)
        jobs = self.jobs
        self._rate = SharedRate(self.database, rate)
        self._queue = queue
        self._runs = QueuedRuns(
            runner=jobs.local_runner,
            lifecycle=jobs.lifecycle,
            store=jobs.store,
            rows=RunRows(self.database),
            queue=queue,
            owner=jobs.owner,
        )
        self.database.feed.register(ChangeKind.JOB, self._runs.look_at)
        self._slots = jobs.slots if isinstance(jobs.slots, SharedSlots) else None
        if self._slots is not None:
            self.database.feed.register(ChangeKind.SLOT, self._slots.look_at)
        self.database.is_confirmed = lambda: self._runs.is_current
        self._working = asyncio.Event()
        self._handed_back = asyncio.Event()

    @property
    def _of_every_process(self) -> tuple[SideTask, ...]:
        common = (*super()._of_every_process, ("rate", self._rate.run))
        return common if self._slots is None else (*common, ("slots", self._slots.run))

    async def load(self, stack: AsyncExitStack) -> None:
        """Read what the caches need, and begin what runs beside the jobs; as `App.load`."""
        await self._load_what_jobs_need(stack)
        begin(self._of_every_process, self._logged_in, stack)

    async def _stay_connected(self, say: Callable[[str], None]) -> None:
        await self.bot.log_in(self._token.get_secret_value(), say)
        self._logged_in.set()
        self._working.set()
        try:
            await self._runs.run()
        finally:
            self._handed_back.set()

    async def stop(self) -> None:
        """Let this process's uploads end, and hand all jobs back to the queue."""
        self._queue.stop_taking()
        lost = self.jobs.local_runner.superseded.is_set() or self.database.taken.is_set()
        if lost:
            self._queue.give_up()
        await self.jobs.local_runner.close(grace_s=0.0 if lost else self._settings.stop_grace_s)
        if self._working.is_set() and not lost:
            try:
                async with asyncio.timeout(_HAND_BACK_WITHIN_S):
                    await self._handed_back.wait()
            except TimeoutError:
                log.warning("jobs_not_handed_back")
        self._stopped.set()
        await self.bot.close()
