"""Has pictures prepared by child processes (`bot/images/decoding`). `bot/images/spool.py` calls it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Final

import structlog
from pydantic import BaseModel, Field, ValidationError

from bot.children.pool import ChildPool
from bot.children.process import ChildFault, ChildFaultError, ChildSpec
from bot.images.model import Conversion, ConversionReason
from bot.images.problems import ImageProblem, UnusableImageError
from bot.video import REFERENCE_LIMIT_BYTES, ImageMime

log: Final = structlog.get_logger(__name__)

_AT_ONCE: Final = 2
"""Children at once: a decoded picture takes hundreds of megabytes, and the machine may be small."""
_WITHIN_S: Final = 10.0
_FAULTS: Final[Mapping[ChildFault, ImageProblem]] = {
    ChildFault.TIMED_OUT: ImageProblem.TOO_COMPLEX,
    ChildFault.OUT_OF_MEMORY: ImageProblem.TOO_COMPLEX,
    ChildFault.DIED: ImageProblem.CONVERSION_FAILED,
}
_Side = Annotated[int, Field(ge=1, le=1_000_000)]


class PreparedPicture(BaseModel):
    """Result for a picture. It comes from a process that a hostile file may have taken over."""

    kind: str = Field(max_length=8)
    mime: ImageMime
    width_px: _Side
    height_px: _Side
    made: bool
    animated: bool = False
    enlarged: bool = False
    reduced: bool = False
    hdr: bool = False
    on_white: bool = False

    def conversion(self, original_bytes: int) -> Conversion | None:
        """Return what a person may notice of the change, or None."""
        noticeable = {
            ConversionReason.FIRST_FRAME: self.animated,
            ConversionReason.HDR: self.hdr,
            ConversionReason.ON_WHITE: self.on_white,
            ConversionReason.ENLARGED: self.enlarged,
            ConversionReason.TOO_LARGE: self.reduced,
        }
        reason = next((reason for reason, applies in noticeable.items() if applies), None)
        return Conversion(reason, self.kind, original_bytes) if reason is not None else None


class _Refusal(BaseModel):
    problem: ImageProblem
    detail: str = Field("", max_length=80)


def picture_pool(memory_bytes: int) -> ChildPool:
    """Return the pool of children that prepare pictures. None starts before the first picture."""
    spec = ChildSpec("bot.images.decoding.main", memory_bytes)
    return ChildPool(spec, at_once=_AT_ONCE, within_s=_WITHIN_S)


class PicturePreparation:
    """Makes files pictures that the video service takes, or finds out why they cannot be used."""

    def __init__(self, children: ChildPool) -> None:
        self._children = children
        self._here = Path.cwd()

    async def warm(self) -> None:
        """Start a child while the pictures are still being fetched."""
        await self._children.warm()

    async def prepare(self, owner: str, source: Path, destination: Path) -> PreparedPicture:
        """Prepare one picture.

        Args:
            owner: For whom; pictures of one owner are prepared one after the other.
            source: The file, which stays as it is.
            destination: Where the new file is written, if the picture cannot be sent as it is.

        Raises:
            UnusableImageError: It cannot be used.
            OSError: It could be used, but the disk failed.
        """
        try:
            answer = await self._children.ask(
                owner,
                "prepare",
                # The child has a working folder of its own.
                source=str(self._here / source),
                destination=str(self._here / destination),
                limit_bytes=REFERENCE_LIMIT_BYTES,
            )
        except ChildFaultError as error:
            log.warning("picture_not_prepared", fault=error.fault, detail=error.detail)
            problem = _FAULTS.get(error.fault)
            if problem is None:
                raise OSError(f"a picture could not be written: {error.detail}") from None
            raise UnusableImageError(problem, error.detail) from None
        try:
            if "problem" in answer:
                refusal = _Refusal.model_validate(answer)
                raise UnusableImageError(refusal.problem, refusal.detail)
            return PreparedPicture.model_validate(answer)
        except ValidationError:
            raise UnusableImageError(
                ImageProblem.CONVERSION_FAILED, "nonsense from the child process"
            ) from None
