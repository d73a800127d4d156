"""Counted starts of steps that work on bytes here, so that no input can kill the bot for ever.

Only a process that dies leaves a count behind. A job found with one may be the reason, so such jobs go through
their step one at a time; one found with two is the reason, or as good as that.
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Final

from bot.lifecycle.context import JobContext

MOST_DEATHS: Final = 2


class StartedTooOftenError(Exception):
    """The bot died twice while it worked on this job's bytes."""


class CountedStarts:
    """Counts the starts of all jobs of this process."""

    def __init__(self) -> None:
        self._one_suspect = asyncio.Lock()

    @asynccontextmanager
    async def counted(self, context: JobContext) -> AsyncGenerator[None]:
        """Surround work on bytes. Its start stays counted until the work has ended, well or badly.

        Raises:
            StartedTooOftenError: The start would be the third, after two deaths.
        """
        deaths = context.job.starts
        if deaths >= MOST_DEATHS:
            raise StartedTooOftenError(context.job.id)
        async with AsyncExitStack() as alone:
            if deaths:
                await alone.enter_async_context(self._one_suspect)
            try:
                # Within: a stop that comes meanwhile is raised when the count is stored.
                await context.count_start(deaths + 1)
                yield
            except BaseException:
                # An error or a clean stop is no death.
                await context.take_back_start(deaths)
                raise
            context.note(starts=0)
