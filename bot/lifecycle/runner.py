"""Runs every job as an asyncio task of this process. Services and cleanup only ask it to start one."""

import asyncio
from collections.abc import Iterable
from typing import Final, Protocol

import structlog

from bot.jobs.store import ClaimLostError, JobStore, StaleJobError, UnknownJobError
from bot.lifecycle.held_requests import begin_job
from bot.lifecycle.lifecycle import Lifecycle
from bot.lifecycle.uploads import UploadTracker
from bot.storage.errors import StorageError, StorageUnavailableError
from bot.storage.shielding import AT_ONCE

log: Final = structlog.get_logger(__name__)

_READ_AGAIN_AFTER_S: Final = 5.0

_END_WITHIN_S: Final = 2.0
"""For edits under way when the process stops."""


class SupersededError(Exception):
    """Another process carries this one's jobs on."""


class JobStarter(Protocol):
    """Starts jobs."""

    def start(self, job_id: str, *, message_id: int | None = None) -> bool:
        """Run the job soon, in some process. Returns at once.

        Args:
            job_id: The job.
            message_id: The message of its reply, where that was just learned: its run stores it.

        Returns:
            False while this process stops: the next one runs the job, and knows only what is stored.
        """
        ...


class JobRuns(JobStarter, Protocol):
    """Has jobs run, in this process or in others."""

    superseded: asyncio.Event
    """Set when another process was seen to carry this one's jobs on: this one has to exit."""

    @property
    def running(self) -> int:
        """Number of jobs that this process has in hand."""
        ...

    def restart(self, job_id: str) -> None:
        """Stop the job wherever it is and run it anew from the state in which it is stored."""
        ...

    async def ended(self, job_ids: Iterable[str], *, within_s: float) -> None:
        """Return once none of these jobs runs, or after `within_s` seconds."""
        ...

    async def resume(self) -> int:
        """Start every job that an earlier process left unfinished; returns their number. Raises `StorageError`."""
        ...

    async def close(self, *, grace_s: float) -> None:
        """Stop, to be resumed by the next process. Uploads under way get `grace_s` seconds to end."""
        ...


class JobRunner:
    """Runs every job as a task of this process, and owns those tasks."""

    def __init__(self, lifecycle: Lifecycle, store: JobStore, uploads: UploadTracker, *, owner: str) -> None:
        """Args: `owner` names this process in the claims of its runs."""
        self.superseded = asyncio.Event()
        """Set when another process was seen to carry this one's jobs on: this one has to exit."""
        self._owner = owner
        self._lifecycle = lifecycle
        self._store = store
        self._uploads = uploads
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._again: set[str] = set()
        self._closed = False

    @property
    def running(self) -> int:
        """Number of jobs that run now, those that wait in the queue included."""
        return len(self._tasks)

    @property
    def closed(self) -> bool:
        """True once no more jobs run here."""
        return self._closed

    async def idle(self) -> None:
        """Return once no job runs."""
        while self._tasks:
            await asyncio.wait(self._tasks.values())

    async def ended(self, job_ids: Iterable[str], *, within_s: float) -> None:
        """Return once none of these jobs runs, or after `within_s` seconds."""
        wanted = frozenset(job_ids)
        loop = asyncio.get_running_loop()
        until_s = loop.time() + within_s
        while tasks := [task for job_id, task in self._tasks.items() if job_id in wanted]:
            if loop.time() >= until_s:
                return
            await asyncio.wait(tasks, timeout=until_s - loop.time())

    async def resume(self) -> int:
        """Start every job that an earlier process left unfinished; returns their number. Raises `StorageError`."""
        unfinished = await self._store.unsettled()
        for job in unfinished:
            self._lifecycle.expect(job)
        for job in unfinished:
            self.start(job.id)
        if unfinished:
            log.info("jobs_resumed", jobs=len(unfinished))
        return len(unfinished)

    def start(self, job_id: str, *, message_id: int | None = None) -> bool:
        """Run the job, unless it runs already; as `JobStarter.start`."""
        if self._closed:
            return False
        if job_id in self._tasks:
            return message_id is None
        if message_id is not None:
            self._lifecycle.learn_message(job_id, message_id)
        task = asyncio.create_task(self._carry(job_id), name=f"job-{job_id}")
        self._tasks[job_id] = task
        task.add_done_callback(lambda _: self._ended(job_id))
        return True

    def restart(self, job_id: str) -> None:
        """Stop the job wherever it is and run it anew from the state in which it is stored."""
        task = self._tasks.get(job_id)
        if task is None:
            self.start(job_id)
        else:
            self._again.add(job_id)
            task.cancel()

    async def close(self, *, grace_s: float) -> None:
        """Stop all jobs, to be resumed by the next process. Uploads under way get `grace_s` seconds to end."""
        self._closed = True
        if self._uploads.under_way:
            log.info("waiting_for_uploads", uploads=self._uploads.under_way, longest_s=grace_s)
        if not await self._uploads.close(within_s=grace_s):
            log.warning("uploads_cut_short", uploads=self._uploads.under_way)
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        if not tasks:
            return
        _, slow = await asyncio.wait(tasks, timeout=_END_WITHIN_S)
        for task in slow:
            task.cancel(AT_ONCE)
        if slow:
            await asyncio.wait(slow)

    def _ended(self, job_id: str) -> None:
        self._tasks.pop(job_id, None)
        if job_id in self._again:
            self._again.discard(job_id)
            self.start(job_id)

    async def _carry(self, job_id: str) -> None:
        begin_job()
        try:
            await self._lifecycle.run(job_id)
        except UnknownJobError:
            log.info("job_gone", job=job_id)
        except ClaimLostError as lost:
            # Within one process a newer run goes on; another process means that this one is believed dead.
            log.error("claim_lost", job=job_id, owner=lost.owner)
            if lost.owner != self._owner:
                self.superseded.set()
        except StorageUnavailableError as error:
            log.error("job_not_read", job=job_id, reason=str(error))
            await asyncio.sleep(_READ_AGAIN_AFTER_S)
            self._again.add(job_id)
        except Exception:  # the one place where a bug in a job is kept from the other jobs
            log.exception("job_broke", job=job_id)
            await self._set_aside(job_id)

    async def _set_aside(self, job_id: str) -> None:
        try:
            await self._lifecycle.set_aside(job_id)
        except (StaleJobError, UnknownJobError, StorageError) as error:
            # Its row says what is left to do, and the next start does it.
            log.error("job_not_set_aside", job=job_id, reason=type(error).__name__)
