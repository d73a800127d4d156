"""Store of reports: every SQL statement about the table `reports`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import select

from bot.moderation.audit.entries import AuditEntry
from bot.moderation.audit.log import AuditLog
from bot.storage.database import Database
from bot.storage.tables import reports


class ReportReason(StrEnum):
    """Reason of a report. The values are stored and must not change."""

    REAL_PERSON = "real_person"
    MINOR = "minor"
    SEXUAL = "sexual"
    VIOLENT = "violent"
    HATEFUL = "hateful"
    OTHER = "other"


@dataclass(frozen=True)
class Report:
    """A user's report of a video. `words` is what the user wrote about it."""

    job_id: str
    person_id: int
    created_at: datetime
    reason: ReportReason
    words: str


class ReportStore:
    """Stores reports. Every method raises `bot.storage.StorageUnavailableError`."""

    def __init__(self, database: Database, audit_log: AuditLog) -> None:
        self._database = database
        self._audit_log = audit_log

    async def add(self, report: Report, *entries: AuditEntry) -> bool:
        """Store a report together with these entries about it.

        Returns:
            True if it is the user's first report of that video; otherwise nothing is stored.
        """
        mine = select(reports.c.job_id).where(
            reports.c.job_id == report.job_id, reports.c.person_id == report.person_id
        )
        async with self._audit_log.transaction() as within:
            if (await within.connection.execute(mine)).first() is not None:
                return False
            await within.connection.execute(reports.insert().values(**vars(report)))
            await within.record(*entries)
        return True

    async def reporters(self, job_id: str) -> Sequence[int]:
        """Return the ids of the users who reported a video."""
        chosen = select(reports.c.person_id).where(reports.c.job_id == job_id)
        async with self._database.read() as connection:
            return (await connection.execute(chosen)).scalars().all()
