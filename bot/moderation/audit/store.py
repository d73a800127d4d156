"""Store of the audit log: every SQL statement about the table `audit`.

Entries are appended. None is changed or deleted, but for those that `sealing.py` empties.
"""

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Select,
    Text,
    and_,
    bindparam,
    cast,
    func,
    inspect,
    or_,
    select,
    true,
    type_coerce,
)
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.moderation.audit import chain, rows
from bot.moderation.audit.chain import Break, Chain, Checkpoint, Flaw
from bot.moderation.audit.entries import PARTS, AuditAction, AuditEntry, RecordedEntry
from bot.moderation.audit.rows import UnreadableEntryError
from bot.storage.address import DatabaseAddress
from bot.storage.advisory_locks import SharedLock
from bot.storage.database import Database
from bot.storage.errors import StorageUnavailableError
from bot.storage.moderation_tables import audit
from bot.storage.read_only import read_only_connection
from bot.storage.tables import JsonText

_BATCH: Final = 500


@dataclass(frozen=True)
class AuditFilter:
    """Conditions that an entry must meet. The defaults admit all entries."""

    guild_id: int | None = None
    actions: frozenset[AuditAction] = frozenset()
    """Any of these actions; an empty set admits all."""
    person_id: int | None = None
    since: datetime | None = None
    """The first moment that is admitted."""


EVERYTHING: Final = AuditFilter()
_ANY_TIME: Final = datetime.fromtimestamp(0, UTC)
_SHAPES: Final = 64
"""Statements that are kept. A filter has few shapes: which conditions it has, and the actions it names."""


@dataclass(frozen=True)
class LogReport:
    """Result of the verification of a log."""

    entries: int
    """Number of intact entries, from the first on."""
    broken: Break | None = None


class AuditStore:
    """Stores the audit log. Reading an entry does not verify it; `verify_log` does.

    Every method raises `bot.storage.errors.StorageUnavailableError`; those that return entries raise
    `UnreadableEntryError` as well.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def append(self, *entries: AuditEntry) -> tuple[RecordedEntry, ...]:
        """Append entries in this order, all or none. Returns them as they are stored."""
        if not entries:
            return ()
        async with self._database.write() as connection:
            await self._database.lock(connection, SharedLock.DECISIONS)
            return await append_within(connection, *entries)

    async def read(
        self, chosen: AuditFilter = EVERYTHING, *, before: int | None = None, limit: int
    ) -> tuple[RecordedEntry, ...]:
        """Return the newest entries, newest first.

        Args:
            chosen: The conditions that an entry must meet.
            before: Return only entries with smaller numbers, such as those after the last of a page.
            limit: The maximum number of entries.
        """
        statement = _newest(_shape_of(chosen), before is not None)
        values = _values_of(chosen) | {"of_limit": limit} | ({} if before is None else {"of_before": before})
        async with self._database.read() as connection:
            found = (await connection.execute(statement, values)).mappings().all()
        return tuple(rows.recorded_in(row) for row in found)

    async def digest_of(self, number: int) -> str | None:
        """Return the digest of an entry, or None if there is none with that number."""
        chosen = select(audit.c.sha256).where(audit.c.number == number)
        async with self._database.read() as connection:
            return (await connection.execute(chosen)).scalar_one_or_none()

    async def all_in_order(
        self, batch: int = _BATCH, chosen: AuditFilter = EVERYTHING
    ) -> AsyncGenerator[RecordedEntry]:
        """Yield the entries that meet the conditions, oldest first.

        At most `batch` entries are in memory, and no transaction is open while the caller has one.
        """
        condition, values, last = _condition(_shape_of(chosen)), _values_of(chosen), None
        while True:
            page = condition if last is None else and_(condition, audit.c.number > last)
            statement = entries_as_stored().where(page).order_by(audit.c.number).limit(batch)
            async with self._database.read() as connection:
                found = (await connection.execute(statement, values)).mappings().all()
            for row in found:
                yield rows.recorded_in(row)
            if len(found) < batch:
                return
            last = found[-1]["number"]


async def append_within(connection: AsyncConnection, *entries: AuditEntry) -> tuple[RecordedEntry, ...]:
    """Append entries in the caller's transaction, which has the lock `DECISIONS`: they follow on the last row.

    Raises:
        StorageUnavailableError: The table refuses the entries.
    """
    newest = select(audit.c.number, audit.c.sha256).order_by(audit.c.number.desc()).limit(1)
    row = (await connection.execute(newest)).one_or_none()
    number, previous = (chain.FIRST_NUMBER - 1, chain.FIRST_PREVIOUS) if row is None else (row[0], row[1])
    recorded: list[RecordedEntry] = []
    for entry in entries:
        number += 1
        recorded.append(rows.recorded_after(previous, entry, number))
        previous = recorded[-1].sha256
    if recorded:
        statement = audit.insert().values(details=bindparam("written", type_=JsonText()))
        try:
            await connection.execute(statement, [rows.values(one) for one in recorded])
        except IntegrityError as error:
            # Callers take an IntegrityError for a duplicate of their own row in the same transaction.
            raise StorageUnavailableError(f"the audit log takes no entry: {error.orig}") from None
    return tuple(recorded)


async def count_within(connection: AsyncConnection, chosen: AuditFilter) -> int:
    """Return the number of entries that meet the conditions, in the caller's transaction."""
    statement = select(func.count()).select_from(audit).where(_condition(_shape_of(chosen)))
    return (await connection.execute(statement, _values_of(chosen))).scalar_one()


