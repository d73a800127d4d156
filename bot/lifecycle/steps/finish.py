"""Parts of the step between a whole video on the disk and its post: what is shown, and what is noted."""

import asyncio
from typing import Final

from bot.delivery.final_post import Attempt
from bot.delivery.routes import Route
from bot.jobs.cards import Stage
from bot.lifecycle.context import JobContext

_SHOWN_AFTER_S: Final = 1.0
_PERCENT: Final = 100


class FinishProgress:
    """Shows how far the file is that is going to be posted, once that takes a while."""

    def __init__(self, context: JobContext) -> None:
        self._context = context
        self._began_s = asyncio.get_running_loop().time()

    def show(self, share: float) -> None:
        """Show the share that is done, from 0 to 1. Never waits."""
        if asyncio.get_running_loop().time() - self._began_s >= _SHOWN_AFTER_S:
            self._context.show(Stage.FINISHING, progress=int(share * _PERCENT))


def attempt_of(context: JobContext) -> Attempt:
    """Return the attempt that stands in the job's row, or else the first one."""
    return context.job.attempt or Attempt(Route.TOKEN, context.now())
