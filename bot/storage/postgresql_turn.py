"""The turn of one process among those that share a database: an advisory lock on a connection of its own.

The server ends a session that is silent for long, so that nobody waits for a process that stands still.
"""

import asyncio
from typing import Any, Final

import psycopg
import structlog

from bot.storage.address import PostgresqlAddress
from bot.storage.errors import StorageUnavailableError
from bot.storage.postgresql_engines import parameters
from bot.storage.postgresql_errors import translated

log: Final = structlog.get_logger(__name__)

_LOOK_EVERY_S: Final = 2.0
_ANSWER_WITHIN_S: Final = 10.0
_SILENT_FOR_S: Final = 20
"""Seconds after which the server gives up a session: that of a process that stands still, or whose host is gone."""
_REGAIN_WITHIN_S: Final = _SILENT_FOR_S + 10.0
_SILENT: Final = f"SET idle_session_timeout = '{_SILENT_FOR_S}s'".encode()
_HELD_BY: Final = (
    "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 2"
    " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    " AND classid = %s AND objid = %s"
)


class SoleTurn:
    """Waits for the turn, and sees when it is lost with its connection: the server gives it to the next one."""

    def __init__(self, address: PostgresqlAddress, key: tuple[int, int]) -> None:
        self.lost = asyncio.Event()
        """Set once another process may have the turn."""
        self._address = address
        self._key = key
        self._connection: psycopg.AsyncConnection[Any] | None = None
        self._pids: set[int] = set()
        """Sessions of this process that may have the turn, as the server numbers them."""

    async def take(self) -> bool:
        """Have the turn if nobody has it. Raises `StorageUnavailableError`."""
        try:
            connection = await self._connected()
            self._pids.add(connection.info.backend_pid)
            row = await (
                await connection.execute("SELECT pg_try_advisory_lock(%s, %s)", self._key)
            ).fetchone()
        except psycopg.Error as error:
            raise StorageUnavailableError(str(translated(error, self._address.name))) from None
        return row is not None and bool(row[0])

    async def is_anothers(self) -> bool:
        """Return True if a session that is none of this process has the turn. Raises `StorageUnavailableError`."""
        try:
            connection = await self._connected()
            holder = await (await connection.execute(_HELD_BY, self._key)).fetchone()
        except psycopg.Error as error:
            raise StorageUnavailableError(str(translated(error, self._address.name))) from None
        return holder is not None and holder[0] not in self._pids

    async def wait(self) -> None:
        """Return once this process has the turn."""
        told = False
        while True:
            try:
                if await self.take():
                    return
            except StorageUnavailableError as error:
                log.warning("turn_not_taken", reason=str(error))
            if not told:
                log.info("waiting_for_turn")
            told = True
            await asyncio.sleep(_LOOK_EVERY_S)

    async def watch(self) -> None:
        """Look every few seconds if the turn is still this process's, until it is not, or cancelled.

        With a connection that was lost the turn may be, too; it is taken again if nobody has it.
        """
        while await self._is_kept() or await self._regained():  # noqa: ASYNC110 - a session that ends rings no bell
            await asyncio.sleep(_LOOK_EVERY_S)
        log.error("turn_lost")
        self.lost.set()

    async def close(self) -> None:
        """Give the turn back."""
        if self._connection is not None:
            await self._connection.close()

    async def _is_kept(self) -> bool:
        if self._connection is None:
            return False
        try:
            async with asyncio.timeout(_ANSWER_WITHIN_S):
                await self._connection.execute("SELECT 1")
        except (psycopg.Error, TimeoutError):
            await self._connection.close()
            return False
        return True

    async def _regained(self) -> bool:
        """Take the turn again. What is left of the lost connection may have it for a while."""
        loop = asyncio.get_running_loop()
        ends_s = loop.time() + _REGAIN_WITHIN_S
        while loop.time() < ends_s:
            try:
                if await self.take():
                    return True
                if await self.is_anothers():
                    return False
            except StorageUnavailableError:
                ends_s = loop.time() + _REGAIN_WITHIN_S  # nobody else reaches the server either
            await asyncio.sleep(_LOOK_EVERY_S)
        return False

    async def _connected(self) -> psycopg.AsyncConnection[Any]:
        if self._connection is None or self._connection.closed:
            made = await psycopg.AsyncConnection.connect(**parameters(self._address), autocommit=True)
            self._connection = made
            await made.execute(_SILENT)
        return self._connection
