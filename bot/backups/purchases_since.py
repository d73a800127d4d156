"""Purchases, deletions and decisions that came after a backup, as the database tells that it is to replace.

A request that waits in the backup may have been bought since, and one that is not in it may be paid for: both rows
are taken over as they are now. So nothing is bought a second time, and no video that was paid for is lost.
What was posted, denied, cancelled or deleted since stays so.
Users who had their data deleted since are in the backup again: the next start deletes it again.
What moderators decided since is in `decisions_since.py`.
"""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Final

from sqlalchemy.exc import DBAPIError

from bot.backups.decisions_since import take_over_decisions
from bot.backups.snapshot import copy_database, revision_of
from bot.jobs.job import JobState
from bot.storage.errors import NewerDatabaseError, StorageError, StorageUnavailableError, storage_error
from bot.storage.migrate import head_revision, upgrade
from bot.storage.sqlite_engines import migrating

_DOUBTFUL: Final = (JobState.SUBMITTING.value, JobState.UNKNOWN.value)
_BOUGHT_SINCE: Final = (
    "SELECT later.rowid FROM current.jobs AS later LEFT JOIN main.jobs AS saved ON saved.id = later.id "  # noqa: S608 - constants
    "WHERE NOT later.lookup AND saved.task_id IS NULL AND (later.task_id IS NOT NULL "
    f"OR (later.state IN {_DOUBTFUL} AND COALESCE(saved.state, '') NOT IN {_DOUBTFUL})) ORDER BY later.rowid"
)
"""Rows of which the backup does not know the task, or not that they may have bought one."""
_DECIDED_SINCE: Final = (
    # CROSS: each row is read before it is put, and not again.
    "SELECT later.rowid FROM current.jobs AS later CROSS JOIN main.jobs AS saved ON saved.id = later.id "
    # A database that was put back itself may know less of a purchase than the backup does.
    "WHERE (later.task_id IS NOT NULL OR (saved.task_id IS NULL AND saved.state IN ('held', 'queued'))) "
    "AND ((saved.settled_at IS NULL AND (later.state IN ('delivered', 'denied', 'cancelled') "
    """OR later.failure LIKE '{"reason": "posting_denied"%' OR later.failure LIKE '{"reason": "deleted_by_%')) """
    "OR (later.state = 'delivered' AND later.failure IS NOT NULL AND saved.state = 'delivered' "
    "AND saved.failure IS NULL)) ORDER BY later.rowid"
)
"""Rows of videos that were posted, denied, cancelled or deleted: they are not shown or offered again."""
_DELETED_SINCE: Final = (  # the wishes alone: an entry that seals others has details
    "INSERT INTO main.deletions (person_id, asked_at) "
    "SELECT person_id, MAX(at) FROM current.audit AS asked "
    "WHERE action = 'person_data_removed' AND details = '{}' AND person_id IS NOT NULL AND NOT EXISTS "
    "(SELECT 1 FROM main.audit WHERE action = asked.action AND person_id = asked.person_id AND at = asked.at) "
    "GROUP BY person_id ON CONFLICT (person_id) DO UPDATE SET asked_at = excluded.asked_at, texts_gone_at = NULL"
)
_ASKED_ANEW: Final = frozenset({"review_id", "ask_again_since"})


@dataclass(frozen=True)
class PurchasesSince:
    """Result of the comparison."""

    taken_over: int
    """Number of requests that were bought, or may have been, after the backup."""
    problem: str | None = None
    """The reason why some of them may not have been found."""
    decisions: int = 0
    """Number of moderators' decisions after the backup that were taken over: those that restrict."""
    decisions_problem: str | None = None
    """The reason why some of those may not have been found."""


def bring_up_to_date(database: Path) -> None:
    """Run the migrations that a database lacks, which nobody has open, and leave it as one file.

    Raises `StorageError` and SQLAlchemy's errors.
    """
    if revision_of(database) != head_revision():
        with migrating(database).begin() as connection:
            upgrade(connection)
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("PRAGMA journal_mode=DELETE")


def take_over_purchases(current: Path, staged: Path, scratch: Path, now: datetime) -> PurchasesSince:
    """Bring what was bought since into a backup's database, and what moderators forbade.

    Args:
        current: The database that is to be replaced, which no bot uses.
        staged: The database of the backup, of this version's schema.
        scratch: An unused path for a copy of the first.
        now: The moment of the entries about decisions in the audit log.

    Raises:
        StorageUnavailableError: One of them cannot be read or written at present, as on a full disk.
        sqlite3.Error: The second cannot be written.
    """
    newer: str | None = None
    try:
        copy_database(current, scratch)
        try:
            bring_up_to_date(scratch)
        except NewerDatabaseError:  # an update is taken back; what both versions know is taken over
            newer = f"{current}: made by a newer version"
    except StorageError as error:
        return _nothing_known(_damage(error))
    except (sqlite3.Error, DBAPIError) as error:
        return _nothing_known(_damage(storage_error(error, current)))
    with closing(sqlite3.connect(staged)) as connection:
        connection.execute("ATTACH ? AS current", (str(scratch),))
        with connection:
            since = _take_over(connection, current)
            decisions, unread = take_over_decisions(connection, now)
    since = replace(since, decisions=decisions, decisions_problem=unread)
    return replace(since, problem=since.problem or newer)


def _nothing_known(problem: str) -> PurchasesSince:
    return PurchasesSince(0, problem, decisions_problem=problem)


def _damage(error: StorageError) -> str:
    """Return why a database cannot be read. Raises the error itself if it may be read another time."""
    if isinstance(error, StorageUnavailableError):
        raise error
    return str(error)


def _take_over(connection: sqlite3.Connection, current: Path) -> PurchasesSince:
    taken, problem = 0, None
    columns = _columns(connection, "main")
    try:
        there = _columns(connection, "current")
        columns = [column for column in columns if column in there]
        # By row numbers: nothing of a row is read here, and one that cannot be read is taken over as it is.
        for chosen, counts in ((_BOUGHT_SINCE, True), (_DECIDED_SINCE, False)):
            for (number,) in connection.execute(chosen):
                if not _put(connection, columns, number):
                    problem = f"row {number} does not fit"
                elif counts:
                    taken += 1
        connection.execute(_DELETED_SINCE)
    except sqlite3.DatabaseError as error:  # a page that cannot be read ends the reading, not what was read
        problem = _damage(storage_error(error, current))
    return PurchasesSince(taken, problem)


def _columns(connection: sqlite3.Connection, schema: str) -> list[str]:
    return [str(column[1]) for column in connection.execute(f"PRAGMA {schema}.table_info(jobs)")]


def _put(connection: sqlite3.Connection, columns: Sequence[str], number: int) -> bool:
    """Put a row in the place of the one with its id. What it waited for is asked anew. False if that cannot be."""
    # The backup may have another retry of the same request: that this one was bought is what counts.
    for emptied in (_ASKED_ANEW, {*_ASKED_ANEW, "parent_id"}):
        values = ", ".join("NULL" if column in emptied else column for column in columns)
        connection.execute("SAVEPOINT taking")
        try:
            connection.execute(
                "DELETE FROM main.jobs WHERE id = (SELECT id FROM current.jobs WHERE rowid = ?)", (number,)
            )
            connection.execute(
                f"INSERT INTO main.jobs ({', '.join(columns)}) SELECT {values} FROM current.jobs WHERE rowid = ?",  # noqa: S608 - our columns
                (number,),
            )
        except sqlite3.IntegrityError:
            connection.execute("ROLLBACK TO taking")
        else:
            return True
        finally:
            connection.execute("RELEASE taking")
    return False
