"""Connections of PgQueuer to the server, which come back by themselves."""

import asyncio
import math
from collections.abc import Awaitable, Callable
from typing import Final, Self, TypeVar
from uuid import UUID

import psycopg
import structlog
from pgqueuer.core.tm import TaskManager
from pgqueuer.db import Driver, PsycopgDriver
from pgqueuer.ports.driver import NotifyCallback
from psycopg.sql import SQL, Identifier

from bot.boot_clock import since_boot_s
from bot.storage.address import PostgresqlAddress
from bot.storage.errors import StorageUnavailableError, UnsupportedDatabaseError
from bot.storage.postgresql_engines import ServerConnection, connect
from bot.storage.postgresql_errors import translated

log: Final = structlog.get_logger(__name__)

_AGAIN_AFTER_S: Final = 1.0
_OTHERS_RETURN_WITHIN_S: Final = 3.0
_SILENT_AFTER_S: Final = 5.0
"""Seconds after an answer, in which no heartbeat becomes too old. A process that takes entries asks more often."""
_ASK: Final = "SELECT 1"
_LISTEN_FOR_S: Final = 1.0
_Result = TypeVar("_Result")


def reason_of(error: psycopg.Error | UnsupportedDatabaseError, name: str) -> str:
    """Return an error's text for the log; `name` is what failed."""
    return str(translated(error, name) if isinstance(error, psycopg.Error) else error)


class QueueDriver(Driver):
    """One connection for statements and one that listens, each made anew when it is lost.

    PgQueuer's own driver gives up with its connection, and has statements wait while it listens.
    """

    def __init__(self, address: PostgresqlAddress, beat: str) -> None:
        """Args: `beat` is the statement that renews the heartbeats of all entries of a process, `$1`."""
        self.process_id: UUID | None = None
        """This process in the entries that it carries, once it carries some."""
        self._address = address
        self._beat = beat
        self._connection: ServerConnection | None = None
        self._connecting = asyncio.Lock()
        self._was_connected = False
        self._renewed_at_s = math.inf
        self._answered_at_s = -math.inf
        self._heard_again_at_s = -math.inf
        self._given_up = False
        self._listening: list[asyncio.Task[None]] = []
        self._shutdown = asyncio.Event()
        self._tasks = TaskManager()

    @property
    def shutdown(self) -> asyncio.Event:
        """Set when nothing more is to be listened to."""
        return self._shutdown

    @property
    def tm(self) -> TaskManager:
        """PgQueuer's tasks of this driver; there are none."""
        return self._tasks

    @property
    def renewed_at_s(self) -> float:
        """When all heartbeats of this process were renewed after an outage, by `since_boot_s`; infinite in one.

        Whoever was slower to come back may have lost entries before then.
        """
        is_open = self._connection is not None and not self._connection.closed
        is_heard = since_boot_s() - self._answered_at_s <= _SILENT_AFTER_S
        return self._renewed_at_s if is_open and is_heard else math.inf

    def begin(self, process_id: UUID) -> None:
        """Be a process that carries entries from now on."""
        self.process_id, self._answered_at_s = process_id, since_boot_s()

    async def fetch(self, query: str, *args: object) -> list[dict[str, object]]:
        """Return the rows of a statement."""
        return await self._answered(lambda driver: driver.fetch(query, *args))

    async def execute(self, query: str, *args: object) -> str:
        """Carry a statement out."""
        return await self._answered(lambda driver: driver.execute(query, *args))

    async def wait_for_others(self) -> None:
        """Return at once; after a silence or an error, when all processes had time to renew their heartbeats.

        Asked before entries are taken: what takes them may wait for the server, and finds all heartbeats old then.
        """
        await self.execute(_ASK)
        while (left_s := self._heard_again_at_s + _OTHERS_RETURN_WITHIN_S - since_boot_s()) > 0:
            await asyncio.sleep(left_s)
            await self.execute(_ASK)

    async def notify(self, channel: str, payload: str) -> None:
        """Tell all who listen."""
        await self.execute("SELECT pg_notify($1, $2)", channel, payload)

    async def add_listener(self, channel: str, callback: NotifyCallback) -> None:
        """Listen until the end, whatever becomes of the connection."""
        self._listening.append(asyncio.create_task(self._listen(channel, callback), name="queue-listener"))

    async def __aenter__(self) -> Self:
        """Begin to be used by PgQueuer."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Listen no more."""
        self._shutdown.set()
        for task in self._listening:
            task.cancel()
        if self._listening:
            await asyncio.wait(self._listening)

    def give_up(self) -> None:
        """Send nothing more to the server: other processes carry on what this one did."""
        self._given_up = True

    async def close(self) -> None:
        """Close the connection for statements."""
        self.give_up()
        if self._connection is not None:
            await self._connection.close()

    async def _answered(self, call: Callable[[PsycopgDriver], Awaitable[_Result]]) -> _Result:
        """Repeat a call until the server answers. Each of the queue's statements may be carried out twice."""
        told = False
        while True:
            if self._given_up:
                raise StorageUnavailableError(f"{self._address.name}: the queue is left to others")
            try:
                driver = PsycopgDriver(await self._connected())
                answer = await call(driver)
                await self._note_answer(driver)
            except (psycopg.OperationalError, psycopg.InterfaceError) as error:
                if self._connection is not None and not self._connection.closed:
                    # Heartbeats may have met the same error.
                    self._answered_at_s = -math.inf
                    raise
                if not told:
                    log.warning("queue_not_reached", reason=reason_of(error, self._address.name))
                told = True
            else:
                return answer
            await asyncio.sleep(_AGAIN_AFTER_S)

    async def _note_answer(self, driver: PsycopgDriver) -> None:
        """Renew the heartbeats after a silence or an error: the server, or this process, may have stood still."""
        now_s = since_boot_s()
        was_heard, self._answered_at_s = now_s - self._answered_at_s <= _SILENT_AFTER_S, now_s
        if self.process_id is not None and not was_heard:
            self._heard_again_at_s = now_s
            await driver.execute(self._beat, self.process_id)
            self._renewed_at_s = since_boot_s()
            log.info("queue_heard_again")

    async def _connected(self) -> ServerConnection:
        async with self._connecting:
            if self._connection is not None and not self._connection.closed:
                return self._connection
            made = await connect(self._address)
            renewed_at_s = since_boot_s()
            try:
                if self._was_connected and self.process_id is not None:
                    # After an outage all heartbeats are old: nobody takes entries before all others renewed theirs.
                    await PsycopgDriver(made).execute(self._beat, self.process_id)
                    renewed_at_s = since_boot_s()
                    await asyncio.sleep(_OTHERS_RETURN_WITHIN_S)
            except BaseException:
                await made.close()
                raise
            self._connection, self._was_connected = made, True
            self._renewed_at_s, self._answered_at_s = renewed_at_s, since_boot_s()
            return made

    async def _listen(self, channel: str, callback: NotifyCallback) -> None:
        while not self._shutdown.is_set():
            try:
                async with await connect(self._address) as connection:
                    await connection.execute(SQL("LISTEN {}").format(Identifier(channel)))
                    while not self._shutdown.is_set():
                        async for told in connection.notifies(timeout=_LISTEN_FOR_S):
                            callback(told.payload)
            except (psycopg.Error, UnsupportedDatabaseError) as error:
                log.info("queue_not_heard", reason=reason_of(error, self._address.name))
            await asyncio.sleep(_AGAIN_AFTER_S)
