"""Waits for a store of files that is away: the user's card and the operator are told meanwhile."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

import structlog

from bot.files.store import FilesUnavailableError, StoreFault
from bot.jobs.cards import Stage
from bot.lifecycle.alarms import OperatorAlarms
from bot.lifecycle.context import JobContext
from bot.texts import console_files, files

log: Final = structlog.get_logger(__name__)

WORDS: Final[Mapping[StoreFault, str]] = {
    StoreFault.AWAY: console_files.AWAY,
    StoreFault.REFUSED: console_files.REFUSED,
    StoreFault.NO_BUCKET: console_files.NO_BUCKET,
}
"""Words for the operator."""
_FIRST_PAUSE_S: Final = 0.2
_LONGEST_PAUSE_S: Final = 15.0


class FileWaits:
    """Repeats what a store of files did not do. Everything that is asked of one may be repeated."""

    def __init__(self, alarms: OperatorAlarms, *, within_s: float) -> None:
        self._alarms = alarms
        self._within_s = within_s

    async def until_done(
        self, context: JobContext, stage: Stage, work: Callable[[], Awaitable[object]]
    ) -> None:
        """Do something with files of a job, again and again while the store is away, but not for ever.

        Args:
            context: The job.
            stage: The stage that its card shows.
            work: What is done.

        Raises:
            FilesUnavailableError: The store was away for all the time.
            Exception: Any other of `work`.
        """
        loop = asyncio.get_running_loop()
        ends_s, pause_s = loop.time() + self._within_s, _FIRST_PAUSE_S
        while True:
            try:
                await work()
            except FilesUnavailableError as error:
                self._tell(context, stage, error)
                if loop.time() + pause_s > ends_s:
                    raise
            else:
                self._alarms.end("files", console_files.STORED_AGAIN)
                return
            await asyncio.sleep(pause_s)
            pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)

    def _tell(self, context: JobContext, stage: Stage, error: FilesUnavailableError) -> None:
        log.warning("files_unavailable", job=context.job.id, fault=error.fault, detail=error.detail)
        said = files.STORE_AWAY_BOUGHT if context.job.bought else files.STORE_AWAY
        context.show(stage, progress=context.progress.progress, said=said)
        self._alarms.begin("files", console_files.unavailable(WORDS[error.fault], error.detail))
