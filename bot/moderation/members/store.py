"""Store of users' records: every SQL statement about the tables `members` and `strikes`."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, and_, delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.moderation.audit.log import AuditedTransaction
from bot.moderation.members.member import ListStatus, Member, Strike
from bot.storage.database import Database
from bot.storage.errors import StorageDamagedError
from bot.storage.moderation_tables import members, strikes


class MemberStore:
    """Stores records. Every method raises `bot.storage.StorageUnavailableError`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def everything(self) -> Sequence[Member]:
        """Return all records.

        Raises:
            StorageDamagedError: A record has an unknown value.
        """
        async with self._database.read() as connection:
            rows = (await connection.execute(select(members))).mappings().all()
        return [_member(row) for row in rows]

    async def save(self, within: AuditedTransaction, member: Member) -> None:
        """Store a record in place of the one before."""
        same = and_(members.c.guild_id == member.guild_id, members.c.person_id == member.person_id)
        await within.connection.execute(delete(members).where(same))
        await within.connection.execute(members.insert().values(**vars(member)))

    async def strike(self, within: AuditedTransaction, strike: Strike) -> None:
        """Store a strike."""
        await within.connection.execute(strikes.insert().values(**vars(strike)))

    async def strikes(
        self, guild_id: int, person_id: int, *, since: datetime, within: AuditedTransaction | None = None
    ) -> Sequence[Strike]:
        """Return a user's strikes since a moment, oldest first; `within` a transaction, with those it stored."""
        if within is not None:
            return await _strikes(within.connection, guild_id, person_id, since)
        async with self._database.read() as connection:
            return await _strikes(connection, guild_id, person_id, since)


async def _strikes(
    connection: AsyncConnection, guild_id: int, person_id: int, since: datetime
) -> Sequence[Strike]:
    chosen = select(strikes).where(
        strikes.c.guild_id == guild_id, strikes.c.person_id == person_id, strikes.c.given_at >= since
    )
    rows = (await connection.execute(chosen.order_by(strikes.c.given_at, strikes.c.id))).all()
    return [
        Strike(row.guild_id, row.person_id, row.given_at, row.given_by, row.reason, row.job_id)
        for row in rows
    ]


def _member(row: RowMapping) -> Member:
    try:
        listed = ListStatus(row["listed"]) if row["listed"] is not None else None
    except ValueError as error:
        told = f"the record of {row['person_id']} in server {row['guild_id']} cannot be read"
        raise StorageDamagedError(f"{told}: {error}") from None
    fields: dict[str, Any] = {column.name: row[column.name] for column in members.c}
    fields |= {"listed": listed, "suspended_for": row["suspended_for"] or ""}
    return Member(**fields)
