"""Tells a supervisor of the process how the bot is: systemd by its notify socket, any other by the file `alive`.

A bot that waits for Discord is well: a restart would not bring Discord back. One whose event loop is blocked, or
whose database no longer answers, is not.
"""

import asyncio
import os
import socket
from collections.abc import AsyncGenerator, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from enum import Enum, auto
from pathlib import Path
from typing import Final, Self

import structlog
from sqlalchemy import select

from bot.storage.database import Database
from bot.storage.errors import StorageError
from bot.storage.tables import heartbeats
from bot.texts import console_service

log: Final = structlog.get_logger(__name__)

EVERY_S: Final = 5.0
"""Seconds between two looks at the bot; fewer where systemd's watchdog asks for a sign of life more often."""
_AT_LEAST_EVERY_S: Final = 0.1
"""The database has other work: a watchdog in milliseconds is not satisfied."""
_ANSWER_WITHIN_S: Final = 20.0
_FILE_MODE: Final = 0o600
_US_PER_S: Final = 1_000_000


class ServiceManager:
    """The notify socket of systemd (*sd_notify(3)*). Without one, everything is told to nobody.

    The protocol is one datagram for each message; the packages that speak it have no wheels, or were given up.
    """

    def __init__(self, address: str | None, watchdog_s: float | None) -> None:
        """Args: `watchdog_s` are seconds without a sign of life after which systemd restarts the bot; or None."""
        self._address = address
        self.watchdog_s = watchdog_s
        self._trouble: str | None = None

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> Self:
        """Return the one that the environment names (*sd_notify(3)*, *sd_watchdog_enabled(3)*)."""
        address = environment.get("NOTIFY_SOCKET", "")
        if not address.startswith(("/", "@")):
            return cls(None, None)  # no supervisor, or one outside a virtual machine
        microseconds = environment.get("WATCHDOG_USEC", "")
        for_us = environment.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
        watched = for_us and microseconds.isdecimal() and int(microseconds) > 0
        if address.startswith("@"):  # a socket without a file, which Linux names by a zero byte (*unix(7)*)
            address = f"\0{address[1:]}"
        return cls(address, int(microseconds) / _US_PER_S if watched else None)

    def tell(self, *assignments: str) -> bool:
        """Send one message, such as `READY=1`. Does not block. Returns False if it was not taken."""
        if self._address is None:
            return True
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as sender:
                sender.sendto("\n".join(assignments).encode(), self._address)
        except OSError as error:
            self._trouble = _told_once("service_manager_not_told", error, self._trouble)
            return False
        self._trouble = None
        return True


def pause_s(watchdog_s: float | None) -> float:
    """Return the seconds between two looks at the bot, for a watchdog that waits so many seconds, or for none."""
    return EVERY_S if watchdog_s is None else max(_AT_LEAST_EVERY_S, min(EVERY_S, watchdog_s / 2))


def _told_once(event: str, error: OSError, before: str | None) -> str:
    """Log why something failed, unless it failed so before. Returns the reason."""
    reason = error.strerror or str(error)
    if reason != before:
        log.warning(event, reason=reason)
    return reason


class _Answer(Enum):
    """Answer of the database to a small question."""

    GIVEN = auto()
    REFUSED = auto()
    """An error. A restart would not help, and where the file was deleted it would begin an empty one."""
    MISSING = auto()
    """Nothing, within the time."""


class Supervision:
    """Gives signs of life while the event loop and the database answer. `run` belongs to one task."""

    def __init__(
        self,
        manager: ServiceManager,
        database: Database,
        *,
        alive_file: Path,
        status: Callable[[], str],
        answer_within_s: float = _ANSWER_WITHIN_S,
    ) -> None:
        """Set it up.

        Args:
            manager: Is told that the bot serves, its status, and that it stops.
            database: Is asked for a row each time.
            alive_file: Its time of change is when the bot was last found well.
            status: Returns what the bot does, in a line for the operator, until it stops.
            answer_within_s: Seconds after which the database does not answer.
        """
        self._manager = manager
        self._database = database
        self._alive_file = alive_file
        self._status = status
        self._answer_within_s = answer_within_s
        # Apart from the threads that look up names, all of which may wait while the network is away.
        self._thread = ThreadPoolExecutor(1, "alive-file")
        self._told: str | None = None
        self._trouble: str | None = None
        self._last = _Answer.GIVEN
        self._stopping = False

    async def run(self) -> None:
        """Look at the bot every few seconds, until cancelled."""
        every_s = pause_s(self._manager.watchdog_s)
        while True:
            self._tell_status()
            answer = await self._answer()
            self._log(answer)
            match answer:
                case _Answer.GIVEN:
                    self._manager.tell("WATCHDOG=1")
                    await asyncio.get_running_loop().run_in_executor(self._thread, self._touch)
                case _Answer.REFUSED:
                    self._manager.tell("WATCHDOG=1")
                case _Answer.MISSING:
                    pass
            await asyncio.sleep(every_s)

    def stopping(self) -> None:
        """Tell that the bot stops. Signs of life go on, as a stop waits for uploads."""
        if not self._stopping:
            self._stopping = True
            self._manager.tell("STOPPING=1", f"STATUS={console_service.STOPPING}")

    def close(self) -> None:
        """Remove the file, if that can be done: a stop ends well without. A health check finds it too old soon."""
        self._thread.shutdown(wait=False)
        try:
            self._alive_file.unlink(missing_ok=True)
        except OSError as error:
            log.warning("alive_file_not_removed", reason=error.strerror)

    def _tell_status(self) -> None:
        status = self._status()
        # With each status, as the first may get lost: without READY=1 systemd would give the start up.
        if not self._stopping and status != self._told and self._manager.tell("READY=1", f"STATUS={status}"):
            self._told = status

    async def _answer(self) -> _Answer:
        try:
            async with asyncio.timeout(self._answer_within_s), self._database.read() as connection:
                await connection.execute(select(heartbeats.c.process_id).limit(1))
        except TimeoutError:
            return _Answer.MISSING
        except StorageError:
            return _Answer.REFUSED
        return _Answer.GIVEN

    def _log(self, answer: _Answer) -> None:
        if answer is not self._last:
            self._last = answer
            tell = log.info if answer is _Answer.GIVEN else log.error
            tell("database_asked", answer=answer.name.lower())

    def _touch(self) -> None:
        try:
            self._alive_file.touch(_FILE_MODE)
        except OSError as error:
            self._trouble = _told_once("alive_file_not_written", error, self._trouble)
        else:
            self._trouble = None


@asynccontextmanager
async def supervised(supervision: Supervision) -> AsyncGenerator[None]:
    """Give signs of life in the block; its end tells that the bot stops."""
    task = asyncio.create_task(supervision.run(), name="supervision")
    try:
        yield
    finally:
        supervision.stopping()
        task.cancel()
        await asyncio.wait([task])
        await asyncio.to_thread(supervision.close)
