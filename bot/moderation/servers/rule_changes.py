"""Changing a server's rules: one change at a time, each together with its entry in the log."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from weakref import WeakValueDictionary

from bot.moderation.servers.cache import RuleCache
from bot.moderation.servers.changes import Change


class RuleChanges:
    """Carries changes out. Who may ask for one is for the caller to know."""

    def __init__(self, rules: RuleCache, *, now: Callable[[], datetime]) -> None:
        self._rules = rules
        self._now = now
        self._locks: WeakValueDictionary[int, asyncio.Lock] = WeakValueDictionary()

    async def make(self, change: Change) -> None:
        """Change the rules as they are now; one change of a server at a time, so that none undoes another.

        Raises `UnconfirmedError`, and `bot.storage.StorageError` when nothing was changed.
        """
        lock = self._locks.setdefault(change.guild_id, asyncio.Lock())
        async with lock:
            before = self._rules.of(change.guild_id)
            after = change.applied(before)
            entry = change.entry(before, after, self._now())
            if entry is not None:
                await self._rules.change(change.guild_id, after, entry)
