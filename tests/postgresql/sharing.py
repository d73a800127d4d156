"""Several processes on one database: each is an open database of its own in the test's process."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

from bot.storage.address import PostgresqlAddress
from bot.storage.database import Database
from bot.storage.opening import open_database


@asynccontextmanager
async def shared(address: PostgresqlAddress) -> AsyncGenerator[Database]:
    """Open a database as one of several processes that write."""
    async with open_database(address.url, Path(), sharing=True) as database:
        yield database


@asynccontextmanager
async def watched(database: Database) -> AsyncGenerator[None]:
    """Follow what others change until the block ends; it begins once they are heard."""
    watching = asyncio.create_task(database.watch())
    try:
        async with asyncio.timeout(60):
            while not database.feed.is_current:  # noqa: ASYNC110 - it tells nobody
                await asyncio.sleep(0.01)
        yield
    finally:
        watching.cancel()
        await asyncio.wait([watching])
