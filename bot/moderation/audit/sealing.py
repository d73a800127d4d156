"""Emptying of entries of the audit log, whose texts have to go, in such a way that the log still verifies.

An emptied entry keeps its number, moment, action, ids and digests. Its prompt, which has a digest of its own, goes
as it is. If its reason or its details go as well, a new entry vouches for what is left: the seal.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, bindparam, update

from bot.moderation.audit import chain, rows
from bot.moderation.audit.chain import SEALED, SEALING
from bot.moderation.audit.entries import PARTS, AuditEntry, Detail, RecordedEntry
from bot.moderation.audit.log import AuditLog
from bot.moderation.audit.rows import UnreadableEntryError
from bot.moderation.audit.store import entries_as_stored
from bot.storage.moderation_tables import audit
from bot.storage.tables import JsonText

_A_SEAL: Final = 100
"""Entries that one seal names, and one transaction empties."""
_KEPT_TEXTS: Final = frozenset({"review", "subject", "verdict", "preset", "form", "voter", "effect"})
"""Details whose texts are ids, or words of the bot's own."""
_KEPT_LISTS: Final = frozenset({PARTS, "handed_over"})

_STORING: Final = (
    update(audit)
    .where(audit.c.number == bindparam("this"))
    .values(
        reason=bindparam("said"),
        details=bindparam("written", type_=JsonText()),
        prompt=bindparam("kept"),
        sealed_by=bindparam("by"),
    )
)

Emptied = Callable[[RecordedEntry], RecordedEntry]


@dataclass(frozen=True)
class _Change:
    """An emptied entry, and the digest of what is left of it if it needs a seal."""

    after: RecordedEntry
    left: str | None

    def row(self, sealed_by: int | None) -> dict[str, object]:
        """Return the parameters of `_STORING`; `sealed_by` is the number of the seal."""
        salt, prompt = self.after.prompt_salt, self.after.prompt
        return {
            "this": self.after.number,
            "said": self.after.reason,
            "written": chain.canonical_json(self.after.details),
            "kept": None if salt is None or prompt is None else chain.sealed(salt, prompt),
            "by": sealed_by if self.left is not None else self.after.sealed_by,
        }


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
                # In a thread: reading and digesting this many takes longer than the event loop should wait.
                changes = await asyncio.to_thread(self._changes, found, emptied)
                sealed = {str(one.after.number): one.left for one in changes if one.left is not None}
                if sealed:
                    await within.record(replace(seal, details={**seal.details, SEALED: sealed}))
                by = within.recorded[-1].number if sealed else None
                if changes:
                    await within.connection.execute(_STORING, [one.row(by) for one in changes])
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

    def _changes(self, found: Sequence[Mapping[Any, Any]], emptied: Emptied) -> list[_Change]:
        """Return what changes, for the rows of entries."""
        changes: list[_Change] = []
        for row in found:
            try:
                before = rows.recorded_in(row)
            except UnreadableEntryError:
                continue  # it was changed from outside, and `check` says so
            after = emptied(before)
            if after != before:
                same = (before.reason, before.details) == (after.reason, after.details)
                changes.append(_Change(after, None if same else _left(after)))
        return changes


def _names() -> list[str]:
    return sorted(action.value for action in SEALING)


def _is_kept(name: str, value: Detail) -> bool:
    return value is None or isinstance(value, int) or name in _KEPT_TEXTS or name in _KEPT_LISTS


def _left(entry: RecordedEntry) -> str:
    """Return the digest of what is left of an entry, as verification computes it."""
    return chain.digest(entry.previous_sha256, entry, entry.number, prompt_sha256=entry.prompt_sha256)
