"""Store of servers' rules: every SQL statement about the table `servers`."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import RowMapping, Select, delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.moderation.audit.log import AuditedTransaction
from bot.moderation.rules import CLOSED_RULES, USUAL_RULES, ServerRules
from bot.storage.change_feed import ChangeKind
from bot.storage.database import Database
from bot.storage.moderation_tables import servers
from bot.storage.reading import are_ids, read_rows

_CHOSEN: Final = select(servers.c.guild_id, servers.c.rules)


class RuleStore:
    """Stores rules. Every method raises `bot.storage.errors.StorageUnavailableError`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.feed = database.feed
        self.is_shared = database.is_shared

    async def everything(self) -> Mapping[int, ServerRules]:
        """Return the rules of every server that changed some.

        Rules that cannot be read allow nothing: the defaults in their place could allow more than moderators did.
        """
        async with self._database.read() as connection:
            return dict(await self._read(connection, _CHOSEN))

    async def of(self, connection: AsyncConnection, guild_id: int) -> ServerRules:
        """Return a server's rules, by a connection in a transaction."""
        if not are_ids(guild_id):
            return USUAL_RULES
        found = await self._read(connection, _CHOSEN.where(servers.c.guild_id == guild_id))
        return found[0][1] if found else USUAL_RULES

    async def now_of(self, guild_id: int) -> ServerRules:
        """Return a server's rules."""
        async with self._database.read() as connection:
            return await self.of(connection, guild_id)

    async def save(
        self, within: AuditedTransaction, guild_id: int, rules: ServerRules, now: datetime
    ) -> None:
        """Store a server's rules in place of those before, which were read in the same transaction."""
        values = {"guild_id": guild_id, "changed_at": now, "rules": rules.model_dump(mode="json")}
        await within.connection.execute(delete(servers).where(servers.c.guild_id == guild_id))
        await within.connection.execute(servers.insert().values(values))
        await self._database.announce(within.connection, ChangeKind.RULES, str(guild_id))

    async def _read(
        self, connection: AsyncConnection, chosen: Select[*tuple[Any, ...]]
    ) -> Sequence[tuple[int, ServerRules]]:
        keys, alarms = (servers.c.guild_id,), self._database.alarms
        return await read_rows(connection, chosen, _rules, keys=keys, alarms=alarms, instead=_closed)


def _rules(row: RowMapping) -> tuple[int, ServerRules]:
    return row["guild_id"], ServerRules.model_validate(row["rules"])


def _closed(key: Sequence[Any]) -> tuple[int, ServerRules]:
    return key[0], CLOSED_RULES
