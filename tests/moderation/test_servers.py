"""Servers' rules at hand and on the disk."""

import json
import sqlite3
from collections.abc import AsyncGenerator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.moderation.audit.log import AuditLog
from bot.moderation.rules import USUAL_RULES, Gate, Mode, ServerRules
from bot.moderation.servers.cache import RuleCache
from bot.moderation.servers.store import RuleStore
from bot.storage.database import Database
from bot.storage.errors import StorageUnavailableError
from bot.storage.opening import open_database
from tests.moderation.sample_rules import FULL

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
SERVER = 2**62


@pytest.fixture
async def database(tmp_path: Path, database_url: str | None) -> AsyncGenerator[Database]:
    async with open_database(database_url, tmp_path) as opened:
        yield opened


async def book_of(database: Database) -> RuleCache:
    """A book as a start finds it."""
    book = RuleCache(RuleStore(database), AuditLog(database), lambda: NOW)
    await book.load()
    return book


def write(database: Database, rules: object, guild_id: int = SERVER) -> None:
    """Have something on the disk that somebody else wrote."""
    with closing(sqlite3.connect(database.path)) as connection:
        row = (guild_id, 0, json.dumps(rules))
        connection.execute("INSERT INTO servers (guild_id, changed_at, rules) VALUES (?, ?, ?)", row)
        connection.commit()


async def test_a_server_that_changed_nothing_has_the_usual_rules(database: Database) -> None:
    book = await book_of(database)
    assert book.of(SERVER) == book.of(None) == USUAL_RULES


@pytest.mark.sqlite
async def test_rules_hold_at_once_and_after_a_restart_for_their_server_alone(database: Database) -> None:
    book = await book_of(database)
    await book.change(SERVER, FULL)
    await book.change(3, ServerRules(quorum=2))
    for seen in (book, await book_of(database)):
        assert seen.of(SERVER) == FULL
        assert seen.of(3) == ServerRules(quorum=2)
        assert seen.of(4) == USUAL_RULES
        assert seen.of(None) == USUAL_RULES


@pytest.mark.sqlite
async def test_the_last_change_counts(database: Database) -> None:
    book = await book_of(database)
    for mode in Mode:
        await book.change(SERVER, ServerRules(modes={Gate.FUN: mode}))
    assert book.of(SERVER) == (await book_of(database)).of(SERVER) == ServerRules(modes={Gate.FUN: Mode.OPEN})
    await book.change(SERVER, USUAL_RULES)
    assert (await book_of(database)).of(SERVER) == USUAL_RULES


@pytest.mark.sqlite
async def test_what_cannot_be_kept_does_not_hold(database: Database) -> None:
    book = await book_of(database)
    await book.change(SERVER, FULL)
    await database.close()
    with pytest.raises(StorageUnavailableError):
        await book.change(SERVER, USUAL_RULES)
    assert book.of(SERVER) == FULL


@pytest.mark.sqlite
async def test_what_another_version_wrote_besides_is_ignored(database: Database) -> None:
    write(database, FULL.model_dump(mode="json") | {"curfew": "22:00"})
    assert (await book_of(database)).of(SERVER) == FULL


@pytest.mark.parametrize("value", ["off", "approval", "as_mode", "whatever", None])
@pytest.mark.sqlite
async def test_the_switch_for_spicy_with_pictures_is_dropped_from_rules_of_earlier_versions(
    database: Database, value: str | None
) -> None:
    write(database, FULL.model_dump(mode="json") | {"spicy_pictures": value})
    book = await book_of(database)
    assert book.of(SERVER) == FULL
    await book.change(SERVER, FULL.model_copy(update={"quorum": 2}))
    with closing(sqlite3.connect(database.path)) as connection:
        (kept,) = connection.execute("SELECT rules FROM servers").fetchone()
    assert "spicy_pictures" not in json.loads(kept)


@pytest.mark.parametrize(
    "rules", [{"modes": {"spicy": "ajar"}}, {"quorum": 0}, {"trusted_roles": "all"}, [], "open", 7, None]
)
@pytest.mark.sqlite
async def test_rules_that_cannot_be_read_allow_nothing_and_stop_nothing(
    database: Database, rules: object
) -> None:
    book = await book_of(database)
    await book.change(SERVER + 1, FULL)
    write(database, rules)
    book = await book_of(database)
    assert all(book.of(SERVER).mode(gate, None) is Mode.OFF for gate in Gate)
    assert book.of(SERVER + 1) == FULL
    assert book.of(SERVER + 2) == USUAL_RULES
