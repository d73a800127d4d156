"""Requests that wait for their turn, and a record of when each was sent."""

import asyncio
from dataclasses import dataclass, field

from bot.dimilinks import Pace, RequestKind
from bot.dimilinks.pace import Turn


def now_s() -> float:
    return asyncio.get_running_loop().time()


@dataclass
class PacedRequests:
    """Requests that start when a test says, with the order and the times in which they were sent."""

    pace: Pace
    sent: list[tuple[str, float]] = field(default_factory=list[tuple[str, float]])
    turns: dict[str, Turn] = field(default_factory=dict[str, Turn])
    began_s: float = field(default_factory=now_s)

    async def request(self, name: str, kind: RequestKind = RequestKind.POLL) -> None:
        turn = await self.pace.turn(kind)
        self.sent.append((name, now_s() - self.began_s))
        self.turns[name] = turn

    def start(self, name: str, kind: RequestKind = RequestKind.POLL) -> asyncio.Task[None]:
        return asyncio.create_task(self.request(name, kind), name=name)

    @property
    def names(self) -> list[str]:
        return [name for name, _ in self.sent]

    @property
    def times_s(self) -> list[float]:
        return [at_s for _, at_s in self.sent]
