"""Store of deletions that are not complete: all SQL about the tables `deletions` and `left_servers`."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Column, ColumnElement, RowMapping, delete, select, union, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.jobs.job import NOBODY
from bot.storage.database import Database
from bot.storage.moderation_tables import members, person_news, reviews, servers, strikes, terms
from bot.storage.privacy_tables import deletions, left_servers
from bot.storage.reading import read_rows
from bot.storage.tables import jobs

_SERVERS_OWN: Final[tuple[Column[int], ...]] = (
    servers.c.guild_id,
    members.c.guild_id,
    strikes.c.guild_id,
    reviews.c.guild_id,
    terms.c.guild_id,
    person_news.c.guild_id,
)
"""Columns that name servers in which the bot was: what is moderated there."""


@dataclass(frozen=True)
class DeletionRequest:
    """A user's wish that what is stored until `asked_at` goes."""

    person_id: int
    asked_at: datetime
    texts_gone_at: datetime | None = None
    """Moment since which only what is still needed is left; None before."""


class DeletionStore:
    """Stores them. Every method raises `bot.storage.errors.StorageUnavailableError`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def ask(self, within: AsyncConnection, person_id: int, now: datetime) -> DeletionRequest:
        """Store that a user's data goes, in the caller's transaction, in place of an earlier wish."""
        await within.execute(delete(deletions).where(deletions.c.person_id == person_id))
        await within.execute(deletions.insert().values(person_id=person_id, asked_at=now))
        return DeletionRequest(person_id, now)

    async def pending(self) -> Sequence[DeletionRequest]:
        """Return the deletions that are not complete, oldest first."""
        chosen, alarms = select(deletions).order_by(deletions.c.asked_at), self._database.alarms
        async with self._database.read() as connection:
            return await read_rows(connection, chosen, _request, keys=(deletions.c.person_id,), alarms=alarms)

    async def texts_gone(self, request: DeletionRequest, now: datetime) -> None:
        """Store that nothing is left of a user but what is still needed."""
        async with self._database.write() as connection:
            await connection.execute(update(deletions).where(_same(request)).values(texts_gone_at=now))

    async def complete(self, request: DeletionRequest) -> None:
        """Store that nothing is left to delete, unless the user asked again meanwhile."""
        async with self._database.write() as connection:
            await connection.execute(delete(deletions).where(_same(request)))

    async def note_left(self, guild_ids: Collection[int], now: datetime) -> None:
        """Store that the bot is no longer in these servers. Those that are stored keep their moment."""
        async with self._database.write() as connection:
            known = set((await connection.execute(select(left_servers.c.guild_id))).scalars())
            rows = [{"guild_id": one, "left_at": now} for one in guild_ids if one not in known]
            if rows:
                await connection.execute(left_servers.insert(), rows)

    async def note_present(self, guild_ids: Collection[int]) -> None:
        """Store that the bot is in these servers."""
        async with self._database.read() as connection:
            known = (await connection.execute(select(left_servers.c.guild_id))).scalars().all()
        back = [one for one in known if one in guild_ids]
        if back:
            await self.forget_servers(back)

    async def forget_servers(self, guild_ids: Collection[int]) -> None:
        """Remove the note that these were left."""
        async with self._database.write() as connection:
            await connection.execute(delete(left_servers).where(left_servers.c.guild_id.in_(guild_ids)))

    async def left_before(self, moment: datetime) -> Sequence[int]:
        """Return the servers that were left before then."""
        chosen = select(left_servers.c.guild_id).where(left_servers.c.left_at <= moment)
        async with self._database.read() as connection:
            return (await connection.execute(chosen)).scalars().all()

    async def known_servers(self) -> frozenset[int]:
        """Return every server of which anything is stored that its moderators or its members did there.

        Those to which a user brought the bot along are not among them: it was never in them.
        """
        asked = select(jobs.c.guild_id).where(
            jobs.c.guild_id.is_not(None), jobs.c.reply_foreign.is_(False), jobs.c.person_id != NOBODY
        )
        chosen = union(asked, *(select(column) for column in _SERVERS_OWN))
        async with self._database.read() as connection:
            found = (await connection.execute(chosen)).scalars().all()
        return frozenset(found) - {0}


def _same(request: DeletionRequest) -> ColumnElement[bool]:
    return (deletions.c.person_id == request.person_id) & (deletions.c.asked_at == request.asked_at)


def _request(row: RowMapping) -> DeletionRequest:
    return DeletionRequest(row["person_id"], row["asked_at"], row["texts_gone_at"])
