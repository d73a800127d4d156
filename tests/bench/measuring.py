"""What one piece of work costs this process: wall time, CPU, memory above idle, and stalls of its event loop."""

import asyncio
import contextlib
import gc
import os
import re
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import psutil

_TICK_S = 0.001
_MEBIBYTE = 1024 * 1024


@dataclass(frozen=True)
class Cost:
    """Seconds, MiB and milliseconds.

    Attributes:
        cpu_s: Of every thread of the process, and of its children.
        rss_mb: Peak memory of the process above idle.
        child_rss_mb: Peak memory of all children together; each has its own, since when it was started.
        stall_ms: Longest stall of the event loop.
    """

    wall_s: float
    cpu_s: float
    rss_mb: float
    child_rss_mb: float
    stall_ms: float


def _status_kib(field: str) -> int:
    found = re.search(rf"^{field}:\s+(\d+) kB", Path("/proc/self/status").read_text(), re.MULTILINE)
    if found is None:
        raise RuntimeError(f"/proc/self/status has no {field}")
    return int(found[1])


def rss_kib() -> int:
    """Memory of this process now."""
    return _status_kib("VmRSS")


def reset_peak() -> None:
    """Have the peak count from now on (Linux, *proc(5)*, clear_refs)."""
    Path("/proc/self/clear_refs").write_text("5")


def peak_kib() -> int:
    """The most memory since the last reset."""
    return _status_kib("VmHWM")


class StallWatch:
    """Measures how late the event loop wakes a task that wants to run every millisecond."""

    def __init__(self) -> None:
        self.longest_s = 0.0
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> "StallWatch":
        self._task = asyncio.create_task(self._watch())
        await asyncio.sleep(0)
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def _watch(self) -> None:
        while True:
            before = time.perf_counter()
            await asyncio.sleep(_TICK_S)
            self.longest_s = max(self.longest_s, time.perf_counter() - before - _TICK_S)


def _children_cpu_s() -> float:
    """Processor time of the children, those that have ended included."""
    ended = os.times()
    living = [child.cpu_times() for child in psutil.Process().children()]
    return ended.children_user + ended.children_system + sum(times.user + times.system for times in living)


def _children_peak_kib() -> int:
    peaks: list[int] = []
    for child in psutil.Process().children():
        found = re.search(r"^VmHWM:\s+(\d+) kB", Path(f"/proc/{child.pid}/status").read_text(), re.MULTILINE)
        peaks.append(int(found[1]) if found else 0)
    return sum(peaks)


async def cost_of(work: Callable[[], Awaitable[None]]) -> Cost:
    """Do the work once and see what it cost."""
    gc.collect()
    idle_kib = rss_kib()
    reset_peak()
    cpu_s = time.process_time() + _children_cpu_s()  # looking at all processes is a stall of its own
    async with StallWatch() as watch:
        wall_s = time.perf_counter()
        await work()
        wall_s = time.perf_counter() - wall_s
    cpu_s = time.process_time() + _children_cpu_s() - cpu_s
    return Cost(
        wall_s=wall_s,
        cpu_s=cpu_s,
        rss_mb=(peak_kib() - idle_kib) * 1024 / _MEBIBYTE,
        child_rss_mb=_children_peak_kib() * 1024 / _MEBIBYTE,
        stall_ms=watch.longest_s * 1000,
    )
