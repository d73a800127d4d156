"""Single frames of videos, taken in a child process."""

from pathlib import Path
from typing import Final

import structlog
from pydantic import BaseModel, ValidationError

from bot.children.pool import ChildPool
from bot.children.process import ChildFault, ChildFaultError, ChildSpec

log: Final = structlog.get_logger(__name__)

_WITHIN_S: Final = 60.0
"""Seconds for one video: the end of a long one without an index can only be found by decoding all of it."""


def video_pool(memory_bytes: int, *, within_s: float = _WITHIN_S) -> ChildPool:
    """Return a pool of one child for videos, which is an async context manager.

    Args:
        memory_bytes: Limit of the child's address space.
        within_s: Seconds for one video.
    """
    spec = ChildSpec("bot.video_files.decoding.main", memory_bytes)
    return ChildPool(spec, at_once=1, within_s=within_s)


class NoFrameError(Exception):
    """A video has no frame that could be taken. `detail` is a short technical term for the log."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


class _Answer(BaseModel):
    problem: str = ""


class VideoFrames:
    """Takes frames out of videos, as players show them: upright, with square pixels, in sRGB."""

    def __init__(self, pool: ChildPool) -> None:
        self._pool = pool

    async def last_frame(self, owner: str, source: Path, destination: Path) -> None:
        """Save the frame that is shown last as a PNG.

        Args:
            owner: For whom: one owner's videos are opened one after the other.
            source: The video.
            destination: The file to write. After an error there is none.

        Raises:
            NoFrameError: The file is no video, is damaged, or takes too much memory or time.
        """
        await self._save("last_frame", owner, source, destination)

    async def first_frame(self, owner: str, source: Path, destination: Path) -> None:
        """Save the first frame that shows something as a PNG, like `last_frame`. Raises `NoFrameError`."""
        await self._save("first_frame", owner, source, destination)

    async def _save(self, task: str, owner: str, source: Path, destination: Path) -> None:
        # The child has a working folder of its own.
        source, destination = source.resolve(), destination.resolve()  # noqa: ASYNC240
        try:
            answer = await self._pool.ask(owner, task, source=str(source), destination=str(destination))
            problem = _Answer.model_validate(answer).problem
        except ChildFaultError as error:
            problem = error.detail if error.fault is ChildFault.RAISED else error.fault.value
        except ValidationError:
            problem = "unreadable_answer"
        if problem:
            destination.unlink(missing_ok=True)
            log.warning("frame_not_taken", task=task, fault=problem[:80])
            raise NoFrameError(problem[:80])
