"""A connection of its own to a server, for what a process has only as long as it is well: locks and the lease.

The server ends a session that is silent for long, and with it its locks, so that nobody waits for a process that
stands still.
"""

import asyncio
from collections.abc import Sequence
from typing import Any, Final, LiteralString

import psycopg

from bot.storage.address import PostgresqlAddress
from bot.storage.errors import StorageUnavailableError
from bot.storage.postgresql_engines import ServerConnection, connect
from bot.storage.postgresql_errors import translated

_ANSWER_WITHIN_S: Final = 10.0
SILENT_FOR_S: Final = 20
"""Seconds after which the server gives up a session: that of a process that stands still, or whose host is gone."""
SILENT: Final = f"SET idle_session_timeout = '{SILENT_FOR_S}s'".encode()


class PostgresqlSession:
    """Connects when it is first needed, and again after each loss: what the session had before is gone then."""

    def __init__(self, address: PostgresqlAddress) -> None:
        self._address = address
        self._connection: ServerConnection | None = None
        self._turn = asyncio.Lock()
        self._closed = False

    async def rows(self, statement: LiteralString, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """Execute a statement by itself, and return its rows. Raises `StorageUnavailableError`."""
        async with self._turn:
            try:
                async with asyncio.timeout(_ANSWER_WITHIN_S):
                    connection = await self._connected()
                    cursor = await connection.execute(statement, tuple(values) or None)
                    return await cursor.fetchall() if cursor.description is not None else []
            except psycopg.Error as error:
                await self._disconnect()
                raise StorageUnavailableError(str(translated(error, self._address.name))) from None
            except TimeoutError:
                await self._disconnect()
                raise StorageUnavailableError(f"{self._address.name}: no answer") from None

    async def close(self) -> None:
        """End the session, and with it its locks."""
        self._closed = True
        await self._disconnect()

    async def _connected(self) -> ServerConnection:
        if self._closed:
            raise StorageUnavailableError(f"{self._address.name}: closed")
        if self._connection is None or self._connection.closed:
            made = await connect(self._address)
            try:
                await made.execute(SILENT)
            except BaseException:
                await made.close()
                raise
            self._connection = made
        return self._connection

    async def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.close()
