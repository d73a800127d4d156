"""What a gateway has entered into the queue of runs."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from bot.jobs.run_rows import RunRows
from bot.lifecycle.dispatch import JobDispatcher
from bot.storage.opening import open_database
from bot.storage.postgresql_queue import PostgresqlRunQueue
from tests.postgresql.server import PostgresqlServer


class _WatchedQueue(PostgresqlRunQueue):
    """A queue that notes what is entered, and has a job change right after it was entered first."""

    dispatcher: JobDispatcher

    async def put(self, job_ids: Sequence[str]) -> frozenset[str]:
        entered = await super().put(job_ids)
        self.noted.append(list(job_ids))
        if len(self.noted) == 1:
            self.dispatcher.start("job")
        else:
            self.again.set()
        return entered

    def watch(self, dispatcher: JobDispatcher) -> None:
        self.dispatcher, self.noted, self.again = dispatcher, list[list[str]](), asyncio.Event()


async def test_a_job_that_changes_while_it_is_entered_is_entered_again(
    postgresql: PostgresqlServer, tmp_path: Path
) -> None:
    with postgresql.new_database() as name:
        queue = _WatchedQueue(postgresql.address(name))
        async with open_database(postgresql.url(name), tmp_path) as database:
            await queue.install()
            dispatcher = JobDispatcher(RunRows(database), queue)
            queue.watch(dispatcher)
            dispatcher.start("job")
            running = asyncio.create_task(dispatcher.run())
            async with asyncio.timeout(60):
                await queue.again.wait()
            running.cancel()
            await asyncio.wait([running])
        await queue.close()
    assert queue.noted[:2] == [["job"], ["job"]]
