"""Faults outside the bot: a locked database, a Discord that takes no message."""

import asyncio
import sqlite3
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, closing

import psycopg

from bot.sandbox.discord import DiscordFault, Reply
from tests.e2e.actors.damage import rewrite
from tests.e2e.actors.harness import Harness
from tests.postgresql.outside import FILE


@asynccontextmanager
async def locked_disk(harness: Harness, fails_after_ms: int | None = 20) -> AsyncGenerator[None]:
    """Another process, such as a copying tool, holds the database: every write fails until the block ends.

    Args:
        harness: The bot.
        fails_after_ms: How long a write waits before it fails, in milliseconds; None is the bot's own time.
    """
    url = harness.database_url
    if fails_after_ms is not None:
        setting = "PRAGMA busy_timeout" if url is None else "SET lock_timeout"
        async with harness.app.database.write() as connection:
            await connection.exec_driver_sql(f"{setting} = {fails_after_ms}")
    if url is not None:
        tables = "jobs, drafts, people, members, strikes, reviews, votes, audit, servers, terms, reports"
        with psycopg.connect(url) as server:
            await asyncio.to_thread(server.execute, f"LOCK TABLE {tables} IN EXCLUSIVE MODE".encode())
            yield
        return
    file = harness.data_dir / FILE
    with closing(sqlite3.connect(file, isolation_level=None, check_same_thread=False)) as other:
        await asyncio.to_thread(other.execute, "BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


@asynccontextmanager
async def refusing_log(harness: Harness, action: str | None = None) -> AsyncGenerator[None]:
    """The table of the log takes no entry, or none with that action, while all others can be written."""
    only = f"WHEN (NEW.action = '{action}')" if action is not None else ""
    if harness.database_url is None:
        made = (
            f"CREATE TRIGGER refusing BEFORE INSERT ON audit {only} BEGIN SELECT RAISE(ABORT, 'refused'); END",
        )
        dropped = ("DROP TRIGGER refusing",)
    else:
        made = (
            "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE disk_full; END $$",
            f"CREATE TRIGGER refusing BEFORE INSERT ON audit FOR EACH ROW {only} EXECUTE FUNCTION refuse()",
        )
        dropped = ("DROP TRIGGER refusing ON audit", "DROP FUNCTION refuse")
    # Beside the event loop: the bot may be within a transaction, which it could not end otherwise.
    await asyncio.to_thread(rewrite, harness, *made)
    yield
    await asyncio.to_thread(rewrite, harness, *dropped)


def close_every_way(harness: Harness, reply: Reply) -> None:
    """Have Discord refuse every message to the user: in this reply, in the channel, directly."""
    reply.expire_token()
    for route in ("PATCH /channels/*", "POST /channels/*"):
        harness.sandbox.discord.faults.append(
            DiscordFault(route, status=403, code=50013, message="Missing Permissions", times=1000)
        )
    harness.user.accepts_direct_messages = False


def reopen_every_way(harness: Harness) -> None:
    """Have Discord take everything again."""
    harness.sandbox.discord.faults.clear()
    harness.user.accepts_direct_messages = True
