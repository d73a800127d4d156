"""The queue of runs on a PostgreSQL server, by PgQueuer: an entry says that a job wants to run, and no more.

Everything else is in the job's row, and safety rests on its claim: an entry that is there too long, or not at all,
costs time and never a purchase.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import Final, TypeVar

import psycopg
import structlog
from pgqueuer.adapters.persistence.qb import (
    QueryBuilderEnvironment,
    QueryQueueBuilder,
    QuerySchedulerBuilder,
)
from pgqueuer.domain.settings import DBSettings
from pgqueuer.errors import RetryRequested
from pgqueuer.models import Job as Entry
from pgqueuer.ports.repository import EntrypointExecutionParameter
from pgqueuer.qm import QueueManager
from pgqueuer.queries import Queries
from pgqueuer.types import QueueEntrypoint, QueueManagerId

from bot.storage.address import PostgresqlAddress
from bot.storage.advisory_locks import MIGRATION_KEY, WORKERS
from bot.storage.errors import UnsupportedDatabaseError
from bot.storage.postgresql_opening import translating
from bot.storage.postgresql_queue_driver import QueueDriver, reason_of
from bot.storage.queue_share import QueueCounts, QueueShare

log: Final = structlog.get_logger(__name__)

STALLED_AFTER_S: Final = 15.0
"""Seconds after the last heartbeat of an entry; then another process may take it. Two come in that time."""
_LOOK_EVERY_S: Final = 3.0
"""For entries whose process died: nothing rings a bell for them."""
_AGAIN_AFTER_S: Final = 1.0
_RUN: Final = "run"
_AT_ONCE: Final = 10
_SETTINGS: Final = DBSettings.model_validate({"prefix": "stillmotion_"})
"""Names of the tables and the channel. Those by PgQueuer's variables of the environment are somebody else's."""
_QUEUE: Final = _SETTINGS.qualified.queue_table
_LOG: Final = _SETTINGS.qualified.queue_table_log
_MISSING: Final = (
    "SELECT id, ask_again_since IS NOT NULL AND state = 'queued' AS asks FROM jobs"  # noqa: S608 - a constant
    " WHERE settled_at IS NULL AND parked_at IS NULL AND review_id IS NULL AND NOT EXISTS"
    f" (SELECT FROM {_QUEUE} AS entry WHERE entry.dedupe_key = jobs.id AND entry.status IN ('queued', 'picked'))"
    " AND NOT (state = 'queued' AND EXISTS (SELECT FROM line_entries AS place"
    " WHERE place.job_id = jobs.id AND place.claim = jobs.claim AND place.resting))"
    " ORDER BY created_at, id"
)
_PRESENT: Final = f"SELECT dedupe_key FROM {_QUEUE} WHERE dedupe_key = ANY($1::text[])"  # noqa: S608 - a constant
_HELD: Final = (
    f"SELECT id FROM {_QUEUE} WHERE dedupe_key = $1 AND queue_manager_id = $2 AND status = 'picked'"  # noqa: S608 - a constant
)
_BEAT: Final = f"UPDATE {_QUEUE} SET heartbeat = now() WHERE queue_manager_id = $1 AND status = 'picked'"  # noqa: S608 - a constant
_TRIM: Final = f"DELETE FROM {_LOG} WHERE created < now() - interval '1 day'"  # noqa: S608 - a constant
_COUNT: Final = (
    "SELECT count(*) AS entries, count(*) FILTER (WHERE status = 'queued' AND execute_after <= now()"  # noqa: S608 - constants
    " OR status = 'picked' AND heartbeat < now() - $1::interval) AS untaken,"
    f" ({WORKERS}) AS workers FROM {_QUEUE}"
)


Carry = Callable[[str], Awaitable[bool]]
"""Runs a job; returns False if another process has to go on with it."""
_Result = TypeVar("_Result")


class _SharedEntries(Queries):
    """PgQueuer's statements, but a worker takes no more than its share, and goes on taking after an error."""

    room: Callable[[], Awaitable[int]] | None = None
    """Returns how many entries this process may take now."""
    _failing = False

    async def dequeue(
        self,
        batch_size: int,
        entrypoints: dict[QueueEntrypoint, EntrypointExecutionParameter],
        queue_manager_id: QueueManagerId,
        global_concurrency_limit: int | None,
        heartbeat_timeout: timedelta,
    ) -> list[Entry]:
        """Take entries; none after an error."""
        room = batch_size if self.room is None else await self._tried(self.room(), 0)
        if room <= 0:
            return []
        most = min(batch_size, room)
        taking = super().dequeue(
            most, entrypoints, queue_manager_id, global_concurrency_limit, heartbeat_timeout
        )
        taken = await self._tried(taking, None)
        self._failing = taken is None
        return taken or []

    async def eligible_queued_work(self, entrypoints: list[QueueEntrypoint]) -> int:
        """Return how many entries can be taken; 0 after an error."""
        return await self._tried(super().eligible_queued_work(entrypoints), 0)

    async def queued_work(self, entrypoints: list[QueueEntrypoint]) -> int:
        """Return how many entries nobody has; 0 after an error."""
        return await self._tried(super().queued_work(entrypoints), 0)

    async def next_deferred_eta(self, entrypoints: list[QueueEntrypoint]) -> timedelta | None:
        """Return the time until the next entry can be taken; None after an error."""
        return await self._tried(super().next_deferred_eta(entrypoints), None)

    async def _tried(self, asked: Awaitable[_Result], otherwise: _Result) -> _Result:
        """Return what the server answers, or `otherwise` after an error and a pause.

        PgQueuer ends by an error only once all that it carries has ended, and takes nothing until then. It does so
        all the same where tables or rights are missing, which a new start makes or tells of.
        """
        try:
            return await asked
        except psycopg.ProgrammingError:
            raise
        except (psycopg.Error, UnsupportedDatabaseError) as error:
            if not self._failing:
                log.warning("queue_failing", reason=reason_of(error, _QUEUE))
            self._failing = True
            await asyncio.sleep(_AGAIN_AFTER_S)
            return otherwise


