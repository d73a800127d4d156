"""What moderators change of a server's list of words: each change together with its entry in the log."""

from collections.abc import Callable
from datetime import datetime
from enum import StrEnum

from bot.moderation.audit.entries import AuditAction, AuditEntry
from bot.moderation.words.matching import Term
from bot.moderation.words.word_lists import ListFullError, WordLists


class WordChange(StrEnum):
    """What came of a change."""

    ADDED = "added"
    UPDATED = "updated"
    """The term was there, and does now what was said last."""
    FULL = "full"
    REMOVED = "removed"
    NOT_THERE = "not_there"


class WordChanges:
    """Carries changes out. Who may ask for one is for the caller to know.

    Methods raise `bot.storage.StorageError`, and then nothing has changed. `by` is the moderator.
    """

    def __init__(self, words: WordLists, *, now: Callable[[], datetime]) -> None:
        self._words = words
        self._now = now

    async def add(self, guild_id: int, term: Term, *, by: int) -> WordChange:
        """Put a term on the list, or change what it does."""
        details = {"term": term.text, "effect": term.effect.value, "fragment": term.fragment}
        entry = AuditEntry(guild_id, self._now(), AuditAction.TERM_ADDED, by, details=details)
        try:
            new = await self._words.add(guild_id, term, by, entry)
        except ListFullError:
            return WordChange.FULL
        return WordChange.ADDED if new else WordChange.UPDATED

    async def remove(self, guild_id: int, text: str, *, by: int) -> WordChange:
        """Take a term off the list, in whatever spelling."""
        entry = AuditEntry(guild_id, self._now(), AuditAction.TERM_REMOVED, by, details={"term": text})
        removed = await self._words.remove(guild_id, text, entry)
        return WordChange.REMOVED if removed else WordChange.NOT_THERE
