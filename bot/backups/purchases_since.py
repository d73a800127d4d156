"""Purchases and deletions that came after a backup, as the database tells that it is to replace.

A request that waits in the backup may have been bought since, and one that is not in it may be paid for: both rows
are taken over as they are now. So nothing is bought a second time, and no video that was paid for is lost.
Users who had their data deleted since are in the backup again: the next start deletes it again.
"""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sqlalchemy.exc import DBAPIError

from bot.backups.snapshot import copy_database, revision_of
from bot.jobs.job import JobState
from bot.storage.engines import migrating
from bot.storage.errors import StorageError
from bot.storage.migrate import head_revision, upgrade

_DOUBTFUL: Final = (JobState.SUBMITTING.value, JobState.UNKNOWN.value)
_BOUGHT: Final = f"NOT lookup AND (task_id IS NOT NULL OR state IN {_DOUBTFUL})"
_UNKNOWN_TO_THE_BACKUP: Final = (
    f"SELECT rowid FROM current.jobs WHERE {_BOUGHT} "  # noqa: S608 - constants
    f"AND id NOT IN (SELECT id FROM main.jobs WHERE {_BOUGHT}) ORDER BY rowid"
)
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


def bring_up_to_date(database: Path) -> None:
    """Run the migrations that a database lacks, which nobody has open, and leave it as one file.

    Raises `StorageError` and SQLAlchemy's errors.
    """
    if revision_of(database) != head_revision():
        with migrating(database).begin() as connection:
            upgrade(connection)
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("PRAGMA journal_mode=DELETE")


def take_over_purchases(current: Path, staged: Path, scratch: Path) -> PurchasesSince:
    """Bring what was bought since into a backup's database.

    Args:
        current: The database that is to be replaced, which no bot uses.
        staged: The database of the backup, of this version's schema.
        scratch: An unused path for a copy of the first.

    Raises:
        sqlite3.Error: The second cannot be written.
    """
    try:
        copy_database(current, scratch)
        bring_up_to_date(scratch)
    except (StorageError, sqlite3.Error) as error:
        return PurchasesSince(0, str(error))
    except DBAPIError as error:  # its own text quotes the statement
        return PurchasesSince(0, " ".join(str(error.orig).split()))
    with closing(sqlite3.connect(staged)) as connection:
        connection.execute("ATTACH ? AS current", (str(scratch),))
        with connection:
            return _take_over(connection)


def _take_over(connection: sqlite3.Connection) -> PurchasesSince:
    taken, problem = 0, None
    columns = [str(column[1]) for column in connection.execute("PRAGMA main.table_info(jobs)")]
    try:
        # By row numbers: nothing of a row is read here, and one that cannot be read is taken over as it is.
        for (number,) in connection.execute(_UNKNOWN_TO_THE_BACKUP):
            if _put(connection, columns, number):
                taken += 1
            else:
                problem = f"row {number} does not fit"
        connection.execute(_DELETED_SINCE)
    except sqlite3.DatabaseError as error:  # a page that cannot be read ends the reading, not what was read
        problem = " ".join(str(error).split())
    return PurchasesSince(taken, problem)


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
