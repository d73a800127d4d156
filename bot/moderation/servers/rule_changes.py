"""Changes of a server's rules: one at a time, each in one transaction with its entry in the audit log."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from weakref import WeakValueDictionary

from bot.moderation.servers.cache import RuleCache
from bot.moderation.servers.changes import Change


class RuleChanges:
    """Applies changes. The caller has checked that the user may make them."""

    def __init__(self, rules: RuleCache, *, now: Callable[[], datetime]) -> None:
        self._rules = rules
        self._now = now
        self._locks: WeakValueDictionary[int, asyncio.Lock] = WeakValueDictionary()

    async def make(self, change: Change) -> None:
        """Apply a change to the current rules. A server's changes wait for each other, so that none undoes another.

        Raises:
            UnconfirmedError: The spicy preset's rules are not confirmed.
            StorageError: Nothing has changed.
        """
        lock = self._locks.setdefault(change.guild_id, asyncio.Lock())
        async with lock:
            before = self._rules.of(change.guild_id)
            after = change.applied(before)
            entry = change.entry(before, after, self._now())
            if entry is not None:
                await self._rules.change(change.guild_id, after, entry)
