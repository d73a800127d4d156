"""Data of reference images: sources before they are fetched, references afterwards, and reasons of refusal.

`cogs/shared/pictures.py` finds the sources in messages, `spool.py` makes references of them, and jobs keep both.
"""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from bot.images.problems import ImageProblem
from bot.video import ImageMime


@dataclass(frozen=True)
class ImageLimits:
    """Limits of pictures as uploaded. They exceed the API's, because larger pictures are converted."""

    source_bytes: int = 50_000_000
    video_bytes: int = 200_000_000
    """Limit of a video from which the last frame is taken."""


IMAGE_LIMITS: Final = ImageLimits()
"""The limits in force."""


class SourceKind(StrEnum):
    """Kind of file at a source's address."""

    PICTURE = "picture"
    VIDEO = "video"
    """A video, of which the last frame becomes the picture."""
    VIDEO_START = "video_start"
    """A video, of which the first good frame becomes the picture."""


@dataclass(frozen=True)
class ImageSource:
    """A picture to be fetched, as Discord describes the attachment. Name and size are unverified."""

    url: str
    filename: str
    size_bytes: int | None = None
    kind: SourceKind = SourceKind.PICTURE
    own_spicy_video: bool = False
    """True for the last frame of a spicy video of the bot's own."""
    public_in: int | None = None
    """The channel in which everybody could see it before, such as in a message that was replied to; None for an
    upload of the user's own."""

    @property
    def limit_bytes(self) -> int:
        """The most bytes that are fetched of it."""
        return IMAGE_LIMITS.source_bytes if self.kind is SourceKind.PICTURE else IMAGE_LIMITS.video_bytes


class ConversionReason(StrEnum):
    """Change of a picture that a person may notice."""

    FORMAT = "format"
    """Nothing: only its format is another one. Rows of older versions have it."""
    TOO_LARGE = "too_large"
    ENLARGED = "enlarged"
    FIRST_FRAME = "first_frame"
    HDR = "hdr"
    ON_WHITE = "on_white"


@dataclass(frozen=True)
class Conversion:
    """Format (Pillow's name) and size of a picture before it was changed."""

    reason: ConversionReason
    original_format: str
    original_bytes: int


@dataclass(frozen=True)
class Reference:
    """A picture on disk that the API accepts. `filename` is the name that the user gave it."""

    path: Path
    mime: ImageMime
    size_bytes: int
    width_px: int
    height_px: int
    filename: str
    conversion: Conversion | None = None
    own_spicy_video: bool = False
    """As of the source that it was made from; pictures kept by older versions count as users'."""
    public_in: int | None = None
    """As of the source; pictures kept by older versions count as uploads."""

    @property
    def stored_name(self) -> str:
        """Its name among the pictures of all jobs, whatever the data folder was when its path was made."""
        return f"{self.path.parent.name}/{self.path.name}"


class ImageRefusedError(Exception):
    """A picture is refused. `detail` is a short technical term such as `TIFF`, for the user or the log.

    `number` is its place among those of its request, from 1, where several were prepared.
    """

    number: int | None = None

    def __init__(self, filename: str, problem: ImageProblem, detail: str = "") -> None:
        super().__init__(f"{problem}: {detail}" if detail else problem.value)
        self.filename = filename
        self.problem = problem
        self.detail = detail
