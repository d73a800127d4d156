"""Jobs that wait at the breaker as the submit step does."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from bot.jobs.submission_pause import PauseReason
from bot.lifecycle.pauses import ProbeIntervals
from bot.lifecycle.submission_breaker import SubmissionBreaker
from tests.dimilinks.virtual_time import SLACK_S

PACE = ProbeIntervals(first_s=1.0, longest_s=4.0)
_LONGEST_S = 60.0
"""Longer than this nobody waits who passes at all."""


async def until_open(breaker: SubmissionBreaker, job_id: str) -> None:
    """Return when the job may be submitted."""
    while breaker.must_wait(job_id):
        await breaker.wait_for_change(job_id)


async def never_pointless(_closure: PauseReason) -> bool:
    return False


@dataclass
class Crowd:
    """Jobs before a breaker: who passed, and when, in seconds since the crowd came together."""

    is_pointless: Callable[[PauseReason], Awaitable[bool]] = never_pointless
    told: list[PauseReason | None] = field(default_factory=list[PauseReason | None])
    passed: list[tuple[str, float]] = field(default_factory=list[tuple[str, float]])
    tasks: dict[str, asyncio.Task[None]] = field(default_factory=dict[str, asyncio.Task[None]])

    def __post_init__(self) -> None:
        self.breaker = SubmissionBreaker(PACE, self.told.append, self.is_pointless)
        self.began_s = asyncio.get_running_loop().time()

    async def come(self, *job_ids: str) -> None:
        for job_id in job_ids:
            self.tasks[job_id] = asyncio.create_task(self._pass(job_id))
        await asyncio.sleep(SLACK_S)

    async def _pass(self, job_id: str) -> None:
        await until_open(self.breaker, job_id)
        self.passed.append((job_id, asyncio.get_running_loop().time() - self.began_s))

    @property
    def names(self) -> list[str]:
        return [name for name, _ in self.passed]

    @property
    def times_s(self) -> list[float]:
        return [at_s for _, at_s in self.passed]

    async def until_next(self) -> str:
        """Return whoever passes next. Raises `TimeoutError` where nobody does."""
        before = len(self.passed)
        async with asyncio.timeout(_LONGEST_S):
            while len(self.passed) == before:  # noqa: ASYNC110 - plain records, and virtual time
                await asyncio.sleep(SLACK_S)
        return self.names[-1]

    async def leave(self) -> None:
        for task in self.tasks.values():
            task.cancel()
        await asyncio.gather(*self.tasks.values(), return_exceptions=True)
