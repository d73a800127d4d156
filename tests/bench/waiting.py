"""20,000 requests in line over ten workers on one PostgreSQL server: what one costs, and how soon 2,000 begin.

`BENCH_WAITING_JOBS=3000` stores fewer, whose figures are no result. The requests are stored and entered into the
queue as a gateway does it; nobody is acknowledged, and their replies are too old to be edited. The sandbox, which
stands for other machines, is in this process, and so is what looks at the workers and at the server.
"""

import asyncio
import itertools
import os
import tempfile
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from uuid import uuid4

import psutil
import psycopg

from bot.jobs.queue.fair_queue import SlotLimits, positions
from bot.jobs.queue.shared_line import READ_AT_ONCE, SharedLine
from bot.jobs.rows import row_of
from bot.sandbox.dimilinks import TaskPace
from bot.storage.database import Database
from bot.storage.opening import open_database
from bot.storage.postgresql_queue import PostgresqlRunQueue
from bot.storage.tables import jobs
from tests.bench.figures import Figure
from tests.bench.measuring import StallWatch
from tests.chaos.crew import Crew, crew
from tests.jobs.builders import a_job
from tests.postgresql.server import PostgresqlServer, postgresql_server

JOBS: Final = int(os.environ.get("BENCH_WAITING_JOBS", "20000"))
_WORKERS: Final = int(os.environ.get("BENCH_WAITING_WORKERS", "10"))
_WARM_UP: Final = 200
_STARTED: Final = 2000
_STORED_AT_ONCE: Final = 500
_LIMITS: Final = SlotLimits(total=100, per_server=100, per_person=2)
_PEOPLE: Final = 2000
_REQUESTS_PER_S: Final = 20.0
"""Fewer than 100 jobs at the service would ask for."""
_WATCHED_S: Final = 30.0
_LOOKS: Final = 20
_TIMEOUT_S: Final = 900.0
# As a server is set up by default, but for what makes data durable.
_SERVER: Final = ("max_connections=200", "shared_buffers=128MB", "autovacuum=on")
_SETTINGS: Final = {
    "JOBS_AT_ONCE": str(_LIMITS.total),
    "JOBS_AT_ONCE_PER_SERVER": str(_LIMITS.per_server),
    "JOBS_AT_ONCE_PER_PERSON": str(_LIMITS.per_person),
    "API_REQUESTS_PER_S": str(_REQUESTS_PER_S),
}


@dataclass(frozen=True)
class _Reading:
    """Workers and server at one moment."""

    rss_kib: float
    cpu_s: float
    server_cpu_s: float
    transactions: int
    requests: int


class _Fleet:
    """The workers, their server, and the requests."""

    def __init__(self, crew: Crew, server: PostgresqlServer, database: Database, name: str) -> None:
        self._crew = crew
        self._server = server
        self.database = database
        self._queue = PostgresqlRunQueue(server.address(name))
        self._outside = psycopg.connect(server.url(name), autocommit=True)
        people = [crew.sandbox.discord.add_user(f"person{number}") for number in range(_PEOPLE)]
        for person in people:
            crew.guild.join(person)
        self._people = itertools.cycle(people)

    async def start(self) -> None:
        """Start the workers, and wait until all are there."""
        names = [f"worker{number}" for number in range(_WORKERS)]
        for name in names:
            await self._crew.start("worker", name)
        for name in names:
            await self._crew.until(
                lambda name=name: self._crew.said(name, "worker_ready"), name, timeout_s=_TIMEOUT_S
            )

    async def ask(self, count: int) -> float:
        """Store requests and enter them. Returns the moment when the first were stored, by `time.perf_counter`."""
        stored_at_s: list[float] = []
        for first in range(0, count, _STORED_AT_ONCE):
            rows = [self._row() for _ in range(min(_STORED_AT_ONCE, count - first))]
            async with self.database.write() as connection:
                await connection.execute(jobs.insert(), rows)
            stored_at_s.append(time.perf_counter())
            await self._queue.put([str(row["id"]) for row in rows])
        return stored_at_s[0]

    async def until(self, query: str, expected: int) -> float:
        """Wait until a query counts so many. Returns when, by `time.perf_counter`."""
        ends_s = time.perf_counter() + _TIMEOUT_S
        while self.count(query) < expected:
            if time.perf_counter() > ends_s:
                raise TimeoutError(f"{self.count(query)} of {expected} after {_TIMEOUT_S:.0f} s: {query}")
            await asyncio.sleep(0.02)
        return time.perf_counter()

    async def until_quiet(self, waiting: int) -> None:
        """Wait until so many jobs are in line, and workers have none but those that are among the first."""
        await self.until("SELECT count(*) FROM line_entries WHERE slot_at IS NULL", waiting)
        near = READ_AT_ONCE + _LIMITS.total
        await self.until(
            f"SELECT CASE WHEN count(*) <= {near} THEN 1 ELSE 0 END FROM stillmotion_pgqueuer",  # noqa: S608 - a number
            1,
        )

    def count(self, query: str) -> int:
        """Ask the server for one number."""
        found = self._outside.execute(query.encode()).fetchone()
        return int(found[0]) if found else 0

    async def reading(self) -> _Reading:
        """Look at all processes; the server tells of its transactions after a second."""
        await asyncio.sleep(1.5)
        workers = [psutil.Process(process.pid) for process in self._crew.processes.values()]
        cpu = [worker.cpu_times() for worker in workers]
        return _Reading(
            rss_kib=sum(worker.memory_info().rss for worker in workers) / 1024,
            cpu_s=sum(times.user + times.system for times in cpu),
            server_cpu_s=self._server.cpu_s(),
            transactions=self.count(
                "SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()"
            ),
            requests=len(self._crew.sandbox.dimilinks.request_log.requests),
        )

    async def close(self) -> None:
        """Leave the server."""
        self._outside.close()
        await self._queue.close()

    def _row(self) -> dict[str, object]:
        job, now = a_job(job_id=uuid4().hex), datetime.now(UTC)
        reply = replace(
            job.reply,
            token=None,
            person_id=next(self._people).id,
            channel_id=self._crew.channel.id,
            created_at=now,
        )
        return row_of(replace(job, reply=reply, guild_id=self._crew.guild.id, created_at=now))


