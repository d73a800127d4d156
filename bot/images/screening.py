"""The optional look for nudity in pictures and videos, by NudeNet in a child process; see `bot.images.screen`."""

import asyncio
import sys
from collections.abc import Sequence
from enum import StrEnum
from importlib.machinery import PathFinder
from pathlib import Path
from typing import Annotated, Final

import structlog
from pydantic import BaseModel, Field, ValidationError

from bot.images.child import DECODE_TIMEOUT_S, run_decoder

log: Final = structlog.get_logger(__name__)

NOT_INSTALLED: Final = "not_installed"
DIED: Final = "died"
TIMED_OUT: Final = "timed_out"
_AT_ONCE: Final = 1
"""The detector and a decoded picture take hundreds of megabytes, and the machine may be small."""


class Kind(StrEnum):
    """What the child process is to look at."""

    PICTURES = "pictures"
    VIDEO = "video"


class Outcome(BaseModel):
    """What the child process tells: a score for each picture or frame, or a word on what went wrong."""

    scores: list[Annotated[float, Field(ge=0, le=1)]] = []
    fault: str = ""


class ScreeningUnavailableError(Exception):
    """Nothing is known of the pictures or the video: for want of NudeNet, of a usable file, or of luck."""

    def __init__(self, fault: str) -> None:
        super().__init__(fault)
        self.fault = fault
        """`NOT_INSTALLED`, `DIED`, `TIMED_OUT`, or the child's word on what it could not read."""


class Screening:
    """Runs the child processes, one at a time. A score goes from 0.0, nothing found, to 1.0, certainly nude."""

    def __init__(
        self,
        enabled: bool,  # noqa: FBT001 - it is all that there is to say
        *,
        timeout_s: float = DECODE_TIMEOUT_S,
        extra_paths: Sequence[Path] = (),
    ) -> None:
        """`extra_paths` is for tests alone: where else NudeNet may lie."""
        self._enabled = enabled
        self._timeout_s = timeout_s
        self._extra_paths = [str(path) for path in extra_paths]
        self._free = asyncio.Semaphore(_AT_ONCE)

    @property
    def enabled(self) -> bool:
        """Whether the operator wants it."""
        return self._enabled

    @property
    def available(self) -> bool:
        """Whether NudeNet is installed; it is not imported for that."""
        return PathFinder.find_spec("nudenet", [*self._extra_paths, *sys.path]) is not None

    async def score_pictures(self, paths: Sequence[Path]) -> float:
        """The highest score among the pictures. Raises `ScreeningUnavailableError`, too, if one is unreadable."""
        if not self._enabled or not paths:
            return 0.0
        return max(await self._scores(Kind.PICTURES, paths))

    async def score_video(self, path: Path) -> float:
        """The highest score among frames of the video. Raises `ScreeningUnavailableError`."""
        if not self._enabled:
            return 0.0
        return max(await self._scores(Kind.VIDEO, [path]))

    async def _scores(self, kind: Kind, paths: Sequence[Path]) -> list[float]:
        outcome = Outcome(fault=NOT_INSTALLED)
        if self.available:
            async with self._free:
                outcome = await self._outcome(kind, paths)
        expected = len(paths) if kind is Kind.PICTURES else max(1, len(outcome.scores))
        if not outcome.fault and len(outcome.scores) != expected:
            outcome = Outcome(fault=DIED)
        if outcome.fault:
            log.warning("not_screened", kind=kind, fault=outcome.fault)
            raise ScreeningUnavailableError(outcome.fault)
        return outcome.scores

    async def _outcome(self, kind: Kind, paths: Sequence[Path]) -> Outcome:
        """What the child process told."""
        try:
            told = await run_decoder(
                "bot.images.screen",
                kind,
                *(str(path.absolute()) for path in paths),
                timeout_s=self._timeout_s,
                extra_paths=self._extra_paths,
            )
        except TimeoutError:
            return Outcome(fault=TIMED_OUT)
        try:
            return Outcome.model_validate_json(told)
        except ValidationError:
            return Outcome(fault=DIED)


def percent(score: float) -> int:
    """A score as a whole number from 0 to 100."""
    return min(100, max(0, round(score * 100)))
