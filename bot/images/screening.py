"""Optional nudity check of pictures and videos by NudeNet, in a child process (`bot/images/screen.py`)."""

import sys
from collections.abc import Sequence
from enum import StrEnum
from importlib.machinery import PathFinder
from pathlib import Path
from typing import Annotated, Final

import structlog
from pydantic import BaseModel, Field, ValidationError

from bot.children.pool import ChildPool
from bot.children.process import ChildFault, ChildFaultError, ChildSpec

log: Final = structlog.get_logger(__name__)

NOT_INSTALLED: Final = "not_installed"
DIED: Final = "died"
TIMED_OUT: Final = "timed_out"
_WITHIN_S: Final = 90.0
_MEMORY_BYTES: Final = 3 * 1024**3
"""Limit of address space: the detector's libraries and its model take 0.6 GB."""
_NICENESS: Final = 5


class Kind(StrEnum):
    """Kind of files that the child process scores."""

    PICTURES = "pictures"
    VIDEO = "video"


class ScreeningResult(BaseModel):
    """Output of the child process: a score for each picture or frame, or the reason of its failure."""

    scores: list[Annotated[float, Field(ge=0, le=1)]] = []
    fault: str = ""


class ScreeningUnavailableError(Exception):
    """No score: NudeNet is not installed, a file is unusable, or the child process failed."""

    def __init__(self, fault: str) -> None:
        super().__init__(fault)
        self.fault = fault
        """`NOT_INSTALLED`, `DIED`, `TIMED_OUT`, or the child process's reason."""


class Screening:
    """Scores pictures and videos, in one child process at a time.

    Scores go from 0.0 (nothing found) to 1.0 (certainly nude). A check that is switched off scores 0.0.
    """

    def __init__(
        self,
        enabled: bool,  # noqa: FBT001 - it is all that there is to say
        *,
        timeout_s: float = _WITHIN_S,
        extra_paths: Sequence[Path] = (),
    ) -> None:
        """Set the check up.

        Args:
            enabled: The operator's choice.
            timeout_s: Seconds after which a child process is killed.
            extra_paths: Further folders to import NudeNet from, for tests.
        """
        self._enabled = enabled
        self._extra_paths = tuple(extra_paths)
        # One at a time, and each for one task only: the detector never releases its memory.
        self._children = ChildPool(
            ChildSpec("bot.images.screen", _MEMORY_BYTES, _NICENESS, self._extra_paths),
            at_once=1,
            within_s=timeout_s,
            tasks_each=1,
        )

    @property
    def enabled(self) -> bool:
        """True if the operator switched the check on."""
        return self._enabled

    @property
    def available(self) -> bool:
        """True if NudeNet is installed. Importing it, which takes hundreds of megabytes, is avoided."""
        return PathFinder.find_spec("nudenet", [*map(str, self._extra_paths), *sys.path]) is not None

    async def score_pictures(self, paths: Sequence[Path]) -> float:
        """Return the highest score among the pictures. Raises `ScreeningUnavailableError` if one has no score."""
        if not self._enabled or not paths:
            return 0.0
        return max(await self._scores(Kind.PICTURES, paths))

    async def score_video(self, path: Path) -> float:
        """Return the highest score among sampled frames of the video. Raises `ScreeningUnavailableError`."""
        if not self._enabled:
            return 0.0
        return max(await self._scores(Kind.VIDEO, [path]))

    async def _scores(self, kind: Kind, paths: Sequence[Path]) -> list[float]:
        outcome = ScreeningResult(fault=NOT_INSTALLED)
        if self.available:
            outcome = await self._outcome(kind, paths)
        # A picture without a score must not pass as one in which nothing was found.
        expected = len(paths) if kind is Kind.PICTURES else max(1, len(outcome.scores))
        if not outcome.fault and len(outcome.scores) != expected:
            outcome = ScreeningResult(fault=DIED)
        if outcome.fault:
            log.warning("not_screened", kind=kind, fault=outcome.fault)
            raise ScreeningUnavailableError(outcome.fault)
        return outcome.scores

    async def _outcome(self, kind: Kind, paths: Sequence[Path]) -> ScreeningResult:
        """Have a child process score the files."""
        files = [str(path.absolute()) for path in paths]
        try:
            answer = await self._children.ask("", "screen", kind=kind.value, paths=files)
            return ScreeningResult.model_validate(answer)
        except ChildFaultError as error:
            match error.fault:
                case ChildFault.TIMED_OUT:
                    return ScreeningResult(fault=TIMED_OUT)
                case ChildFault.RAISED | ChildFault.OUT_OF_MEMORY:
                    return ScreeningResult(fault=error.detail)
                case ChildFault.DIED | ChildFault.NOT_STARTED:
                    return ScreeningResult(fault=DIED)
        except ValidationError:
            return ScreeningResult(fault=DIED)


def percent(score: float) -> int:
    """Convert a score to a whole number from 0 to 100."""
    return min(100, max(0, round(score * 100)))
