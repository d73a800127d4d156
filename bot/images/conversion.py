"""Conversion of pictures that the service would not take, each in a child process of its own."""

import asyncio
from pathlib import Path
from typing import Final

import structlog
from pydantic import ValidationError

from bot.images.child import DONE, run_decoder
from bot.images.convert import Outcome
from bot.images.inspection import UnusableImageError
from bot.images.model import ImageLimits, ImageProblem
from bot.video import REFERENCE_LIMIT_BYTES

log: Final = structlog.get_logger(__name__)

_AT_ONCE: Final = 1
"""A decoded picture takes hundreds of megabytes, and the machine may be small."""


class Converter:
    """Runs the child processes, one at a time."""

    def __init__(self) -> None:
        self._free = asyncio.Semaphore(_AT_ONCE)

    async def convert(self, source: Path, destination: Path, limits: ImageLimits) -> Outcome:
        """Convert the picture into `destination`. Raises `UnusableImageError` with CONVERSION_FAILED."""
        told = await self._told(
            "bot.images.convert",
            str(source),
            str(destination),
            str(REFERENCE_LIMIT_BYTES),
            str(limits.pixels),
        )
        try:
            outcome = Outcome.model_validate_json(told)
        except ValidationError:
            outcome = Outcome(fault="the child process died")
        if outcome.fault:
            log.warning("image_not_converted", fault=outcome.fault)
            raise UnusableImageError(ImageProblem.CONVERSION_FAILED, outcome.fault)
        return outcome

    async def last_frame(self, video: Path, destination: Path) -> None:
        """Save a video's last frame as a PNG. Raises `UnusableImageError` with NO_FRAME."""
        told = await self._told("bot.images.last_frame", str(video), str(destination))
        if told.decode("utf-8", "replace") != DONE:
            log.warning("last_frame_not_taken", fault=told.decode("utf-8", "replace")[:80])
            raise UnusableImageError(ImageProblem.NO_FRAME)

    async def _told(self, module: str, *arguments: str) -> bytes:
        """What a child process said; nothing of one that died or took too long."""
        async with self._free:
            try:
                return await run_decoder(module, *arguments)
            except TimeoutError:
                return b""
