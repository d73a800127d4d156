"""Deletions by several processes at the same time: what was bought counts against the user's cap all the same."""

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from sqlalchemy import insert

from bot.quota.use import seconds_used
from bot.storage.database import Database
from bot.storage.tables import jobs
from tests.personal_data.stored_person import NOW, PERSON, job, parts, tell_later
from tests.postgresql.server import PostgresqlServer
from tests.postgresql.sharing import shared

pytestmark = pytest.mark.postgresql


async def used_s(database: Database) -> tuple[int, int]:
    async with database.read() as connection:
        used = await seconds_used(connection, PERSON, NOW)
    return used.by_person_s, used.by_bot_s


async def test_what_two_processes_erase_at_once_stays_charged(
    postgresql: PostgresqlServer, tmp_path: Path
) -> None:
    for folder in ("spool", "media"):
        (tmp_path / folder).mkdir()
    async with AsyncExitStack() as stack:
        address = postgresql.address(stack.enter_context(postgresql.new_database()))
        one, other = [await stack.enter_async_context(shared(address)) for _ in range(2)]
        today = {"created_at": NOW, "submitted_at": NOW, "ended_at": NOW, "settled_at": NOW}
        async with one.write() as connection:
            bought = [
                job(id=f"{number:032x}", task_id=f"task-{number}", video_name=None, **today)
                for number in range(3)
            ]
            await connection.execute(insert(jobs), bought)
        before = await used_s(one)
        erasures = [(await parts(database, tmp_path)).person for database in (one, other)]
        request = await erasures[0].ask(PERSON, by=PERSON)
        results = await asyncio.gather(*(erasure.proceed(request, tell_later) for erasure in erasures))
        assert await used_s(one) == before == (18, 18)
    assert sum(result.erased for result in results) == 3