class PostgresqlRunQueue:
    """`bot.lifecycle.run_queue.RunQueue` by PgQueuer. Methods wait for a server that is away."""

    def __init__(self, address: PostgresqlAddress) -> None:
        self._address = address
        self._driver = QueueDriver(address, _BEAT)
        self._queries = _SharedEntries(
            self._driver,
            QueryBuilderEnvironment(_SETTINGS),
            QueryQueueBuilder(_SETTINGS),
            QuerySchedulerBuilder(_SETTINGS),
        )
        self._manager: QueueManager | None = None

    async def install(self) -> None:
        """Make or update PgQueuer's tables. Raises `StorageError`."""
        with translating(self._address):
            await self._driver.execute("SELECT pg_advisory_lock($1::int, $2::int)", *MIGRATION_KEY)
            try:
                if await self._queries.schema_is_installed():
                    await self._queries.upgrade()
                else:
                    await self._queries.install()
            finally:
                await self._driver.execute("SELECT pg_advisory_unlock($1::int, $2::int)", *MIGRATION_KEY)

    async def put(self, job_ids: Sequence[str]) -> frozenset[str]:
        """Enter jobs that want to run. Returns those that have no entry yet."""
        if not job_ids:
            return frozenset()
        count = len(job_ids)
        with translating(self._address):
            entered = await self._queries.enqueue(
                [_RUN] * count,
                [job_id.encode() for job_id in job_ids],
                [0] * count,
                dedupe_key=list(job_ids),
                on_conflict="skip",
            )
        return frozenset(one for one, entry in zip(job_ids, entered, strict=True) if entry is not None)

    async def missing(self) -> dict[str, bool]:
        """Return the jobs that go on by themselves, have no entry and do not rest in line, oldest first.

        The value is True for those that do no more than ask their users again.
        """
        with translating(self._address):
            found = await self._driver.fetch(_MISSING)
        return {str(row["id"]): bool(row["asks"]) for row in found}

    async def present(self, job_ids: Sequence[str]) -> frozenset[str]:
        """Return those of these jobs that have an entry."""
        with translating(self._address):
            found = await self._driver.fetch(_PRESENT, list(job_ids))
        return frozenset(str(row["dedupe_key"]) for row in found)

    @property
    def renewed_at_s(self) -> float:
        """When all heartbeats of this process were renewed after an outage; infinite in one."""
        return self._driver.renewed_at_s

    async def holds(self, job_id: str) -> bool:
        """Return True if this process has a job's entry."""
        with translating(self._address):
            return bool(await self._driver.fetch(_HELD, job_id, self._driver.process_id))

    async def work(self, carry: Carry) -> None:
        """Take entries and have them carried, until `stop_taking` and the end of all that were taken."""
        manager = QueueManager(self._queries, channel=_SETTINGS.channel)

        async def run(entry: Entry) -> None:
            if not await carry((entry.payload or b"").decode()):
                raise RetryRequested(timedelta(0))

        manager.entrypoint(_RUN, accepts_context=False)(run)
        self._manager = manager
        self._driver.begin(manager.queue_manager_id)
        share = QueueShare(self._counts, asyncio.get_running_loop().time)

        async def room() -> int:
            # PgQueuer keeps a context for each entry that it has handed out, until that has ended.
            most = await share.room(len(manager.job_context))
            if most > 0:
                await self._driver.wait_for_others()
            return most

        self._queries.room = room
        with translating(self._address):
            await manager.run(
                dequeue_timeout=timedelta(seconds=_LOOK_EVERY_S),
                batch_size=_AT_ONCE,
                heartbeat_timeout=timedelta(seconds=STALLED_AFTER_S),
                log_aggregation_interval=timedelta(0),
            )

    async def _counts(self) -> QueueCounts:
        (found,) = await self._driver.fetch(_COUNT, timedelta(seconds=STALLED_AFTER_S))
        return QueueCounts(*(int(str(found[name])) for name in ("entries", "untaken", "workers")))

    def stop_taking(self) -> None:
        """Take no more entries."""
        if self._manager is not None:
            self._manager.shutdown.set()

    async def trim(self) -> None:
        """Remove what the queue logged more than a day ago."""
        with translating(self._address):
            await self._driver.execute(_TRIM)

    def give_up(self) -> None:
        """Leave all entries as they are: other processes carry on what this one did."""
        self._driver.give_up()

    async def close(self) -> None:
        """Close the connections."""
        await self._driver.close()
