"""Processes that use a database on a server, and their queue, seen from outside."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import insert

from bot.storage.opening import open_database
from bot.storage.postgresql import open_gateway_turn, open_run_queue
from bot.storage.processes import ProcessReport, QueueState, inspect_processes
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
            open_gateway_turn(postgresql.address(name)) as elsewhere,
        ):
            before, worker = seen(postgresql, name).processes
            assert (before.role, worker.role) == ("gateway", "worker")
            assert not before.is_active_gateway
            assert worker.beat_at is None
            async with database.write() as connection:
                await connection.execute(
                    insert(heartbeats).values(process_id=f"{worker.name}:1a2b3c4d", beat_at=beat_at)
                )
            assert await elsewhere.take()
            assert not seen(postgresql, name).processes[0].is_active_gateway, "another process has the turn"
            await elsewhere.close()
            async with open_gateway_turn(replace(postgresql.address(name), role="gateway")) as turn:
                assert await turn.take()
                gateway, worker = seen(postgresql, name).processes
            assert gateway.is_active_gateway
            assert (worker.is_active_gateway, worker.beat_at) == (False, beat_at)


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
