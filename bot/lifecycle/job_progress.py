"""Progress and running time of a job, as its card shows them."""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime
from typing import Self

from bot.jobs.cards import Stage
from bot.texts.explanations import Explanation


@dataclass(frozen=True)
class JobProgress:
    """Visible state of a running job at present."""

    stage: Stage = Stage.QUEUED
    progress: int = 0
    ends_s: float | None = None
    """Estimated end by the event loop's clock."""
    said: Explanation | None = None

    @classmethod
    def ending_in(cls, rest_s: float | None, stage: Stage, progress: int, said: Explanation | None) -> Self:
        """Progress with an end that is estimated in `rest_s` seconds from now, or unknown."""
        ends_s = None if rest_s is None else asyncio.get_running_loop().time() + rest_s
        return cls(stage, progress, ends_s, said)

    @property
    def rest_s(self) -> float | None:
        """Seconds until the estimated end, below zero once it has passed."""
        return None if self.ends_s is None else self.ends_s - asyncio.get_running_loop().time()


@dataclass(frozen=True)
class Stopwatch:
    """Seconds since a moment of the wall clock, which is asked once: a clock that jumps changes nothing."""

    behind_s: float
    began_s: float = field(default_factory=lambda: asyncio.get_running_loop().time())

    @classmethod
    def since(cls, moment: datetime, now: datetime) -> Self:
        """Begin at `moment`; one that lies ahead counts as now."""
        return cls(max(0.0, (now - moment).total_seconds()))

    @property
    def elapsed_s(self) -> float:
        """Seconds since then."""
        return self.behind_s + asyncio.get_running_loop().time() - self.began_s
