"""Word lists of servers and of the operator in memory, ready to be searched."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from enum import StrEnum
from functools import partial
from typing import Final

from bot.moderation.audit.entries import AuditAction, AuditEntry, Detail
from bot.moderation.audit.log import AuditedTransaction, AuditLog
from bot.moderation.words.matching import Effect, Term, WordList
from bot.moderation.words.minors import concerns_minors
from bot.moderation.words.normalising import normalise, spellings
from bot.moderation.words.store import StoredTerm, TermStore

OPERATOR: Final = 0
"""Number of the operator's list, in place of a server's id. It applies everywhere."""

MOST_TERMS: Final = 500


class WordVerdict(StrEnum):
    """Judgement of the lists about a prompt."""

    NONE = "none"
    HELD = "held"
    BLOCKED = "blocked"
    REFUSED_BY_SHIPPED_RULE = "shipped"


class ListFullError(ValueError):
    """The list has no room for another term."""


class WordLists:
    """Terms that servers and the operator block or hold, and those that are always blocked.

    A change and its entry in the audit log are one transaction. Changes of the operator's list, which the settings
    make, are not logged. The caller has checked that the moderator may change the list.
    """

    def __init__(self, store: TermStore, audit_log: AuditLog, now: Callable[[], datetime]) -> None:
        self._store = store
        self._audit_log = audit_log
        self._now = now
        self._listed: dict[int, tuple[StoredTerm, ...]] = {}
        self._ready: dict[int, WordList] = {}

    async def load(self) -> None:
        """Read all lists. Raises `bot.storage.StorageError`."""
        self._listed = dict(await self._store.everything())
        self._ready = {guild_id: _ready(found) for guild_id, found in self._listed.items()}

    def judge(self, guild_id: int | None, text: str, *, sexual: bool) -> WordVerdict:
        """Judge a prompt in a server, or with None in direct messages.

        Minors come first. Of the operator's and the server's list the stronger effect counts.

        Args:
            guild_id: The server, or None.
            text: The prompt.
            sexual: True if the preset alone makes the video sexual.
        """
        normalised = normalise(text)
        if concerns_minors(normalised, sexual=sexual):
            return WordVerdict.REFUSED_BY_SHIPPED_RULE
        verdict = WordVerdict.NONE
        for ready in self._lists(guild_id):
            effect = ready.find(normalised)
            if effect is Effect.BLOCKED:
                return WordVerdict.BLOCKED
            if effect is Effect.HELD:
                verdict = WordVerdict.HELD
        return verdict

    def matched(self, guild_id: int | None, text: str) -> tuple[Term, ...]:
        """Return the terms of the operator's and the server's list in a prompt. Users are not told them."""
        normalised = normalise(text)
        return tuple(term for ready in self._lists(guild_id) for term in ready.matched(normalised))

    def terms(self, guild_id: int) -> tuple[StoredTerm, ...]:
        """Return a server's own list, or with `OPERATOR` the operator's."""
        return self._listed.get(guild_id, ())

    async def add(self, guild_id: int, term: Term, added_by: int) -> bool:
        """Put a term on a list, or change its effect.

        Returns:
            True if the term is new; False if the list had it, perhaps in another spelling.

        Raises:
            ListFullError: There is no room for a new term.
            StorageError: Nothing has changed.
        """
        async with self._audit_log.transaction() as within:
            details = {"term": term.text, "effect": term.effect.value, "fragment": term.fragment}
            before = self.terms(guild_id)
            same = _same(before, term.spellings)
            if same is not None:
                term = Term(same.term.text, term.effect, term.fragment)
            elif len(before) >= MOST_TERMS:
                raise ListFullError(f"A list has at most {MOST_TERMS} terms.")
            now = self._now()
            new = await self._store.add(within, guild_id, term, added_by, now)
            stored = (
                StoredTerm(term, same.added_by, same.added_at) if same else StoredTerm(term, added_by, now)
            )
            others = (other for other in before if other is not same)
            within.once_committed(partial(self._change, guild_id, (*others, stored)))
            await self._record(within, guild_id, AuditAction.TERM_ADDED, added_by, details)
            return new

    async def remove(self, guild_id: int, text: str, removed_by: int) -> bool:
        """Take a term off a list, in any spelling.

        Returns:
            True if the term was there; otherwise nothing was logged.

        Raises:
            StorageError: Nothing has changed.
        """
        async with self._audit_log.transaction() as within:
            before = self.terms(guild_id)
            same = _same(before, spellings(text))
            # A stored term that this version could not load is found only as it was written.
            removed = await self._store.remove(within, guild_id, same.term.text if same else text)
            if same is not None:
                left = tuple(other for other in before if other is not same)
                within.once_committed(partial(self._change, guild_id, left))
            if removed:
                await self._record(within, guild_id, AuditAction.TERM_REMOVED, removed_by, {"term": text})
            return removed

    async def _record(
        self,
        within: AuditedTransaction,
        guild_id: int,
        action: AuditAction,
        by: int,
        details: Mapping[str, Detail],
    ) -> None:
        if guild_id != OPERATOR:
            await within.record(AuditEntry(guild_id, self._now(), action, by, details=details))

    def _lists(self, guild_id: int | None) -> Iterator[WordList]:
        """Yield the lists that apply in a server, the operator's first."""
        for number in dict.fromkeys((OPERATOR, OPERATOR if guild_id is None else guild_id)):
            ready = self._ready.get(number)
            if ready is not None:
                yield ready

    def _change(self, guild_id: int, listed: tuple[StoredTerm, ...]) -> None:
        """Replace a list."""
        if not listed:
            self._listed.pop(guild_id, None)
            self._ready.pop(guild_id, None)
            return
        self._listed[guild_id] = tuple(sorted(listed, key=lambda stored: stored.term.text))
        self._ready[guild_id] = _ready(listed)


def _ready(listed: tuple[StoredTerm, ...]) -> WordList:
    """Prepare a list for searching."""
    return WordList(stored.term for stored in listed)


def _same(listed: tuple[StoredTerm, ...], spelled: tuple[str, ...]) -> StoredTerm | None:
    """Return the term of a list that is found in the same texts, or None."""
    return next((stored for stored in listed if stored.term.spellings == spelled), None)
