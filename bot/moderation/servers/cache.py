"""Cache of all servers' rules, so that no decision waits for the database."""

import asyncio
from collections.abc import Callable
from datetime import datetime

from bot.moderation.audit.entries import AuditEntry
from bot.moderation.audit.log import AuditLog
from bot.moderation.rules import USUAL_RULES, ServerRules
from bot.moderation.servers.changes import Change
from bot.moderation.servers.store import RuleStore


class RuleCache:
    """Rules of the servers that changed some, in memory and in the database."""

    def __init__(self, store: RuleStore, audit_log: AuditLog, now: Callable[[], datetime]) -> None:
        self._store = store
        self._audit_log = audit_log
        self._now = now
        self._known: dict[int, ServerRules] = {}
        self._making = asyncio.Lock()

    async def load(self) -> None:
        """Read all rules. Raises `bot.storage.StorageError`."""
        self._known = dict(await self._store.everything())

    def of(self, guild_id: int | None) -> ServerRules:
        """Return a server's rules. Those of other servers and of direct messages are the defaults."""
        return self._known.get(guild_id, USUAL_RULES) if guild_id is not None else USUAL_RULES

    async def make(self, change: Change) -> None:
        """Apply a change to the current rules. The caller has checked that the user may make it.

        Changes wait for each other, so that none undoes another.

        Raises:
            UnconfirmedError: The spicy preset's rules are not confirmed.
            StorageError: Nothing has changed.
        """
        async with self._making:
            before = self.of(change.guild_id)
            after = change.applied(before)
            entry = change.entry(before, after, self._now())
            if entry is not None:
                await self.change(change.guild_id, after, entry)

    async def change(self, guild_id: int, rules: ServerRules, *entries: AuditEntry) -> None:
        """Replace a server's rules and log these entries about it, in one transaction.

        Raises:
            StorageError: Nothing has changed.
        """

        def know() -> None:
            self._known[guild_id] = rules

        async with self._audit_log.transaction() as within:
            await self._store.save(within, guild_id, rules, self._now())
            within.once_committed(know)
            await within.record(*entries)
