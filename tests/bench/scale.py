"""Four hundred blows to gateways, workers and their PostgreSQL server: what was bought twice, lost or run twice."""

import logging
import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from tests.bench.figures import Figure
from tests.chaos.scale_findings import IDLE_AT_MOST_S
from tests.chaos.scale_verdict import ScaleVerdict, struck
from tests.postgresql.server import postgresql_server

_RUNS: Final = 4
_BLOWS: Final = 100
"""Of each run."""


async def run(runs: int = _RUNS, blows: int = _BLOWS, first_seed: int = 1) -> list[Figure]:
    """Strike and judge; all that is known of what went wrong is printed."""
    # A killed client resets its connections; the sandbox's servers need not tell of each.
    logging.getLogger("aiohttp.server").setLevel(logging.CRITICAL)
    verdicts: list[ScaleVerdict] = []
    with tempfile.TemporaryDirectory(prefix="stillmotion-scale-") as scratch, postgresql_server() as server:
        for number in range(runs):
            folder = Path(scratch, str(number))
            folder.mkdir()
            began_s = time.monotonic()
            verdict = await struck(folder, server, seed=first_seed + number, blows=blows)
            print(
                f"seed {first_seed + number}, {time.monotonic() - began_s:.0f} s: {verdict.told}", flush=True
            )
            verdicts.append(verdict)
    return _figures(verdicts)


def _figures(verdicts: Sequence[ScaleVerdict]) -> list[Figure]:
    found = [verdict.findings for verdict in verdicts]
    processes = [verdict.processes for verdict in verdicts]
    takeovers_s = [taken_s for one in processes for taken_s in one.takeovers_s]
    two_runners = sum(len(one.two_runners) for one in processes)
    lost = sum(len(one.lost) + len(one.delivered_twice) for one in found)
    unfinished = sum(len(one.unfinished_replies) for one in found)
    endings = sum(len(verdict.record.unexplained_endings) for verdict in verdicts)
    return [
        Figure(
            "scale.kills",
            sum(one.kills for one in found),
            "processes killed or stopped for longer than their heartbeats, and crashes of the server",
            at_least=_RUNS * _BLOWS,
        ),
        Figure(
            "scale.bought_twice",
            sum(len(one.bought_twice) for one in found),
            "requests bought more than once",
            at_most=0,
        ),
        Figure("scale.lost", lost, "bought videos neither seen exactly once nor accounted for", at_most=0),
        Figure("scale.two_runners", two_runners, "requests of a run whose job was taken over", at_most=0),
        Figure(
            "scale.takeover_p95_s",
            statistics.quantiles(takeovers_s, n=20)[-1],
            "from a process's end to the next claim of its jobs",
            at_most=IDLE_AT_MOST_S,
        ),
        Figure(
            "scale.idle_max_s",
            max(one.longest_idle_s for one in processes),
            "longest time in which nothing was done for a job",
            at_most=IDLE_AT_MOST_S,
        ),
        Figure("scale.unfinished_replies", unfinished, "replies left without an end", at_most=0),
        Figure("scale.endings", endings, "processes that ended without a reason", at_most=0),
        Figure("scale.bought", sum(one.bought for one in found), "videos bought"),
        Figure("scale.delivered", sum(one.delivered for one in found), "requests whose video can be seen"),
        Figure("scale.unknown", sum(one.unknown for one in found), "requests told to be of unknown outcome"),
        Figure("scale.laid_aside", sum(one.aside for one in found), "videos told to wait in /jobs"),
    ]
