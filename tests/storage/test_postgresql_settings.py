"""Settings that an administrator may have made for a database or a user on a server."""

from pathlib import Path

import psycopg
import pytest
from sqlalchemy import func, select

from bot.storage.errors import StorageError, UnsupportedDatabaseError
from bot.storage.inspection import inspect_database
from bot.storage.opening import open_database
from bot.storage.tables import jobs
from tests.postgresql.server import PostgresqlServer
from tests.storage.rows import NOW, add, row


def execute(url: str, statement: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement.encode())


@pytest.mark.parametrize(
    "setting",
    [
        "DateStyle TO 'German, DMY'",
        "client_encoding TO 'LATIN1'",
        "client_encoding TO 'SQL_ASCII'",
        "default_transaction_isolation TO 'serializable'",
        "lock_timeout TO 1",
    ],
)
async def test_settings_of_a_database_change_nothing(
    url: str, name: str, tmp_path: Path, setting: str
) -> None:
    execute(url, f"ALTER DATABASE {name} SET {setting}")
    isolation = select(func.current_setting("transaction_isolation"))
    async with open_database(url, tmp_path) as database:
        await add(database, row(prompt="影片 🎬"))
        async with database.read() as connection:
            assert (await connection.execute(select(jobs.c.prompt))).scalars().all() == ["影片 🎬"]
        async with database.write() as connection:
            assert (await connection.execute(isolation)).scalar() == "read committed"


async def test_a_database_without_an_encoding_is_refused(
    postgresql: PostgresqlServer, url: str, tmp_path: Path
) -> None:
    made = "CREATE DATABASE ascii TEMPLATE template0 ENCODING SQL_ASCII LC_COLLATE 'C' LC_CTYPE 'C'"
    execute(url, made)
    with pytest.raises(UnsupportedDatabaseError, match=r": stores SQL_ASCII; make the database"):
        async with open_database(postgresql.url("ascii"), tmp_path):
            pass


@pytest.mark.parametrize("empty", [False, True])
def test_a_database_that_takes_no_changes_is_told_of(
    postgresql: PostgresqlServer, tmp_path: Path, *, empty: bool
) -> None:
    with postgresql.new_database(empty=empty) as made:
        url = postgresql.url(made)
        assert inspect_database(url, tmp_path, since=NOW).problems == ()
        execute(url, f"ALTER DATABASE {made} SET default_transaction_read_only TO on")
        (problem,) = inspect_database(url, tmp_path, since=NOW).problems
        assert "takes no changes" in problem


def test_a_user_without_rights_is_told_of(
    postgresql: PostgresqlServer, name: str, url: str, tmp_path: Path
) -> None:
    execute(url, "CREATE ROLE guest LOGIN PASSWORD 'guest'")
    theirs = f"postgresql://guest:guest@127.0.0.1:{postgresql.port}"
    with pytest.raises(StorageError, match="permission denied"):
        inspect_database(f"{theirs}/{name}", tmp_path, since=NOW)
    execute(url, "GRANT SELECT ON ALL TABLES IN SCHEMA public TO guest")
    (problem,) = inspect_database(f"{theirs}/{name}", tmp_path, since=NOW).problems
    assert "may not read and change" in problem
    with postgresql.new_database(empty=True) as made:
        (problem,) = inspect_database(f"{theirs}/{made}", tmp_path, since=NOW).problems
        assert "may make no tables" in problem
    execute(url, "DROP OWNED BY guest")
    execute(url, "DROP ROLE guest")
