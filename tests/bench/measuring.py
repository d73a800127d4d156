"""What one piece of work costs this process: wall time, CPU, memory above idle, and stalls of its event loop."""

import asyncio
import contextlib
import gc
import re
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

_TICK_S = 0.001
_MEBIBYTE = 1024 * 1024


@dataclass(frozen=True)
class Cost:
    """Seconds, MiB and milliseconds. CPU counts every thread of the process."""

    wall_s: float
    cpu_s: float
    rss_mb: float
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


async def cost_of(work: Callable[[], Awaitable[None]]) -> Cost:
    """Do the work once and see what it cost."""
    gc.collect()
    idle_kib = rss_kib()
    reset_peak()
    async with StallWatch() as watch:
        wall_s, cpu_s = time.perf_counter(), time.process_time()
        await work()
        wall_s, cpu_s = time.perf_counter() - wall_s, time.process_time() - cpu_s
    return Cost(
        wall_s=wall_s,
        cpu_s=cpu_s,
        rss_mb=(peak_kib() - idle_kib) * 1024 / _MEBIBYTE,
        stall_ms=watch.longest_s * 1000,
    )
