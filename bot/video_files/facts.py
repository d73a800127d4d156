"""Facts of video files, found out in a child process."""

from contextlib import suppress
from pathlib import Path
from typing import Annotated, Final

import structlog
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bot.children.pool import ChildPool
from bot.children.process import ChildFaultError

log: Final = structlog.get_logger(__name__)

_LONGEST_S: Final = 86_400.0
_Seconds = Annotated[float, Field(ge=0, le=_LONGEST_S)]
_Pixels = Annotated[int, Field(ge=1, le=65_536)]


class VideoFacts(BaseModel):
    """Facts of a video, as players show it.

    Attributes:
        width_px: Width in pixels, after turning it and with square pixels.
        height_px: Height, likewise.
        duration_s: Seconds that its packets cover.
        claimed_s: Seconds that its header states; None if it states none.
    """

    model_config = ConfigDict(frozen=True)

    width_px: _Pixels
    height_px: _Pixels
    duration_s: _Seconds
    claimed_s: _Seconds | None = None


class VideoFactsReader:
    """Reads the facts of videos."""

    def __init__(self, pool: ChildPool) -> None:
        self._pool = pool

    async def warm(self) -> None:
        """Start the child while there is still something else to wait for."""
        with suppress(ChildFaultError):
            await self._pool.warm()

    async def read(self, owner: str, source: Path) -> VideoFacts | None:
        """Return the facts of a video; None if they cannot be told, which says nothing about the file.

        Args:
            owner: For whom: one owner's videos are opened one after the other.
            source: The video.
        """
        try:
            answer = await self._pool.ask(owner, "facts", source=str(source.resolve()))  # noqa: ASYNC240
            return VideoFacts.model_validate(answer)
        except (ChildFaultError, ValidationError) as error:
            log.warning("video_facts_not_read", error=type(error).__name__)
            return None
