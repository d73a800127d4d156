"""Optional check of pictures and videos for nudity, by a detector in a child process (`bot/images/screen.py`)."""

import asyncio
import hashlib
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Annotated, Final, Self

import structlog
from pydantic import BaseModel, Field, ValidationError

from bot.children.pool import ChildPool
from bot.children.process import ChildFault, ChildFaultError, ChildSpec
from bot.images.detectors import DetectorName, Kind

log: Final = structlog.get_logger(__name__)

DIED: Final = "died"
TIMED_OUT: Final = "timed_out"
_WITHIN_S: Final = 20.0
"""Ten times what a detector takes for a video (README, *Image check*); meanwhile other requests wait for theirs."""
_MEMORY_BYTES: Final = 3 * 1024**3
"""Limit of address space: a detector's libraries and its model take 0.6 GB."""
_REMEMBERED: Final = 4_096
"""Files whose scores are remembered, at about 200 bytes each."""


class ScreeningResult(BaseModel):
    """Output of the child process: a score for each picture or frame, or the reason of its failure."""

    scores: list[Annotated[float, Field(ge=0, le=1)]] = []
    fault: str = ""


class ScreeningUnavailableError(Exception):
    """No score: the detector is not installed, a file is unusable, or the child process failed."""

    def __init__(self, fault: str) -> None:
        super().__init__(fault)
        self.fault = fault
        """`NOT_INSTALLED`, `DIED`, `TIMED_OUT`, or the child process's reason."""


class Screening:
    """Scores pictures and videos, in one child process at a time. An async context manager: leaving it ends that.

    Scores go from 0.0 (nothing found) to 1.0 (certainly nude). A check that is switched off scores 0.0. A file is
    scored once, also for other jobs and under other names: scores are remembered by a hash of the contents.
    """

    def __init__(
        self,
        detector: DetectorName | None,
        *,
        timeout_s: float = _WITHIN_S,
        import_paths: Sequence[Path] = (),
    ) -> None:
        """Set the check up.

        Args:
            detector: The detector that scores; None for a check that is switched off.
            timeout_s: Seconds after which a child process is killed.
            import_paths: Further folders to import the detector from, for tests.
        """
        self._detector = detector
        # One at a time, and each for one task only: detectors never release their memory.
        self._children = ChildPool(
            ChildSpec("bot.images.screen", _MEMORY_BYTES, import_paths=tuple(import_paths)),
            at_once=1,
            within_s=timeout_s,
            tasks_each=1,
        )
        self._turn = asyncio.Lock()
        self._known: dict[bytes, float] = {}
        """Scores by digests of files, the one that was used last at the end."""

    async def __aenter__(self) -> Self:
        await self._children.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._children.__aexit__(kind, error, trace)

    @property
    def enabled(self) -> bool:
        """True if there is a detector."""
        return self._detector is not None

    async def score_pictures(self, paths: Sequence[Path]) -> float:
        """Return the highest score among the pictures. Raises `ScreeningUnavailableError` if one has no score."""
        if self._detector is None or not paths:
            return 0.0
        return await self._highest(self._detector, Kind.PICTURES, paths)

    async def score_video(self, path: Path) -> float:
        """Return the highest score among sampled frames of the video. Raises `ScreeningUnavailableError`."""
        if self._detector is None:
            return 0.0
        return await self._highest(self._detector, Kind.VIDEO, [path])

    async def _highest(self, detector: DetectorName, kind: Kind, paths: Sequence[Path]) -> float:
        try:
            files = await asyncio.to_thread(_by_digest, paths)
        except OSError as error:
            raise _unavailable(kind, type(error).__name__) from None
        # Whoever waits for the same file finds its score afterwards.
        async with self._turn:
            found = {digest: self._known[digest] for digest in files if digest in self._known}
            unknown = {digest: path for digest, path in files.items() if digest not in found}
            if unknown:
                scores = await self._scores(detector, kind, list(unknown.values()))
                found |= zip(unknown, scores, strict=True)
            self._remember(found)
        return max(found.values())

    def _remember(self, scores: dict[bytes, float]) -> None:
        for digest, score in scores.items():
            self._known.pop(digest, None)
            self._known[digest] = score
        while len(self._known) > _REMEMBERED:
            del self._known[next(iter(self._known))]

    async def _scores(self, detector: DetectorName, kind: Kind, paths: Sequence[Path]) -> list[float]:
        """Return a score for each file: of a video the highest one among its frames."""
        outcome = await self._outcome(detector, kind, paths)
        # A picture without a score must not pass as one in which nothing was found.
        expected = len(paths) if kind is Kind.PICTURES else max(1, len(outcome.scores))
        if not outcome.fault and len(outcome.scores) != expected:
            outcome = ScreeningResult(fault=DIED)
        if outcome.fault:
            raise _unavailable(kind, outcome.fault)
        return outcome.scores if kind is Kind.PICTURES else [max(outcome.scores)]

    async def _outcome(self, detector: DetectorName, kind: Kind, paths: Sequence[Path]) -> ScreeningResult:
        """Have a child process score the files."""
        files = [str(path.absolute()) for path in paths]
        try:
            answer = await self._children.ask(
                "", "screen", detector=detector.value, kind=kind.value, paths=files
            )
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


def _unavailable(kind: Kind, fault: str) -> ScreeningUnavailableError:
    log.warning("not_screened", kind=kind, fault=fault)
    return ScreeningUnavailableError(fault)


def _by_digest(paths: Sequence[Path]) -> dict[bytes, Path]:
    """Return the files by hashes of their contents. Blocks; raises `OSError`."""
    found: dict[bytes, Path] = {}
    for path in paths:
        with path.open("rb") as file:
            found[hashlib.file_digest(file, "sha256").digest()] = path
    return found


def percent(score: float) -> int:
    """Convert a score to a whole number from 0 to 100."""
    return min(100, max(0, round(score * 100)))
