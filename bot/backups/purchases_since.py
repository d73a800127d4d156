"""Purchases that were made after a backup, as the database tells that it is to replace.

A request that waits in the backup may have been bought since, and one that is not in it may be paid for: both rows
are taken over as they are now. So nothing is bought a second time, and no video that was paid for is lost.
"""

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sqlalchemy.exc import DBAPIError

from bot.backups.snapshot import copy_database, revision_of
from bot.jobs.job import JobState
from bot.storage.engines import migrating
from bot.storage.errors import StorageError
from bot.storage.migrate import head_revision, upgrade

_DOUBTFUL: Final = (JobState.SUBMITTING.value, JobState.UNKNOWN.value)
_BOUGHT: Final = f"NOT lookup AND (task_id IS NOT NULL OR state IN {_DOUBTFUL})"


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
    with closing(sqlite3.connect(scratch)) as source, closing(sqlite3.connect(staged)) as target, target:
        return _take_over(source, target)


def _take_over(source: sqlite3.Connection, target: sqlite3.Connection) -> PurchasesSince:
    taken, problem = 0, None
    known = {row[0] for row in target.execute(f"SELECT id FROM jobs WHERE {_BOUGHT}")}  # noqa: S608 - a constant
    try:
        found = source.execute(f"SELECT * FROM jobs WHERE {_BOUGHT} ORDER BY created_at, id")  # noqa: S608 - a constant
        columns = [column[0] for column in found.description]
        for values in found:
            row = dict(zip(columns, values, strict=True))
            if row["id"] in known:
                continue
            if _put(target, row):
                taken += 1
            else:
                problem = f"request {row['id']} does not fit"
    except sqlite3.DatabaseError as error:  # a page that cannot be read ends the reading, not what was read
        problem = " ".join(str(error).split())
    return PurchasesSince(taken, problem)


def _put(target: sqlite3.Connection, row: dict[str, Any]) -> bool:
    """Put a row in the place of the one with its id. What it waited for is asked anew. False if that cannot be."""
    row |= {"review_id": None, "ask_again_since": None}
    # The backup may have another retry of the same request: that this one was bought is what counts.
    for changes in ({}, {"parent_id": None}):
        values = row | changes
        target.execute("SAVEPOINT row")
        try:
            target.execute("DELETE FROM jobs WHERE id = ?", (row["id"],))
            places = ", ".join("?" for _ in values)
            target.execute(f"INSERT INTO jobs ({', '.join(values)}) VALUES ({places})", [*values.values()])  # noqa: S608 - our columns
        except sqlite3.IntegrityError:
            target.execute("ROLLBACK TO row")
        else:
            return True
        finally:
            target.execute("RELEASE row")
    return False
