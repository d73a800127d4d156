"""Video factories make mp4 files from video specifications, off the event loop."""

import asyncio
import dataclasses
import multiprocessing
import shutil
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Protocol

from bot.sandbox.video_factory.encode import encode
from bot.sandbox.video_factory.spec import VideoSpec


class VideoFactory(Protocol):
    """Makes videos."""

    async def make(self, spec: VideoSpec) -> Path:
        """Make the mp4 file."""
        ...

    async def close(self) -> None:
        """Release what the factory holds; videos in progress are abandoned."""
        ...


class DrawnVideoFactory:
    """Draws every video anew, in child processes."""

    def __init__(self, folder: Path, workers: int = 1) -> None:
        self._folder = folder
        # Spawned, because a fork would copy this process's sockets and its running event loop.
        self._pool = ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn"))

    async def make(self, spec: VideoSpec) -> Path:
        """Make the mp4 file as specified."""
        await asyncio.to_thread(self._folder.mkdir, parents=True, exist_ok=True)
        destination = self._folder / f"{spec.name}.mp4"
        await asyncio.get_running_loop().run_in_executor(self._pool, encode, spec, destination)
        return destination

    async def close(self) -> None:
        """End the child processes."""
        await asyncio.to_thread(self._pool.shutdown, wait=True, cancel_futures=True)


class SampleVideoFactory:
    """Hands out one small real clip of a second for each frame shape, made once: for tests and load."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = asyncio.Lock()

    async def make(self, spec: VideoSpec) -> Path:
        """Return a clip of the specified shape; prompt, pictures and length are ignored."""
        small = dataclasses.replace(
            spec,
            name=f"sample-{spec.width_px}x{spec.height_px}",
            prompt="sample",
            seconds=1,
            width_px=spec.width_px // 8 * 2,
            height_px=spec.height_px // 8 * 2,
            pictures=(),
        )
        sample = self._folder / f"{small.name}.mp4"
        async with self._lock:
            await asyncio.to_thread(self._encode_once, small, sample)
        return sample

    def _encode_once(self, spec: VideoSpec, sample: Path) -> None:
        if not sample.exists():
            self._folder.mkdir(parents=True, exist_ok=True)
            encode(spec, sample)

    async def close(self) -> None:
        """Remove the clips."""
        await asyncio.to_thread(shutil.rmtree, self._folder, ignore_errors=True)
