"""Killed at any moment, the bot buys nothing twice, loses nothing, and leaves nobody without an end."""

import asyncio
from pathlib import Path

from tests.chaos.universe import Universe, Weather
from tests.chaos.verdict import judge, report

FAIR = Weather()
FOUL = Weather(api_faults=0.1, discord_faults=0.05, token_lifetime_s=5.0, outage_s=5.0)


async def killed(universe: Universe, kills: int) -> None:
    """Run a universe and hear the verdict on it."""
    await universe.run(kills)
    verdict = judge(universe)
    assert verdict.innocent, report(universe, verdict)
    assert verdict.kills == kills
    assert verdict.delivered > kills / 4


async def test_forty_kills_lose_nothing_and_buy_nothing_twice(tmp_path: Path) -> None:
    folders = [tmp_path / str(number) for number in range(3)]
    for folder in folders:
        folder.mkdir()
    universes = [
        Universe(folders[0], seed=1, weather=FAIR, jobs_at_most=60),
        Universe(folders[1], seed=2, weather=FAIR, jobs_at_most=60),
        Universe(folders[2], seed=3, weather=FOUL, jobs_at_most=40),
    ]
    async with asyncio.TaskGroup() as group:
        for universe, kills in zip(universes, (15, 15, 12), strict=True):
            group.create_task(killed(universe, kills))
