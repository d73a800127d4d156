"""Store of word lists: every SQL statement about the table `terms`."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import structlog
from sqlalchemy import Row, delete, select, update

from bot.moderation.audit.log import AuditedTransaction
from bot.moderation.words.matching import Effect, Term
from bot.storage.database import Database
from bot.storage.moderation_tables import terms

log: Final = structlog.get_logger(__name__)


@dataclass(frozen=True)
class StoredTerm:
    """A term of a list, the user who added it, and when."""

    term: Term
    added_by: int
    added_at: datetime


class TermStore:
    """Stores word lists. Every method raises `bot.storage.StorageUnavailableError`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def everything(self) -> Mapping[int, tuple[StoredTerm, ...]]:
        """Return the terms of every list by server, in alphabetical order. The operator's are those of server 0."""
        chosen = select(terms).order_by(terms.c.guild_id, terms.c.term)
        async with self._database.read() as connection:
            rows = (await connection.execute(chosen)).all()
        found: dict[int, list[StoredTerm]] = {}
        for row in rows:
            stored = _stored(row)
            if stored is not None:
                found.setdefault(row.guild_id, []).append(stored)
        return {guild_id: tuple(listed) for guild_id, listed in found.items()}

    async def add(
        self, within: AuditedTransaction, guild_id: int, term: Term, added_by: int, now: datetime
    ) -> bool:
        """Store a term, or change the effect of one that is there. Returns True if it is new."""
        how = {"effect": term.effect.value, "fragment": term.fragment}
        this = (terms.c.guild_id == guild_id) & (terms.c.term == term.text)
        row = {"guild_id": guild_id, "term": term.text, "added_by": added_by, "added_at": now}
        if (await within.connection.execute(update(terms).where(this).values(how))).rowcount:
            return False
        await within.connection.execute(terms.insert().values(row | how))
        return True

    async def remove(self, within: AuditedTransaction, guild_id: int, text: str) -> bool:
        """Delete a term as it was written. Returns True if it was there."""
        this = (terms.c.guild_id == guild_id) & (terms.c.term == text)
        return (await within.connection.execute(delete(terms).where(this))).rowcount > 0


def _stored(row: Row[tuple[object, ...]]) -> StoredTerm | None:
    """Return a row's term, or None for one that this version cannot search for."""
    try:
        term = Term(row.term, Effect(row.effect), row.fragment)
    except ValueError as error:
        log.warning("term_not_usable", guild=row.guild_id, reason=str(error))
        return None
    return StoredTerm(term, row.added_by, row.added_at)
