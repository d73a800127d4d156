"""Faults outside the bot: a locked database, a Discord that takes no message."""

import sqlite3
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, closing

from bot.sandbox.discord import DiscordFault, Reply
from tests.e2e.actors.harness import Harness


@asynccontextmanager
async def locked_disk(harness: Harness) -> AsyncGenerator[None]:
    """Another process, such as a copying tool, holds the database: every write fails until the block ends."""
    async with harness.app.database.write() as connection:
        await connection.exec_driver_sql("PRAGMA busy_timeout = 20")
    with closing(sqlite3.connect(harness.data_dir / "stillmotion.sqlite3", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


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
