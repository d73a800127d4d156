"""The bot as `python -m bot run`, which also tells what can be seen only from within.

`python -m tests.bench.instrumented_bot` reads its settings from the environment and runs until SIGTERM. At each
SIGUSR1 it prints a `Reading` as one line of JSON.
"""

import asyncio
import dataclasses
import json
import signal
import time
from dataclasses import dataclass

from bot import logs
from bot.app import App, open_app
from bot.interpreter import freeze_startup_objects, let_threads_in
from bot.settings import load
from tests.bench.measuring import StallWatch, rss_kib


@dataclass(frozen=True)
class Reading:
    """Memory now, and what happened since the reading before: CPU of all threads, commits, the longest stall."""

    rss_kib: int
    cpu_s: float
    commits: int
    stall_ms: float


class Reporter:
    """Takes readings of an app in this process."""

    def __init__(self, app: App, stalls: StallWatch) -> None:
        self._app = app
        self._stalls = stalls
        self._cpu_s = 0.0
        self._commits = 0

    def tell(self) -> None:
        """Print a reading and begin the next."""
        cpu_s, commits = time.process_time(), self._app.database.commits
        reading = Reading(
            rss_kib(), cpu_s - self._cpu_s, commits - self._commits, self._stalls.longest_s * 1000
        )
        print(json.dumps(dataclasses.asdict(reading)), flush=True)
        self._cpu_s, self._commits = cpu_s, commits
        self._stalls.longest_s = 0.0


async def run() -> None:
    """Run with the waits and paces of production until SIGTERM, then stop cleanly."""
    settings = load(env_file=None)
    logs.configure(settings.log_format, settings.log_level, settings.secrets)
    loop = asyncio.get_running_loop()
    stopping = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, stopping.set)
    async with StallWatch() as stalls, open_app(settings) as app:
        freeze_startup_objects()
        let_threads_in()
        loop.add_signal_handler(signal.SIGUSR1, Reporter(app, stalls).tell)
        running = asyncio.create_task(app.run(), name="bot")
        asked = asyncio.create_task(stopping.wait(), name="stop-signal")
        await asyncio.wait([running, asked], return_when=asyncio.FIRST_COMPLETED)
        asked.cancel()
        await app.stop()
        await running


if __name__ == "__main__":
    asyncio.run(run())
