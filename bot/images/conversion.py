"""Conversion of pictures that the service would not take, each in a child process of its own."""

import asyncio
import os
import sys
from pathlib import Path
from typing import Final

import structlog
from pydantic import ValidationError

from bot.images.convert import Outcome
from bot.images.inspection import UnusableImageError
from bot.images.model import ImageLimits, ImageProblem
from bot.video import REFERENCE_LIMIT_BYTES

log: Final = structlog.get_logger(__name__)

_TIMEOUT_S: Final = 90.0
_AT_ONCE: Final = 1
"""A decoded picture takes hundreds of megabytes, and the machine may be small."""
_PACKAGE_ROOT: Final = Path(__file__).parents[2]


class Converter:
    """Runs the child processes, one at a time."""

    def __init__(self) -> None:
        self._free = asyncio.Semaphore(_AT_ONCE)

    async def convert(self, source: Path, destination: Path, limits: ImageLimits) -> Outcome:
        """Convert the picture into `destination`. Raises `UnusableImageError` with CONVERSION_FAILED."""
        async with self._free:
            told = await _run(source, destination, limits)
        try:
            outcome = Outcome.model_validate_json(told)
        except ValidationError:
            outcome = Outcome(fault="the child process died")
        if outcome.fault:
            log.warning("image_not_converted", fault=outcome.fault)
            raise UnusableImageError(ImageProblem.CONVERSION_FAILED, outcome.fault)
        return outcome


async def _run(source: Path, destination: Path, limits: ImageLimits) -> bytes:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "bot.images.convert",
        str(source),
        str(destination),
        str(REFERENCE_LIMIT_BYTES),
        str(limits.pixels),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        # Nothing of the bot's own environment, secrets above all, is of use to a decoder.
        env={
            "PYTHONPATH": str(_PACKAGE_ROOT),
            "PATH": os.environ.get("PATH", ""),
            "PYTHONDONTWRITEBYTECODE": "1",
        },
    )
    try:
        async with asyncio.timeout(_TIMEOUT_S):
            told, _ = await process.communicate()
    except TimeoutError:
        return b""
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return told
