"""What became of callbacks, the first answers to interactions, as this process saw it.

discord.py repeats a callback that failed, and Discord answers a second one by 40060, "already acknowledged". That
is our own first try only if this process saw one fail; otherwise another process has the interaction.
"""

import re
from collections import deque
from collections.abc import Callable
from http import HTTPStatus
from types import SimpleNamespace
from typing import Final, Protocol, runtime_checkable

import aiohttp

_CALLBACK: Final = re.compile(r"/interactions/(?P<id>[0-9]+)/[^/]+/callback")
_REMEMBERED: Final = 1000


class CallbackWatch:
    """Remembers whose callbacks failed without a clear refusal. `taken_elsewhere` is called for foreign ones."""

    def __init__(self) -> None:
        self.taken_elsewhere: Callable[[], None] = _nothing
        self._failed: deque[int] = deque(maxlen=_REMEMBERED)

    def own_try_failed(self, interaction_id: int) -> bool:
        """Return True if an earlier try of this process may have arrived."""
        return interaction_id in self._failed

    def watch(self, trace: aiohttp.TraceConfig) -> None:
        """Look at every request of the sessions that have this trace."""
        trace.on_request_end.append(self._ended)
        trace.on_request_exception.append(self._broke)

    async def _ended(
        self, _session: aiohttp.ClientSession, _context: SimpleNamespace, end: aiohttp.TraceRequestEndParams
    ) -> None:
        if end.response.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            self._note(end.url.path)

    async def _broke(
        self,
        _session: aiohttp.ClientSession,
        _context: SimpleNamespace,
        error: aiohttp.TraceRequestExceptionParams,
    ) -> None:
        self._note(error.url.path)

    def _note(self, path: str) -> None:
        found = _CALLBACK.search(path)
        if found is not None:
            self._failed.append(int(found["id"]))


@runtime_checkable
class WatchesCallbacks(Protocol):
    """A client that knows what became of its callbacks."""

    callbacks: CallbackWatch


def _nothing() -> None:
    """Nobody wants to know."""
