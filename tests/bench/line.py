"""How the work of ordering the line grows with its length: positions are worked out anew after each change."""

import time
from typing import Final

from bot.jobs.queue.fair_queue import EXACT_PLACES, FairQueue, SlotLimits, Ticket, positions
from tests.bench.figures import Figure

_SHORT: Final = 1000
_LONG: Final = 4000
_GUILDS: Final = (1, 50, 500)


def _line(tickets: int, guilds: int) -> FairQueue:
    line = FairQueue(SlotLimits())
    for number in range(tickets):
        line.add(Ticket(f"job-{number}", number * 7 % (tickets // 4) + 1, number * 11 % guilds + 1, number))
    return line


def _least_s(line: FairQueue, first: int = _LONG) -> float:
    found: list[float] = []
    for _ in range(15):
        began_s = time.process_time()
        positions(line, first=first)
        found.append(time.process_time() - began_s)
    return min(found)


async def run() -> list[Figure]:
    """Order a short and a long line, spread over few and many servers."""
    ratios = [_least_s(_line(_LONG, guilds)) / _least_s(_line(_SHORT, guilds)) for guilds in _GUILDS]
    return [
        Figure(
            "line.growth_ratio",
            max(ratios),
            f"ordering {_LONG} waiting jobs over ordering {_SHORT}; 16 if each start looked at everybody",
            at_most=10,
        ),
        Figure(
            "line.places_ms",
            _least_s(_line(40_000, 50), EXACT_PLACES) * 1000,
            "places of the first 500 of 40,000 waiting jobs, a stall of the event loop",
            at_most=20,
        ),
        Figure(
            "line.order_ms", _least_s(_line(2000, 50)) * 1000, "ordering 2,000 waiting jobs of 500 people"
        ),
    ]
