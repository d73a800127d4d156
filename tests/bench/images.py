"""Seven 9.9 MB JPEGs from a local CDN into the submission: ours, the naive way, and the floor under both.

Beside them ten files of nothing but headers, and conversions of every kind of picture that is made anew.
"""

import asyncio
import contextlib
import json
import statistics
import sys
import tempfile
from asyncio.subprocess import PIPE
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.bench.conversions import convert_figure, noise_jpeg, with_private_parts
from tests.bench.figures import Figure
from tests.bench.measuring import Cost
from tests.bench.transfers import PICTURES, Ports
from tests.images.corpus.bombs import bombs

LARGE_BYTES = 9_900_000
_ROUNDS = 9
_TIMEOUT_S = 300.0


def _draw(folder: Path) -> int:
    """Make seven large pictures, seven small ones, both also with what cameras write beside them, and ten bombs.

    Returns:
        The size of a large picture in bytes.
    """
    folder.mkdir()
    for number in range(PICTURES):
        for name, content in (("large", noise_jpeg(LARGE_BYTES)), ("small", noise_jpeg(20_000))):
            (folder / f"{name}{number}.jpg").write_bytes(content)
            (folder / f"{name}-private{number}.jpg").write_bytes(with_private_parts(content))
    for number, bomb in enumerate(bombs()):
        (folder / f"bomb{number}").write_bytes(bomb.content)
    return (folder / "large0.jpg").stat().st_size


@asynccontextmanager
async def _services(folder: Path) -> AsyncGenerator[Ports]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.bench.services", str(folder), stdout=PIPE
    )
    try:
        if process.stdout is None:
            raise RuntimeError("no pipe to the services")
        yield Ports(*map(int, (await process.stdout.readline()).split()))
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        await process.wait()


async def _measured(transfer: str, ports: Ports, folder: Path) -> Cost:
    process = await asyncio.create_subprocess_exec(
        *(
            sys.executable,
            "-m",
            "tests.bench.transfers",
            transfer,
            str(ports.cdn),
            str(ports.api),
            str(folder),
        ),
        stdout=PIPE,
    )
    async with asyncio.timeout(_TIMEOUT_S):
        out, _ = await process.communicate()
    if process.returncode != 0:
        raise RuntimeError(f"the transfer {transfer} failed")
    return Cost(**json.loads(out))


async def run() -> list[Figure]:
    """Measure all transfers in turns, so that a busy moment of the machine strikes all of them."""
    costs: dict[str, list[Cost]] = {
        name: [] for name in ("floor", "naive", "ours", "stripped", "ours8", "hostile")
    }
    with tempfile.TemporaryDirectory(prefix="stillmotion-bench-") as scratch:
        pictures, work = Path(scratch, "cdn"), Path(scratch)
        size_bytes = await asyncio.to_thread(_draw, pictures)
        async with _services(pictures) as ports:
            for _ in range(_ROUNDS):
                for transfer, found in costs.items():
                    found.append(await _measured(transfer, ports, work))
    print(
        f"{PICTURES} pictures of {size_bytes:,} bytes, medians of {_ROUNDS} rounds, each in a fresh process"
    )
    return [*_figures(costs), await convert_figure()]


def _figures(costs: dict[str, list[Cost]]) -> list[Figure]:
    def median(transfer: str, field: str) -> float:
        return statistics.median(getattr(cost, field) for cost in costs[transfer])

    def ratio(one: str, other: str, field: str) -> float:
        return median(one, field) / median(other, field)

    return [
        Figure(
            "images.wall_floor_ratio",
            ratio("ours", "floor", "wall_s"),
            "wall time from the CDN into the POST over copying the same bytes, pictures that pass",
            at_most=1.5,
        ),
        Figure(
            "images.stripped_floor_ratio",
            ratio("stripped", "floor", "wall_s"),
            "the same, pictures that lose private parts",
            at_most=2,
        ),
        Figure(
            "images.cpu_ratio",
            ratio("ours", "floor", "cpu_s"),
            "CPU of bot and child over copying the same bytes",
            at_most=3,
        ),
        Figure(
            "images.naive_speedup_ratio",
            ratio("naive", "ours", "wall_s"),
            "wall time of read, base64, f-string, json= over ours",
        ),
        Figure(
            "images.floor_speedup_ratio",
            ratio("naive", "floor", "wall_s"),
            "the same for the floor: what this machine allows",
        ),
        Figure(
            "images.rss_mb", median("ours", "rss_mb"), "the bot's peak memory above idle, one job", at_most=24
        ),
        Figure("images.rss8_mb", median("ours8", "rss_mb"), "the same, eight jobs at once", at_most=48),
        Figure(
            "images.child_rss_mb",
            median("ours", "child_rss_mb"),
            "peak memory of the child over the seven pictures",
            at_most=64,
        ),
        Figure("images.stall_ms", median("ours", "stall_ms"), "longest event-loop stall", at_most=20),
        Figure("images.naive_rss_mb", median("naive", "rss_mb"), "peak memory of the naive transfer"),
        Figure("images.naive_stall_ms", median("naive", "stall_ms"), "longest stall of the naive transfer"),
        Figure(
            "images.hostile_stall_ms",
            max(cost.stall_ms for cost in costs["hostile"]),
            "longest stall while ten files of nothing but headers are refused, worst of all rounds",
            at_most=20,
        ),
        Figure(
            "images.hostile_rss_mb",
            max(cost.rss_mb + cost.child_rss_mb for cost in costs["hostile"]),
            "peak memory of bot and children above idle meanwhile, worst of all rounds",
            at_most=350,
        ),
    ]
