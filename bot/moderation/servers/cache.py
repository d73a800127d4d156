"""Cache of all servers' rules, so that no answer waits for the database. Decisions read the rows."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import partial

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.moderation.audit.entries import AuditEntry
from bot.moderation.audit.log import AuditedTransaction, AuditLog
from bot.moderation.rules import USUAL_RULES, ServerRules
from bot.moderation.servers.changes import Change
from bot.moderation.servers.store import RuleStore
from bot.storage.change_feed import ChangeKind, OwnChanges


class RuleCache:
    """Rules of the servers that changed some, in memory and in the database.

    What another process changes follows by the database's feed. Changes are made of the row as it is, each in one
    transaction, so that none undoes another.
    """

    def __init__(self, store: RuleStore, audit_log: AuditLog, now: Callable[[], datetime]) -> None:
        self._store = store
        self._audit_log = audit_log
        self._now = now
        self._known: dict[int, ServerRules] = {}
        self._own = OwnChanges()
        store.feed.register(ChangeKind.RULES, self._reload)

    async def load(self) -> None:
        """Read all rules. Raises `bot.storage.errors.StorageError`."""
        self._known = dict(await self._store.everything())

    def of(self, guild_id: int | None) -> ServerRules:
        """Return a server's rules. Those of other servers and of direct messages are the defaults."""
        return self._known.get(guild_id, USUAL_RULES) if guild_id is not None else USUAL_RULES

    async def current(self, guild_id: int | None) -> ServerRules:
        """Return a server's rules of this moment, also where other processes change them.

        Raises:
            StorageError: They have to be read, and cannot be.
        """
        if guild_id is None or not self._store.is_shared:
            return self.of(guild_id)
        return await self._store.now_of(guild_id)

    async def as_stored(self, connection: AsyncConnection, guild_id: int | None) -> ServerRules:
        """Return a server's rules as their row says, by a connection in a transaction. Raises `StorageError`."""
        return await self._store.of(connection, guild_id) if guild_id is not None else USUAL_RULES

    async def make(self, change: Change) -> None:
        """Apply a change to the current rules. The caller has checked that the user may make it.

        Raises:
            UnconfirmedError: The spicy preset's rules are not confirmed.
            StorageError: Nothing has changed.
        """
        guild_id = change.guild_id
        async with self._audit_log.transaction() as within:
            before = await self.as_stored(within.connection, guild_id)
            after = change.applied(before)
            entry = change.entry(before, after, self._now())
            if entry is not None:
                await self._save(within, guild_id, after)
                await within.record(entry)

    async def alter(
        self,
        guild_id: int,
        altered: Callable[[ServerRules], ServerRules],
        also: Callable[[AuditedTransaction], Awaitable[None]],
    ) -> bool:
        """Alter a server's rules, and do what else belongs to that decision, in one transaction.

        Raises `StorageError`, and then nothing has changed.

        Args:
            guild_id: The server.
            altered: Returns the rules as they are to be.
            also: Writes the rest of the decision, and its entries in the log.

        Returns:
            False if the rules are so already; then nothing is done.
        """
        async with self._audit_log.transaction() as within:
            before = await self.as_stored(within.connection, guild_id)
            after = altered(before)
            if after == before:
                return False
            await self._save(within, guild_id, after)
            await also(within)
        return True

    async def change(self, guild_id: int, rules: ServerRules, *entries: AuditEntry) -> None:
        """Replace a server's rules and log these entries about it, in one transaction.

        Raises:
            StorageError: Nothing has changed.
        """
        async with self._audit_log.transaction() as within:
            await self._save(within, guild_id, rules)
            await within.record(*entries)

    def forget_server(self, guild_id: int) -> None:
        """Drop a server's rules from memory, which were deleted."""
        self._known.pop(guild_id, None)
        self._own.note()

    async def _save(self, within: AuditedTransaction, guild_id: int, rules: ServerRules) -> None:
        def know() -> None:
            self._known[guild_id] = rules
            self._own.note()

        await self._store.save(within, guild_id, rules, self._now())
        within.once_committed(know)

    async def _reload(self, key: str | None) -> None:
        if key is None:
            self._known = dict(await self._own.read(self._store.everything))
        else:
            guild_id = int(key)
            self._known[guild_id] = await self._own.read(partial(self._store.now_of, guild_id))
