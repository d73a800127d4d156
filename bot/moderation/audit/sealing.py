"""Emptying of entries of the audit log, whose texts have to go, in such a way that the log still verifies.

An emptied entry keeps its number, moment, action, ids and digests. Its prompt, which has a digest of its own, goes
as it is. If its reason or its details go as well, a new entry vouches for what is left: the seal.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from sqlalchemy import ColumnElement, Text, and_, bindparam, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.moderation.audit import chain, rows
from bot.moderation.audit.chain import SEALED, SEALING
from bot.moderation.audit.entries import PARTS, AuditEntry, Detail, RecordedEntry
from bot.moderation.audit.log import AuditLog
from bot.moderation.audit.rows import UnreadableEntryError
from bot.moderation.audit.store import entries_as_stored
from bot.storage.moderation_tables import audit

_A_SEAL: Final = 200
"""Entries that one seal names, and one transaction empties."""
_KEPT_TEXTS: Final = frozenset({"review", "subject", "verdict", "preset", "form", "voter", "effect"})
"""Details whose texts are ids, or words of the bot's own."""
_KEPT_LISTS: Final = frozenset({PARTS, "handed_over"})

Emptied = Callable[[RecordedEntry], RecordedEntry]


@dataclass(frozen=True)
class _Change:
    before: RecordedEntry
    after: RecordedEntry

    @property
    def needs_seal(self) -> bool:
        return (self.before.reason, self.before.details) != (self.after.reason, self.after.details)


class EntryEmptying:
    """Empties entries, some hundred in a transaction with their seal."""

    def __init__(self, log: AuditLog, kept_reasons: Iterable[str]) -> None:
        """Args: `kept_reasons` are reasons that were chosen from a list: they are words of the bot's own."""
        self._log = log
        self._kept_reasons = frozenset(kept_reasons)

    async def empty(self, chosen: ColumnElement[bool], emptied: Emptied, seal: AuditEntry) -> int:
        """Empty the chosen entries.

        Args:
            chosen: A condition on the columns of the table.
            emptied: Returns what is to be left of an entry.
            seal: The entry that vouches for those whose reason or details go; its details are added.

        Returns:
            The number of entries that lost something.

        Raises:
            StorageError: The log cannot be read or written. Calling it again goes on.
        """
        last, count, more = chain.FIRST_NUMBER - 1, 0, True
        while more:
            condition = and_(chosen, audit.c.number > last, audit.c.action.not_in(_names()))
            async with self._log.transaction() as within:
                statement = entries_as_stored().where(condition).order_by(audit.c.number).limit(_A_SEAL)
                found = (await within.connection.execute(statement)).mappings().all()
                changes = [one for row in found if (one := self._change(row, emptied)) is not None]
                sealed = {str(one.before.number): _left(one.after) for one in changes if one.needs_seal}
                if sealed:
                    await within.record(replace(seal, details={**seal.details, SEALED: sealed}))
                by = within.recorded[-1].number if sealed else None
                for one in changes:
                    await _store(within.connection, one.after, by if one.needs_seal else one.after.sealed_by)
            count += len(changes)
            more = len(found) == _A_SEAL
            last = found[-1]["number"] if found else last
        return count

    def in_full(self, entry: RecordedEntry) -> RecordedEntry:
        """Return an entry without its prompt and all texts that somebody typed, or that say where it was."""
        details = {name: value for name, value in entry.details.items() if _is_kept(name, value)}
        return replace(self.without_reason(entry), details=details, prompt=None)

    def without_reason(self, entry: RecordedEntry) -> RecordedEntry:
        """Return an entry without a reason that its actor typed."""
        return entry if entry.reason in self._kept_reasons else replace(entry, reason="")

    def _change(self, row: Mapping[Any, Any], emptied: Emptied) -> _Change | None:
        try:
            before = rows.recorded_in(row)
        except UnreadableEntryError:
            return None  # it was changed from outside, and `check` says so
        after = emptied(before)
        return _Change(before, after) if after != before else None


def _names() -> list[str]:
    return sorted(action.value for action in SEALING)


def _is_kept(name: str, value: Detail) -> bool:
    return value is None or isinstance(value, int) or name in _KEPT_TEXTS or name in _KEPT_LISTS


def _left(entry: RecordedEntry) -> str:
    """Return the digest of what is left of an entry, as verification computes it."""
    return chain.digest(entry.previous_sha256, entry, entry.number, prompt_sha256=entry.prompt_sha256)


async def _store(connection: AsyncConnection, entry: RecordedEntry, sealed_by: int | None) -> None:
    salt, prompt = entry.prompt_salt, entry.prompt
    statement = (
        update(audit)
        .where(audit.c.number == entry.number)
        .values(
            reason=entry.reason,
            details=bindparam("written", type_=Text()),
            prompt=None if salt is None or prompt is None else chain.sealed(salt, prompt),
            sealed_by=sealed_by,
        )
    )
    await connection.execute(statement, {"written": chain.canonical_json(entry.details)})
