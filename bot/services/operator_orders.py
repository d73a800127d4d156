"""What the operator decides about jobs of unknown outcome: orders in a table, carried out by whoever owns it.

The command line leaves an order there. The bot looks every ten seconds; while none runs, the command itself
carries the order out. A decision and its effect on the job are one transaction.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

import structlog
from pydantic import TypeAdapter
from sqlalchemy import Row, select, update

from bot.jobs.job import Failure, FailureReason, Job, JobState, advance
from bot.jobs.store import JobStore, StaleJobError, UnknownJobError
from bot.jobs.unknown_jobs import UnknownJobs, bought_after_all
from bot.storage.database import Database
from bot.storage.errors import StorageError
from bot.storage.tables import operator_orders

log: Final = structlog.get_logger(__name__)

LOOK_EVERY_S: Final = 10.0


class OrderAction(StrEnum):
    """The decisions. Stored as they are."""

    ATTACH_TASK = "attach_task"
    NOT_BOUGHT = "not_bought"


class OrderOutcome(StrEnum):
    """What came of an order. Stored as they are."""

    DONE = "done"
    NO_SUCH_JOB = "no_such_job"
    NOT_UNKNOWN = "not_unknown"
    """`detail` is the job's state."""
    TASK_TAKEN = "task_taken"
    """`detail` is the job that has the task."""


@dataclass(frozen=True)
class OrderResult:
    """An outcome with what is needed to explain it."""

    outcome: OrderOutcome
    detail: str = ""


_RESULT: Final = TypeAdapter(OrderResult)


def _ignore(_job: Job) -> None:
    """No bot runs that had to know of a resolved job."""


class OperatorOrders:
    """Keeps orders and carries them out. Methods raise `bot.storage.StorageError`."""

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
        chosen = select(operator_orders).where(operator_orders.c.done_at.is_(None))
        async with self._database.read() as connection:
            waiting = (await connection.execute(chosen.order_by(operator_orders.c.id))).all()
        for order in waiting:
            try:
                await self._carry_out(order)
            except StaleJobError as error:
                # Its run is just telling the user; the next look finds the row at rest.
                log.info("order_put_off", order=order.id, reason=str(error))

    async def _carry_out(self, order: Row[Any]) -> None:
        action = OrderAction(order.action)
        try:
            before = await self._store.get(order.job_id)
        except UnknownJobError:
            before = None
        now = self._now()
        async with self._database.write() as connection:
            other = None
            if order.task_id is not None:
                other = await self._unknown.other_with_task(connection, order.task_id, order.job_id)
            result = _judge(before, other)
            after = None
            if before is not None and result.outcome is OrderOutcome.DONE:
                after = self._decided(before, action, order.task_id, now)
                await self._unknown.resolve(connection, after, before=before)
            done = {"done_at": now, "outcome": _RESULT.dump_json(result).decode()}
            await connection.execute(
                update(operator_orders).where(operator_orders.c.id == order.id).values(done)
            )
        log.info("order_carried_out", job=order.job_id, action=action, outcome=result.outcome)
        if after is not None:
            self._resolved(after)

    def _decided(self, job: Job, action: OrderAction, task_id: str | None, now: datetime) -> Job:
        match action:
            case OrderAction.ATTACH_TASK:
                if task_id is None:
                    raise ValueError("an order to attach a task names the task")
                return bought_after_all(job, task_id, now + timedelta(seconds=self._watch_s))
            case OrderAction.NOT_BOUGHT:
                failure = Failure(FailureReason.NOT_BOUGHT)
                return advance(job, JobState.FAILED, failure=failure, submitted_at=None)


def _judge(job: Job | None, other_with_task: str | None) -> OrderResult:
    if job is None:
        return OrderResult(OrderOutcome.NO_SUCH_JOB)
    if job.state is not JobState.UNKNOWN:
        return OrderResult(OrderOutcome.NOT_UNKNOWN, job.state.value)
    if other_with_task is not None:
        return OrderResult(OrderOutcome.TASK_TAKEN, other_with_task)
    return OrderResult(OrderOutcome.DONE)
