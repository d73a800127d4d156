"""`python -m bot resolve`: the operator's decision about a request of unknown outcome. Works while the bot runs."""

import asyncio
from datetime import UTC, datetime
from typing import Final

from bot.cli.failure import CommandFailedError, ExitStatus
from bot.cli.operator_input import checked_task_id
from bot.cli.screen import print_result
from bot.jobs.purchase_notes import PurchaseNotes
from bot.jobs.store import JobStore
from bot.jobs.unknown_jobs import UnknownJobs
from bot.services.noted_purchases import NotedPurchases
from bot.services.operator_orders import OperatorOrders, OrderAction, OrderOutcome, OrderResult
from bot.settings import Settings
from bot.storage.database import Database
from bot.storage.errors import DatabaseInUseError, StorageError
from bot.storage.opening import open_database, open_existing
from bot.texts import console, console_purchases

_LONGEST_WAIT_S: Final = 45.0
"""Long enough for a bot that looks for orders every ten seconds, on a machine that is busy."""
_ASK_EVERY_S: Final = 0.5


async def resolve(settings: Settings, job: str, *, task_id: str | None, not_bought: bool) -> None:
    """Attach a task to an unknown job, or note that it bought nothing.

    The decision is kept as an order. The bot carries it out if it runs; otherwise this process does, as owner of
    the database.

    Args:
        settings: Where the database is.
        job: The job's id, or its beginning.
        task_id: The task that the job bought.
        not_bought: True if it bought nothing. Exactly one of both is given.

    Raises:
        CommandFailedError: The order was refused, or nobody has carried it out yet.
    """
    if not_bought == (task_id is not None):
        raise CommandFailedError(console_purchases.RESOLVE_HOW, ExitStatus.FAILED)
    task_id = checked_task_id(task_id) if task_id is not None else None
    url = settings.database_url.get_secret_value() if settings.database_url is not None else None
    try:
        async with open_existing(url, settings.data_dir) as database:
            job_id = await _named(UnknownJobs(database), job.strip().lower())
            action = OrderAction.NOT_BOUGHT if not_bought else OrderAction.ATTACH_TASK
            orders = _orders(settings, database)
            number = await orders.add(job_id, action, task_id)
            result = await _result(settings, url, orders, number)
    except StorageError as error:
        raise CommandFailedError(console.database_unusable(str(error)), ExitStatus.FAILED) from None
    if result is None:
        raise CommandFailedError(console_purchases.order_waits(job_id), ExitStatus.FAILED)
    _tell(result, job_id, task_id)


async def _named(jobs: UnknownJobs, beginning: str) -> str:
    found = await jobs.named(beginning) if beginning else ()
    if not found:
        raise CommandFailedError(console_purchases.no_such_job(beginning), ExitStatus.FAILED)
    if len(found) > 1:
        raise CommandFailedError(console_purchases.ambiguous_job(beginning, found), ExitStatus.FAILED)
    return found[0]


async def _result(
    settings: Settings, url: str | None, orders: OperatorOrders, number: int
) -> OrderResult | None:
    """Return what came of the order; None if the bot has not carried it out in time."""
    loop = asyncio.get_running_loop()
    ends_s = loop.time() + _LONGEST_WAIT_S
    while loop.time() < ends_s:
        try:
            # A bot may start or stop meanwhile: whoever owns the database carries the order out.
            async with open_database(url, settings.data_dir) as owned:
                await _notes(settings, owned).take_up()
                await _orders(settings, owned).carry_out_waiting()
        except DatabaseInUseError:
            await asyncio.sleep(_ASK_EVERY_S)
        result = await orders.result(number)
        if result is not None:
            return result
    return None


def _orders(settings: Settings, database: Database) -> OperatorOrders:
    store = JobStore(database, settings.spool_dir)
    return OperatorOrders(database, store, watch_s=settings.expire_after_minutes * 60.0, now=_utc_now)


def _notes(settings: Settings, database: Database) -> NotedPurchases:
    notes, store = PurchaseNotes(settings.purchases_dir), JobStore(database, settings.spool_dir)
    return NotedPurchases(notes, store, watch_s=settings.expire_after_minutes * 60.0, now=_utc_now)


def _utc_now() -> datetime:
    return datetime.now(UTC)


def _tell(result: OrderResult, job_id: str, task_id: str | None) -> None:
    match result.outcome:
        case OrderOutcome.DONE if task_id is not None:
            print_result(console_purchases.task_attached(job_id, task_id))
            return
        case OrderOutcome.DONE:
            print_result(console_purchases.noted_not_bought(job_id))
            return
        case OrderOutcome.NO_SUCH_JOB:
            told = console_purchases.no_such_job(job_id)
        case OrderOutcome.UNREADABLE:
            told = console_purchases.unreadable_job(job_id)
        case OrderOutcome.NOT_UNKNOWN:
            told = console_purchases.not_unknown(job_id, result.detail)
        case OrderOutcome.TASK_TAKEN:
            told = console_purchases.task_taken(task_id or "", result.detail)
    raise CommandFailedError(told, ExitStatus.FAILED)
