"""What a small machine needs: memory of all of the bot's processes while ten videos are made at the same time.

`python -m bot run` is a process of its own against a local Discord, held to one core. Ten members ask at once, each
with a photograph of 12 megapixels, so that pictures are decoded too; one of the videos has 50 MB and has to be
compressed for Discord's limit. Memory is PSS, in which what processes share counts once.
"""

import asyncio
import contextlib
import io
import os
import re
import sys
import tempfile
import time
from asyncio.subprocess import DEVNULL
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psutil
from PIL import Image

from bot.sandbox.dimilinks import TaskPace
from bot.sandbox.discord import Reply
from bot.sandbox.sandbox import Sandbox
from bot.sandbox.video_factory import VideoSpec
from tests.bench.figures import Figure
from tests.video_files.scenes import Scene, write

_VIDEOS: Final = 10
_LARGE_S: Final = 20
_LARGE: Final = Scene("photograph", 1280, 720, _LARGE_S, 50_000_000, grain=6)
_USUAL: Final = Scene("photograph", 1280, 720, 6, 4_000_000, grain=2)
_PICTURE_PX: Final = (4000, 3000)
_SETTLE_S: Final = 5.0
_EVERY_S: Final = 0.1
_TIMEOUT_S: Final = 60.0
_VIDEO_WITHIN_S: Final = 900.0
_MEBIBYTE: Final = 1024 * 1024
_MB: Final = 1_000_000


@dataclass(frozen=True)
class _TwoFilms:
    """The video service's films: a large one for its length, and another for all others."""

    large: Path
    usual: Path

    async def make(self, spec: VideoSpec) -> Path:
        """Return the film of this length."""
        return self.large if spec.seconds == _LARGE_S else self.usual

    async def close(self) -> None:
        """Leave the films where they are."""


@dataclass
class _Samples:
    """Memory of a process and all below it, looked at again and again."""

    process: psutil.Process
    peak_mb: float = 0.0
    own_peak_mb: float = 0.0
    processes: int = 0
    now_mb: float = 0.0

    async def take(self) -> None:
        """Look at them until cancelled."""
        while True:
            self.look()
            await asyncio.sleep(_EVERY_S)

    def look(self) -> None:
        """Look at them once."""
        family = [self.process, *self.process.children(recursive=True)]
        sizes = [_pss_mb(one.pid) for one in family]
        self.now_mb = sum(sizes)
        self.peak_mb = max(self.peak_mb, self.now_mb)
        self.own_peak_mb = max(self.own_peak_mb, sizes[0])
        self.processes = max(self.processes, len(family))


def _pss_mb(pid: int) -> float:
    try:
        rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except (FileNotFoundError, ProcessLookupError):  # it has just ended
        return 0.0
    found = re.search(r"^Pss:\s+(\d+) kB", rollup, re.MULTILINE)
    return int(found[1]) * 1024 / _MEBIBYTE if found else 0.0


@asynccontextmanager
async def _running(sandbox: Sandbox, data_dir: Path) -> AsyncGenerator[psutil.Process]:
    child = await asyncio.create_subprocess_exec(
        *("taskset", "-c", "0", sys.executable, "-m", "bot", "run"),
        env={**os.environ, **sandbox.environment, "DATA_DIR": str(data_dir), "LOG_LEVEL": "WARNING"},
        stdout=DEVNULL,
        stderr=DEVNULL,
    )
    try:
        await sandbox.discord.wait_until_ready(timeout_s=_TIMEOUT_S)
        await sandbox.discord.wait_for_commands(timeout_s=_TIMEOUT_S)
        yield psutil.Process(child.pid)
    finally:
        with contextlib.suppress(ProcessLookupError):
            child.terminate()
        await child.wait()


async def _asked(sandbox: Sandbox) -> list[Reply]:
    """Ten members ask, the first one for the large video."""
    guild = sandbox.discord.add_guild("Server")
    channel = guild.add_channel("general")
    photograph = io.BytesIO()
    Image.effect_noise(_PICTURE_PX, 60).convert("RGB").save(photograph, "JPEG")
    picture = sandbox.discord.upload("photograph.jpg", photograph.getvalue())
    replies: list[Reply] = []
    for number in range(_VIDEOS):
        user = sandbox.discord.add_user(f"member-{number}")
        guild.join(user)
        options = {"prompt": "a paper boat", "seconds": "6" if number else str(_LARGE_S), "image": picture}
        replies.append(await sandbox.discord.invoke("video", user=user, channel=channel, options=options))
    return replies


@dataclass(frozen=True)
class _Measured:
    idle_mb: float
    peak: _Samples
    took_s: float
    posted_bytes: int


async def _measured(sandbox: Sandbox, data_dir: Path) -> _Measured:
    async with _running(sandbox, data_dir) as process, asyncio.TaskGroup() as group:
        await asyncio.sleep(_SETTLE_S)
        samples = _Samples(process)
        samples.look()
        idle_mb = samples.now_mb
        looking = group.create_task(samples.take())
        began_s = time.monotonic()
        replies = await _asked(sandbox)
        shown = [await reply.wait_for_video(_VIDEO_WITHIN_S) for reply in replies]
        looking.cancel()
        return _Measured(idle_mb, samples, time.monotonic() - began_s, shown[0].videos[0].size_bytes)


async def run() -> list[Figure]:
    """Start the bot, look at it while it idles, then through the ten videos."""
    os.environ.pop("DISCORD_OPENAPI", None)  # checking every request would slow the other side down
    with tempfile.TemporaryDirectory(prefix="stillmotion-bench-") as scratch:
        large = await asyncio.to_thread(write, _LARGE, Path(scratch, "large.mp4"))
        usual = await asyncio.to_thread(write, _USUAL, Path(scratch, "usual.mp4"))
        large_mb = large.stat().st_size / _MB
        pace = TaskPace(queue_s=1.0, generate_s=10.0)
        async with Sandbox(_TwoFilms(large, usual), pace=pace) as sandbox:
            found = await _measured(sandbox, Path(scratch, "data"))
    peak = found.peak
    return [
        Figure("memory.idle_mb", found.idle_mb, "PSS of `run`, connected, with nothing to do", at_most=130),
        Figure(
            "memory.peak_mb",
            peak.peak_mb,
            f"the most PSS of all its processes while {_VIDEOS} videos are made at once",
            at_most=800,
        ),
        Figure("memory.own_peak_mb", peak.own_peak_mb, "the most of the bot's own process in that time"),
        Figure("memory.processes", peak.processes, "the most processes at the same time"),
        Figure("memory.large_mb", large_mb, "MB of the video that has to be compressed"),
        Figure("memory.posted_mb", found.posted_bytes / _MB, "MB of what was posted of it", at_most=10.5),
        Figure("memory.took_s", found.took_s, f"seconds until all {_VIDEOS} were posted, on one core"),
    ]
