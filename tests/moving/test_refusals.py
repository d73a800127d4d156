"""Moves that are refused: by name, before anything is changed on either side."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from bot.backups.data_folder import DataFolder
from bot.backups.restoring import put_back
from bot.backups.taking import take_backup
from bot.moving.errors import MoveFailedError
from bot.moving.source import opened_source, take_file_again
from bot.storage.errors import DatabaseInUseError, DatabaseMovedError, StorageError, UnsupportedDatabaseError
from bot.storage.migrate import revisions
from bot.storage.opening import open_database, open_existing
from bot.storage.ownership import Ownership
from tests.moving.moves import NOW, Move
from tests.personal_data.stored_person import JOB
from tests.postgresql.outside import FILE, change, rows_of
from tests.postgresql.server import PostgresqlServer


class KilledError(Exception):
    """The process ends here."""


def refused(move: Move, error: type[Exception] = MoveFailedError) -> str:
    """Why the move is refused; it changes nothing."""
    before, there = move.path.read_bytes(), move.tables_on_server()
    with pytest.raises(error) as told:
        move.carry_out()
    assert move.path.read_bytes() == before
    assert move.tables_on_server() == there
    assert str(told.value).count("\n") == 0
    return str(told.value)


def begun(move: Move, after: str = "Copied") -> None:
    """A move that ends after one of its parts."""

    def told(line: str) -> None:
        if line.startswith(after):
            raise KilledError

    with pytest.raises(KilledError):
        move.carry_out(tell=told)


UNSTORABLE = {
    "UPDATE jobs SET claim = 'x' WHERE id = ?": "claim is no whole number",
    "UPDATE jobs SET claim = 2147483648 WHERE id = ?": "claim is too large a number",
    "UPDATE jobs SET private = 2 WHERE id = ?": "private is neither true nor false",
    "UPDATE jobs SET prompt = x'00' WHERE id = ?": "prompt is no text",
    "UPDATE jobs SET prompt = CAST(x'61FF62' AS TEXT) WHERE id = ?": "prompt is not UTF-8",
    "UPDATE jobs SET state = hex(randomblob(9)) WHERE id = ?": "state is too long a text",
    "UPDATE jobs SET sources = '{' WHERE id = ?": "sources is no JSON",
    "UPDATE jobs SET sources = '[NaN]' WHERE id = ?": "sources is no JSON",
}


def test_rows_that_a_server_cannot_store_are_named(data: Path) -> None:
    path = data / FILE
    whole = path.read_bytes()
    for statement, named in UNSTORABLE.items():
        path.write_bytes(whole)
        change(None, data, statement, JOB)
        with opened_source(path) as source, pytest.raises(MoveFailedError) as told:
            source.examine()
        assert str(told.value) == (
            f"{path} holds 1 row that a server cannot store (jobs with id '{JOB}': {named});"
            " correct or delete them with sqlite3; nothing was changed"
        )


def test_of_many_such_rows_the_first_are_named_before_anything_is_sent(move: Move) -> None:
    move.change_file("UPDATE audit SET details = '['")
    told = refused(move)
    assert "holds 6 rows" in told
    assert told.count("details is no JSON") == 5
    assert "audit with number 1: " in told
    assert "and 1 more" in told


def test_a_database_that_holds_anything_is_refused(move: Move, postgresql: PostgresqlServer) -> None:
    with postgresql.new_database() as ours:
        assert "holds a database of this bot" in refused(replace(move, address=postgresql.address(ours)))
    change(move.address.url, move.folder, "CREATE TABLE songs (title text)")
    assert "holds tables of another program" in refused(move)


def test_a_bot_that_runs_on_either_side_is_named(move: Move, postgresql: PostgresqlServer) -> None:
    ownership = Ownership(move.path)
    ownership.take()
    try:
        assert "in use by another process (pid " in refused(move, DatabaseInUseError)
    finally:
        ownership.release()
    with postgresql.another_owner(move.address.url.rpartition("/")[2]):
        assert "on the server); stop it first" in refused(move, DatabaseInUseError)


def test_a_file_of_another_version_or_program_is_refused(move: Move) -> None:
    move.change_file("UPDATE alembic_version SET version_num = ?", revisions()[-2])
    assert "start the bot of this version once" in refused(move, UnsupportedDatabaseError)
    move.change_file("DROP TABLE alembic_version")
    assert "not a database of this bot" in refused(move, UnsupportedDatabaseError)
    move.path.write_bytes(b"no database" * 100)
    assert "not a database" in refused(move, StorageError)
    move.path.unlink()
    with pytest.raises(MoveFailedError, match="there is no database at "):
        move.carry_out()
    assert not move.path.exists()


def test_tables_of_the_operators_own_are_named(move: Move) -> None:
    move.change_file("CREATE TABLE songs (id INTEGER PRIMARY KEY)")
    assert "tables that are not the bot's (songs)" in refused(move)


async def test_an_unfinished_move_of_another_file_is_left_as_it_is(move: Move) -> None:
    begun(move)
    copy = move.path.with_name("copy")
    copy.write_bytes(move.path.read_bytes())
    move.path.unlink()
    copy.rename(move.path)
    assert "holds an unfinished move of another file" in refused(move)
    with pytest.raises(
        StorageError, match=r"holds an unfinished move of .*; execute the same move-to once more"
    ):
        async with open_database(move.address.url, move.folder):
            pass


def test_a_file_that_was_moved_is_moved_nowhere_else(move: Move, postgresql: PostgresqlServer) -> None:
    move.carry_out()
    with postgresql.new_database(empty=True) as another:
        there = replace(move, address=postgresql.address(another))
        assert f"was moved to {move.address.name} already" in refused(there)
    with psycopg.connect(move.address.url) as server:
        server.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    assert "which does not hold that database now" in refused(move)
    take_file_again(move.path)
    move.carry_out()
    assert "Read back" in move.told[-2]


def test_rows_that_were_changed_on_the_server_are_not_taken_for_the_files(move: Move) -> None:
    def told(line: str) -> None:
        if line.startswith("Copied"):
            change(
                move.address.url, move.folder, "UPDATE jobs SET prompt = 'another' WHERE state = 'delivered'"
            )
            change(move.address.url, move.folder, "DELETE FROM votes")

    with pytest.raises(MoveFailedError, match=r"does not hold the same rows \(jobs, votes\)"):
        move.carry_out(tell=told)
    move.carry_out()
    assert rows_of(move.address.url, move.folder, "SELECT count(*) AS n FROM votes") == [{"n": 2}]


def test_a_version_that_knows_nothing_of_moves_takes_the_file_for_a_newer_one(move: Move) -> None:
    move.carry_out()
    with closing(sqlite3.connect(move.path)) as connection:
        (revision,) = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    assert revision not in revisions()


async def test_nothing_else_uses_a_file_that_was_moved(move: Move) -> None:
    data, archive = DataFolder(move.path, move.folder), move.folder.parent / "archive"
    take_backup(data, archive, NOW, force=False)
    move.carry_out()
    before = move.path.read_bytes()
    with pytest.raises(DatabaseMovedError):
        put_back(data, archive, NOW)
    with pytest.raises(DatabaseMovedError):
        take_backup(data, archive, NOW, force=True)
    with pytest.raises(DatabaseMovedError):
        async with open_existing(None, move.folder):
            pass
    assert move.path.read_bytes() == before
    take_file_again(move.path)
    put_back(data, archive, NOW)
    assert await move.startable() == ["file", "server"]
