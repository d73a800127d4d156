"""Killed at any time, the bot buys nothing twice, loses nothing, and leaves nobody without an end."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from tests.chaos.chaos_run import ChaosRun
from tests.chaos.fault_plan import FILE_POINTS, FaultPlan
from tests.chaos.findings import compare, report
from tests.postgresql.server import PostgresqlServer

NO_FAULTS = FaultPlan(repeated_events=0.05)
_QUICK_KILLS = 8
ODD_ANSWERS = FaultPlan(repeated_events=0.05, odd_answers=0.05)
FAULTS = FaultPlan(
    api_faults=0.1,
    discord_faults=0.05,
    token_lifetime_s=5.0,
    outage_s=5.0,
    repeated_events=0.05,
    picture_deaths=0.1,
)
ON_A_SERVER = FaultPlan(api_faults=0.1, discord_faults=0.05, repeated_events=0.05, odd_answers=0.05)
PICTURE_DEATHS = FaultPlan(pictures=0.9, picture_deaths=0.25)
LARGE_FILMS = FaultPlan(large_films=True, pictures=0.0)
_REFUSED = "into a picture that the video service accepts."


async def killed(chaos_run: ChaosRun, kills: int) -> int:
    """Run, then compare what users see with what was bought. Returns the number of delivered videos."""
    await chaos_run.run(kills)
    findings = compare(chaos_run)
    assert findings.clean, report(chaos_run, findings)
    assert findings.kills == kills
    return findings.delivered


@pytest.mark.parametrize(
    ("kills", "jobs", "delivered"),
    [
        pytest.param((3, 3, 2), (12, 12, 8), 1, id="8 kills"),
        pytest.param((10, 10, 8), (40, 40, 30), 12, id="28 kills", marks=pytest.mark.slow),
    ],
)
async def test_kills_lose_nothing_and_buy_nothing_twice(
    tmp_path: Path, kills: tuple[int, int, int], jobs: tuple[int, int, int], delivered: int
) -> None:
    folders = [tmp_path / str(number) for number in range(3)]
    for folder in folders:
        folder.mkdir()
    odd_answers = replace(ODD_ANSWERS, day_long_retry_after=sum(kills) > _QUICK_KILLS)
    chaos_runs = [
        ChaosRun(folder, seed=seed, fault_plan=fault_plan, jobs_at_most=at_most)
        for seed, (folder, fault_plan, at_most) in enumerate(
            zip(folders, (NO_FAULTS, odd_answers, FAULTS), jobs, strict=True), start=1
        )
    ]
    async with asyncio.TaskGroup() as group:
        tasks = [
            group.create_task(killed(chaos_run, count))
            for chaos_run, count in zip(chaos_runs, kills, strict=True)
        ]
    # Of all runs together: faults may well befall the only requests of one that are not killed.
    assert sum(task.result() for task in tasks) >= delivered


@pytest.mark.slow
async def test_kills_of_a_bot_whose_database_is_on_a_server_lose_nothing_and_buy_nothing_twice(
    tmp_path: Path, postgresql: PostgresqlServer
) -> None:
    with postgresql.new_database() as name:
        chaos_run = ChaosRun(
            tmp_path,
            seed=6,
            fault_plan=ON_A_SERVER,
            jobs_at_most=40,
            database_url=postgresql.url(name),
        )
        assert await killed(chaos_run, 12) >= 5


@pytest.mark.slow
async def test_children_that_die_cost_nothing_but_their_pictures(tmp_path: Path) -> None:
    chaos_run = ChaosRun(tmp_path, seed=4, fault_plan=PICTURE_DEATHS, jobs_at_most=40)
    assert await killed(chaos_run, 0) >= 5
    assert chaos_run.picture_deaths.count >= 5
    ended = [reply.text for reply in chaos_run.record.replies.values() if "No video this time" in reply.text]
    assert [text for text in ended if _REFUSED not in text] == []
    assert "Traceback" not in chaos_run.log.read_text("utf-8")


@pytest.mark.slow
async def test_kills_while_files_are_made_and_posted_lose_nothing_and_show_nothing_twice(
    tmp_path: Path,
) -> None:
    chaos_run = ChaosRun(tmp_path, seed=5, fault_plan=LARGE_FILMS, jobs_at_most=30)
    assert await killed(chaos_run, 12) >= 10
    assert set(chaos_run.record.kill_points) == set(FILE_POINTS)
    assert chaos_run.record.states["delivering"] >= 6