@asynccontextmanager
async def _fleet(folder: Path) -> AsyncGenerator[_Fleet]:
    with postgresql_server(_SERVER) as server, server.new_database() as name:
        url = server.url(name)
        async with crew(folder, url, settings=_SETTINGS) as made:
            made.sandbox.dimilinks.pace = TaskPace(queue_s=1.0, generate_s=3600.0)
            async with open_database(url, folder, sharing=True) as database:
                fleet = _Fleet(made, server, database, name)
                try:
                    await fleet.start()
                    yield fleet
                finally:
                    await fleet.close()


async def run() -> list[Figure]:
    """Store requests, watch them wait, and look at the line as a worker does."""
    os.environ.pop("DISCORD_OPENAPI", None)  # checking every request would take part of the machine
    with tempfile.TemporaryDirectory(prefix="stillmotion-waiting-") as scratch:
        async with _fleet(Path(scratch)) as fleet:
            await fleet.ask(_WARM_UP)
            await fleet.until_quiet(_WARM_UP - _LIMITS.total)
            idle = await fleet.reading()
            stored_at_s = await fleet.ask(_STARTED)
            begun_s = (
                await fleet.until("SELECT count(*) FROM jobs WHERE claim > 0", _WARM_UP + _STARTED)
                - stored_at_s
            )
            await fleet.ask(JOBS - _WARM_UP - _STARTED + _LIMITS.total)
            await fleet.until_quiet(JOBS)
            filled = await fleet.reading()
            began_s = time.perf_counter()
            await asyncio.sleep(_WATCHED_S)
            watched = await fleet.reading()
            watched_s = time.perf_counter() - began_s
            looks = await _looks(fleet)
            waiting = fleet.count("SELECT count(*) FROM line_entries WHERE slot_at IS NULL")
    return [
        Figure("scale.jobs", waiting, f"jobs that wait in line, over {_WORKERS} workers"),
        Figure("scale.start_2000_s", begun_s, "from the rows of 2,000 requests to a run of each", at_most=3),
        *_costs(idle, filled, watched, watched_s),
        *looks,
    ]


async def _looks(fleet: _Fleet) -> Sequence[Figure]:
    """Look at the line as a worker does that wants something of it, and work the first places out."""
    line = SharedLine(fleet.database, _LIMITS, lambda: datetime.now(UTC))
    took_s: list[float] = []
    async with StallWatch() as watch:
        for _ in range(_LOOKS):
            began_s = time.perf_counter()
            state = await line.change({}, (), {})
            positions(state.line)
            took_s.append(time.perf_counter() - began_s)
    return (
        Figure(
            "scale.look_ms", sorted(took_s)[_LOOKS // 2] * 1000, "one look at the line and its first places"
        ),
        Figure(
            "scale.stall_ms", watch.longest_s * 1000, "longest stall of the event loop that looks", at_most=50
        ),
    )


def _costs(idle: _Reading, filled: _Reading, watched: _Reading, watched_s: float) -> list[Figure]:
    stored = JOBS - _WARM_UP + _LIMITS.total
    asked_per_s = (watched.requests - filled.requests) / watched_s
    return [
        Figure(
            "scale.rss_kb_per_job",
            (filled.rss_kib - idle.rss_kib) / stored,
            "memory of all workers for each job that waits",
            at_most=40,
        ),
        Figure(
            "scale.cpu_ms_per_job",
            (filled.cpu_s - idle.cpu_s) / stored * 1000,
            "CPU of the workers for each, from its row to its place in line",
        ),
        Figure(
            "scale.server_cpu_ms_per_job",
            (filled.server_cpu_s - idle.server_cpu_s) / stored * 1000,
            "the same of the database server",
        ),
        Figure(
            "scale.commits_per_job",
            (filled.transactions - idle.transactions) / stored,
            "transactions of the server for each, reads included",
        ),
        Figure(
            "scale.cpu_waiting_ratio",
            (watched.cpu_s - filled.cpu_s) / watched_s,
            f"share of one core that all workers take while all wait and {_LIMITS.total} are at the service",
        ),
        Figure(
            "scale.server_cpu_waiting_ratio",
            (watched.server_cpu_s - filled.server_cpu_s) / watched_s,
            "the same of the database server",
        ),
        Figure(
            "scale.commits_per_s",
            (watched.transactions - filled.transactions) / watched_s,
            "transactions a second meanwhile",
        ),
        Figure(
            "scale.rate_used_ratio",
            asked_per_s / _REQUESTS_PER_S,
            "requests to the video service meanwhile, of the rate that all workers may use together",
            at_most=1.05,
        ),
    ]
