"""Cache of all servers' rules, so that no decision waits for the database."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime

from bot.moderation.audit.entries import AuditEntry
from bot.moderation.audit.log import AuditedTransaction, AuditLog
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
        """Read all rules. Raises `bot.storage.errors.StorageError`."""
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

    async def alter(
        self,
        guild_id: int,
        altered: Callable[[ServerRules], ServerRules],
        also: Callable[[AuditedTransaction], Awaitable[None]],
    ) -> bool:
        """Alter a server's rules, and do what else belongs to that decision, in one transaction.

        Changes wait for each other. Raises `StorageError`, and then nothing has changed.

        Args:
            guild_id: The server.
            altered: Returns the rules as they are to be.
            also: Writes the rest of the decision, and its entries in the log.

        Returns:
            False if the rules are so already; then nothing is done.
        """
        # Decided within the transaction: no other decision comes between.
        async with self._making, self._audit_log.transaction() as within:
            before = self.of(guild_id)
            after = altered(before)
            if after == before:
                return False
            await self._save(within, guild_id, after)
            await also(within)
        return True

    async def _save(self, within: AuditedTransaction, guild_id: int, rules: ServerRules) -> None:
        def know() -> None:
            self._known[guild_id] = rules

        await self._store.save(within, guild_id, rules, self._now())
        within.once_committed(know)

    def forget_server(self, guild_id: int) -> None:
        """Drop a server's rules from memory, which were deleted."""
        self._known.pop(guild_id, None)

    async def change(self, guild_id: int, rules: ServerRules, *entries: AuditEntry) -> None:
        """Replace a server's rules and log these entries about it, in one transaction.

        Raises:
            StorageError: Nothing has changed.
        """
        async with self._audit_log.transaction() as within:
            await self._save(within, guild_id, rules)
            await within.record(*entries)
