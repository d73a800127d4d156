"""Video factories make mp4 files from video specifications, off the event loop."""

import asyncio
import dataclasses
import multiprocessing
import shutil
import signal
import sys
from fractions import Fraction
from multiprocessing import resource_tracker
from multiprocessing.context import SpawnProcess
from pathlib import Path
from typing import Protocol

from bot.sandbox.video_factory.encode import encode
from bot.sandbox.video_factory.spec import VideoSpec

_ENLARGED = 4
_FRAMES = 3


class VideoNotMadeError(Exception):
    """The video of this name was not made: its process failed or was ended."""


class VideoFactory(Protocol):
    """Makes videos."""

    async def make(self, spec: VideoSpec) -> Path:
        """Make the mp4 file."""
        ...

    async def close(self) -> None:
        """Release what the factory holds; videos in progress are abandoned."""
        ...


class DrawnVideoFactory:
    """Draws every video anew, in child processes.

    Args:
        workers: How many are drawn at a time.
        notice: Words that are seen in every video, such as that nothing of it is real.
    """

    def __init__(self, folder: Path, workers: int = 1, *, notice: str = "") -> None:
        self._folder = folder
        self._notice = notice
        self._places = asyncio.Semaphore(workers)
        self._drawing: set[SpawnProcess] = set()
        self._closed = False

    async def make(self, spec: VideoSpec) -> Path:
        """Make the mp4 file as specified. Raises `VideoNotMadeError` where its process did not."""
        await asyncio.to_thread(self._folder.mkdir, parents=True, exist_ok=True)
        destination = self._folder / f"{spec.name}.mp4"
        noted = dataclasses.replace(spec, notice=self._notice)
        async with self._places:
            if self._closed:
                raise VideoNotMadeError(spec.name)
            # Spawned, because a fork would copy this process's sockets and its running event loop.
            process = multiprocessing.get_context("spawn").Process(
                target=_encode_undisturbed, args=(noted, destination), daemon=True
            )
            self._drawing.add(process)
            try:
                await asyncio.to_thread(_start_undisturbed, process)
                await asyncio.to_thread(process.join)
            finally:
                self._drawing.discard(process)
                if process.pid is not None and process.exitcode is None:
                    process.terminate()
        if process.exitcode != 0:
            raise VideoNotMadeError(spec.name)
        return destination

    async def close(self) -> None:
        """End the child processes at once."""
        self._closed = True
        for process in tuple(self._drawing):
            if process.pid is not None:
                process.terminate()
                await asyncio.to_thread(process.join)


def _start_undisturbed(process: SpawnProcess) -> None:
    """Start a process in which Ctrl-C interrupts nothing, also while its interpreter starts.

    Ctrl-C on a terminal reaches every process; the one that owns this one ends it.
    """
    if sys.platform == "win32":
        process.start()
        return
    # The first start of the tracker unblocks SIGINT in the thread that needs it.
    resource_tracker.ensure_running()
    # A process inherits what its starting thread blocks; other threads of this one still receive Ctrl-C.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        process.start()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _encode_undisturbed(spec: VideoSpec, destination: Path) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    encode(spec, destination)


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
