"""Animations of videos, GIF and WebP, for places that play no mp4: made in a child process."""

from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

import structlog
from pydantic import BaseModel, ValidationError

from bot.children.pool import ChildPool
from bot.children.process import ChildFault, ChildFaultError, ChildSpec
from bot.video_files.finishing import AigcMark

log: Final = structlog.get_logger(__name__)

_WITHIN_S: Final = 300.0
"""Seconds for one video: a long one is made several times, with low priority."""


def animation_pool(memory_bytes: int) -> ChildPool:
    """Return a pool of one child that makes animations, which is an async context manager.

    It is none of those that deliveries wait for.
    """
    spec = ChildSpec("bot.video_files.decoding.main", memory_bytes)
    return ChildPool(spec, at_once=1, within_s=_WITHIN_S)


class AnimationKind(StrEnum):
    """Format of an animation, which is also the end of its file's name."""

    GIF = "gif"
    WEBP = "webp"


@dataclass(frozen=True)
class AnimationOrder:
    """Requirements of an animation: its format, its largest size, and its marks as in `FinishOrder`."""

    kind: AnimationKind
    limit_bytes: int
    mark: AigcMark | None = None
    visible_text: str | None = None


class NotAnimatedError(Exception):
    """There is no animation. `term` is a short technical term for the log."""

    def __init__(self, term: str) -> None:
        super().__init__(term)
        self.term = term


class _Answer(BaseModel):
    problem: str = ""


class VideoAnimating:
    """Makes animations."""

    def __init__(self, pool: ChildPool) -> None:
        self._pool = pool

    async def animate(self, owner: str, source: Path, destination: Path, order: AnimationOrder) -> None:
        """Write an animation.

        Args:
            owner: For whom: one owner's animations are made one after the other.
            source: The video.
            destination: The file to write. After an error there is none.
            order: What it must be like.

        Raises:
            NotAnimatedError: There is none.
        """
        try:
            problem = await self._problem(owner, source, destination, order)
        except ChildFaultError as error:
            problem = error.detail if error.fault is ChildFault.RAISED else error.fault.value
        except ValidationError:
            problem = "unreadable_answer"
        except OSError as error:
            problem = error.strerror or type(error).__name__
        if problem:
            with suppress(OSError):
                destination.unlink(missing_ok=True)  # noqa: ASYNC240 - a name in one folder: microseconds
            log.warning("video_not_animated", kind=order.kind, fault=problem[:80])
            raise NotAnimatedError(problem[:80])

    async def _problem(self, owner: str, source: Path, destination: Path, order: AnimationOrder) -> str:
        found = await self._pool.ask(
            owner,
            "animate",
            source=str(source.resolve()),  # noqa: ASYNC240 - names in one folder: microseconds, as below
            destination=str(destination.resolve()),  # noqa: ASYNC240
            kind=order.kind.value,
            limit_bytes=order.limit_bytes,
            mark=order.mark.values if order.mark is not None else None,
            comment=order.mark.comment if order.mark is not None else "",
            visible_text=order.visible_text or "",
        )
        problem = _Answer.model_validate(found).problem
        is_large = destination.stat().st_size > order.limit_bytes if not problem else False  # noqa: ASYNC240
        return "too_large" if is_large else problem
