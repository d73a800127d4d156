"""Seconds of video that are reserved for waiting requests or were bought, as the counters in the database say."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import structlog
from sqlalchemy import and_, delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.quota.allowance import day_of
from bot.storage.database import Database
from bot.storage.quota_tables import ALL, COUNT, DIFFERENCES, EMPTY, RESERVED, hold_counters, quota_use

log: Final = structlog.get_logger(__name__)

_KEPT: Final = timedelta(days=1)
"""Age beyond today at which counters are deleted: a day of slack for a clock that jumps over midnight."""


@dataclass(frozen=True)
class SecondsUsed:
    """Seconds that count against the caps of one day: those of all users, and one user's part of them."""

    by_bot_s: int
    by_person_s: int


async def seconds_used(connection: AsyncConnection, person_id: int, now: datetime) -> SecondsUsed:
    """Return what counts on the day of `now`.

    Exact in a transaction that has changed what counts, such as one that has stored a request: until its end no
    other transaction does.

    Args:
        connection: The transaction.
        person_id: The user.
        now: The current time.
    """
    columns = (quota_use.c.person_id, quota_use.c.seconds)
    chosen = select(*columns).where(
        quota_use.c.person_id.in_((ALL, person_id)), quota_use.c.day.in_((RESERVED, day_of(now)))
    )
    found = (await connection.execute(chosen)).all()
    return SecondsUsed(
        by_bot_s=sum(row.seconds for row in found if row.person_id == ALL),
        by_person_s=sum(row.seconds for row in found if row.person_id == person_id),
    )


def first_day_kept(now: datetime) -> datetime:
    """Return the first day whose counters are kept."""
    return day_of(now) - _KEPT


class QuotaCounters:
    """Care of the counters. Methods raise `bot.storage.errors.StorageError`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._forgotten_before: datetime | None = None

    async def recount(self, now: datetime) -> None:
        """Count the jobs anew, and correct the counters by that.

        Triggers keep them right; but a database can be changed from outside, and by tools that leave triggers out.
        """
        first = {"first": first_day_kept(now)}
        async with self._database.write() as connection:
            await hold_counters(connection)
            wrong = (await connection.execute(DIFFERENCES, first)).scalar_one()
            if wrong:
                await connection.execute(EMPTY)
                await connection.execute(COUNT, first)
                log.error("quota_recounted", counters=wrong)

    async def forget_before(self, now: datetime) -> None:
        """Delete counters of days that are over, once a day."""
        first = first_day_kept(now)
        if self._forgotten_before == first:
            return
        over = and_(quota_use.c.day != RESERVED, quota_use.c.day < first)
        await self._database.write_one(delete(quota_use).where(over))
        self._forgotten_before = first
