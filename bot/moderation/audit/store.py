"""Where the audit log is kept: every statement of SQL about it.

Entries are added. None is changed or deleted, but for the prompts that are removed with a person's data.
"""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Select,
    Text,
    and_,
    bindparam,
    inspect,
    or_,
    select,
    true,
    type_coerce,
    update,
)
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.moderation.audit import chain, rows
from bot.moderation.audit.chain import Break, Chain
from bot.moderation.audit.entries import AuditAction, AuditEntry, RecordedEntry
from bot.moderation.audit.rows import UnreadableEntryError
from bot.storage import engines
from bot.storage.database import Database
from bot.storage.errors import StorageUnavailableError, translating
from bot.storage.moderation_tables import audit

_BATCH: Final = 500


@dataclass(frozen=True)
class AuditFilter:
    """Which entries are wanted; what is left out does not matter."""

    guild_id: int | None = None
    actions: frozenset[AuditAction] = frozenset()
    """Any of these; none at all stands for every deed."""
    actor_id: int | None = None
    person_id: int | None = None
    job_id: str | None = None
    since: datetime | None = None
    """The first moment that counts."""
    until: datetime | None = None
    """The first moment that counts no more."""


EVERYTHING: Final = AuditFilter()


@dataclass(frozen=True)
class LogReport:
    """A log as it was found."""

    entries: int
    """How many fit, from the first on."""
    broken: Break | None = None


class AuditStore:
    """Keeps the audit log. Every method raises `bot.storage.StorageUnavailableError`, and those that return
    entries `UnreadableEntryError`, too; whether what can be read is also genuine, `verify_log` tells.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def append(self, *entries: AuditEntry) -> tuple[RecordedEntry, ...]:
        """Add entries in this order, all or none, and return them as they will be read."""
        if not entries:
            return ()
        async with self._database.write() as connection:
            return await append_within(connection, *entries)

    async def read(
        self, chosen: AuditFilter = EVERYTHING, *, before: int | None = None, limit: int
    ) -> tuple[RecordedEntry, ...]:
        """The newest entries of a kind; the next page is `before` the number of the last."""
        condition = _condition(chosen)
        if before is not None:
            condition = and_(condition, audit.c.number < before)
        statement = _entries().where(condition).order_by(audit.c.number.desc()).limit(limit)
        async with self._database.read() as connection:
            found = (await connection.execute(statement)).mappings().all()
        return tuple(rows.recorded_in(row) for row in found)

    async def all_in_order(
        self, batch: int = _BATCH, chosen: AuditFilter = EVERYTHING
    ) -> AsyncGenerator[RecordedEntry]:
        """Every entry of a kind, oldest first, at most `batch` of them in memory; no transaction is open
        while the caller looks at one.
        """
        condition, last = _condition(chosen), None
        while True:
            page = condition if last is None else and_(condition, audit.c.number > last)
            statement = _entries().where(page).order_by(audit.c.number).limit(batch)
            async with self._database.read() as connection:
                found = (await connection.execute(statement)).mappings().all()
            for row in found:
                yield rows.recorded_in(row)
            if len(found) < batch:
                return
            last = found[-1]["number"]

    async def forget_prompts(self, person_id: int, *entries: AuditEntry) -> int:
        """Remove somebody's prompts, with the salts of their digests, and add these entries about it; how many
        prompts there were.
        """
        theirs = or_(
            audit.c.person_id == person_id,
            and_(audit.c.person_id.is_(None), audit.c.actor_id == person_id),
        )
        statement = update(audit).where(theirs, audit.c.prompt.is_not(None)).values(prompt=None)
        async with self._database.write() as connection:
            removed = (await connection.execute(statement)).rowcount
            await append_within(connection, *entries)
            return removed


async def append_within(connection: AsyncConnection, *entries: AuditEntry) -> tuple[RecordedEntry, ...]:
    """`AuditStore.append` in the caller's transaction of `Database.write`: what is decided and what is said of
    it are kept together, or neither is. Raises `bot.storage.StorageUnavailableError` where the table refuses them.
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
        statement = audit.insert().values(details=bindparam("written", type_=Text()))
        try:
            await connection.execute(statement, [rows.values(one) for one in recorded])
        except IntegrityError as error:
            # Left as it is, it would pass for a second row of whatever is decided in the same transaction.
            raise StorageUnavailableError(f"the audit log takes no entry: {error.orig}") from None
    return tuple(recorded)


def verify_log(path: Path) -> LogReport:
    """Look at the whole log in the file at `path`, running bot or not; no file or no table is an empty log.

    Blocking. Takes no lock, creates nothing and reads only. Raises `bot.storage.StorageError`.
    """
    with translating(path):
        if not path.exists():
            return LogReport(0)
        with engines.read_only(path).connect() as connection:
            if not inspect(connection).has_table(audit.name):
                return LogReport(0)
            _tolerate_bad_text(connection)
            return _followed(connection)


def _followed(connection: Connection) -> LogReport:
    followed = Chain()
    statement = _entries().order_by(audit.c.number)
    for row in connection.execution_options(yield_per=_BATCH).execute(statement).mappings():
        try:
            recorded = rows.recorded_in(row)
        except UnreadableEntryError:
            recorded = None
        broken = followed.follow(row["number"], recorded)
        if broken is not None:
            return LogReport(followed.entries, broken)
    return LogReport(followed.entries)


def _tolerate_bad_text(connection: Connection) -> None:
    """Let what is no UTF-8 come out as a text that fits no digest; the driver would end the query over it, and
    quote it to the operator.
    """
    driver: Any = connection.connection.driver_connection
    driver.text_factory = _text


def _text(stored: bytes) -> str:
    return stored.decode(errors="surrogateescape")


def _entries() -> Select[Any]:
    """Every column as it is on the disk: an entry that somebody spoiled is to be named, not to end the query."""
    raw: dict[str, ColumnElement[Any]] = {
        "at": type_coerce(audit.c.at, BigInteger()),
        "details": type_coerce(audit.c.details, Text()),
    }
    return select(*(raw.get(column.name, column).label(column.name) for column in audit.c))


def _condition(chosen: AuditFilter) -> ColumnElement[bool]:
    conditions: list[ColumnElement[bool]] = []
    if chosen.guild_id is not None:
        conditions.append(audit.c.guild_id == chosen.guild_id)
    if chosen.actions:
        conditions.append(audit.c.action.in_(sorted(action.value for action in chosen.actions)))
    if chosen.actor_id is not None:
        conditions.append(audit.c.actor_id == chosen.actor_id)
    if chosen.person_id is not None:
        conditions.append(audit.c.person_id == chosen.person_id)
    if chosen.job_id is not None:
        conditions.append(audit.c.job_id == chosen.job_id)
    if chosen.since is not None:
        conditions.append(audit.c.at >= chosen.since)
    if chosen.until is not None:
        conditions.append(audit.c.at < chosen.until)
    return and_(true(), *conditions)
