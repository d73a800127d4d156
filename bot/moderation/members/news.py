"""Store of news to users: every SQL statement about the table `person_news`."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import RowMapping, and_, delete, select, update

from bot.moderation.audit.log import AuditedTransaction
from bot.storage.database import Database
from bot.storage.moderation_tables import person_news
from bot.storage.reading import read_rows

_REMOVALS_APART: Final = timedelta(minutes=1)
"""Of several videos that are removed without a reason one is told: a purge removes many."""


class NewsKind(StrEnum):
    """Decision that a user is to hear of. The values are stored."""

    REMOVED = "removed"
    STRUCK = "struck"
    SUSPENDED = "suspended"
    SUSPENSION_OVER = "suspension_over"
    APPROVED = "approved"
    DENIED = "denied"
    UNDECIDED = "undecided"
    APPEAL_LIFTED = "appeal_lifted"
    APPEAL_KEPT = "appeal_kept"


@dataclass(frozen=True, kw_only=True)
class News:
    """A decision that a user is to hear of: `job_id` is the request that it is about, `at` its moment."""

    guild_id: int
    person_id: int
    kind: NewsKind
    at: datetime
    reason: str = ""
    job_id: str | None = None
    until: datetime | None = None
    """The end of a suspension."""
    bought: bool = False
    """True if the video was finished when moderators decided about it."""
    id: int | None = None
    """Given by the store."""


class NewsStore:
    """Stores news. Every method raises `bot.storage.errors.StorageUnavailableError`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.added = asyncio.Event()
        """Set when news were committed."""

    async def add(self, within: AuditedTransaction, news: News) -> None:
        """Store what a user is to hear, in the transaction of the decision; nothing if the video is nobody's."""
        if not news.person_id:
            return
        if news.kind is NewsKind.REMOVED and not news.reason.strip():
            theirs = and_(
                person_news.c.guild_id == news.guild_id,
                person_news.c.person_id == news.person_id,
                person_news.c.kind == news.kind.value,
                person_news.c.at.between(news.at - _REMOVALS_APART, news.at + _REMOVALS_APART),
            )
            if (await within.connection.execute(select(person_news.c.id).where(theirs))).first() is not None:
                return
        values = {name: value for name, value in vars(news).items() if name != "id"}
        await within.connection.execute(person_news.insert().values(values))
        within.once_committed(self.added.set)

    async def untold(self, limit: int) -> Sequence[News]:
        """Return news that their users have not heard, oldest first."""
        chosen = select(person_news).where(person_news.c.told_at.is_(None)).order_by(person_news.c.id)
        keys, alarms = (person_news.c.id,), self._database.alarms
        async with self._database.read() as connection:
            return await read_rows(connection, chosen.limit(limit), _news, keys=keys, alarms=alarms)

    async def told(self, news: News, now: datetime) -> None:
        """Store that a user heard it, or cannot be told."""
        async with self._database.write() as connection:
            same = person_news.c.id == news.id
            await connection.execute(update(person_news).where(same).values(told_at=now))

    async def remove_told_before(self, moment: datetime) -> None:
        """Delete what users have heard before a moment."""
        async with self._database.write() as connection:
            await connection.execute(delete(person_news).where(person_news.c.told_at < moment))

    async def remove_of(self, person_id: int) -> None:
        """Delete all news to a user."""
        async with self._database.write() as connection:
            await connection.execute(delete(person_news).where(person_news.c.person_id == person_id))


def _news(row: RowMapping) -> News:
    fields: dict[str, Any] = {column.name: row[column.name] for column in person_news.c}
    del fields["told_at"]
    fields["kind"] = NewsKind(row["kind"])
    return News(**fields)
