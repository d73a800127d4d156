"""The tables: moments to the microsecond, and what the indices and columns hold people to."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Final

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, Dialect, create_engine, literal, select
from sqlalchemy.dialects.sqlite.base import SQLiteDialect
from sqlalchemy.exc import IntegrityError, StatementError

from bot.storage import (
    file_tables,
    gateway_tables,
    line_tables,
    moderation_tables,
    privacy_tables,
    quota_tables,
    submission_tables,
)
from bot.storage.database import Database
from bot.storage.migrate import migrate
from bot.storage.tables import UtcMoment, jobs
from tests.storage.rows import NOW, TOKEN, add, job_count, row

DIALECT: Final[Dialect] = SQLiteDialect()

zones = st.integers(min_value=-23, max_value=23).map(lambda hours: timezone(timedelta(hours=hours)))
moments = st.datetimes(min_value=datetime(2, 1, 1), max_value=datetime(9998, 1, 1), timezones=zones)  # noqa: DTZ001 - hypothesis adds the zone


def test_a_moment_comes_back_in_utc_to_the_microsecond() -> None:
    with create_engine("sqlite://").connect() as connection:

        @given(moments)
        def round_trip(moment: datetime) -> None:
            back = connection.scalar(select(literal(moment, UtcMoment)))
            assert back == moment
            assert back is not None
            assert back.tzinfo is UTC

        round_trip()


@given(st.lists(moments, max_size=8))
def test_stored_moments_sort_as_the_moments_do(found: Sequence[datetime]) -> None:
    stored = UtcMoment()
    assert sorted(found) == sorted(found, key=lambda moment: stored.process_bind_param(moment, DIALECT) or 0)


async def test_a_moment_without_a_time_zone_is_refused(database: Database) -> None:
    with pytest.raises(ValueError, match="without a time zone"):
        UtcMoment().process_bind_param(NOW.replace(tzinfo=None), DIALECT)
    with pytest.raises(StatementError) as refused:
        await add(database, row(created_at=NOW.replace(tzinfo=None)))
    assert isinstance(refused.value.orig, ValueError)
    assert await job_count(database) == 0


async def test_a_row_comes_back_as_it_was_stored(database: Database) -> None:
    stored = row(
        prompt="灯塔 🌧",
        sources=[{"url": "https://cdn.discordapp.com/a.png", "filename": "é.png"}],
        failure={"reason": "broke"},
        person_id=2**63 - 1,
        ended_at=NOW,
    )
    await add(database, stored)
    async with database.read() as connection:
        found = (await connection.execute(select(jobs))).mappings().one()
    assert {name: found[name] for name in stored} == stored
    assert (found["lookup"], found["pictures"], found["guild_id"]) == (False, None, None)


async def test_missing_json_is_a_missing_value_and_not_the_text_null(database: Database) -> None:
    await add(database, row(failure=None))
    async with database.read() as connection:
        assert (await connection.execute(select(jobs.c.id).where(jobs.c.failure.is_(None)))).all()
    with pytest.raises(IntegrityError):
        await add(database, row(sources=None))


@pytest.mark.parametrize("state", ["generating", "ready", "delivering"])
async def test_of_two_jobs_that_fetch_the_same_task_only_the_first_is_kept(
    database: Database, state: str
) -> None:
    await add(database, row(task_id="task", state=state))
    with pytest.raises(IntegrityError, match=r"jobs\.task_id|uq_jobs_fetching") as refused:
        await add(database, row(task_id="task", state="generating"))
    assert TOKEN not in str(refused.value)
    assert await job_count(database) == 1


async def test_a_task_may_be_fetched_again_while_no_job_is_at_it(database: Database) -> None:
    await add(database, row(task_id="task", state="failed"), row(task_id="task", state="expired"))
    await add(database, row(task_id="task", state="generating"), row(task_id="other", state="generating"))
    await add(
        database, row(state="delivered", task_id="other"), row(state="delivered"), row(state="delivered")
    )
    await add(database, row(task_id="other", state="delivering", parked_at=NOW))
    assert await job_count(database) == 8


def _definitions(connection: Connection) -> set[tuple[str, str]]:
    found = connection.exec_driver_sql(
        "SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL AND name <> 'alembic_version'"
    )
    return {(name, " ".join(sql.split())) for name, sql in found}


def test_the_migrations_make_exactly_the_tables_of_the_metadata(tmp_path: Path) -> None:
    # Tables are known once the modules that state them are loaded; all share one collection.
    metadata = moderation_tables.metadata
    assert metadata is privacy_tables.metadata is gateway_tables.metadata
    assert metadata is quota_tables.metadata is submission_tables.metadata is line_tables.metadata
    assert metadata is file_tables.metadata
    migrate(tmp_path / "migrated.sqlite3")
    migrated = create_engine(f"sqlite:///{tmp_path}/migrated.sqlite3")
    with migrated.connect() as by_steps, create_engine("sqlite://").connect() as at_once:
        metadata.create_all(at_once)
        # Alembic's comparison is blind to the conditions of indices.
        assert _definitions(by_steps) == _definitions(at_once)
        assert compare_metadata(MigrationContext.configure(by_steps), metadata) == []
    migrated.dispose()
