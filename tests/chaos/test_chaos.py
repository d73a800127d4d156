"""Killed at any time, the bot buys nothing twice, loses nothing, and leaves nobody without an end."""

import asyncio
from pathlib import Path

from tests.chaos.chaos_run import ChaosRun, FaultPlan
from tests.chaos.findings import compare, report

NO_FAULTS = FaultPlan()
FAULTS = FaultPlan(api_faults=0.1, discord_faults=0.05, token_lifetime_s=5.0, outage_s=5.0)


async def killed(chaos_run: ChaosRun, kills: int) -> None:
    """Run, then compare what users see with what was bought."""
    await chaos_run.run(kills)
    findings = compare(chaos_run)
    assert findings.clean, report(chaos_run, findings)
    assert findings.kills == kills
    assert findings.delivered > kills / 4


async def test_forty_kills_lose_nothing_and_buy_nothing_twice(tmp_path: Path) -> None:
    folders = [tmp_path / str(number) for number in range(3)]
    for folder in folders:
        folder.mkdir()
    chaos_runs = [
        ChaosRun(folders[0], seed=1, fault_plan=NO_FAULTS, jobs_at_most=60),
        ChaosRun(folders[1], seed=2, fault_plan=NO_FAULTS, jobs_at_most=60),
        ChaosRun(folders[2], seed=3, fault_plan=FAULTS, jobs_at_most=40),
    ]
    async with asyncio.TaskGroup() as group:
        for chaos_run, kills in zip(chaos_runs, (15, 15, 12), strict=True):
            group.create_task(killed(chaos_run, kills))
