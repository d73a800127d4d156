"""Word lists of servers and of the operator in memory, ready to be searched."""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.moderation.audit.entries import AuditAction, AuditEntry, Detail
from bot.moderation.audit.log import AuditedTransaction, AuditLog
from bot.moderation.words.cured import has_odd_characters
from bot.moderation.words.findings import NO_FINDINGS, WordFindings, WordVerdict, found_terms
from bot.moderation.words.lookalikes import load_lookalikes
from bot.moderation.words.matching import Effect, Hit, Term, WordList
from bot.moderation.words.minors import (
    Match,
    ShippedMatch,
    judge_shipped,
    load_shipped_list,
    shipped_hits,
)
from bot.moderation.words.normalising import Normalised, normalise, spellings
from bot.moderation.words.shown import decoded
from bot.moderation.words.store import StoredTerm, TermStore
from bot.moderation.words.straddling import Segmenter, unstraddled
from bot.storage.change_feed import ChangeKind, OwnChanges

OPERATOR: Final = 0
"""Number of the operator's list, in place of a server's id. It applies everywhere."""

MOST_TERMS: Final = 2000


class ListFullError(ValueError):
    """The list has no room for a term, or for all terms of a file; nothing has changed.

    `new` is the number of terms that it does not have yet, `room` the number of those for which there is room.
    """

    def __init__(self, new: int, room: int) -> None:
        super().__init__(f"A list has at most {MOST_TERMS} terms: there is room for {room}, not for {new}.")
        self.new = new
        self.room = room


