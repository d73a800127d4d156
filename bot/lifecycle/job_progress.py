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
    rest_s: float | None = None
    said: Explanation | None = None


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
