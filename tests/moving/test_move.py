"""The move: what arrives, what each side says afterwards, and that a bot starts on one side alone."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert

from bot.jobs.heartbeat import Heartbeat
from bot.moderation.audit.entries import AuditAction, AuditEntry
from bot.moderation.audit.log import AuditLog
from bot.moderation.audit.store import verify_log
from bot.moving.errors import MoveFailedError
from bot.moving.source import take_file_again
from bot.storage.errors import DatabaseMovedError, OtherDatabaseError, StorageUnavailableError
from bot.storage.moderation_tables import strikes
from bot.storage.opening import open_database
from tests.moving.moves import NOW, Move
from tests.postgresql.outside import rows_of
from tests.postgresql.proxy import Break, proxy_to
from tests.postgresql.server import PASSWORD, PostgresqlServer
from tests.storage.rows import add, row

ODD_DETAILS = {"zero": "\x00", "half": "\ud800", "deep": [[["."]]], "large": 2**80}


class KilledError(Exception):
    """The process ends here."""


async def test_all_rows_arrive_and_the_log_verifies(move: Move) -> None:
    async with open_database(None, move.folder) as database:
        # Of Unicode's planes, in an order of bytes that is not the one of languages.
        for key in ("Z", "a", "ä", "_", "é", "ß", "灯", "\N{CLAPPER BOARD}"):
            await add(
                database, row(id=key, person_id=2**63 - 1, sources=[ODD_DETAILS], prompt='t\t"\\n\r\n\\N')
            )
        details = {"zero": "\x00", "half": "\ud800", "many": ["灯"] * 3}
        await AuditLog(database).append(AuditEntry(0, NOW, AuditAction.BLOCKED, -1, 2**62, details=details))
    before = move.in_file()
    assert (
        min(len(rows) for name, rows in before.items() if name in {"jobs", "audit", "strikes", "votes"}) > 1
    )
    move.carry_out()
    assert move.in_file() == before
    assert move.on_server() == before | {"heartbeats": move.on_server()["heartbeats"]}
    report = verify_log(move.address)
    assert (report.broken, report.entries) == (None, len(before["audit"]))


async def test_keys_that_the_database_counts_go_on_behind_the_highest_one(move: Move) -> None:
    move.change_file("UPDATE strikes SET id = 70 WHERE id = 2")
    move.carry_out()
    async with open_database(move.address.url, move.folder) as database, database.write() as connection:
        values = {"guild_id": 1, "person_id": 2, "given_at": NOW, "given_by": 3, "reason": ""}
        made = await connection.execute(insert(strikes).values(values).returning(strikes.c.id))
        assert made.scalar_one() == 71


async def test_zero_bytes_are_replaced_and_counted(move: Move) -> None:
    move.change_file("UPDATE jobs SET prompt = ? WHERE id = ?", "a\x00b", "a" * 32)
    move.carry_out()
    assert "1 row with zero bytes in texts, for which a server stores U+FFFD." in move.told
    query = f"SELECT prompt FROM jobs WHERE id = '{'a' * 32}'"  # noqa: S608 - ours
    assert rows_of(move.address.url, move.folder, query) == [{"prompt": "a\ufffdb"}]


async def test_a_bot_that_comes_before_the_move_leaves_the_server_empty(move: Move) -> None:
    with pytest.raises(OtherDatabaseError, match=r"stillmotion\.sqlite3 is the database.*move-to"):
        async with open_database(move.address.url, move.folder):
            pass
    assert move.tables_on_server() == []
    move.carry_out()
    assert await move.startable() == ["server"]


async def test_each_side_says_where_the_data_is(move: Move) -> None:
    move.carry_out()
    assert await move.startable() == ["server"]
    with pytest.raises(DatabaseMovedError) as refused:
        async with open_database(None, move.folder):
            pass
    assert f"moved to {move.address.name} (2026-11-29 12:30 UTC); set DATABASE_URL" in str(refused.value)
    said = "\n".join((str(refused.value), *move.told))
    assert "move-to --back-to-file" in said
    assert "Read back and compared: " in said
    assert PASSWORD not in said
    assert PASSWORD.replace("/", "%2F") not in said
    move.told.clear()
    move.carry_out()
    assert move.told == [
        f"{move.path} was moved to {move.address.name} before (2026-11-29 12:30 UTC)."
        " Set DATABASE_URL to that address, and start the bot."
    ]


@pytest.mark.parametrize("after", ["Read ", "Copied to ", "Read back "])
async def test_a_move_that_was_killed_between_two_parts_is_repeated(move: Move, after: str) -> None:
    before = move.in_file()

    def told(line: str) -> None:
        if line.startswith(after):
            raise KilledError

    with pytest.raises(KilledError):
        move.carry_out(tell=told)
    assert await move.startable() == ["file"]
    async with open_database(None, move.folder) as database:
        await add(database, row(id="since"))
    move.carry_out()
    assert await move.startable() == ["server"]
    assert [one["id"] for one in move.on_server()["jobs"]] == [
        *(one["id"] for one in before["jobs"]),
        "since",
    ]


@pytest.mark.parametrize("how", [Break.BEFORE_COMMIT, Break.AFTER_COMMIT])
@pytest.mark.parametrize("during", [b"TRUNCATE", b"DROP TABLE database_move"], ids=["copying", "completing"])
async def test_a_commit_that_is_cut_off_leaves_one_side_at_most(
    move: Move, postgresql: PostgresqlServer, during: bytes, how: Break
) -> None:
    before = move.in_file()
    async with proxy_to(postgresql.port) as proxy:
        proxy.breaking, proxy.wrote = how, during
        by_proxy = replace(move.address, url=move.address.url.replace(str(postgresql.port), str(proxy.port)))
        with pytest.raises(StorageUnavailableError):
            await asyncio.to_thread(move.carry_out, by_proxy)
        assert proxy.broken.is_set()
    expected = {
        (b"TRUNCATE", Break.BEFORE_COMMIT): ["file"],
        (b"TRUNCATE", Break.AFTER_COMMIT): ["file"],
        (b"DROP TABLE database_move", Break.BEFORE_COMMIT): [],
        (b"DROP TABLE database_move", Break.AFTER_COMMIT): ["server"],
    }
    assert await move.startable() == expected[during, how]
    move.carry_out()
    assert await move.startable() == ["server"]
    assert move.on_server()["jobs"] == before["jobs"]


async def test_jobs_go_on_without_questions_on_the_server_and_with_them_in_the_file(move: Move) -> None:
    async with open_database(None, move.folder) as database:
        await Heartbeat(database, "before", lambda: NOW).begin()
        await add(database, row(id="waits"))
    move.carry_out()
    later = NOW + timedelta(minutes=2)
    asked = "SELECT id FROM jobs WHERE ask_again_since IS NOT NULL"
    async with open_database(move.address.url, move.folder) as database:
        await Heartbeat(database, "after", lambda: later).begin()
    assert rows_of(move.address.url, move.folder, asked) == []
    take_file_again(move.path)
    assert await move.startable() == ["file", "server"]
    async with open_database(None, move.folder) as database:
        await Heartbeat(database, "again", lambda: later).begin()
    assert rows_of(None, move.folder, asked) == [{"id": "waits"}]
    with pytest.raises(MoveFailedError, match="was not moved"):
        take_file_again(move.path)


async def test_a_copy_of_the_server_from_before_its_first_start_is_told(
    move: Move, postgresql: PostgresqlServer, tmp_path: Path
) -> None:
    async with open_database(None, move.folder) as database:
        await add(database, row(id="waits"))
    move.carry_out()
    dump = postgresql.dump(move.address.url.rpartition("/")[2])
    with postgresql.new_database(empty=True) as copy:
        postgresql.put_back(dump, copy)
        async with open_database(postgresql.url(copy), tmp_path) as database:
            await Heartbeat(database, "on the copy", lambda: NOW).begin()
        asked = "SELECT id FROM jobs WHERE ask_again_since IS NOT NULL"
        assert rows_of(postgresql.url(copy), tmp_path, asked) == [{"id": "waits"}]
