"""Sessions on a server that hold an advisory lock each, for what one process at a time does to the same thing.

The server ends a session that is silent, so nobody waits for long for a process that stands still. That one does
not notice by itself: it asks whether its lock is still its own before it does what others would see.
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Final

import psycopg
import structlog
from psycopg.errors import LockNotAvailable

from bot.storage.address import PostgresqlAddress
from bot.storage.advisory_locks import ALONE_KEY, SoleWork
from bot.storage.backend import Confirm
from bot.storage.errors import NotAloneError
from bot.storage.postgresql_engines import ServerConnection, connect
from bot.storage.postgresql_errors import translated
from bot.storage.postgresql_session import SILENT

log: Final = structlog.get_logger(__name__)

_ASK_EVERY_S: Final = 5.0
_ANSWER_WITHIN_S: Final = 10.0
_LOCK: Final = "SELECT pg_advisory_lock(%s, hashtext(%s))"
_ASK: Final = b"SELECT 1"


@asynccontextmanager
async def sole_session(address: PostgresqlAddress, work: SoleWork, to: str) -> AsyncGenerator[Confirm]:
    """Hold the lock of one work on one thing until the block ends. Raises as `Database.alone`."""
    try:
        connection = await connect(address)
    except psycopg.Error as error:
        raise translated(error, address.name) from None
    async with connection:
        try:
            await connection.execute(SILENT)
            await connection.execute(_LOCK, (ALONE_KEY, f"{work} {to}"))
        except LockNotAvailable:
            raise NotAloneError(address.name, f"{work} {to}") from None
        except psycopg.Error as error:
            raise translated(error, address.name) from None

        async def confirm() -> None:
            try:
                async with asyncio.timeout(_ANSWER_WITHIN_S):
                    await connection.execute(_ASK)
            except (psycopg.Error, TimeoutError):
                raise NotAloneError(address.name, f"{work} {to}") from None

        keeping = asyncio.create_task(_keep(connection), name="sole-session")
        try:
            yield confirm
        finally:
            keeping.cancel()
            await asyncio.wait([keeping])


async def _keep(connection: ServerConnection) -> None:
    """Keep a session from being silent while its process is well."""
    try:
        while True:
            await asyncio.sleep(_ASK_EVERY_S)
            await connection.execute(_ASK)
    except psycopg.Error as error:
        log.info("sole_session_lost", reason=type(error).__name__)
