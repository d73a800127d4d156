"""Seven 9.9 MB pictures from a local CDN into the submission: ours, the naive one, and the floor under both."""

import asyncio
import contextlib
import json
import os
import statistics
import sys
import tempfile
from asyncio.subprocess import PIPE
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

from PIL import Image

from tests.bench.figures import Figure
from tests.bench.measuring import Cost
from tests.bench.transfers import PICTURES, Ports

_LARGE_SIDE_PX = (1800, 1833)
"""Noise of this size is a PNG of 9.9 MB, which nothing can compress."""
_ROUNDS = 9
_TIMEOUT_S = 300.0


def _draw(folder: Path) -> int:
    """Seven large pictures and seven small ones; the size of a large one in bytes."""
    folder.mkdir()
    for number in range(PICTURES):
        width, height = _LARGE_SIDE_PX
        noise = Image.frombytes("RGB", (width, height), os.urandom(width * height * 3))
        noise.save(folder / f"large{number}.png", compress_level=0)
        Image.frombytes("RGB", (64, 64), os.urandom(64 * 64 * 3)).save(folder / f"small{number}.png")
    return (folder / "large0.png").stat().st_size


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
    costs: dict[str, list[Cost]] = {"floor": [], "naive": [], "ours": [], "ours8": []}
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
    return _figures(costs)


def _figures(costs: dict[str, list[Cost]]) -> list[Figure]:
    def median(transfer: str, field: str) -> float:
        return statistics.median(getattr(cost, field) for cost in costs[transfer])

    return [
        Figure(
            "images.cpu_ratio",
            median("ours", "cpu_s") / median("floor", "cpu_s"),
            "CPU of spool, inspection and streamed POST over copying the same bytes",
            at_most=3,
        ),
        Figure(
            "images.naive_speedup_ratio",
            median("naive", "wall_s") / median("ours", "wall_s"),
            "wall time of read, base64, f-string, json= over ours",
            at_least=8,
        ),
        Figure(
            "images.floor_speedup_ratio",
            median("naive", "wall_s") / median("floor", "wall_s"),
            "the same for the floor, which encodes and inspects nothing: what this machine allows",
        ),
        Figure("images.rss_mb", median("ours", "rss_mb"), "peak memory above idle, one job", at_most=16),
        Figure("images.rss8_mb", median("ours8", "rss_mb"), "the same, eight jobs at once", at_most=48),
        Figure("images.stall_ms", median("ours", "stall_ms"), "longest event-loop stall", at_most=20),
        Figure("images.naive_rss_mb", median("naive", "rss_mb"), "peak memory of the naive transfer"),
        Figure("images.naive_stall_ms", median("naive", "stall_ms"), "longest stall of the naive transfer"),
    ]
