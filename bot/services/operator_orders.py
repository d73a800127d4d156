"""Decisions of the operator about jobs of unknown outcome: orders in a table, carried out by whoever owns it.

The command line leaves an order there. The bot looks every ten seconds; while none runs, the command itself
carries the order out. A decision and its effect on the job are one transaction.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

import structlog
from pydantic import TypeAdapter
from sqlalchemy import RowMapping, and_, select, update

from bot.jobs.job import Failure, FailureReason, Job, JobState, advance
from bot.jobs.store import JobStore, StaleJobError, UnknownJobError, UnreadableJobError
from bot.jobs.task_owners import other_with_task
from bot.jobs.unknown_jobs import UnknownJobs, bought_after_all
from bot.storage.database import Database
from bot.storage.errors import StorageError
from bot.storage.reading import read_rows
from bot.storage.tables import operator_orders

log: Final = structlog.get_logger(__name__)

LOOK_EVERY_S: Final = 10.0


class OrderAction(StrEnum):
    """The decisions. Stored as they are."""

    ATTACH_TASK = "attach_task"
    NOT_BOUGHT = "not_bought"


class OrderOutcome(StrEnum):
    """Outcomes of an order. Stored as they are."""

    DONE = "done"
    NO_SUCH_JOB = "no_such_job"
    UNREADABLE = "unreadable"
    """This version cannot read the job's row."""
    NOT_UNKNOWN = "not_unknown"
    """`detail` is the job's state."""
    TASK_TAKEN = "task_taken"
    """`detail` is the job that has the task."""


@dataclass(frozen=True)
class OrderResult:
    """An outcome with what is needed to explain it."""

    outcome: OrderOutcome
    detail: str = ""


@dataclass(frozen=True)
class _Order:
    """An order as it is kept."""

    number: int
    job_id: str
    action: OrderAction
    task_id: str | None


_RESULT: Final = TypeAdapter(OrderResult)


def _ignore(_job: Job) -> None:
    """No bot runs that had to know of a resolved job."""


class OperatorOrders:
    """Keeps orders and carries them out. Methods raise `bot.storage.errors.StorageError`."""

    def __init__(
        self,
        database: Database,
        store: JobStore,
        *,
        watch_s: float,
        now: Callable[[], datetime],
        resolved: Callable[[Job], None] = _ignore,
    ) -> None:
        """Keep the orders in `database`.

        Args:
            database: Where orders and jobs are.
            store: The same jobs.
            watch_s: How long a task that was found is watched.
            now: The clock.
            resolved: Called with every job that an order changed, after the change is on the disk.
        """
        self._database = database
        self._store = store
        self._unknown = UnknownJobs(database)
        self._watch_s = watch_s
        self._now = now
        self._resolved = resolved

    async def add(self, job_id: str, action: OrderAction, task_id: str | None = None) -> int:
        """Keep an order, and return its number."""
        values = {"job_id": job_id, "action": action.value, "task_id": task_id, "ordered_at": self._now()}
        async with self._database.write() as connection:
            kept = await connection.execute(operator_orders.insert().values(values))
        (number,) = kept.inserted_primary_key or (0,)
        return int(number)

    async def result(self, number: int) -> OrderResult | None:
        """Return what came of an order; None while it waits."""
        async with self._database.read() as connection:
            chosen = select(operator_orders.c.outcome).where(operator_orders.c.id == number)
            outcome = (await connection.execute(chosen)).scalar()
        return None if outcome is None else _RESULT.validate_json(outcome)

    async def run(self) -> None:
        """Carry out what there is, again and again, until cancelled. A disk that fails is asked again later."""
        while True:
            try:
                await self.carry_out_waiting()
            except StorageError as error:
                log.warning("orders_not_carried_out", reason=str(error))
            await asyncio.sleep(LOOK_EVERY_S)

    async def carry_out_waiting(self) -> None:
        """Carry out every order that waits, oldest first."""
        table, alarms = operator_orders, self._database.alarms
        chosen = select(table).where(table.c.done_at.is_(None)).order_by(table.c.id)
        async with self._database.read() as connection:
            waiting = await read_rows(connection, chosen, _order, keys=(table.c.id,), alarms=alarms)
        for order in waiting:
            try:
                await self._carry_out(order)
            except StaleJobError as error:
                # Its run is just telling the user; the next look finds the row at rest.
                log.info("order_put_off", order=order.number, reason=str(error))

    async def _carry_out(self, order: _Order) -> None:
        before, absent = None, OrderOutcome.NO_SUCH_JOB
        try:
            before = await self._store.get(order.job_id)
        except UnreadableJobError:
            absent = OrderOutcome.UNREADABLE
        except UnknownJobError:
            pass
        now = self._now()
        async with self._database.write() as connection:
            other = None
            if order.task_id is not None:
                other = await other_with_task(connection, order.task_id, order.job_id)
            result = OrderResult(absent) if before is None else _judge(before, other)
            after = None
            if before is not None and result.outcome is OrderOutcome.DONE:
                after = self._decided(before, order, now)
                await self._unknown.resolve(connection, after, before=before)
            done = {"done_at": now, "outcome": _RESULT.dump_json(result).decode()}
            this = and_(operator_orders.c.id == order.number, operator_orders.c.done_at.is_(None))
            changed = await connection.execute(update(operator_orders).where(this).values(done))
            if changed.rowcount == 0:
                raise StaleJobError(f"order {order.number} was carried out meanwhile")
        log.info("order_carried_out", job=order.job_id, action=order.action, outcome=result.outcome)
        if after is not None:
            self._resolved(after)

    def _decided(self, job: Job, order: _Order, now: datetime) -> Job:
        match order.action:
            case OrderAction.ATTACH_TASK:
                if order.task_id is None:
                    raise ValueError("an order to attach a task names the task")
                if job.is_nobodys:  # nobody is left to have it
                    failure = Failure(FailureReason.DELETED_BY_OWNER)
                    return advance(job, JobState.FAILED, failure=failure, task_id=order.task_id)
                return bought_after_all(job, order.task_id, now + timedelta(seconds=self._watch_s))
            case OrderAction.NOT_BOUGHT:
                failure = Failure(FailureReason.NOT_BOUGHT)
                return advance(job, JobState.FAILED, failure=failure, submitted_at=None)


def _order(row: RowMapping) -> _Order:
    return _Order(row["id"], row["job_id"], OrderAction(row["action"]), row["task_id"])


def _judge(job: Job, other_with_task: str | None) -> OrderResult:
    if job.state is not JobState.UNKNOWN:
        return OrderResult(OrderOutcome.NOT_UNKNOWN, job.state.value)
    if other_with_task is not None:
        return OrderResult(OrderOutcome.TASK_TAKEN, other_with_task)
    return OrderResult(OrderOutcome.DONE)
