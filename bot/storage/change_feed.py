"""Changes of rows that other processes keep in memory, so that each of them reads those rows again.

Caches are for speed: the rows are the truth. A transaction that changes a row names it (`Database.announce`), and
with its commit every process that shares the database hears of it. Where one process alone writes there is none of
this.
"""

import asyncio
import math
from collections.abc import Awaitable, Callable
from enum import StrEnum
from typing import Final, Protocol, TypeAlias, TypeVar

import structlog

from bot.boot_clock import since_boot_s
from bot.storage.errors import StorageError

log: Final = structlog.get_logger(__name__)

_Read = TypeVar("_Read")
_AGAIN_AFTER_S: Final = 1.0
_CURRENT_FOR_S: Final = 12.0
"""Seconds after the server's last answer to the listener, which asks every few seconds."""


class ChangeKind(StrEnum):
    """Kind of a changed row. Processes send the values to each other, during an update also of two versions."""

    RULES = "rules"
    """A server's rules; the key is its id."""
    MEMBER = "member"
    """A user's record in a server; the key is the ids of both, with a colon between them.

    Without the user's it is all of that server.
    """
    WORDS = "words"
    """A list of words; the key is the id of its server."""
    JOB = "job"
    """A job that runs in another process; the key is its id."""
    SLOT = "slot"
    """A slot that was given to a job of another process; the key is the job's id."""
    HOLD = "hold"
    """A kind of request to the video service that is held back; the key is the kind."""
    PREFERENCES = "preferences"
    """A user's defaults; the key is their id."""


Reload: TypeAlias = Callable[[str | None], Awaitable[None]]
"""Reads again what a key names, or with None everything of its kind. Raises `StorageError`; then it is repeated."""


class OwnChanges:
    """Counts what this process changed in a cache, so that older rows are not put in the place of that."""

    def __init__(self) -> None:
        self._count = 0

    def note(self) -> None:
        """Count a change."""
        self._count += 1

    async def read(self, reading: Callable[[], Awaitable[_Read]]) -> _Read:
        """Return what a function reads while this process changes nothing: it is called again until then."""
        while True:
            count, found = self._count, await reading()
            if count == self._count:
                return found


class ChangeListener(Protocol):
    """Hears of other processes' changes."""

    async def run(self, feed: "ChangeFeed") -> None:
        """Tell a feed of changes until cancelled, whatever becomes of the connection."""
        ...


class ChangeFeed:
    """Has what this process keeps in memory follow the rows that were changed, one after the other.

    `register` comes before `run`. A reload that takes long delays those behind it.
    """

    def __init__(self) -> None:
        self._reloads: dict[ChangeKind, Reload] = {}
        self._due: dict[tuple[ChangeKind, str | None], None] = {}
        self._woken = asyncio.Event()
        self._heard_at_s = -math.inf

    def register(self, kind: ChangeKind, reload: Reload) -> None:
        """Have a function called for each change of a kind: in every process, also in the one that made it."""
        self._reloads[kind] = reload

    @property
    def is_current(self) -> bool:
        """True if what others commit is heard, so that what is in memory is old by moments at most."""
        fresh = since_boot_s() - self._heard_at_s < _CURRENT_FOR_S
        return fresh and not any(key is None for _, key in self._due)

    def changed(self, kind: ChangeKind, key: str) -> None:
        """Note that a row was changed. Does not wait."""
        if kind in self._reloads:
            self._due[kind, key] = None
            self._woken.set()

    def answered(self) -> None:
        """Note that the server answers the listener: nothing has been missed since it began to listen."""
        self._heard_at_s = since_boot_s()

    def began(self) -> None:
        """Note that a listener listens from now on: what was changed before may have been missed."""
        self._due = dict.fromkeys((kind, None) for kind in self._reloads)
        self._woken.set()
        self.answered()

    def ended(self) -> None:
        """Note that nobody listens any more."""
        self._heard_at_s = -math.inf

    async def run(self, listener: ChangeListener) -> None:
        """Listen, and read again what was changed, until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(listener.run(self), name="change-listener")
            group.create_task(self._follow(), name="change-feed")

    async def _follow(self) -> None:
        failing = False
        while True:
            await self._woken.wait()
            self._woken.clear()
            while self._due:
                kind, key = next(iter(self._due))
                # Taken out first: a change during the reload has to be followed by another one.
                del self._due[kind, key]
                try:
                    await self._reloads[kind](key)
                    failing = False
                except StorageError as error:
                    self._due[kind, key] = None
                    if not failing:
                        log.warning("changes_not_read", kind=kind.value, error=type(error).__name__)
                    failing = True
                    await asyncio.sleep(_AGAIN_AFTER_S)
