"""Changes of a server's word list: each in one transaction with its entry in the audit log."""

from collections.abc import Callable
from datetime import datetime
from enum import StrEnum

from bot.moderation.audit.entries import AuditAction, AuditEntry
from bot.moderation.words.matching import Term
from bot.moderation.words.word_lists import ListFullError, WordLists


class WordChange(StrEnum):
    """Result of a change of a list."""

    ADDED = "added"
    UPDATED = "updated"
    """The term was there and has the new effect now."""
    FULL = "full"
    REMOVED = "removed"
    NOT_THERE = "not_there"


class WordChanges:
    """Changes lists and logs it. The caller has checked that the moderator `by` may do so.

    Methods raise `bot.storage.StorageError`, and then nothing has changed.
    """

    def __init__(self, words: WordLists, *, now: Callable[[], datetime]) -> None:
        self._words = words
        self._now = now

    async def add(self, guild_id: int, term: Term, *, by: int) -> WordChange:
        """Put a term on the list, or change its effect."""
        details = {"term": term.text, "effect": term.effect.value, "fragment": term.fragment}
        entry = AuditEntry(guild_id, self._now(), AuditAction.TERM_ADDED, by, details=details)
        try:
            new = await self._words.add(guild_id, term, by, entry)
        except ListFullError:
            return WordChange.FULL
        return WordChange.ADDED if new else WordChange.UPDATED

    async def remove(self, guild_id: int, text: str, *, by: int) -> WordChange:
        """Take a term off the list, in any spelling."""
        entry = AuditEntry(guild_id, self._now(), AuditAction.TERM_REMOVED, by, details={"term": text})
        removed = await self._words.remove(guild_id, text, entry)
        return WordChange.REMOVED if removed else WordChange.NOT_THERE
