"""The checks of `python -m bot check` that concern processes which share a database on a server."""

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from bot.app import Role
from bot.cli.check_line import CheckLine
from bot.services.shard_holding import groups_of, shards_in
from bot.settings import Settings
from bot.storage.address import PostgresqlAddress, database_address
from bot.storage.errors import StorageError
from bot.storage.processes import COMMAND, DatabaseProcess, ProcessReport, QueueState, inspect_processes
from bot.texts import console_processes as words

_BEAT_WITHIN: Final = timedelta(minutes=3)
"""Since the last heartbeat of a process that is well; one comes every minute."""
_TAKEN_WITHIN_S: Final = 60.0
"""Workers take what waits at once, and what another one left within about 20 seconds."""


async def check_processes(settings: Settings) -> tuple[CheckLine, ...]:
    """Tell who uses the database and what waits in the queue; nothing for a database that is a file."""
    url = settings.database_url.get_secret_value() if settings.database_url is not None else None
    try:
        address = database_address(url, settings.data_dir)
    except StorageError:
        return ()  # as the check of the database says
    if not isinstance(address, PostgresqlAddress):
        return ()
    try:
        report = await asyncio.to_thread(inspect_processes, address)
    except StorageError as error:
        return (CheckLine("processes", passed=False, told=str(error)),)
    return tuple(lines_of(report)) if report is not None else ()


def lines_of(report: ProcessReport) -> Iterator[CheckLine]:
    """Yield a line about all processes, one for each, and one about the queue where there is one."""
    yield _all(report.processes)
    if any(process.role == Role.GATEWAY for process in report.processes):
        yield from _shards(report)
    for process in report.processes:
        if process.role is not None:
            yield _one(process, report)
    if report.queue is not None:
        yield _queue(report.queue)
    elif any(process.role in {Role.GATEWAY, Role.WORKER} for process in report.processes):
        yield CheckLine("queue", passed=True, told=words.QUEUE_NOT_MADE)


def _all(processes: tuple[DatabaseProcess, ...]) -> CheckLine:
    if not processes:
        return CheckLine("processes", passed=True, told=words.NONE_RUNS)
    roles = [process.role for process in processes]
    gateways, workers = roles.count(Role.GATEWAY), roles.count(Role.WORKER)
    if roles == [Role.ALONE]:
        return CheckLine("processes", passed=True, told=words.ALONE)
    told = words.processes_found(gateways, workers, len(processes) - gateways - workers)
    if None in roles:
        return CheckLine("processes", passed=True, told=f"{told}; {words.PROCESSES_UNKNOWN}")
    if gateways and not workers:
        return CheckLine("processes", passed=True, warns=True, told=f"{told}; {words.NO_WORKER}")
    if workers and not any(process.groups for process in processes):
        return CheckLine("processes", passed=True, warns=True, told=f"{told}; {words.NO_GATEWAY}")
    return CheckLine("processes", passed=True, told=told)


def _shards(report: ProcessReport) -> Iterator[CheckLine]:
    """Yield a line about the shards, and one about the leader if there is none."""
    if report.shard_count is None:
        yield CheckLine("shards", passed=True, told=words.SHARDS_NOT_SETTLED)
    else:
        free = frozenset(range(groups_of(report.shard_count))) - report.held
        told = words.shards(report.shard_count, shards_in(free, report.shard_count))
        yield CheckLine("shards", passed=True, warns=bool(free), told=told)
    if not any(process.leads for process in report.processes):
        yield CheckLine("leader", passed=True, warns=True, told=words.NO_LEADER)


def _one(process: DatabaseProcess, report: ProcessReport) -> CheckLine:
    age = report.at - process.beat_at if process.beat_at is not None else None
    age_s = max(age.total_seconds(), 0.0) if age is not None else None
    told = words.process(process.name, process.connected_at, age_s)
    if process.groups and report.shard_count:
        told = words.has_shards(told, shards_in(process.groups, report.shard_count), report.shard_count)
    elif process.role == Role.GATEWAY:
        told = words.waits(told)
    if process.leads:
        told = words.leads(told)
    # A process that has just begun has not written one.
    silent = age if age is not None else report.at - process.connected_at
    if silent > _BEAT_WITHIN and process.role != COMMAND:
        return CheckLine(process.role or "", passed=True, warns=True, told=words.stands_still(told))
    return CheckLine(process.role or "", passed=True, told=told)


def _queue(queue: QueueState) -> CheckLine:
    told, warns = words.queue(queue.taken, queue.in_line, queue.resting, queue.untaken), False
    if queue.untaken:
        told, warns = words.oldest(told, queue.oldest_untaken_s), queue.oldest_untaken_s > _TAKEN_WITHIN_S
    if queue.taken and queue.oldest_beat_s > _TAKEN_WITHIN_S:
        told, warns = words.abandoned(told, queue.oldest_beat_s), True
    return CheckLine("queue", passed=True, warns=warns, told=told)
