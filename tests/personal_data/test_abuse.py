"""A deletion frees nobody from what moderators decided."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert

from bot.moderation.audit.log import AuditLog
from bot.moderation.reporting import DISMISSAL_COUNTS
from bot.reviews.report_store import ReportStore
from bot.storage.database import Database
from bot.storage.opening import open_database
from bot.storage.tables import reports
from tests.personal_data.stored_person import (
    GUILD,
    JOB,
    MARK,
    NOW,
    PERSON,
    THEN,
    fill,
    parts,
)

DAY = timedelta(days=1)


async def dismissal(database: Database) -> datetime | None:
    """When a report of the user last hid a video for nothing."""
    async with AuditLog(database).transaction() as within:
        return await ReportStore(database).dismissed_at(within, GUILD, PERSON)


@pytest.mark.parametrize("asked_at", [NOW, NOW - DISMISSAL_COUNTS - DAY], ids=["now", "over a month ago"])
async def test_whose_report_was_dismissed_hides_nothing_more_for_deleting_it(
    tmp_path: Path, database_url: str | None, asked_at: datetime
) -> None:
    made_at, decided_at = min(THEN, asked_at - DAY), NOW - DAY
    hid = {"job_id": JOB, "person_id": PERSON, "created_at": made_at, "reason": "minor", "words": MARK}
    decided = {"guild_id": GUILD, "hides": True, "outcome": "stays", "decided_at": decided_at}
    async with open_database(database_url, tmp_path) as database:
        await fill(database, tmp_path)
        async with database.write() as connection:
            await connection.execute(insert(reports).values(hid | decided))
            request = await (await parts(database, tmp_path)).person.store.ask(connection, PERSON, asked_at)
        person = (await parts(database, tmp_path)).person
        await person.texts.delete_decided(request, NOW)
        assert await dismissal(database) == decided_at
        async with database.read() as connection:
            kept = (await connection.execute(reports.select().where(reports.c.hides))).one()
        assert kept.words == ""
        assert await person.texts.left(request) > 0  # so that it goes by itself
        await person.texts.delete_decided(request, decided_at + DISMISSAL_COUNTS)
        assert await dismissal(database) is None
