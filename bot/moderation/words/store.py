"""Store of word lists: every SQL statement about the table `terms`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import RowMapping, Select, delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.moderation.audit.log import AuditedTransaction
from bot.moderation.words.matching import Effect, Term
from bot.storage.change_feed import ChangeKind
from bot.storage.database import Database
from bot.storage.moderation_tables import terms
from bot.storage.reading import read_rows


@dataclass(frozen=True)
class StoredTerm:
    """A term of a list, the user who added it, and when."""

    term: Term
    added_by: int
    added_at: datetime


class TermStore:
    """Stores word lists. Every method raises `bot.storage.errors.StorageUnavailableError`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.feed = database.feed
        self.is_shared = database.is_shared

    async def everything(self) -> Mapping[int, tuple[StoredTerm, ...]]:
        """Return the terms of every list by server, in alphabetical order. The operator's are those of server 0."""
        async with self._database.read() as connection:
            rows = await self._read(connection, select(terms))
        found: dict[int, list[StoredTerm]] = {}
        for guild_id, stored in rows:
            found.setdefault(guild_id, []).append(stored)
        return {guild_id: _sorted(listed) for guild_id, listed in found.items()}

    async def of(self, connection: AsyncConnection, guild_id: int) -> tuple[StoredTerm, ...]:
        """Return the terms of one list in alphabetical order, by a connection in a transaction."""
        rows = await self._read(connection, select(terms).where(terms.c.guild_id == guild_id))
        return _sorted([stored for _, stored in rows])

    async def now_of(self, guild_id: int) -> tuple[StoredTerm, ...]:
        """Return the terms of one list in alphabetical order."""
        async with self._database.read() as connection:
            return await self.of(connection, guild_id)

    async def add(
        self, within: AuditedTransaction, guild_id: int, term: Term, added_by: int, now: datetime
    ) -> bool:
        """Store a term, or change the effect of one that is there. Returns True if it is new."""
        await self._database.announce(within.connection, ChangeKind.WORDS, str(guild_id))
        how = {"effect": term.effect.value, "fragment": term.fragment}
        this = (terms.c.guild_id == guild_id) & (terms.c.term == term.text)
        row = {"guild_id": guild_id, "term": term.text, "added_by": added_by, "added_at": now}
        if (await within.connection.execute(update(terms).where(this).values(how))).rowcount:
            return False
        await within.connection.execute(terms.insert().values(row | how))
        return True

    async def remove(self, within: AuditedTransaction, guild_id: int, text: str) -> bool:
        """Delete a term as it was written. Returns True if it was there."""
        await self._database.announce(within.connection, ChangeKind.WORDS, str(guild_id))
        this = (terms.c.guild_id == guild_id) & (terms.c.term == text)
        return (await within.connection.execute(delete(terms).where(this))).rowcount > 0

    async def _read(
        self, connection: AsyncConnection, chosen: Select[*tuple[Any, ...]]
    ) -> Sequence[tuple[int, StoredTerm]]:
        keys, alarms = (terms.c.guild_id, terms.c.term), self._database.alarms
        return await read_rows(connection, chosen, _stored, keys=keys, alarms=alarms, instead=_blocking)


def _sorted(listed: Sequence[StoredTerm]) -> tuple[StoredTerm, ...]:
    """Sort here: each server of a database has an order of letters of its own."""
    return tuple(sorted(listed, key=lambda one: one.term.text))


def _stored(row: RowMapping) -> tuple[int, StoredTerm]:
    term = Term(row["term"], Effect(row["effect"]), row["fragment"])
    return row["guild_id"], StoredTerm(term, row["added_by"], row["added_at"])


def _blocking(key: Sequence[Any]) -> tuple[int, StoredTerm] | None:
    """Return a term of which only the text can be read, with the strongest effect; None if it is no term."""
    guild_id, text = key
    try:
        return guild_id, StoredTerm(Term(text, Effect.BLOCKED), 0, datetime.fromtimestamp(0, UTC))
    except ValueError:
        return None
