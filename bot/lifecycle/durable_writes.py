"""Writes that are repeated until the disk takes them."""

from collections.abc import Awaitable, Callable
from typing import Final

import stamina

from bot.jobs.job import Job
from bot.jobs.purchase_notes import PurchaseNotes
from bot.jobs.rows import course_columns
from bot.jobs.store import JobStore, StaleJobError
from bot.jobs.task_owners import TaskTakenError
from bot.storage.errors import StorageUnavailableError
from bot.storage.shielding import shield_until_done

_FIRST_PAUSE_S: Final = 0.2


async def write_until_stored(
    write: Callable[[], Awaitable[None]],
    failed: Callable[[StorageUnavailableError], None],
    *,
    longest_pause_s: float,
) -> None:
    """Repeat a write without an end: nothing may happen before it is kept. Each try compares the row anew.

    Args:
        write: Raises `StorageUnavailableError` when the disk does not take it; other errors end this.
        failed: Called after each try that the disk did not take.
        longest_pause_s: The longest pause between two tries.
    """
    async for attempt in stamina.retry_context(
        on=StorageUnavailableError,
        attempts=None,
        timeout=None,
        wait_initial=_FIRST_PAUSE_S,
        wait_jitter=_FIRST_PAUSE_S,
        wait_max=longest_pause_s,
    ):
        with attempt:
            try:
                await write()
            except StorageUnavailableError as error:
                failed(error)
                raise


def saving(store: JobStore, changed: Job, before: Job) -> Callable[[], Awaitable[None]]:
    """Return a `JobStore.save` that can be repeated: an earlier try may have been kept, with its answer lost.

    The database can fail to tell, as after a crash of its server. What stands in the row as this would store it is
    stored, and nobody else's change.
    """
    failed = False

    async def write() -> None:
        nonlocal failed
        try:
            await store.save(changed, before=before)
        except StorageUnavailableError:
            failed = True
            raise
        except StaleJobError:
            found = await store.find(changed.id) if failed else None
            if (
                found is None
                or found.claim != changed.claim
                or course_columns(found) != course_columns(changed)
            ):
                raise

    return write


async def record_purchase(
    bought: Job,
    store: JobStore,
    notes: PurchaseNotes,
    *,
    repeated: Callable[[Callable[[], Awaitable[None]]], Awaitable[None]],
) -> None:
    """Store that a POST was taken, whoever runs the job by now.

    Waits for a disk that fails. Until the row is written the task's id is kept in `notes`, which outlives the
    process.

    Args:
        bought: The job as it is now, with its task.
        store: The database.
        notes: The notes.
        repeated: Repeats a write until it is stored.

    Raises:
        UnknownJobError: The row is gone or has another task.
        TaskTakenError: The task is another job's.
    """
    stored = False

    async def write() -> None:
        nonlocal stored
        await store.record_purchase(bought)
        stored = True

    try:
        await shield_until_done(write())
    except BaseException as error:
        # A stop that came just now is raised only after the write, which then may have succeeded.
        if not stored and not isinstance(error, TaskTakenError):
            await notes.note(bought.id, bought.task_id or "")
        if not isinstance(error, StorageUnavailableError):
            raise
        await repeated(lambda: store.record_purchase(bought))
        await notes.forget(bought.id)
