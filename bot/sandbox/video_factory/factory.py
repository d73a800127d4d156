"""Video factories make mp4 files from video specifications, off the event loop."""

import asyncio
import dataclasses
import multiprocessing
import shutil
from concurrent.futures import ProcessPoolExecutor
from fractions import Fraction
from pathlib import Path
from typing import Protocol

from bot.sandbox.video_factory.encode import encode
from bot.sandbox.video_factory.spec import VideoSpec

_ENLARGED = 4
_FRAMES = 3


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
    """Hands out real clips of the ordered shape and length, made once for each: for tests and load.

    They are cheap: a few frames, drawn small and enlarged.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = asyncio.Lock()

    async def make(self, spec: VideoSpec) -> Path:
        """Return a clip of the specified shape and length; prompt and pictures are ignored."""
        small = dataclasses.replace(
            spec,
            name=f"sample-{spec.width_px}x{spec.height_px}-{spec.seconds}s",
            prompt="sample",
            width_px=spec.width_px // _ENLARGED,
            height_px=spec.height_px // _ENLARGED,
            pictures=(),
            frames_per_s=Fraction(_FRAMES, spec.seconds),
            enlarged=_ENLARGED,
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
