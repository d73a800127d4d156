"""Store of servers' rules: every SQL statement about the table `servers`."""

from collections.abc import Mapping
from datetime import datetime

from pydantic import ValidationError
from sqlalchemy import delete, select

from bot.moderation.audit.log import AuditedTransaction
from bot.moderation.rules import ServerRules
from bot.storage.database import Database
from bot.storage.errors import StorageDamagedError
from bot.storage.moderation_tables import servers


class RuleStore:
    """Stores rules. Every method raises `bot.storage.StorageUnavailableError`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def everything(self) -> Mapping[int, ServerRules]:
        """Return the rules of every server that changed some.

        Raises:
            StorageDamagedError: A server's rules are invalid. Defaults in their place could allow more.
        """
        async with self._database.read() as connection:
            rows = (await connection.execute(select(servers.c.guild_id, servers.c.rules))).all()
        return {row.guild_id: _rules(row.guild_id, row.rules) for row in rows}

    async def save(
        self, within: AuditedTransaction, guild_id: int, rules: ServerRules, now: datetime
    ) -> None:
        """Store a server's rules in place of those before."""
        values = {"guild_id": guild_id, "changed_at": now, "rules": rules.model_dump(mode="json")}
        await within.connection.execute(delete(servers).where(servers.c.guild_id == guild_id))
        await within.connection.execute(servers.insert().values(values))


def _rules(guild_id: int, kept: object) -> ServerRules:
    try:
        return ServerRules.model_validate(kept)
    except ValidationError as error:
        wrong = ", ".join(".".join(map(str, one["loc"])) for one in error.errors()) or "all"
        raise StorageDamagedError(f"the rules of server {guild_id} cannot be read: {wrong}") from None
