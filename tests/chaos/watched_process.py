"""`python -m bot`, which also notes in a file which run of which job began which request, in which process.

`python -m tests.chaos.watched_process FILE COMMAND…`. Each line is JSON as `Effect` has it, written before the
first byte of the request leaves, so that no kill hides it.
"""

import dataclasses
import json
import os
import sys
import time
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import aiohttp

from bot.__main__ import main
from bot.jobs.job import Job
from bot.jobs.store import JobStore


@dataclass(frozen=True)
class Effect:
    """A request that a run began, to the video service or to Discord. `at_s` is a UNIX time."""

    at_s: float
    pid: int
    job: str
    claim: int
    method: str
    path: str


def effects_in(file: Path) -> list[Effect]:
    """Notes of all processes."""
    return [Effect(**json.loads(line)) for line in file.read_text("utf-8").splitlines()]


class _Watch:
    """Notes requests of runs. A run is a task; the tasks that it makes inherit what it is."""

    def __init__(self, file: Path) -> None:
        self._descriptor = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        self._run: ContextVar[tuple[str, int] | None] = ContextVar("run", default=None)

    def begin(self) -> None:
        take_claim, open_session = JobStore.take_claim, aiohttp.ClientSession.__init__
        trace = aiohttp.TraceConfig()
        trace.on_request_start.append(self._begin_request)
        # Behind the bot's own traces, which may hold the request back to this very moment.
        trace.on_connection_create_end.append(self._note)
        trace.on_connection_reuseconn.append(self._note)

        async def watched_claim(store: JobStore, *args: Any, **named: Any) -> Job:
            job = await take_claim(store, *args, **named)
            self._run.set((job.id, job.claim))
            return job

        def watched_session(session: aiohttp.ClientSession, *args: Any, **named: Any) -> None:
            traces = named.pop("trace_configs", None) or []
            open_session(session, *args, trace_configs=[*traces, trace], **named)

        JobStore.take_claim = watched_claim
        aiohttp.ClientSession.__init__ = watched_session

    async def _begin_request(
        self,
        _session: aiohttp.ClientSession,
        context: SimpleNamespace,
        began: aiohttp.TraceRequestStartParams,
    ) -> None:
        context.request = (began.method, began.url.path)

    async def _note(self, _session: aiohttp.ClientSession, context: SimpleNamespace, _step: object) -> None:
        run = self._run.get()
        if run is not None:
            effect = Effect(time.time(), os.getpid(), *run, *context.request)
            os.write(self._descriptor, f"{json.dumps(dataclasses.asdict(effect))}\n".encode())


if __name__ == "__main__":
    _Watch(Path(sys.argv.pop(1))).begin()
    main()
