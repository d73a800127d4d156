"""Listening for what other processes announce on a PostgreSQL server, on a connection of its own."""

import asyncio
from typing import Final

import psycopg
import structlog

from bot.storage import postgresql_engines
from bot.storage.address import PostgresqlAddress
from bot.storage.change_feed import ChangeFeed, ChangeKind
from bot.storage.errors import StorageError

log: Final = structlog.get_logger(__name__)

_KINDS: Final = frozenset(kind.value for kind in ChangeKind)
CHANNEL: Final = "stillmotion_changes"
_ASK_EVERY_S: Final = 4.0
_ANSWERS_WITHIN_S: Final = 5.0
_FIRST_PAUSE_S: Final = 0.2
_LONGEST_PAUSE_S: Final = 5.0


class PostgresqlListener:
    """Hears announcements of every process but the one with its own mark, which knows of its changes."""

    def __init__(self, address: PostgresqlAddress, mark: str) -> None:
        """Args: `mark` begins each announcement of this process."""
        self._address = address
        self._mark = mark
        self._failing = False

    async def run(self, feed: ChangeFeed) -> None:
        """Listen until cancelled; connect anew when the connection is lost."""
        pause_s = _FIRST_PAUSE_S
        while True:
            try:
                connection = await postgresql_engines.connect(self._address)
                async with connection:
                    await connection.execute(f"LISTEN {CHANNEL}".encode())
                    feed.began()
                    self._tell_heard()
                    pause_s = _FIRST_PAUSE_S
                    await self._hear(connection, feed)
            except (psycopg.Error, TimeoutError, StorageError) as error:
                self._tell_not_heard(error)
            finally:
                feed.ended()
            await asyncio.sleep(pause_s)
            pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)

    async def _hear(self, connection: postgresql_engines.ServerConnection, feed: ChangeFeed) -> None:
        while True:
            async for announced in connection.notifies(timeout=_ASK_EVERY_S):
                self._take(announced.payload, feed)
            # A connection that is cut off somewhere in between is silent, as one is on which nothing happens.
            async with asyncio.timeout(_ANSWERS_WITHIN_S):
                await connection.execute("SELECT 1")
            feed.answered()

    def _take(self, payload: str, feed: ChangeFeed) -> None:
        mark, _, announced = payload.partition(" ")
        kind, _, key = announced.partition(" ")
        if mark != self._mark and kind in _KINDS:  # a newer version may have others
            feed.changed(ChangeKind(kind), key)

    def _tell_not_heard(self, error: Exception) -> None:
        if not self._failing:
            log.warning("changes_not_heard", error=type(error).__name__)
        self._failing = True

    def _tell_heard(self) -> None:
        if self._failing:
            log.info("changes_heard_again")
        self._failing = False
