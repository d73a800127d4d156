"""Seconds of video that count against the daily caps: counters, which triggers of `jobs` keep.

Triggers, so that a counter changes in the same transaction as the job that it counts, whatever changes it, and none
can be forgotten. On PostgreSQL each of them holds a lock until its transaction ends: what is read after a change of
one's own is exact, and no two transactions of different processes pass one cap together.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from sqlalchemy import DDL, BigInteger, Column, Table, bindparam, event, text
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.storage.tables import UtcMoment, jobs, metadata

ALL: Final = 0
"""In the place of a user: the seconds of all users together. No user has this id."""
RESERVED: Final = datetime(1970, 1, 1, tzinfo=UTC)
"""In the place of a day: seconds of requests that wait. They count on every day."""
QUOTA_LOCK: Final = (0x5374696C, 0x71756F74)
"""The advisory lock on a PostgreSQL server, in ASCII: Stil quot."""

quota_use: Final = Table(  # rows of 0 seconds are deleted, and so are days that are over
    "quota_use",
    metadata,
    Column("person_id", BigInteger, primary_key=True, autoincrement=False),
    Column("day", UtcMoment, primary_key=True, autoincrement=False),  # midnight (UTC) at its beginning
    Column("seconds", BigInteger, nullable=False),
)

_DAY: Final = 86_400_000_000
_LONGEST_S: Final = 20
_WAITING: Final = "('held', 'queued')"
_BOUGHT_OR_OVER: Final = (
    "('denied', 'generating', 'ready', 'delivering', 'delivered', 'failed', 'expired', 'cancelled')"
)
"""States in which a job without a task costs nothing. In all others, also unknown ones, it may have been bought."""
_COLUMNS: Final = "state, submitted_at, task_id, seconds, person_id, charged_to, lookup"


def _counts(job: str) -> str:
    return (
        f"(NOT {job}.lookup AND ({job}.state IN {_WAITING} OR ({job}.submitted_at IS NOT NULL"
        f" AND ({job}.task_id IS NOT NULL OR {job}.state NOT IN {_BOUGHT_OR_OVER}))))"
    )


def _day(job: str) -> str:
    waits = f"{job}.state IN {_WAITING}"
    return f"(CASE WHEN {waits} THEN 0 ELSE {job}.submitted_at - {job}.submitted_at % {_DAY} END)"


def _person(job: str) -> str:
    return f"COALESCE({job}.charged_to, {job}.person_id)"


def _seconds(job: str) -> str:
    """Return how long the video is; a length that cannot be read counts as the longest (`bot.video.Seconds`)."""
    return f"(CASE WHEN {job}.seconds BETWEEN 1 AND 3600 THEN {job}.seconds ELSE {_LONGEST_S} END)"


def _reserve(job: str) -> str:
    """Return the statement that counts a job."""
    return (
        "INSERT INTO quota_use (person_id, day, seconds)"  # noqa: S608 - constants
        f" SELECT counted.person_id, {_day(job)}, {_seconds(job)}"
        f" FROM (SELECT {ALL} AS person_id UNION SELECT {_person(job)}) AS counted WHERE {_counts(job)}"
        " ON CONFLICT (person_id, day) DO UPDATE SET seconds = quota_use.seconds + excluded.seconds;"
    )


def _release(job: str) -> str:
    """Return the statements that count a job no longer."""
    row = f"person_id IN ({ALL}, {_person(job)}) AND day = {_day(job)}"
    return (
        f"UPDATE quota_use SET seconds = seconds - {_seconds(job)} WHERE {row} AND {_counts(job)};"  # noqa: S608 - constants
        f" DELETE FROM quota_use WHERE {row} AND seconds <= 0;"
    )


_DIFFERS: Final = (
    f"{_counts('OLD')} <> {_counts('NEW')} OR ({_counts('NEW')} AND ({_day('OLD')} <> {_day('NEW')}"
    f" OR {_person('OLD')} <> {_person('NEW')} OR {_seconds('OLD')} <> {_seconds('NEW')}))"
)
# First what is new, then what was: a row that is there anyway stays.
_OF_SQLITE: Final = (
    f"CREATE TRIGGER quota_of_new AFTER INSERT ON jobs WHEN {_counts('NEW')} BEGIN {_reserve('NEW')} END",
    f"CREATE TRIGGER quota_of_changed AFTER UPDATE OF {_COLUMNS} ON jobs WHEN {_DIFFERS}"
    f" BEGIN {_reserve('NEW')} {_release('OLD')} END",
    f"CREATE TRIGGER quota_of_deleted AFTER DELETE ON jobs WHEN {_counts('OLD')} BEGIN {_release('OLD')} END",
)
_OF_POSTGRESQL: Final = (
    "CREATE FUNCTION count_quota() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$"
    f" BEGIN PERFORM pg_advisory_xact_lock({QUOTA_LOCK[0]}, {QUOTA_LOCK[1]});"
    f" IF TG_OP <> 'DELETE' THEN {_reserve('NEW')} END IF;"
    f" IF TG_OP <> 'INSERT' THEN {_release('OLD')} END IF;"
    " RETURN NULL; END $$",
    f"CREATE TRIGGER quota_of_new AFTER INSERT ON jobs FOR EACH ROW WHEN ({_counts('NEW')})"
    " EXECUTE FUNCTION count_quota()",
    f"CREATE TRIGGER quota_of_changed AFTER UPDATE OF {_COLUMNS} ON jobs FOR EACH ROW WHEN ({_DIFFERS})"
    " EXECUTE FUNCTION count_quota()",
    f"CREATE TRIGGER quota_of_deleted AFTER DELETE ON jobs FOR EACH ROW WHEN ({_counts('OLD')})"
    " EXECUTE FUNCTION count_quota()",
)
# What waits is not settled: both conditions have an index.
_COUNTING: Final = f"{_counts('jobs')} AND (jobs.settled_at IS NULL OR jobs.submitted_at >= :first)"
_COUNTED: Final = (
    "SELECT person_id, day, SUM(seconds) AS seconds FROM ("  # noqa: S608 - constants
    f"SELECT {ALL} AS person_id, {_day('jobs')} AS day, {_seconds('jobs')} AS seconds FROM jobs WHERE {_COUNTING}"
    f" UNION ALL SELECT {_person('jobs')}, {_day('jobs')}, {_seconds('jobs')} FROM jobs"
    f" WHERE {_COUNTING} AND {_person('jobs')} <> {ALL}"
    ") AS counted WHERE day = 0 OR day >= :first GROUP BY person_id, day"
)
_LOCK: Final = text(f"SELECT pg_advisory_xact_lock({QUOTA_LOCK[0]}, {QUOTA_LOCK[1]})")
_FIRST: Final = bindparam("first", type_=UtcMoment)


def triggers_of(dialect: str) -> Sequence[str]:
    """Return the statements that make the triggers, for `sqlite` or `postgresql`.

    A migration that makes `jobs` anew has to carry them out again: SQLite drops a table's triggers with it. One
    that changes them takes a copy of the statements as they were into the step that made them.
    """
    return _OF_SQLITE if dialect == "sqlite" else _OF_POSTGRESQL


_STORED: Final = "SELECT person_id, day, seconds FROM quota_use"
EMPTY: Final = text("DELETE FROM quota_use")
COUNT: Final = text(f"INSERT INTO quota_use (person_id, day, seconds) {_COUNTED}").bindparams(_FIRST)
"""Makes the counters of the days from `first` on, of which there are none yet, from the jobs."""
DIFFERENCES: Final = text(
    "SELECT COUNT(*) FROM ("  # noqa: S608 - constants
    f"SELECT * FROM ({_COUNTED} EXCEPT {_STORED}) AS missing UNION ALL"
    f" SELECT * FROM ({_STORED} EXCEPT {_COUNTED}) AS wrong"
    ") AS differing WHERE day = 0 OR day >= :first"
).bindparams(_FIRST)
"""Selects the number of rows that are not as the jobs say they have to be, of the days from `first` on."""


async def hold_counters(connection: AsyncConnection) -> None:
    """Have no other transaction change what counts until this one ends. SQLite has one writer anyway."""
    if connection.dialect.name == "postgresql":
        await connection.execute(_LOCK)


for _dialect in ("sqlite", "postgresql"):
    for _statement in triggers_of(_dialect):
        event.listen(jobs, "after_create", DDL(_statement.replace("%", "%%")).execute_if(dialect=_dialect))
