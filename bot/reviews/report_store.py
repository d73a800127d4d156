"""Store of reports: every SQL statement about the table `reports`."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, and_, exists, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.moderation.audit.log import AuditedTransaction
from bot.moderation.reporting import ReportReason
from bot.reviews.review import ReviewState, ReviewSubject
from bot.storage.database import Database
from bot.storage.moderation_tables import reviews
from bot.storage.reading import read_rows
from bot.storage.tables import reports
from bot.texts.messages import Language


class ReportOutcome(StrEnum):
    """What came of a report. The values are stored."""

    REMOVED = "removed"
    STAYS = "stays"


@dataclass(frozen=True)
class Report:
    """A user's report of a video. `words` is what the user wrote about it."""

    job_id: str
    person_id: int
    created_at: datetime
    reason: ReportReason
    words: str
    guild_id: int | None = None
    """The video's server; None outside of servers, where nobody decides about it."""
    channel_id: int | None = None
    """Channel of the message with the video; `message_id` is that message."""
    message_id: int | None = None
    language: Language = Language.ENGLISH
    """Language of the user."""
    hides: bool = False
    """True if this report alone hid the video."""
    outcome: ReportOutcome | None = None


@dataclass(frozen=True)
class ReportedVideo:
    """Reports of one video about which nobody has decided, oldest first."""

    job_id: str
    guild_id: int
    reports: Sequence[Report]

    @property
    def message(self) -> tuple[int, int] | None:
        """Ids of channel and message of the video, if one of the reports names them."""
        for report in self.reports:
            if report.channel_id is not None and report.message_id is not None:
                return report.channel_id, report.message_id
        return None


def reasons_of(found: Sequence[Report]) -> Mapping[ReportReason, int]:
    """Return how often each reason was given, the most frequent first."""
    return dict(Counter(report.reason for report in found).most_common())


class ReportStore:
    """Stores reports. Every method raises `bot.storage.errors.StorageUnavailableError`.

    Reports and what came of them are written in the caller's transaction, with their entries in the audit log.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, within: AuditedTransaction, report: Report) -> bool:
        """Store a report. Returns False, and stores nothing, if the user reported that video before."""
        mine = select(reports.c.job_id).where(
            reports.c.job_id == report.job_id, reports.c.person_id == report.person_id
        )
        if (await within.connection.execute(mine)).first() is not None:
            return False
        await within.connection.execute(reports.insert().values(**vars(report)))
        return True

    async def of(self, job_id: str) -> Sequence[Report]:
        """Return the reports of a video, oldest first."""
        async with self._database.read() as connection:
            return await self._read(connection, reports.c.job_id == job_id)

    async def open_hidings(self, within: AuditedTransaction, guild_id: int, person_id: int) -> int:
        """Return how many videos are hidden in a server by reports of a user alone, undecided."""
        asked = exists().where(
            reviews.c.job_id == reports.c.job_id,
            reviews.c.stage == ReviewSubject.REPORT.value,
            reviews.c.state == ReviewState.OPEN.value,
        )
        theirs = and_(self._hiding(guild_id, person_id), asked)
        counted = select(func.count()).select_from(reports).where(theirs)
        return (await within.connection.execute(counted)).scalar_one()

    async def dismissed_at(
        self, within: AuditedTransaction, guild_id: int, person_id: int
    ) -> datetime | None:
        """Return when a video that a user's report alone had hidden was last found to be in order, or None."""
        theirs = and_(self._hiding(guild_id, person_id), reports.c.outcome == ReportOutcome.STAYS.value)
        latest = select(reports.c.decided_at).where(theirs).order_by(reports.c.decided_at.desc()).limit(1)
        return (await within.connection.execute(latest)).scalar_one_or_none()

    async def unasked_in(self, guild_id: int, limit: int) -> Sequence[ReportedVideo]:
        """Return at most `limit` reported videos of a server with undecided reports and no question about them."""
        pending = exists().where(
            reviews.c.job_id == reports.c.job_id,
            reviews.c.stage == ReviewSubject.REPORT.value,
            or_(reviews.c.state == ReviewState.OPEN.value, reviews.c.outstanding.is_not(None)),
        )
        undecided = and_(reports.c.guild_id == guild_id, reports.c.outcome.is_(None))
        first = func.min(reports.c.created_at)
        chosen = select(reports.c.job_id).where(undecided, ~pending).group_by(reports.c.job_id)
        async with self._database.read() as connection:
            ids = (await connection.execute(chosen.order_by(first).limit(limit))).scalars().all()
            return [
                ReportedVideo(
                    job_id,
                    guild_id,
                    await self._read(connection, and_(undecided, reports.c.job_id == job_id)),
                )
                for job_id in ids
            ]

    async def decide(
        self, within: AuditedTransaction, job_id: str, outcome: ReportOutcome, now: datetime
    ) -> int:
        """Store what came of the undecided reports of a video. Returns their number."""
        undecided = and_(reports.c.job_id == job_id, reports.c.outcome.is_(None))
        values = {"outcome": outcome.value, "decided_at": now}
        return (await within.connection.execute(update(reports).where(undecided).values(values))).rowcount

    async def untold(self, limit: int) -> Sequence[Report]:
        """Return decided reports in servers whose users have not heard what came of them."""
        told = and_(
            reports.c.outcome.is_not(None), reports.c.told_at.is_(None), reports.c.guild_id.is_not(None)
        )
        async with self._database.read() as connection:
            return await self._read(connection, told, limit)

    async def told(self, report: Report, now: datetime) -> None:
        """Store that a user heard what came of a report, or cannot hear it."""
        same = and_(reports.c.job_id == report.job_id, reports.c.person_id == report.person_id)
        async with self._database.write() as connection:
            await connection.execute(update(reports).where(same).values(told_at=now))

    def _hiding(self, guild_id: int, person_id: int) -> ColumnElement[bool]:
        return and_(reports.c.guild_id == guild_id, reports.c.person_id == person_id, reports.c.hides)

    async def _read(
        self, connection: AsyncConnection, condition: ColumnElement[bool], limit: int = 1000
    ) -> Sequence[Report]:
        chosen = select(reports).where(condition).order_by(reports.c.created_at).limit(limit)
        keys = (reports.c.job_id, reports.c.person_id)
        return await read_rows(connection, chosen, _report, keys=keys, alarms=self._database.alarms)


def _report(row: RowMapping) -> Report:
    names = ("job_id", "person_id", "created_at", "words", "guild_id", "channel_id", "message_id", "hides")
    fields: dict[str, Any] = {name: row[name] for name in names}
    fields["reason"] = ReportReason(row["reason"])
    report = Report(**fields)
    if row["language"] is not None:
        report = replace(report, language=Language(row["language"]))
    return replace(report, outcome=ReportOutcome(row["outcome"])) if row["outcome"] is not None else report
