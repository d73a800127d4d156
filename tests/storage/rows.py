"""Rows of `jobs`, valid unless a test says otherwise."""

from datetime import UTC, datetime
from itertools import count
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.storage.database import Database
from bot.storage.tables import jobs

NOW: Final = datetime(2026, 11, 24, 12, 30, 15, 123456, tzinfo=UTC)
TOKEN: Final = "aW50ZXJhY3Rpb246MTIz"
_numbers = count()


def row(**changed: Any) -> dict[str, Any]:
    return {
        "id": f"job-{next(_numbers)}",
        "state": "queued",
        "created_at": NOW,
        "prompt": "a lighthouse in the rain",
        "seconds": 6,
        "size": "1280x720",
        "resolution": "720p",
        "preset": "normal",
        "reference_count": 0,
        "sources": [],
        "person_id": 1,
        "application_id": 2,
        "private": False,
        "token": TOKEN,
        "answered_at": NOW,
        "upload_limit_bytes": 10 * 1024 * 1024,
        **changed,
    }


async def add(database: Database, *rows: dict[str, Any]) -> None:
    async with database.write() as connection:
        for one in rows:
            await connection.execute(jobs.insert().values(one))


async def counted(connection: AsyncConnection) -> int:
    return (await connection.execute(select(func.count()).select_from(jobs))).scalar_one()


async def job_count(database: Database) -> int:
    async with database.read() as connection:
        return await counted(connection)
