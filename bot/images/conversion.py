"""Starts the child processes that convert pictures and take last frames. `bot/images/spool.py` calls them."""

import asyncio
from pathlib import Path
from typing import Final, Literal

import structlog
from pydantic import BaseModel, ValidationError

from bot.images.child import DONE, run_decoder
from bot.images.model import ImageLimits, ImageProblem, UnusableImageError
from bot.video import REFERENCE_LIMIT_BYTES

log: Final = structlog.get_logger(__name__)

_AT_ONCE: Final = 1
"""Child processes at once: a decoded picture takes hundreds of megabytes, and the machine may be small."""


class ConversionResult(BaseModel):
    """Result of a conversion: the new mime type and dimensions, or the reason of its failure."""

    mime: Literal["image/jpeg", "image/webp", ""] = ""
    width_px: int = 0
    height_px: int = 0
    fault: str = ""


class Converter:
    """Runs the decoders, one at a time."""

    def __init__(self) -> None:
        self._free = asyncio.Semaphore(_AT_ONCE)

    async def convert(self, source: Path, destination: Path, limits: ImageLimits) -> ConversionResult:
        """Convert a picture to a format and size that the API accepts.

        Args:
            source: The picture.
            destination: The file to write.
            limits: The largest number of pixels to decode.

        Raises:
            UnusableImageError: CONVERSION_FAILED.
        """
        output = await self._run(
            "bot.images.convert",
            str(source),
            str(destination),
            str(REFERENCE_LIMIT_BYTES),
            str(limits.pixels),
        )
        try:
            outcome = ConversionResult.model_validate_json(output)
        except ValidationError:
            # Killed by its limits, by the kernel for want of memory, or by the timeout.
            outcome = ConversionResult(fault="the child process died")
        if outcome.fault:
            log.warning("image_not_converted", fault=outcome.fault)
            raise UnusableImageError(ImageProblem.CONVERSION_FAILED, outcome.fault)
        return outcome

    async def last_frame(self, video: Path, destination: Path) -> None:
        """Save a video's last frame as a PNG. Raises `UnusableImageError` with NO_FRAME."""
        output = await self._run("bot.images.last_frame", str(video), str(destination))
        if output.decode("utf-8", "replace") != DONE:
            log.warning("last_frame_not_taken", fault=output.decode("utf-8", "replace")[:80])
            raise UnusableImageError(ImageProblem.NO_FRAME)

    async def _run(self, module: str, *arguments: str) -> bytes:
        """Run a decoder and return its output, which is empty if it died or took too long."""
        async with self._free:
            try:
                return await run_decoder(module, *arguments)
            except TimeoutError:
                return b""
