"""What the operator decides about jobs of unknown outcome."""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.jobs.job import Failure, FailureReason, Job, JobState
from bot.jobs.store import JobStore, StaleJobError
from bot.jobs.unknown_jobs import UnknownJobs, bought_after_all
from bot.services.operator_orders import OperatorOrders, OrderAction, OrderOutcome, OrderResult
from bot.storage.database import Database
from bot.storage.opening import open_database
from tests.jobs.builders import MOMENT, a_job

SPOOL = Path("/somewhere/spool")
LATER = MOMENT + timedelta(hours=3)
WATCH_S = 600.0


@pytest.fixture
async def database(tmp_path: Path, database_url: str | None) -> AsyncGenerator[Database]:
    async with open_database(database_url, tmp_path) as opened:
        yield opened


@pytest.fixture
def store(database: Database) -> JobStore:
    return JobStore(database, SPOOL)


@pytest.fixture
def resolved() -> list[Job]:
    """The jobs that were told to have changed."""
    return []


@pytest.fixture
def orders(database: Database, store: JobStore, resolved: list[Job]) -> OperatorOrders:
    return OperatorOrders(database, store, watch_s=WATCH_S, now=lambda: LATER, resolved=resolved.append)


def unknown_job(job_id: str = "job-1", *, told: bool = True) -> Job:
    """A job whose POST had no answer; `told` if its user heard so."""
    return replace(
        a_job(state=JobState.UNKNOWN, job_id=job_id),
        submitted_at=MOMENT,
        ended_at=MOMENT,
        settled_at=MOMENT if told else None,
        failure=Failure(FailureReason.PURCHASE_UNKNOWN),
        raw_answer="<html>502</html>",
    )


async def carried_out(orders: OperatorOrders, number: int) -> OrderResult | None:
    await orders.carry_out_waiting()
    return await orders.result(number)


@pytest.mark.parametrize("told", [True, False])
async def test_a_job_whose_task_was_found_is_watched_again(
    store: JobStore,
    orders: OperatorOrders,
    resolved: list[Job],
    told: bool,  # noqa: FBT001
) -> None:
    await store.add(unknown_job(told=told))
    number = await orders.add("job-1", OrderAction.ATTACH_TASK, "task-1")
    assert await orders.result(number) is None
    assert await carried_out(orders, number) == OrderResult(OrderOutcome.DONE)
    job = await store.get("job-1")
    assert (job.state, job.task_id, job.at_rest) == (JobState.GENERATING, "task-1", False)
    assert job.expires_at == LATER + timedelta(seconds=WATCH_S)
    assert (job.failure, job.ended_at, job.submitted_at) == (None, None, MOMENT)
    assert job.raw_answer == "<html>502</html>"
    assert resolved == [job]


async def test_a_job_that_bought_nothing_has_failed_and_stays_at_rest(
    store: JobStore, orders: OperatorOrders, resolved: list[Job]
) -> None:
    await store.add(unknown_job())
    number = await orders.add("job-1", OrderAction.NOT_BOUGHT)
    assert await carried_out(orders, number) == OrderResult(OrderOutcome.DONE)
    job = await store.get("job-1")
    assert (job.state, job.failure) == (JobState.FAILED, Failure(FailureReason.NOT_BOUGHT))
    assert job.at_rest
    assert resolved == [job]


async def test_an_order_that_two_processes_carry_out_at_once_is_carried_out_once(
    database: Database, store: JobStore, orders: OperatorOrders, resolved: list[Job]
) -> None:
    await store.add(unknown_job())
    other = OperatorOrders(database, store, watch_s=WATCH_S, now=lambda: LATER, resolved=resolved.append)
    number = await orders.add("job-1", OrderAction.NOT_BOUGHT)
    await asyncio.gather(orders.carry_out_waiting(), other.carry_out_waiting())
    assert await orders.result(number) == OrderResult(OrderOutcome.DONE)
    assert len(resolved) == 1


async def test_a_task_of_another_job_is_refused_by_that_jobs_name(
    store: JobStore, orders: OperatorOrders, resolved: list[Job]
) -> None:
    await store.add(unknown_job())
    bought = replace(a_job(state=JobState.FAILED, job_id="job-2"), task_id="task-1")
    await store.add(bought)
    await store.add(replace(bought, id="job-0", parent_id="job-2", lookup=True))
    number = await orders.add("job-1", OrderAction.ATTACH_TASK, "task-1")
    assert await carried_out(orders, number) == OrderResult(OrderOutcome.TASK_TAKEN, "job-2")
    assert await store.get("job-1") == unknown_job()
    assert resolved == []


@pytest.mark.parametrize("state", [state for state in JobState if state is not JobState.UNKNOWN])
async def test_only_an_unknown_job_is_resolved(
    store: JobStore, orders: OperatorOrders, state: JobState
) -> None:
    await store.add(a_job(state=state))
    for action, task_id in ((OrderAction.ATTACH_TASK, "task-1"), (OrderAction.NOT_BOUGHT, None)):
        number = await orders.add("job-1", action, task_id)
        assert await carried_out(orders, number) == OrderResult(OrderOutcome.NOT_UNKNOWN, state.value)
    assert await store.get("job-1") == a_job(state=state)


