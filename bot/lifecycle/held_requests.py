"""Holds requests of jobs back while another process may have taken the jobs over, because this one stood still.

A process that sleeps between a commit and the request that follows from it wakes up and sends: it would buy what
its successor told to be in doubt, take the place of what that one shows, or show what was hidden since. So the last
look is right before the first byte leaves, and again before each piece of a body.
"""

import asyncio
from collections.abc import Callable
from contextvars import ContextVar
from types import SimpleNamespace
from typing import Final

import aiohttp
from aiohttp import hdrs

_LOOK_AGAIN_S: Final = 0.1
_READING: Final = frozenset({hdrs.METH_GET, hdrs.METH_HEAD})

_is_of_job: Final[ContextVar[bool]] = ContextVar("is_of_job", default=False)


def begin_job() -> None:
    """Note that what the current task, and tasks that it makes, send is of a job."""
    _is_of_job.set(True)


def hold_requests(trace: aiohttp.TraceConfig, may_send: Callable[[], bool]) -> None:
    """Have what jobs send through a session wait while `may_send()` is False.

    Reading changes nothing, and does not wait. The deadlines of a request hold meanwhile.
    """

    async def began(
        _session: aiohttp.ClientSession, context: SimpleNamespace, start: aiohttp.TraceRequestStartParams
    ) -> None:
        context.changes_something = start.method not in _READING

    async def leaving(_session: aiohttp.ClientSession, context: SimpleNamespace, _step: object) -> None:
        if context.changes_something and _is_of_job.get():
            while not may_send():  # noqa: ASYNC110 - what it asks rings no bell
                await asyncio.sleep(_LOOK_AGAIN_S)

    trace.on_request_start.append(began)
    # With one of these two aiohttp has a connection, and writes to it at once.
    trace.on_connection_create_end.append(leaving)
    trace.on_connection_reuseconn.append(leaving)
    trace.on_request_chunk_sent.append(leaving)
