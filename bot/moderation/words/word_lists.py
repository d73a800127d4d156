"""The lists at hand and ready, so that no request waits for the disk to be judged."""

from collections.abc import Callable, Iterator
from datetime import datetime
from enum import StrEnum
from functools import partial
from typing import Final

from bot.moderation.audit.entries import AuditEntry
from bot.moderation.audit.log import AuditLog
from bot.moderation.words.matching import Effect, Term, WordList
from bot.moderation.words.minors import concerns_minors
from bot.moderation.words.normalising import normalise, spellings
from bot.moderation.words.store import StoredTerm, TermStore

OPERATOR: Final = 0
"""Whose list counts everywhere; its terms are those of a server with this number."""

MOST_TERMS: Final = 500


class WordVerdict(StrEnum):
    """What the lists say of a prompt."""

    NONE = "none"
    HELD = "held"
    BLOCKED = "blocked"
    MINORS = "minors"


class ListFullError(ValueError):
    """A list takes no further term."""


class WordLists:
    """The words that servers and the operator block or have looked at, and those that are always blocked."""

    def __init__(self, store: TermStore, audit_log: AuditLog, now: Callable[[], datetime]) -> None:
        self._store = store
        self._audit_log = audit_log
        self._now = now
        self._listed: dict[int, tuple[StoredTerm, ...]] = {}
        self._ready: dict[int, WordList] = {}

    async def load(self) -> None:
        """Read what is kept, and make it ready. Raises `bot.storage.StorageError`."""
        self._listed = dict(await self._store.everything())
        self._ready = {guild_id: _ready(found) for guild_id, found in self._listed.items()}

    def judge(self, guild_id: int | None, text: str, *, sexual: bool) -> WordVerdict:
        """What the lists say of a prompt in a server, or with None in direct messages.

        Minors come first. Of the operator's and the server's list the stronger effect counts.
        """
        normalised = normalise(text)
        if concerns_minors(normalised, sexual=sexual):
            return WordVerdict.MINORS
        verdict = WordVerdict.NONE
        for ready in self._lists(guild_id):
            effect = ready.find(normalised)
            if effect is Effect.BLOCKED:
                return WordVerdict.BLOCKED
            if effect is Effect.HELD:
                verdict = WordVerdict.HELD
        return verdict

    def matched(self, guild_id: int | None, text: str) -> tuple[Term, ...]:
        """The terms of the operator's and the server's list in a prompt, for those who moderate."""
        normalised = normalise(text)
        return tuple(term for ready in self._lists(guild_id) for term in ready.matched(normalised))

    def listed(self, guild_id: int) -> tuple[StoredTerm, ...]:
        """A server's own list, or with 0 the operator's."""
        return self._listed.get(guild_id, ())

    async def add(self, guild_id: int, term: Term, added_by: int, *entries: AuditEntry) -> bool:
        """Put a term on a list, and these entries about it into the log.

        Returns:
            True if the term is new, and not there already, perhaps in another spelling.

        Raises:
            ListFullError: There is no room for a new term.
            bot.storage.StorageError: Nothing could be kept.
        """
        async with self._audit_log.transaction() as within:
            before = self.listed(guild_id)
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
            await within.record(*entries)
            return new

    async def remove(self, guild_id: int, text: str, *entries: AuditEntry) -> bool:
        """Take a term off a list, in whatever spelling, and put these entries about it into the log.

        Returns:
            True if the term was there; otherwise nothing was logged.

        Raises:
            bot.storage.StorageError: Nothing could be kept.
        """
        async with self._audit_log.transaction() as within:
            before = self.listed(guild_id)
            same = _same(before, spellings(text))
            # One that is on the disk alone could not be read; it is looked for as it was written.
            removed = await self._store.remove(within, guild_id, same.term.text if same else text)
            if same is not None:
                left = tuple(other for other in before if other is not same)
                within.once_committed(partial(self._change, guild_id, left))
            if removed:
                await within.record(*entries)
            return removed

    def _lists(self, guild_id: int | None) -> Iterator[WordList]:
        """The lists that count in a place, the operator's first."""
        for number in dict.fromkeys((OPERATOR, OPERATOR if guild_id is None else guild_id)):
            ready = self._ready.get(number)
            if ready is not None:
                yield ready

    def _change(self, guild_id: int, listed: tuple[StoredTerm, ...]) -> None:
        """Put a list in place of the one before."""
        if not listed:
            self._listed.pop(guild_id, None)
            self._ready.pop(guild_id, None)
            return
        self._listed[guild_id] = tuple(sorted(listed, key=lambda stored: stored.term.text))
        self._ready[guild_id] = _ready(listed)


def _ready(listed: tuple[StoredTerm, ...]) -> WordList:
    """A list made ready to be searched."""
    return WordList(stored.term for stored in listed)


def _same(listed: tuple[StoredTerm, ...], spelled: tuple[str, ...]) -> StoredTerm | None:
    """The term of a list that is found in the same texts."""
    return next((stored for stored in listed if stored.term.spellings == spelled), None)
