"""The rate of requests to the video service where several workers send them: each takes an even share."""

import asyncio
import math
from collections.abc import Callable
from typing import Final

import structlog

from bot.boot_clock import since_boot_s
from bot.dimilinks import Pace
from bot.storage.database import Database
from bot.storage.errors import StorageError
from bot.storage.processes import count_workers

log: Final = structlog.get_logger(__name__)

_LOOK_EVERY_S: Final = 3.0
_FEWER_FOR_S: Final = 10.0
"""After a restart of the server no worker has a session, and each has to write before it has one again."""


class SharedRate:
    """Divides the rate by the number of workers; `run` belongs to one task.

    A worker lives as long as its session on the server, which ends with it, and for some seconds more.
    """

    def __init__(self, database: Database, rate: Pace, clock: Callable[[], float] = since_boot_s) -> None:
        """Args: `clock` tells seconds, and never goes backwards."""
        self._database = database
        self._rate = rate
        self._clock = clock
        self._workers = 0
        self._fewer = 0
        """The most that were counted since there are fewer than `_workers`."""
        self._fewer_since_s = math.inf

    async def run(self) -> None:
        """Count workers again and again, until cancelled. While that fails the last number holds."""
        while True:
            try:
                await self.look()
            except StorageError as error:
                log.info("workers_not_counted", reason=str(error))
            await asyncio.sleep(_LOOK_EVERY_S)

    async def look(self) -> None:
        """Count the workers; that some are gone is believed later. Raises `StorageError`."""
        workers = await count_workers(self._database)
        if workers < self._workers:
            now_s = self._clock()
            self._fewer = max(self._fewer, workers)
            self._fewer_since_s = min(self._fewer_since_s, now_s)
            if now_s - self._fewer_since_s < _FEWER_FOR_S:
                return
            workers = self._fewer
        self._workers, self._fewer, self._fewer_since_s = workers, 0, math.inf
        self._rate.share(workers)
