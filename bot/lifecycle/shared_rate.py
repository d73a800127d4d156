"""The rate of requests to the video service where several workers send them: each takes an even share."""

import asyncio
from typing import Final

import structlog

from bot.dimilinks import Pace
from bot.storage.database import Database
from bot.storage.errors import StorageError
from bot.storage.processes import count_workers

log: Final = structlog.get_logger(__name__)

_LOOK_EVERY_S: Final = 3.0


class SharedRate:
    """Divides the rate by the number of workers; `run` belongs to one task.

    A worker lives as long as its session on the server, which ends with it.
    """

    def __init__(self, database: Database, rate: Pace) -> None:
        self._database = database
        self._rate = rate

    async def run(self) -> None:
        """Count workers again and again, until cancelled. While that fails the last number holds."""
        while True:
            try:
                await self.look()
            except StorageError as error:
                log.info("workers_not_counted", reason=str(error))
            await asyncio.sleep(_LOOK_EVERY_S)

    async def look(self) -> None:
        """Count the workers. Raises `StorageError`."""
        self._rate.share(await count_workers(self._database))
