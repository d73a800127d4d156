"""The bot in several processes that share a database: gateways, which answer people, and workers."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from enum import StrEnum
from functools import cached_property
from typing import Any, Final

import structlog

from bot.dimilinks import Pace
from bot.jobs.run_rows import RunRows
from bot.lifecycle.dispatch import JobDispatcher
from bot.lifecycle.queued_runs import QueuedRuns
from bot.lifecycle.run_queue import RunQueue
from bot.lifecycle.shared_rate import SharedRate
from bot.lifecycle.shared_slots import SharedSlots
from bot.services.identify_turns import IdentifyTurns
from bot.services.shard_holding import ShardHolding
from bot.settings import BadConfigurationError
from bot.storage.change_feed import ChangeKind
from bot.storage.errors import StorageError
from bot.storage.leader_lease import LeaderLease
from bot.storage.shard_locks import ShardLocks
from bot.storage.standing_session import StandingSession
from bot.wiring.alarms import compare_checkpoint
from bot.wiring.app import App
from bot.wiring.leadership import Leadership
from bot.wiring.tasks import SideTask, begin
from cogs.gateway_client import GatewayClient

log: Final = structlog.get_logger(__name__)

_HAND_BACK_WITHIN_S: Final = 5.0
_LINKS_AGAIN_AFTER_S: Final = 5.0
_COMPARE_EVERY_S: Final = 60.0


class Role(StrEnum):
    """Part of the bot that a process is. The values are the commands."""

    ALONE = "run"
    """Everything. It shares the database with nobody."""
    GATEWAY = "gateway"
    """Is connected to Discord's gateway, accepts requests and answers people; runs no jobs."""
    WORKER = "worker"
    """Runs jobs, and speaks to Discord without the gateway."""


class GatewayApp(App):
    """The bot without jobs: the commands and presses of its share of the shards, and the tasks of the leader."""

    def __init__(
        self,
        *parts: Any,  # noqa: ANN401 - as App
        bot: GatewayClient,
        queue: RunQueue,
        session: StandingSession,
        **named: Any,  # noqa: ANN401
    ) -> None:
        super().__init__(*parts, bot=bot, **named)
        self._dispatcher = JobDispatcher(RunRows(self.database), queue)
        self.jobs.dispatcher = self._dispatcher
        self._client = bot
        self._recommended = 1
        self._lease = LeaderLease(session, self.jobs.owner)
        locks = ShardLocks(session)
        self._holding = ShardHolding(locks, bot)
        self._turns = IdentifyTurns(locks)
        bot.identify_turn = self._turns.wait
        bot.is_held = self._holding.is_held

    @property
    def in_reserve(self) -> bool:
        """True while other gateways have all shards."""
        return not self._holding.held

    @cached_property
    def _leadership(self) -> Leadership:
        own: dict[str, Callable[[], Awaitable[None]]] = {
            **dict(super()._of_one_process),
            "reviews": self._tend_reviews,
            "log-checkpoint": self._keep_checkpoint,
            "commands": self._register_commands,
        }
        del own["line-status"]  # the line is in the workers' memory
        return Leadership(self._lease, tuple(own.items()))

    @property
    def _of_every_process(self) -> tuple[SideTask, ...]:
        return (
            *super()._of_every_process,
            ("dispatch", self._dispatcher.run),
            ("outdated-cards", self.moderation.questions.run),
            ("links", self._serve_links),
            ("shards", self._hold_shards),
        )

    @property
    def _of_one_process(self) -> tuple[SideTask, ...]:
        return (("leader", self._leadership.run),)

    async def _begin_alone(self, stack: AsyncExitStack) -> None:
        stack.push_async_callback(self._turns.close)
        self.metrics.watch("shards", "Shards that this process has", lambda: len(self._holding.shards))
        self.metrics.watch("leader", "1 in the leader", lambda: self._leadership.epoch is not None)

    async def _stay_connected(self, say: Callable[[str], None]) -> None:
        await self.bot.log_in(self._token.get_secret_value(), say)
        self._recommended = self.bot.shard_count or 1
        self._turns.max_concurrency = self.bot.max_concurrency
        self._logged_in.set()
        self._resumed.set()
        await self.bot.connect()

    async def _hold_shards(self) -> None:
        await self._holding.run(self._recommended)
        self._dispatcher.superseded.set()
        await asyncio.Event().wait()

    async def _tend_reviews(self) -> None:
        await self.jobs.decisions.resume()
        await self.jobs.decisions.run()

    async def _keep_checkpoint(self) -> None:
        entries = self.moderation.audit_log.store
        async with asyncio.TaskGroup() as group:
            group.create_task(self.moderation.checkpoint.run(), name="checkpoint")
            while True:
                # Each process hears of its own entries alone.
                try:
                    await compare_checkpoint(self.moderation.checkpoint, entries, self._notices)
                except StorageError as error:
                    log.warning("checkpoint_not_compared", reason=str(error))
                await asyncio.sleep(_COMPARE_EVERY_S)

    async def _register_commands(self) -> None:
        await self._client.register_commands()
        await asyncio.Event().wait()

    async def _serve_links(self) -> None:
        told = False
        while True:
            try:
                async with self.copies.serving() as self.links_port:
                    told = False
                    await asyncio.Event().wait()
            except BadConfigurationError as error:
                # Another gateway on this machine may have the address. Each of them serves all links.
                if not told:
                    log.warning("links_not_served_here", reason=str(error))
                told = True
            await asyncio.sleep(_LINKS_AGAIN_AFTER_S)


class WorkerApp(App):
    """The part of the bot that runs jobs."""

    def __init__(self, *parts: Any, queue: RunQueue, rate: Pace, **named: Any) -> None:  # noqa: ANN401 - as App
        super().__init__(*parts, rate=rate, **named)
        jobs = self.jobs
        self._rate = SharedRate(self.database, rate)
        self._queue = queue
        if not isinstance(jobs.slots, SharedSlots):
            raise TypeError("a worker without others")
        self._slots = jobs.slots
        self._runs = QueuedRuns(
            runner=jobs.local_runner,
            lifecycle=jobs.lifecycle,
            store=jobs.store,
            rows=RunRows(self.database),
            queue=queue,
            slots=self._slots,
            owner=jobs.owner,
        )
        self.database.feed.register(ChangeKind.JOB, self._runs.look_at)
        self.database.feed.register(ChangeKind.SLOT, self._slots.look_at)
        self.database.is_confirmed = lambda: self._runs.is_current
        self._working = asyncio.Event()
        self._handed_back = asyncio.Event()

    @property
    def _of_every_process(self) -> tuple[SideTask, ...]:
        return (
            *super()._of_every_process,
            ("rate", self._rate.run),
            ("slots", self._slots.run),
            ("outdated-cards", self.moderation.questions.run),
        )

    async def load(self, stack: AsyncExitStack) -> None:
        """Read what the caches need, and begin what runs beside the jobs; as `App.load`."""
        await self._load_what_jobs_need(stack)
        begin(self._of_every_process, self._logged_in, stack)

    async def _stay_connected(self, say: Callable[[str], None]) -> None:
        await self.bot.log_in(self._token.get_secret_value(), say)
        self._logged_in.set()
        await self._heartbeat.try_to_beat()  # the clock may have been set while Discord was waited for
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