class WordLists:
    """Terms that servers and the operator block or hold, and those that are always blocked.

    A change and its entry in the audit log are one transaction. Changes of the operator's list, which the settings
    make, are not logged. The caller has checked that the moderator may change the list.
    """

    def __init__(
        self,
        store: TermStore,
        audit_log: AuditLog,
        now: Callable[[], datetime],
        segmenter: Segmenter | None = None,
    ) -> None:
        """Set the lists up; `load` reads them.

        Args:
            store: The stored lists.
            audit_log: The log of their changes.
            now: The clock.
            segmenter: Divides Chinese texts into words. Without one, every find in them counts.
        """
        self._segmenter = segmenter
        # Each list is prepared once. Two hundred first prompts at the same moment prepared it two hundred times,
        # and none was acknowledged in time.
        self._preparing = asyncio.Lock()
        self._store = store
        self._audit_log = audit_log
        self._now = now
        self._listed: dict[int, tuple[StoredTerm, ...]] = {}
        self._ready: dict[int, WordList] = {}
        self._following = asyncio.Lock()
        self._own = OwnChanges()
        store.feed.register(ChangeKind.WORDS, self._reload)

    async def load(self) -> None:
        """Read all lists. Raises `bot.storage.errors.StorageError`."""
        self._listed = dict(await self._store.everything())
        self._ready = {
            guild_id: await WordList.built(stored.term for stored in found)
            for guild_id, found in self._listed.items()
        }

    async def follow(self, guild_id: int, stored: tuple[StoredTerm, ...]) -> None:
        """Search a server's list as another process stored it, where it is not what is in memory.

        Args:
            guild_id: The server.
            stored: Its rows, in alphabetical order.

        Raises:
            StorageError: It cannot be read.
        """
        if stored != self.terms(guild_id):
            await self._reload(str(guild_id))

    async def as_stored(self, connection: AsyncConnection, guild_id: int) -> tuple[StoredTerm, ...]:
        """Return a list as its rows say, by a connection in a transaction. Raises `StorageError`.

        Where no other process writes, that is what is in memory: long lists are not read each time.
        """
        if not self._store.is_shared:
            return self.terms(guild_id)
        return await self._store.of(connection, guild_id)

    async def examine(
        self, guild_id: int | None, text: str, *, sexual: bool, exempt: bool = False
    ) -> WordFindings:
        """Judge a prompt in a server, or with None in direct messages.

        The shipped rule comes first. Of the operator's and the server's list the stronger effect counts.

        Args:
            guild_id: The server, or None.
            text: The prompt.
            sexual: True if the preset alone makes the video sexual.
            exempt: True if the server's own list does not count, but for terms that only alert.
        """
        async with self._preparing:
            await load_shipped_list()
            if has_odd_characters(decoded(text)):
                await load_lookalikes()
        # Between the steps everything else may run: with the longest prompts each takes some milliseconds.
        normalised = normalise(text)
        await asyncio.sleep(0)
        # Made here and kept for the lists: what became due meanwhile runs before the next step.
        _ = normalised.collapsed
        await asyncio.sleep(0)
        built_in = shipped_hits(normalised)
        await asyncio.sleep(0)
        shipped = judge_shipped(built_in, normalised, sexual=sexual)
        listed = self._listed_hits(guild_id, normalised, exempt=exempt)
        if shipped.match is Match.NONE and not listed:
            return NO_FINDINGS
        # Only now: what matches nothing needs no segmenter.
        await asyncio.sleep(0)
        # At the same time: somebody waits for an acknowledgement, for which both have what one would have alone.
        certain, listed = await asyncio.gather(
            unstraddled(built_in, normalised, self._segmenter),
            unstraddled(listed, normalised, self._segmenter),
        )
        if len(certain) < len(built_in):
            shipped = judge_shipped(certain, normalised, sexual=sexual)
        return WordFindings(_verdict(shipped, listed), found_terms(listed, shipped.hits, text, normalised))

    def _listed_hits(self, guild_id: int | None, normalised: Normalised, *, exempt: bool) -> tuple[Hit, ...]:
        found: list[Hit] = []
        for number, ready in self._lists(guild_id):
            spared = exempt and number != OPERATOR
            hits = ready.hits(normalised)
            found.extend(hit for hit in hits if not spared or hit.term.effect is Effect.ALERTS)
        return tuple(found)

    def terms(self, guild_id: int) -> tuple[StoredTerm, ...]:
        """Return a server's own list, or with `OPERATOR` the operator's."""
        return self._listed.get(guild_id, ())

    def may_alert(self, guild_id: int | None) -> bool:
        """Return True if a list that applies in a server has a term that alerts."""
        return any(
            stored.term.effect is Effect.ALERTS
            for number, _ in self._lists(guild_id)
            for stored in self.terms(number)
        )

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
            before = await self.as_stored(within.connection, guild_id)
            same = _same(before, term.spellings)
            if same is not None:
                term = Term(same.term.text, term.effect, term.fragment)
            elif len(before) >= MOST_TERMS:
                raise ListFullError(1, 0)
            now = self._now()
            new = await self._store.add(within, guild_id, term, added_by, now)
            stored = (
                StoredTerm(term, same.added_by, same.added_at) if same else StoredTerm(term, added_by, now)
            )
            listed = (*(other for other in before if other is not same), stored)
            ready = await WordList.built(one.term for one in listed)
            within.once_committed(partial(self._changed, guild_id, listed, ready))
            await self._record(within, guild_id, AuditAction.TERM_ADDED, added_by, details)
            return new

    async def add_all(self, guild_id: int, terms: Sequence[Term], added_by: int) -> tuple[int, int]:
        """Put the terms of a file on a list, or change their effects, as one decision.

        Returns:
            The numbers of new terms and of those with another effect.

        Raises:
            ListFullError: There is no room for all of them.
            StorageError: Nothing has changed.
        """
        await WordList.built(terms)  # what takes time comes before the transaction, for which others wait
        async with self._audit_log.transaction() as within:
            listed = await self.as_stored(within.connection, guild_id)
            before = {stored.term.spellings: stored for stored in listed}
            after, now = dict(before), self._now()
            for term in terms:
                same = after.get(term.spellings)
                text = same.term.text if same else term.text
                by, at = (same.added_by, same.added_at) if same else (added_by, now)
                after[term.spellings] = StoredTerm(Term(text, term.effect, term.fragment), by, at)
            if len(after) > MOST_TERMS:
                raise ListFullError(len(after) - len(before), max(0, MOST_TERMS - len(before)))
            changed = [one for spelled, one in after.items() if one != before.get(spelled)]
            new = len(after) - len(before)
            if not changed:
                return 0, 0
            ready = await WordList.built(one.term for one in after.values())
            for one in changed:
                await self._store.add(within, guild_id, one.term, one.added_by, now)
            within.once_committed(partial(self._changed, guild_id, tuple(after.values()), ready))
            details = {"added": new, "changed": len(changed) - new}
            await self._record(within, guild_id, AuditAction.TERMS_IMPORTED, added_by, details)
            return new, len(changed) - new

    async def remove(self, guild_id: int, text: str, removed_by: int) -> bool:
        """Take a term off a list, in any spelling.

        Returns:
            True if the term was there; otherwise nothing was logged.

        Raises:
            StorageError: Nothing has changed.
        """
        async with self._audit_log.transaction() as within:
            before = await self.as_stored(within.connection, guild_id)
            same = _same(before, spellings(text))
            # A stored term that this version could not load is found only as it was written.
            removed = await self._store.remove(within, guild_id, same.term.text if same else text)
            if same is not None:
                left = tuple(other for other in before if other is not same)
                ready = await WordList.built(one.term for one in left)
                within.once_committed(partial(self._changed, guild_id, left, ready))
            if removed:
                await self._record(within, guild_id, AuditAction.TERM_REMOVED, removed_by, {"term": text})
            return removed

    def forget_server(self, guild_id: int) -> None:
        """Drop a server's list from memory, which was deleted."""
        self._listed.pop(guild_id, None)
        self._ready.pop(guild_id, None)
        self._own.note()

    async def _reload(self, key: str | None) -> None:
        # One after the other: what is read last is what stays.
        async with self._following:
            for number, (stored, ready) in (await self._own.read(partial(self._differing, key))).items():
                self._change(number, stored, ready)

    async def _differing(self, key: str | None) -> Mapping[int, tuple[tuple[StoredTerm, ...], WordList]]:
        """Return the lists that are stored otherwise than they are in memory: the one of a server, or all."""
        if key is None:
            found = await self._store.everything()
            lists = {number: found.get(number, ()) for number in {*self._listed, *found}}
        else:
            lists = {int(key): await self._store.now_of(int(key))}
        return {
            number: (stored, await WordList.built(one.term for one in stored))
            for number, stored in lists.items()
            if stored != self.terms(number)
        }

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

    def _lists(self, guild_id: int | None) -> Iterator[tuple[int, WordList]]:
        """Yield the lists that apply in a server, the operator's first, with their numbers."""
        for number in dict.fromkeys((OPERATOR, OPERATOR if guild_id is None else guild_id)):
            ready = self._ready.get(number)
            if ready is not None:
                yield number, ready

    def _changed(self, guild_id: int, listed: tuple[StoredTerm, ...], ready: WordList) -> None:
        """Replace a list that this process stored."""
        self._change(guild_id, listed, ready)
        self._own.note()

    def _change(self, guild_id: int, listed: tuple[StoredTerm, ...], ready: WordList) -> None:
        """Replace a list."""
        if not listed:
            self._listed.pop(guild_id, None)
            self._ready.pop(guild_id, None)
            return
        self._listed[guild_id] = tuple(sorted(listed, key=lambda stored: stored.term.text))
        self._ready[guild_id] = ready


def _verdict(shipped: ShippedMatch, listed: Sequence[Hit]) -> WordVerdict:
    """Return the strongest verdict."""
    if shipped.match is Match.STRONG:
        return WordVerdict.REFUSED_BY_SHIPPED_RULE
    strongest = max((hit.term.effect.strength for hit in listed), default=Effect.ALERTS.strength)
    if strongest == Effect.BLOCKED.strength:
        return WordVerdict.BLOCKED
    held = shipped.match is Match.WEAK or strongest == Effect.HELD.strength
    return WordVerdict.HELD if held else WordVerdict.NONE


def _same(listed: tuple[StoredTerm, ...], spelled: tuple[str, ...]) -> StoredTerm | None:
    """Return the term of a list that is found in the same texts, or None."""
    return next((stored for stored in listed if stored.term.spellings == spelled), None)
