"""Where reports are kept: every statement of SQL about moderation."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from bot.storage import Database
from bot.storage.tables import reports
from bot.texts.forms import ReportReason


@dataclass(frozen=True)
class Report:
    """Somebody thinks that a video should not be there; `words` are theirs."""

    job_id: str
    person_id: int
    created_at: datetime
    reason: ReportReason
    words: str


class ReportStore:
    """Keeps reports. Every method raises `bot.storage.StorageUnavailableError`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, report: Report) -> bool:
        """Keep a report; whether it is the person's first of that video."""
        values = {
            "job_id": report.job_id,
            "person_id": report.person_id,
            "created_at": report.created_at,
            "reason": report.reason.value,
            "words": report.words,
        }
        try:
            async with self._database.write() as connection:
                await connection.execute(reports.insert().values(values))
        except IntegrityError:
            return False
        return True

    async def reporters(self, job_id: str) -> Sequence[int]:
        """Who reported a video."""
        chosen = select(reports.c.person_id).where(reports.c.job_id == job_id)
        async with self._database.read() as connection:
            return (await connection.execute(chosen)).scalars().all()
