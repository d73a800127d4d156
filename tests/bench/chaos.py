"""Five hundred kills in fair and foul weather: bought twice, lost, left without an end."""

import asyncio
import logging
import tempfile
from pathlib import Path

from tests.bench.figures import Figure
from tests.chaos.universe import Universe, Weather
from tests.chaos.verdict import Verdict, judge, report

_FAIR = Weather()
_FOUL = Weather(api_faults=0.1, discord_faults=0.05, token_lifetime_s=5.0, outage_s=30.0)
_ROUNDS = 5
_KILLS = {_FAIR: (34, 33), _FOUL: (33,)}
"""Three universes at once in each round, a hundred kills together."""
_JOBS_PER_KILL = 3


async def _one(folder: Path, seed: int, weather: Weather, kills: int) -> Verdict:
    folder.mkdir()
    universe = Universe(folder, seed=seed, weather=weather, jobs_at_most=kills * _JOBS_PER_KILL)
    await universe.run(kills)
    verdict = judge(universe)
    if not verdict.innocent:
        print(report(universe, verdict))
    return verdict


async def run() -> list[Figure]:
    """Kill and judge; what went wrong is printed with all that is known of it."""
    # A killed client resets its connections; the sandbox's servers need not tell of each.
    logging.getLogger("aiohttp.server").setLevel(logging.CRITICAL)
    verdicts: list[Verdict] = []
    with tempfile.TemporaryDirectory(prefix="stillmotion-chaos-") as scratch:
        for number in range(_ROUNDS):
            async with asyncio.TaskGroup() as group:
                tasks = [
                    group.create_task(
                        _one(Path(scratch, f"{number}-{place}"), 100 * number + place, weather, kills)
                    )
                    for place, (weather, kills) in enumerate(
                        (weather, kills) for weather, several in _KILLS.items() for kills in several
                    )
                ]
            verdicts += [task.result() for task in tasks]
    total = {
        "kills": sum(verdict.kills for verdict in verdicts),
        "bought_twice": sum(len(verdict.bought_twice) for verdict in verdicts),
        "lost": sum(len(verdict.lost) + len(verdict.delivered_twice) for verdict in verdicts),
        "unfinished_replies": sum(len(verdict.unfinished_replies) for verdict in verdicts),
        "bought": sum(verdict.bought for verdict in verdicts),
        "delivered": sum(verdict.delivered for verdict in verdicts),
        "unknown": sum(verdict.unknown for verdict in verdicts),
        "aside": sum(verdict.aside for verdict in verdicts),
    }
    return [
        Figure(
            "chaos.kills", total["kills"], "SIGKILLs, two thirds in fair weather, one in foul", at_least=500
        ),
        Figure("chaos.bought_twice", total["bought_twice"], "requests bought more than once", at_most=0),
        Figure(
            "chaos.lost",
            total["lost"],
            "bought videos neither seen exactly once nor accounted for",
            at_most=0,
        ),
        Figure(
            "chaos.unfinished_replies", total["unfinished_replies"], "replies left without an end", at_most=0
        ),
        Figure("chaos.bought", total["bought"], "videos bought"),
        Figure("chaos.delivered", total["delivered"], "requests whose video can be seen"),
        Figure("chaos.unknown", total["unknown"], "requests told to be of unknown outcome"),
        Figure("chaos.laid_aside", total["aside"], "videos told to wait in /jobs, delivery being in doubt"),
    ]
