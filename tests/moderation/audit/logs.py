"""Entries, and the table as somebody sees and changes it who goes around the bot."""

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from bot.moderation.audit.chain import Break, Chain
from bot.moderation.audit.entries import AuditAction, AuditEntry, RecordedEntry
from bot.moderation.audit.store import AuditStore, entries_as_stored
from bot.storage.database import Database
from bot.storage.moderation_tables import audit
from bot.storage.opening import open_database

NOW: Final = datetime(2026, 3, 1, 12, 30, 15, 123456, tzinfo=UTC)
GUILD, MODERATOR, PERSON = 2**62, 11, 22
PROMPT: Final = "a lighthouse: in the rain 🎞 'quoted'"
ENTRY: Final = AuditEntry(
    GUILD,
    NOW,
    AuditAction.REQUEST_HELD,
    MODERATOR,
    PERSON,
    "a" * 32,
    'a "reason", Ünicode 🎞\r\nof two lines',
    {
        "term": "Größe",
        "count": 3,
        "fragment": False,
        "nothing": None,
        "list": [1, "two", [True]],
        "map": {"a": 1},
    },
    PROMPT,
)
FILE: Final = "stillmotion.sqlite3"


def several(count: int) -> tuple[AuditEntry, ...]:
    """Entries of all kinds; every second has a prompt."""
    actions = tuple(AuditAction)
    return tuple(
        replace(
            ENTRY,
            guild_id=GUILD + number % 2,
            at=NOW + timedelta(seconds=number),
            action=actions[number % len(actions)],
            actor_id=None if number % 5 == 0 else MODERATOR + number % 3,
            person_id=PERSON + number % 4,
            job_id=None if number % 4 == 0 else f"job-{number % 7}",
            prompt=f"{PROMPT} {number}" if number % 2 else None,
        )
        for number in range(count)
    )


def rows(path: Path) -> list[dict[str, Any]]:
    """What is on the disk."""
    with closing(sqlite3.connect(path)) as connection:
        connection.row_factory = sqlite3.Row
        return [dict(row) for row in connection.execute("SELECT * FROM audit ORDER BY number")]


async def stored(database: Database) -> list[dict[str, Any]]:
    """Contents of an open database."""
    async with database.read() as connection:
        found = await connection.execute(entries_as_stored().order_by(audit.c.number))
        return [dict(row) for row in found.mappings()]


def change(path: Path, statement: str, *values: object) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        assert connection.execute(statement, values).rowcount > 0


async def written(folder: Path, *entries: AuditEntry) -> Path:
    """A database with these entries that nobody uses any more."""
    async with open_database(None, folder) as database:
        await AuditStore(database).append(*entries)
    return folder / FILE


def verify(recorded: Iterable[RecordedEntry]) -> Break | None:
    """Verify a complete log from its first entry on. Returns the first break, or None if there is none."""
    chain = Chain()
    for entry in recorded:
        broken = chain.follow(entry.number, entry)
        if broken is not None:
            return broken
    return chain.finish()