async def test_a_job_that_does_not_exist_is_named_so(orders: OperatorOrders) -> None:
    number = await orders.add("job-9", OrderAction.NOT_BOUGHT)
    assert await carried_out(orders, number) == OrderResult(OrderOutcome.NO_SUCH_JOB)


@pytest.mark.sqlite
async def test_what_cannot_be_read_keeps_no_other_order_waiting(
    database: Database, store: JobStore, orders: OperatorOrders
) -> None:
    for job_id in ("job-1", "job-2"):
        await store.add(unknown_job(job_id))
    broken = await orders.add("job-1", OrderAction.NOT_BOUGHT)
    of_another_version = await orders.add("job-2", OrderAction.NOT_BOUGHT)
    sound = await orders.add("job-2", OrderAction.ATTACH_TASK, "task-2")
    async with database.write() as connection:
        await connection.exec_driver_sql(
            "UPDATE jobs SET preset = 'baroque', created_at = 'long ago' WHERE id = 'job-1'"
        )
        await connection.exec_driver_sql(
            "UPDATE operator_orders SET action = 'sell' WHERE id = ?", (of_another_version,)
        )
    assert [job.id for job in await UnknownJobs(database).all()] == ["job-2"]
    assert await carried_out(orders, broken) == OrderResult(OrderOutcome.UNREADABLE)
    assert await orders.result(of_another_version) is None
    assert await orders.result(sound) == OrderResult(OrderOutcome.DONE)


async def test_orders_are_carried_out_once_and_in_turn(store: JobStore, orders: OperatorOrders) -> None:
    await store.add(unknown_job())
    first = await orders.add("job-1", OrderAction.NOT_BOUGHT)
    second = await orders.add("job-1", OrderAction.ATTACH_TASK, "task-1")
    await orders.carry_out_waiting()
    await orders.carry_out_waiting()
    assert await orders.result(first) == OrderResult(OrderOutcome.DONE)
    assert await orders.result(second) == OrderResult(OrderOutcome.NOT_UNKNOWN, "failed")


async def test_a_job_that_another_run_took_over_meanwhile_is_not_overwritten(
    database: Database, store: JobStore
) -> None:
    await store.add(unknown_job())
    before = await store.get("job-1")
    taken = await store.take_claim(await store.get("job-1"), "another run")
    after = bought_after_all(before, "task-1", LATER)
    with pytest.raises(StaleJobError):
        async with database.write() as connection:
            await UnknownJobs(database).resolve(connection, after, before=before)
    assert await store.get("job-1") == taken


async def test_the_list_has_what_was_answered(database: Database, store: JobStore) -> None:
    await store.add(unknown_job())
    await store.add(a_job(job_id="job-2"))
    (listed,) = await UnknownJobs(database).all()
    assert (listed.id, listed.prompt, listed.raw_answer) == ("job-1", "a boat", "<html>502</html>")
    assert (listed.person_id, listed.guild_id, listed.submitted_at) == (2, 5, MOMENT)
    assert await UnknownJobs(database).never_told() == ()


async def test_jobs_of_whose_task_nothing_was_told_are_listed_until_the_video_is_found(
    database: Database, store: JobStore
) -> None:
    never_told = replace(unknown_job(), state=JobState.FAILED, failure=Failure(FailureReason.TASK_GONE))
    for number, kept in enumerate(
        [
            {"task_id": "guessed"},
            {"task_id": None},
            {"task_id": "told", "raw_answer": None},
            {"task_id": "made", "state": JobState.DELIVERED},
            {"task_id": "over", "state": JobState.EXPIRED},
            {"task_id": "found"},
            {"task_id": "found", "lookup": True, "raw_answer": None, "ready_at": LATER, "created_at": LATER},
        ]
    ):
        await store.add(replace(never_told, id=f"job-{number}", **kept))
    assert {job.task_id for job in await UnknownJobs(database).never_told()} == {"guessed", "over"}
    assert await UnknownJobs(database).all() == ()


@pytest.mark.parametrize(
    ("beginning", "expected"),
    [
        ("aa", {"aa1"}),  # the one that is unknown
        ("aa2", {"aa2"}),  # known, but the only one
        (
            "b",
            {
                "b",
            },
        ),  # in full, although another begins so
        ("b1", {"b1x", "b1y"}),
        ("%", set[str]()),
        ("c", set[str]()),
    ],
)
async def test_a_job_is_named_by_its_beginning(
    database: Database, store: JobStore, beginning: str, expected: set[str]
) -> None:
    await store.add(a_job(job_id="aa2", state=JobState.FAILED))
    for job_id in ("aa1", "b", "b1x", "b1y"):
        await store.add(unknown_job(job_id))
    assert set(await UnknownJobs(database).named(beginning)) == expected
