"""Processes that use a database on a server, and their queue, seen from outside."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import insert

from bot.storage.leader_lease import LeaderLease
from bot.storage.opening import open_database
from bot.storage.postgresql import open_run_queue, open_standing_session
from bot.storage.processes import ProcessReport, QueueState, count_workers, inspect_processes
from bot.storage.shard_locks import ShardLocks
from bot.storage.tables import heartbeats
from tests.postgresql.server import PostgresqlServer
from tests.storage.rows import add, row


def seen(postgresql: PostgresqlServer, name: str) -> ProcessReport:
    report = inspect_processes(postgresql.address(name))
    assert report is not None
    return report


async def test_processes_are_seen_with_what_they_do(postgresql: PostgresqlServer, tmp_path: Path) -> None:
    beat_at = datetime(2026, 11, 29, tzinfo=UTC)
    with postgresql.new_database() as name:
        assert (seen(postgresql, name).processes, seen(postgresql, name).queue) == ((), None)
        url = postgresql.url(name)
        async with (
            open_database(url, tmp_path, sharing=True, role="worker"),
            open_database(url, tmp_path, sharing=True, role="gateway") as database,
            open_standing_session(postgresql.address(name)) as elsewhere,
            open_standing_session(replace(postgresql.address(name), role="gateway")) as session,
        ):
            before, worker = seen(postgresql, name).processes
            assert (before.role, worker.role) == ("gateway", "worker")
            assert (before.groups, before.leads, worker.beat_at) == ((), False, None)
            async with database.write() as connection:
                await connection.execute(
                    insert(heartbeats).values(process_id=f"{worker.name}:1a2b3c4d", beat_at=beat_at)
                )
            others, locks = ShardLocks(elsewhere), ShardLocks(session)
            assert await others.agree(4) == 4
            assert await others.take_group(1)
            assert seen(postgresql, name).processes[0].groups == (), "another process has it"
            assert await count_workers(database) == 1
            assert await locks.agree(6) == 4
            assert [await locks.take_group(group) for group in range(3)] == [True, False, True]
            await LeaderLease(session, f"{before.name}:1a2b3c4d").keep()
            report = seen(postgresql, name)
            gateway, worker = report.processes
            assert (gateway.groups, gateway.leads, report.shard_count) == ((0, 2), True, 4)
            assert (worker.groups, worker.beat_at) == ((), beat_at)


async def test_the_queue_is_counted(postgresql: PostgresqlServer, tmp_path: Path) -> None:
    with postgresql.new_database() as name:
        async with (
            open_database(postgresql.url(name), tmp_path, role="run") as database,
            open_run_queue(postgresql.address(name)) as queue,
        ):
            assert seen(postgresql, name).queue == QueueState(0, 0.0, 0, 0.0, 0)
            stored = row()
            await add(database, stored)
            await queue.put([str(stored["id"])])
            report = seen(postgresql, name)
            assert [process.role for process in report.processes] == ["run"]
            assert report.queue is not None
            assert (report.queue.untaken, report.queue.taken) == (1, 0)
            assert 0 <= report.queue.oldest_untaken_s < 60


def test_a_database_without_tables_says_nothing(postgresql: PostgresqlServer) -> None:
    with postgresql.new_database(empty=True) as name:
        assert inspect_processes(postgresql.address(name)) is None
