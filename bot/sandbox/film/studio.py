"""Studios turn orders into films, off the event loop."""

import asyncio
import dataclasses
import multiprocessing
import shutil
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Protocol

from bot.sandbox.film.encode import shoot
from bot.sandbox.film.order import FilmOrder


class Studio(Protocol):
    """Makes films."""

    async def film(self, order: FilmOrder) -> Path:
        """The finished mp4."""
        ...

    async def close(self) -> None:
        """Give back what the studio holds; films under way are abandoned."""
        ...


class PyAvStudio:
    """Draws every film anew, in child processes."""

    def __init__(self, folder: Path, workers: int = 1) -> None:
        self._folder = folder
        # Spawned, because a fork would copy this process's sockets and its running event loop.
        self._pool = ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn"))

    async def film(self, order: FilmOrder) -> Path:
        """The finished mp4, as the order wants it."""
        await asyncio.to_thread(self._folder.mkdir, parents=True, exist_ok=True)
        destination = self._folder / f"{order.name}.mp4"
        await asyncio.get_running_loop().run_in_executor(self._pool, shoot, order, destination)
        return destination

    async def close(self) -> None:
        """End the child processes."""
        await asyncio.to_thread(self._pool.shutdown, wait=True, cancel_futures=True)


class SampleStudio:
    """One real clip of a second, small, made once for every shape of frame and copied: for tests and load."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = asyncio.Lock()

    async def film(self, order: FilmOrder) -> Path:
        """A clip of the order's shape; its words, pictures and length are ignored."""
        small = dataclasses.replace(
            order,
            name=f"sample-{order.width_px}x{order.height_px}",
            prompt="sample",
            seconds=1,
            width_px=order.width_px // 8 * 2,
            height_px=order.height_px // 8 * 2,
            pictures=(),
        )
        sample = self._folder / f"{small.name}.mp4"
        async with self._lock:
            await asyncio.to_thread(self._make, small, sample)
        return sample

    def _make(self, order: FilmOrder, sample: Path) -> None:
        if not sample.exists():
            self._folder.mkdir(parents=True, exist_ok=True)
            shoot(order, sample)

    async def close(self) -> None:
        """Remove the clips."""
        await asyncio.to_thread(shutil.rmtree, self._folder, ignore_errors=True)
