"""Store of servers' rules: every SQL statement about the table `servers`."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, delete, select

from bot.moderation.audit.log import AuditedTransaction
from bot.moderation.rules import CLOSED_RULES, ServerRules
from bot.storage.database import Database
from bot.storage.moderation_tables import servers
from bot.storage.reading import read_rows


class RuleStore:
    """Stores rules. Every method raises `bot.storage.errors.StorageUnavailableError`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def everything(self) -> Mapping[int, ServerRules]:
        """Return the rules of every server that changed some.

        Rules that cannot be read allow nothing: the defaults in their place could allow more than moderators did.
        """
        chosen, alarms = select(servers.c.guild_id, servers.c.rules), self._database.alarms
        async with self._database.read() as connection:
            return dict(
                await read_rows(
                    connection, chosen, _rules, keys=(servers.c.guild_id,), alarms=alarms, instead=_closed
                )
            )

    async def save(
        self, within: AuditedTransaction, guild_id: int, rules: ServerRules, now: datetime
    ) -> None:
        """Store a server's rules in place of those before."""
        values = {"guild_id": guild_id, "changed_at": now, "rules": rules.model_dump(mode="json")}
        await within.connection.execute(delete(servers).where(servers.c.guild_id == guild_id))
        await within.connection.execute(servers.insert().values(values))


def _rules(row: RowMapping) -> tuple[int, ServerRules]:
    return row["guild_id"], ServerRules.model_validate(row["rules"])


def _closed(key: Sequence[Any]) -> tuple[int, ServerRules]:
    return key[0], CLOSED_RULES
