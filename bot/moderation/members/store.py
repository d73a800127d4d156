"""Store of users' records: every SQL statement about the tables `members` and `strikes`."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, Select, and_, delete, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.moderation.audit.log import AuditedTransaction
from bot.moderation.members.member import ListStatus, Member, Strike
from bot.storage.change_feed import ChangeKind
from bot.storage.database import Database
from bot.storage.moderation_tables import members, strikes
from bot.storage.reading import are_ids, read_rows


class MemberStore:
    """Stores records. Every method raises `bot.storage.errors.StorageUnavailableError`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.feed = database.feed
        self.is_shared = database.is_shared

    async def everything(self) -> Sequence[Member]:
        """Return all records. A user whose record cannot be read is blocked: it may have said so."""
        async with self._database.read() as connection:
            return await self._read(connection, select(members))

    async def of(self, connection: AsyncConnection, guild_id: int, person_id: int) -> Member:
        """Return a user's record, by a connection in a transaction. Without one it is empty."""
        if not are_ids(guild_id, person_id):
            return Member(guild_id, person_id)
        found = await self._read(connection, select(members).where(_is(guild_id, person_id)))
        return found[0] if found else Member(guild_id, person_id)

    async def now_of(self, guild_id: int, person_id: int) -> Member:
        """Return a user's record. Without one it is empty."""
        async with self._database.read() as connection:
            return await self.of(connection, guild_id, person_id)

    async def with_reasons(
        self, within: AuditedTransaction, person_id: int, *, given: bool
    ) -> Sequence[Member]:
        """Return a user's records with the reason of a suspension; if `given`, also those that the user decided."""
        about = members.c.person_id == person_id
        chosen = or_(about, members.c.suspended_by == person_id) if given else about
        return await self._read(
            within.connection, select(members).where(chosen, members.c.suspended_for != "")
        )

    async def save(self, within: AuditedTransaction, member: Member) -> None:
        """Store a record in place of the one before, which was read in the same transaction."""
        await within.connection.execute(delete(members).where(_is(member.guild_id, member.person_id)))
        await within.connection.execute(members.insert().values(**vars(member)))
        key = f"{member.guild_id}:{member.person_id}"
        await self._database.announce(within.connection, ChangeKind.MEMBER, key)

    async def strike(self, within: AuditedTransaction, strike: Strike) -> None:
        """Store a strike."""
        await within.connection.execute(strikes.insert().values(**vars(strike)))

    async def strikes(
        self, guild_id: int, person_id: int, *, since: datetime, within: AuditedTransaction | None = None
    ) -> Sequence[Strike]:
        """Return a user's strikes since a moment, oldest first; `within` a transaction, with those it stored."""
        chosen = select(strikes).where(
            strikes.c.guild_id == guild_id, strikes.c.person_id == person_id, strikes.c.given_at >= since
        )
        ordered = chosen.order_by(strikes.c.given_at, strikes.c.id)
        if within is not None:
            return await self._strikes(within.connection, ordered)
        async with self._database.read() as connection:
            return await self._strikes(connection, ordered)

    async def _read(self, connection: AsyncConnection, chosen: Select[*tuple[Any, ...]]) -> Sequence[Member]:
        keys, alarms = (members.c.guild_id, members.c.person_id), self._database.alarms
        return await read_rows(connection, chosen, _member, keys=keys, alarms=alarms, instead=_blocked)

    async def _strikes(
        self, connection: AsyncConnection, chosen: Select[*tuple[Any, ...]]
    ) -> Sequence[Strike]:
        return await read_rows(
            connection, chosen, _strike, keys=(strikes.c.id,), alarms=self._database.alarms
        )


def _is(guild_id: int, person_id: int) -> ColumnElement[bool]:
    return and_(members.c.guild_id == guild_id, members.c.person_id == person_id)


def _strike(row: RowMapping) -> Strike:
    return Strike(
        row["guild_id"], row["person_id"], row["given_at"], row["given_by"], row["reason"], row["job_id"]
    )


def _blocked(key: Sequence[Any]) -> Member:
    guild_id, person_id = key
    return Member(guild_id, person_id, ListStatus.BLOCKED)


def _member(row: RowMapping) -> Member:
    listed = ListStatus(row["listed"]) if row["listed"] is not None else None
    fields: dict[str, Any] = {column.name: row[column.name] for column in members.c}
    fields |= {"listed": listed, "suspended_for": row["suspended_for"] or ""}
    return Member(**fields)
