"""Read-only view of the processes that use a database on a server, for `python -m bot check`, and for workers.

It takes no lock.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, func, select, text

from bot.storage.address import PostgresqlAddress
from bot.storage.advisory_locks import GROUPS, HOLDER, WORKERS
from bot.storage.database import Database
from bot.storage.gateway_tables import gateway_shards, leader_lease
from bot.storage.migrate import SchemaState, standing_of
from bot.storage.postgresql import read_only_server
from bot.storage.tables import heartbeats

COMMAND: Final = "command"
"""Role of a process that is no part of the bot, such as `python -m bot forget`."""
_NAME: Final = re.compile(r"stillmotion (?:(?P<role>\w+) )?(?P<process>\S+:\d+)")
"""Name of a session, as `bot.storage.postgresql_engines` makes it."""
_QUEUE: Final = "stillmotion_pgqueuer"
"""PgQueuer's table of what waits to be taken (`queued`) and what a worker has (`picked`)."""
_QUEUE_EXISTS: Final = text("SELECT to_regclass(:table) IS NOT NULL")
_ENTRIES: Final = text(
    "SELECT count(*) FILTER (WHERE status = 'queued'),"  # noqa: S608 - constants
    " coalesce(extract(epoch FROM now() - min(execute_after) FILTER (WHERE status = 'queued')), 0)::float,"
    " count(*) FILTER (WHERE status = 'picked'),"
    " coalesce(extract(epoch FROM now() - min(heartbeat) FILTER (WHERE status = 'picked')), 0)::float"
    f" FROM {_QUEUE}"
)
_IN_LINE: Final = text(
    "SELECT count(*) FROM jobs WHERE settled_at IS NULL AND parked_at IS NULL AND review_id IS NULL"  # noqa: S608 - constants
    f" AND state = 'queued' AND id IN (SELECT dedupe_key FROM {_QUEUE} WHERE status = 'picked')"
)

_RESTING: Final = text(
    "SELECT count(*) FROM line_entries AS place JOIN jobs ON jobs.id = place.job_id AND jobs.claim = place.claim"
    " WHERE place.resting AND place.slot_at IS NULL AND state = 'queued' AND settled_at IS NULL"
)


_GROUPS: Final = (
    "SELECT a.application_name, l.objid::bigint FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid"  # noqa: S608 - constants
    " WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 2"
    " AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    f" AND l.classid = {GROUPS}"
)
"""Asks for the names of the sessions that have groups of shards, and for these."""


@dataclass(frozen=True)
class DatabaseProcess:
    """A process whose session owns the database, alone or with others."""

    role: str | None
    """Its command, such as `worker`; None if the operator names its sessions otherwise (`application_name`)."""
    name: str
    """Host and process id there, or whatever its sessions are named."""
    connected_at: datetime
    """When its session began: the process did then, or its connection was lost before."""
    beat_at: datetime | None = None
    """Its last heartbeat; None if it has had none."""
    groups: tuple[int, ...] = ()
    """Groups of shards that it has connected to Discord."""
    leads: bool = False
    """True if it does what one process does at a time."""


@dataclass(frozen=True)
class QueueState:
    """Jobs in the queue of runs."""

    untaken: int
    """Entries that no worker has."""
    oldest_untaken_s: float
    """Seconds that the oldest of them could have been taken."""
    taken: int
    """Entries that workers have."""
    oldest_beat_s: float
    """Seconds since the last sign of life of the entry whose worker has been silent for longest."""
    in_line: int
    """Of those that were taken, jobs that wait for their turn in their worker."""
    resting: int = 0
    """Jobs that are farther back in line, without an entry."""


@dataclass(frozen=True)
class ProcessReport:
    """Users of a database at one moment of the server's clock."""

    at: datetime
    processes: tuple[DatabaseProcess, ...]
    queue: QueueState | None
    """None if no process has made the queue."""
    shard_count: int | None = None
    """Number of shards that gateways agreed on; None if there was no gateway yet."""

    @property
    def held(self) -> frozenset[int]:
        """Groups of shards that any gateway has."""
        return frozenset(group for process in self.processes for group in process.groups)


def inspect_processes(address: PostgresqlAddress) -> ProcessReport | None:
    """Look at the server's sessions, the heartbeats and the queue. Blocking.

    Returns:
        None unless the tables are this version's.

    Raises:
        StorageError: The server cannot be reached, or refuses.
    """
    with read_only_server(address) as connection:
        standing, _revision = standing_of(connection)
        if standing is not SchemaState.CURRENT:
            return None
        at = connection.execute(select(func.now())).scalar_one()
        shards = connection.scalar(select(gateway_shards.c.shard_count))
        return ProcessReport(at, _processes(connection, at), _queue(connection), shards)


def _processes(connection: Connection, at: datetime) -> tuple[DatabaseProcess, ...]:
    groups: dict[str | None, list[int]] = {}
    for application, group in connection.execute(text(_GROUPS)):
        groups.setdefault(application, []).append(group)
    found: dict[tuple[str | None, str], DatabaseProcess] = {}
    for pid, began_at, application, host in connection.execute(text(HOLDER)):
        if began_at is None:
            continue  # it has just ended, or it belongs to another role of the server, which hides it
        named = _NAME.fullmatch(application or "")
        role, name = None, f"{application or host} {pid}"
        if named:
            role, name = named["role"] or COMMAND, named["process"]
        known = found.get((role, name))
        if known is None or began_at > known.connected_at:
            own = tuple(sorted(groups.get(application, ())))
            found[role, name] = DatabaseProcess(role, name, began_at, groups=own)
    ordered = sorted(found.values(), key=lambda one: (one.role or "", one.connected_at))
    return _with_rows(connection, ordered, at)


def _with_rows(
    connection: Connection, processes: Sequence[DatabaseProcess], at: datetime
) -> tuple[DatabaseProcess, ...]:
    beats = connection.execute(select(heartbeats.c.process_id, heartbeats.c.beat_at)).all()

    def last(process: DatabaseProcess) -> datetime | None:
        own = [beat.beat_at for beat in beats if beat.process_id.startswith(f"{process.name}:")]
        return max(own, default=None)

    leading = select(leader_lease.c.holder).where(leader_lease.c.held_until > at)
    leader = connection.scalar(leading) or ""
    return tuple(
        replace(process, beat_at=last(process), leads=leader.startswith(f"{process.name}:"))
        for process in processes
    )


def _queue(connection: Connection) -> QueueState | None:
    if not connection.scalar(_QUEUE_EXISTS, {"table": _QUEUE}):
        return None
    untaken, oldest_untaken_s, taken, oldest_beat_s = connection.execute(_ENTRIES).one()
    in_line, resting = connection.scalar(_IN_LINE) or 0, connection.scalar(_RESTING) or 0
    return QueueState(untaken, max(oldest_untaken_s, 0.0), taken, max(oldest_beat_s, 0.0), in_line, resting)


async def count_workers(database: Database) -> int:
    """Return the number of processes that share the database, but for gateways. Raises `StorageError`."""
    async with database.read() as connection:
        return (await connection.execute(text(WORKERS))).scalar_one()
