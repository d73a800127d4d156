"""Waits that the video service asks for where several workers send requests: what one is told holds for all."""

import asyncio
from collections.abc import Generator
from contextlib import contextmanager
from datetime import timedelta
from enum import Enum, auto
from typing import Final

import structlog

from bot.dimilinks import Pace, RequestKind
from bot.jobs.request_holds import RequestHolds
from bot.lifecycle.alarms import SILENCE_S
from bot.storage.change_feed import OwnChanges
from bot.storage.errors import StorageError

log: Final = structlog.get_logger(__name__)

_AGAIN_AFTER_S: Final = 1.0
_NEWS_EVERY: Final = timedelta(seconds=SILENCE_S, minutes=1)
"""Longer than the silence of the process that told, which begins a moment later."""


class _Due(Enum):
    """Change of a hold that is to be written."""

    RAISE = auto()
    RAISE_BY_PROBE = auto()
    END = auto()
    HAND_BACK = auto()


class SharedHolds:
    """Has the rows and this process's pace agree. `run` belongs to one task.

    While the database is away, each process has the holds that it was told of itself, and tries by itself.
    """

    def __init__(self, rows: RequestHolds, pace: Pace) -> None:
        self._rows = rows
        self._pace = pace
        self._due: dict[RequestKind, _Due] = {}
        self._writing: RequestKind | None = None
        self._wanted: set[RequestKind] = set()
        self._is_behind = False
        """True if rows were read whose holds could not be taken over then."""
        self._changes = OwnChanges()
        self._woken = asyncio.Event()
        pace.share_holds(self)

    def raised(self, kind: RequestKind, *, by_probe: bool) -> None:
        """As `HoldSharing.raised`."""
        # What ended before, and is not written yet, was this process's to end.
        replaces = by_probe or self._due.get(kind, _Due.RAISE) is not _Due.RAISE
        self._write_soon(kind, _Due.RAISE_BY_PROBE if replaces else _Due.RAISE)

    def served(self, kind: RequestKind) -> None:
        """As `HoldSharing.served`."""
        self._write_soon(kind, _Due.END)

    def handed_back(self, kind: RequestKind) -> None:
        """As `HoldSharing.handed_back`."""
        self._write_soon(kind, _Due.HAND_BACK)

    def wants_try(self, kind: RequestKind) -> None:
        """As `HoldSharing.wants_try`."""
        self._wanted.add(kind)
        self._woken.set()

    async def claim_news(self, kind: RequestKind) -> bool:
        """Return True if this process has to tell the operator of a hold: no other did, or that was long ago."""
        try:
            return await self._rows.claim_news(kind, _NEWS_EVERY)
        except StorageError as error:
            log.info("hold_news_not_claimed", reason=str(error))
            return False

    async def look_at(self, _kind: str | None) -> None:
        """Have the pace hold back what the rows say. Raises `StorageError`."""
        found = await self._changes.read(self._rows.read)
        self._is_behind = False
        for kind in RequestKind:
            if kind in self._due or kind is self._writing:
                # What is not written yet is newer than the row, which is read again after that.
                self._is_behind = True
                self._woken.set()
                continue
            stored = found.get(kind)
            terms, tries_here = (stored.terms, stored.tries_here) if stored is not None else (None, False)
            self._pace.adopt(kind, terms, tries_here=tries_here)

    async def run(self) -> None:
        """Write what this process is told, and ask if it may try, until cancelled."""
        while True:
            await self._woken.wait()
            self._woken.clear()
            try:
                await self._write()
                await self._ask()
            except StorageError as error:
                log.warning("hold_not_shared", reason=str(error))
                for kind in self._wanted:
                    self._pace.let_try(kind)
                self._wanted.clear()
                await asyncio.sleep(_AGAIN_AFTER_S)
                self._woken.set()

    def _write_soon(self, kind: RequestKind, due: _Due) -> None:
        self._due[kind] = due
        self._changes.note()
        self._woken.set()

    async def _write(self) -> None:
        while self._due:
            kind = next(iter(self._due))
            due = self._due.pop(kind)
            with self._changing(kind):
                try:
                    await self._write_one(kind, due)
                except StorageError:
                    self._due.setdefault(kind, due)
                    raise
            self._is_behind = True
        if self._is_behind:
            await self.look_at(None)

    async def _write_one(self, kind: RequestKind, due: _Due) -> None:
        match due:
            case _Due.RAISE | _Due.RAISE_BY_PROBE:
                terms = self._pace.terms(kind)
                if terms is not None:
                    await self._rows.raise_hold(kind, terms, by_probe=due is _Due.RAISE_BY_PROBE)
            case _Due.END:
                await self._rows.end(kind)
            case _Due.HAND_BACK:
                await self._rows.hand_back(kind)

    async def _ask(self) -> None:
        while self._wanted:
            kind = next(iter(self._wanted))
            if self._pace.waits_to_try(kind):
                with self._changing(kind):
                    taken = await self._rows.take_try(kind)
                    if taken and not self._pace.let_try(kind):
                        self.handed_back(kind)
                if not taken:
                    await self.look_at(kind)
            self._wanted.discard(kind)

    @contextmanager
    def _changing(self, kind: RequestKind) -> Generator[None]:
        """Have a hold keep what is known here until the block ends: what is read meanwhile is older."""
        self._writing = kind
        try:
            yield
        finally:
            self._writing = None
            self._changes.note()
