"""Copies of a database on a server that an operator puts back: what waits in one may have been bought since."""

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import psycopg
import pytest

from bot.jobs.heartbeat import Heartbeat
from bot.jobs.job import JobState
from bot.jobs.store import JobStore
from bot.storage.advisory_locks import HOLDER
from bot.storage.errors import DatabaseTakenError
from bot.storage.opening import open_database
from tests.jobs.builders import MOMENT, a_job
from tests.postgresql.server import PostgresqlServer
from tests.storage.rows import add, row

EMPTY = b"DROP SCHEMA public CASCADE; CREATE SCHEMA public"
LATER = MOMENT + timedelta(seconds=1)


async def asked(url: str, folder: Path, at: datetime) -> set[JobState]:
    """Start once. Returns the states of the jobs that are asked about, or looked at, from then on."""
    async with open_database(url, folder) as database:
        await Heartbeat(database, f"at {at}", lambda: at).begin()
        store = JobStore(database, folder)
        found = {state for state in JobState if (await store.get(state.value)).ask_again_since == at}
        assert (await store.get("queued")).may_be_bought is (JobState.QUEUED in found or at > LATER)
        return found


async def prepared(url: str, folder: Path) -> None:
    async with open_database(url, folder) as database:
        for state in JobState:
            job = a_job(state=state, job_id=state.value)
            await JobStore(database, folder).add(replace(job, parent_id=state.value))


@pytest.mark.parametrize("elsewhere", [False, True])
async def test_a_dump_that_was_put_back_asks_however_young_it_is(
    postgresql: PostgresqlServer, name: str, tmp_path: Path, *, elsewhere: bool
) -> None:
    url = postgresql.url(name)
    await prepared(url, tmp_path)
    assert await asked(url, tmp_path, MOMENT) == set()
    dump = postgresql.dump(name)
    assert await asked(url, tmp_path, LATER) == set()
    with postgresql.new_database(empty=True) as another:
        if not elsewhere:
            postgresql.put_back(EMPTY, name)
        target = another if elsewhere else name
        postgresql.put_back(dump, target)
        url, later = postgresql.url(target), LATER + timedelta(seconds=1)
        assert await asked(url, tmp_path, later) == {
            *(JobState.QUEUED, JobState.HELD, JobState.SUBMITTING),
            *(JobState.GENERATING, JobState.READY, JobState.DELIVERING),
        }
        assert await asked(url, tmp_path, later + timedelta(seconds=1)) == set()


async def test_a_process_under_which_a_dump_is_put_back_writes_nothing_any_more(
    postgresql: PostgresqlServer, name: str, tmp_path: Path
) -> None:
    url = postgresql.url(name)
    await prepared(url, tmp_path)
    async with open_database(url, tmp_path) as database:
        dump = postgresql.dump(name)
        postgresql.put_back(EMPTY + b";" + dump, name)
        with psycopg.connect(url, autocommit=True) as other:
            other.execute(f"SELECT pg_terminate_backend(pid, 5000) FROM ({HOLDER}) AS holder".encode())  # noqa: S608 - ours
        with pytest.raises(DatabaseTakenError, match="put back"):
            await add(database, row())
        assert database.taken.is_set()


async def test_the_first_connection_after_the_tables_were_made_is_no_other_place(
    postgresql: PostgresqlServer, tmp_path: Path
) -> None:
    with postgresql.new_database(empty=True) as name:
        url = postgresql.url(name)
        async with open_database(url, tmp_path) as database:
            with psycopg.connect(url, autocommit=True) as other:
                other.execute(f"SELECT pg_terminate_backend(pid, 5000) FROM ({HOLDER}) AS holder".encode())  # noqa: S608 - ours
            await add(database, row())
            assert not database.taken.is_set()


async def test_a_role_without_privileges_can_run_the_bot(
    postgresql: PostgresqlServer, tmp_path: Path
) -> None:
    with postgresql.new_database(empty=True) as name, psycopg.connect(postgresql.url(name)) as admin:
        admin.execute("CREATE ROLE plain LOGIN PASSWORD 'plain'")
        admin.execute("GRANT ALL ON SCHEMA public TO plain")
        admin.commit()
        try:
            url = f"postgresql://plain:plain@127.0.0.1:{postgresql.port}/{name}"
            await prepared(url, tmp_path)
            assert await asked(url, tmp_path, MOMENT) == set()
            assert await asked(url, tmp_path, LATER) == set()
        finally:
            admin.execute("DROP OWNED BY plain CASCADE; DROP ROLE plain")