def verify_log(address: DatabaseAddress, known: Sequence[Checkpoint] = ()) -> LogReport:
    """Verify the whole log in a database. A missing database or table is an empty log.

    Args:
        address: The database.
        known: Entries that are known from elsewhere. Each has to stand in the log, which may be longer.

    Blocks. Reads only and takes no lock, so the bot may run meanwhile. Raises `bot.storage.errors.StorageError`.
    """
    with read_only_connection(address) as connection:
        if connection is None or not inspect(connection).has_table(audit.name):
            return _without(known, LogReport(0))
        return _followed(connection, known)


def _followed(connection: Connection, known: Sequence[Checkpoint]) -> LogReport:
    followed, missing = Chain(), list(known)
    statement = entries_as_stored().order_by(audit.c.number)
    for row in connection.execution_options(yield_per=_BATCH).execute(statement).mappings():
        try:
            recorded = rows.recorded_in(row)
        except UnreadableEntryError:
            recorded = None
        broken = followed.follow(row["number"], recorded)
        if broken is not None:
            return LogReport(followed.entries, broken)
        if recorded is not None:
            missing = [one for one in missing if not one.is_of(recorded)]
    unsealed = followed.finish()
    if unsealed is not None:
        return LogReport(unsealed.number - chain.FIRST_NUMBER, unsealed)
    return _without(missing, LogReport(followed.entries))


def _without(missing: Sequence[Checkpoint], report: LogReport) -> LogReport:
    """Return the report of a log in which these digests do not stand."""
    if not missing:
        return report
    return LogReport(report.entries, Break(min(one.number for one in missing), Flaw.KNOWN_DIGEST_MISSING))


def entries_as_stored() -> Select[Any]:
    """Select every column with its raw value, so that a spoiled entry is reported instead of ending the query."""
    raw: dict[str, ColumnElement[Any]] = {
        "at": type_coerce(audit.c.at, BigInteger()),
        "details": cast(audit.c.details, Text),
    }
    return select(*(raw.get(column.name, column).label(column.name) for column in audit.c))


# Two of them are asked for each job: to build such a statement takes longer than SQLite takes to carry it out.
@lru_cache(maxsize=_SHAPES)
def _newest(shape: AuditFilter, has_before: bool) -> Select[Any]:  # noqa: FBT001 - a key of the cache
    condition = _condition(shape)
    if has_before:
        condition = and_(condition, audit.c.number < bindparam("of_before"))
    statement = entries_as_stored().where(condition).order_by(audit.c.number.desc())
    return statement.limit(bindparam("of_limit", type_=BigInteger()))


def _condition(shape: AuditFilter) -> ColumnElement[bool]:
    """Return the condition of all filters of a shape, with parameters for what `_values_of` returns."""
    conditions: list[ColumnElement[bool]] = []
    if shape.guild_id is not None:
        conditions.append(audit.c.guild_id == bindparam("of_guild"))
    if shape.actions:
        details = cast(audit.c.details, Text)
        parts = [details.contains(f'"{action.value}"', autoescape=True) for action in sorted(shape.actions)]
        has_parts = details.contains(f'"{PARTS}":[')
        named = audit.c.action.in_(sorted(action.value for action in shape.actions))
        conditions.append(or_(named, and_(has_parts, or_(*parts))))
    if shape.person_id is not None:
        conditions.append(audit.c.person_id == bindparam("of_person"))
    if shape.since is not None:
        conditions.append(audit.c.at >= bindparam("of_since"))
    return and_(true(), *conditions)


def _shape_of(chosen: AuditFilter) -> AuditFilter:
    """Return the filter without its values, but for the actions: equal for filters that need the same statement."""
    return replace(
        chosen,
        guild_id=None if chosen.guild_id is None else 0,
        person_id=None if chosen.person_id is None else 0,
        since=None if chosen.since is None else _ANY_TIME,
    )


def _values_of(chosen: AuditFilter) -> dict[str, object]:
    values = {"of_guild": chosen.guild_id, "of_person": chosen.person_id, "of_since": chosen.since}
    return {name: value for name, value in values.items() if value is not None}
