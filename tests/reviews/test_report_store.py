"""Reports: kept once for each person and video, as they were made."""

import sqlite3
from collections.abc import AsyncGenerator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.moderation.audit.log import AuditLog
from bot.moderation.reporting import ReportReason
from bot.reviews.report_store import Report, ReportStore
from bot.storage.database import Database
from bot.storage.errors import StorageUnavailableError
from bot.storage.opening import open_database
from tests.moderation.audited import alone

REPORT = Report(
    "a" * 32, 2**62, datetime(2026, 3, 1, 12, tzinfo=UTC), ReportReason.OTHER, "words; 'quoted' 🎞"
)


@pytest.fixture
async def database(tmp_path: Path, database_url: str | None) -> AsyncGenerator[Database]:
    async with open_database(database_url, tmp_path) as opened:
        yield opened


def rows(database: Database) -> list[dict[str, Any]]:
    """What is on the disk, read from outside."""
    with closing(sqlite3.connect(database.path)) as connection:
        connection.row_factory = sqlite3.Row
        return [dict(row) for row in connection.execute("SELECT * FROM reports ORDER BY job_id, person_id")]


@pytest.mark.parametrize("reason", ReportReason)
@pytest.mark.sqlite
async def test_a_report_is_kept_as_it_was_made(database: Database, reason: ReportReason) -> None:
    made = replace(REPORT, reason=reason)
    assert await alone(AuditLog(database), ReportStore(database).add, made)
    assert await ReportStore(database).of(REPORT.job_id) == [made]
    (row,) = rows(database)
    assert row["reason"] == reason.value
    assert (row["job_id"], row["person_id"], row["words"]) == (REPORT.job_id, REPORT.person_id, REPORT.words)
    assert datetime.fromtimestamp(row["created_at"] / 1_000_000, UTC) == REPORT.created_at


@pytest.mark.sqlite
async def test_a_second_report_of_the_same_video_changes_nothing(database: Database) -> None:
    store, log = ReportStore(database), AuditLog(database)
    assert await alone(log, store.add, REPORT)
    later = replace(
        REPORT, created_at=REPORT.created_at + timedelta(days=1), reason=ReportReason.MINOR, words=""
    )
    assert not await alone(log, store.add, later)
    (row,) = rows(database)
    assert (row["reason"], row["words"]) == (ReportReason.OTHER.value, REPORT.words)


@pytest.mark.sqlite
async def test_others_and_other_videos_have_reports_of_their_own(database: Database) -> None:
    store = ReportStore(database)
    for report in (REPORT, replace(REPORT, person_id=7), replace(REPORT, job_id="b" * 32)):
        assert await alone(AuditLog(database), store.add, report)
    assert len(rows(database)) == 3


async def test_what_cannot_be_stored_is_said(database: Database) -> None:
    await database.close()
    with pytest.raises(StorageUnavailableError):
        await alone(AuditLog(database), ReportStore(database).add, REPORT)
