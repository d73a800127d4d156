"""Five hundred kills, with and without other faults, and 200 while files are made and posted: what went wrong."""

import asyncio
import logging
import tempfile
from pathlib import Path

from tests.bench.figures import Figure
from tests.chaos.chaos_run import ChaosRun
from tests.chaos.fault_plan import FaultPlan
from tests.chaos.findings import Findings, compare, report

_NO_FAULTS = FaultPlan(repeated_events=0.05)
_ODD_ANSWERS = FaultPlan(repeated_events=0.05, odd_answers=0.05, day_long_retry_after=True)
_FAULTS = FaultPlan(
    api_faults=0.1,
    discord_faults=0.05,
    token_lifetime_s=5.0,
    outage_s=30.0,
    repeated_events=0.05,
    picture_deaths=0.1,
)
_ROUNDS = 5
_KILLS = {_NO_FAULTS: (34,), _ODD_ANSWERS: (33,), _FAULTS: (33,)}
"""Kills of the three runs that a round has at once, a hundred together."""
_JOBS_PER_KILL = 3
_LARGE_FILMS = FaultPlan(large_films=True, pictures=0.0)
_FILE_KILLS = (50, 50, 50, 50)
"""Kills of the runs with files that are compressed or marked, two of them at once."""
_AT_ONCE = 2


async def _one(folder: Path, seed: int, fault_plan: FaultPlan, kills: int) -> Findings:
    folder.mkdir()
    chaos_run = ChaosRun(folder, seed=seed, fault_plan=fault_plan, jobs_at_most=kills * _JOBS_PER_KILL)
    await chaos_run.run(kills)
    findings = compare(chaos_run)
    if not findings.clean:
        print(report(chaos_run, findings))
    return findings


async def run() -> list[Figure]:
    """Kill and compare; all that is known of what went wrong is printed."""
    # A killed client resets its connections; the sandbox's servers need not tell of each.
    logging.getLogger("aiohttp.server").setLevel(logging.CRITICAL)
    results: list[Findings] = []
    with tempfile.TemporaryDirectory(prefix="stillmotion-chaos-") as scratch:
        for number in range(_ROUNDS):
            async with asyncio.TaskGroup() as group:
                tasks = [
                    group.create_task(
                        _one(Path(scratch, f"{number}-{place}"), 100 * number + place, fault_plan, kills)
                    )
                    for place, (fault_plan, kills) in enumerate(
                        (fault_plan, kills) for fault_plan, several in _KILLS.items() for kills in several
                    )
                ]
            results += [task.result() for task in tasks]
        of_files = await _kill_at_files(Path(scratch))
    return [*_figures(results), *_file_figures(of_files)]


async def _kill_at_files(folder: Path) -> list[Findings]:
    found: list[Findings] = []
    for start in range(0, len(_FILE_KILLS), _AT_ONCE):
        async with asyncio.TaskGroup() as group:
            tasks = [
                group.create_task(_one(folder / f"files-{number}", 1000 + number, _LARGE_FILMS, kills))
                for number, kills in enumerate(_FILE_KILLS[start : start + _AT_ONCE], start)
            ]
        found += [task.result() for task in tasks]
    return found


def _file_figures(results: list[Findings]) -> list[Figure]:
    lost = sum(len(one.lost) + len(one.unfinished_replies) for one in results)
    twice = sum(len(one.bought_twice) + len(one.delivered_twice) for one in results)
    return [
        Figure(
            "chaos.file_kills",
            sum(one.kills for one in results),
            "SIGKILLs while a file was made or posted",
            at_least=200,
        ),
        Figure("chaos.file_lost", lost, "videos or endings that were lost by them", at_most=0),
        Figure("chaos.file_twice", twice, "videos bought or shown twice by them", at_most=0),
    ]


def _figures(results: list[Findings]) -> list[Figure]:
    total = {
        "kills": sum(findings.kills for findings in results),
        "bought_twice": sum(len(findings.bought_twice) for findings in results),
        "lost": sum(len(findings.lost) + len(findings.delivered_twice) for findings in results),
        "unfinished_replies": sum(len(findings.unfinished_replies) for findings in results),
        "bought": sum(findings.bought for findings in results),
        "delivered": sum(findings.delivered for findings in results),
        "unknown": sum(findings.unknown for findings in results),
        "aside": sum(findings.aside for findings in results),
    }
    return [
        Figure("chaos.kills", total["kills"], "SIGKILLs, a third of them among other faults", at_least=500),
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
