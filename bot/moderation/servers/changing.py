"""Changing a server's rules: one change at a time, and each into the log."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Final
from weakref import WeakValueDictionary

import structlog

from bot.moderation.audit import AuditTrail
from bot.moderation.servers.book import RuleBook
from bot.moderation.servers.changes import Change
from bot.storage import StorageError

log: Final = structlog.get_logger(__name__)


class RuleChanges:
    """Carries changes out. Who may ask for one is for the caller to know."""

    def __init__(self, rules: RuleBook, trail: AuditTrail, *, now: Callable[[], datetime]) -> None:
        self._rules = rules
        self._trail = trail
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
            if entry is None:
                return
            await self._rules.change(change.guild_id, after)
            try:
                await self._trail.append(entry)
            except StorageError as error:
                # The rules hold all the same: to take them back could fail likewise.
                reason = type(error).__name__
                log.warning("change_not_logged", guild=change.guild_id, deed=entry.deed, reason=reason)
