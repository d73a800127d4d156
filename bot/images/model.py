"""Data of reference images: sources before they are fetched, references afterwards, and reasons of refusal.

`cogs/shared/pictures.py` finds the sources in messages, `spool.py` makes references of them, and jobs keep both.
"""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from bot.video import ImageMime


@dataclass(frozen=True)
class ImageLimits:
    """Limits of pictures as uploaded. They exceed the API's, because larger pictures are converted."""

    source_bytes: int = 50_000_000
    video_bytes: int = 200_000_000
    """Limit of a video from which the last frame is taken."""
    pixels: int = 100_000_000
    frame_pixels: int = 4096 * 4096
    """For one frame of a video."""


IMAGE_LIMITS: Final = ImageLimits()
"""The limits in force. A child process that decodes holds to them too."""


class SourceKind(StrEnum):
    """Kind of file at a source's address."""

    PICTURE = "picture"
    VIDEO = "video"
    """A video, of which the last frame becomes the picture."""


@dataclass(frozen=True)
class ImageSource:
    """A picture to be fetched, as Discord describes the attachment. Name and size are unverified."""

    url: str
    filename: str
    size_bytes: int | None = None
    kind: SourceKind = SourceKind.PICTURE
    own_spicy_video: bool = False
    """True for the last frame of a spicy video of the bot's own that no picture from users is behind."""

    @property
    def limit_bytes(self) -> int:
        """The most bytes that are fetched of it."""
        return IMAGE_LIMITS.video_bytes if self.kind is SourceKind.VIDEO else IMAGE_LIMITS.source_bytes


class ConversionReason(StrEnum):
    """Reason to convert a picture: the API does not accept its format or its size."""

    FORMAT = "format"
    TOO_LARGE = "too_large"


@dataclass(frozen=True)
class Conversion:
    """Format (Pillow's name) and size of a picture before its conversion."""

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


class ImageProblem(StrEnum):
    """Reason to refuse a picture."""

    EMPTY = "empty"
    TOO_LARGE = "too_large"
    NOT_AN_IMAGE = "not_an_image"
    UNSUPPORTED_FORMAT = "unsupported_format"
    TRUNCATED = "truncated"
    TOO_MANY_PIXELS = "too_many_pixels"
    FOREIGN_HOST = "foreign_host"
    GONE = "gone"
    UNREACHABLE = "unreachable"
    CONVERSION_FAILED = "conversion_failed"
    NO_FRAME = "no_frame"


@dataclass(frozen=True)
class Finding:
    """An inspected picture. `image_format` is Pillow's name; `mime` is None if it must be converted."""

    image_format: str
    mime: ImageMime | None
    width_px: int
    height_px: int


class UnusableImageError(Exception):
    """A file cannot be used as a picture."""

    def __init__(self, problem: ImageProblem, detail: str = "") -> None:
        super().__init__(problem.value)
        self.problem = problem
        self.detail = detail


class ImageRefusedError(Exception):
    """A picture is refused. `detail` is a short technical term such as `TIFF`, for the user or the log."""

    def __init__(self, filename: str, problem: ImageProblem, detail: str = "") -> None:
        super().__init__(f"{problem}: {detail}" if detail else problem.value)
        self.filename = filename
        self.problem = problem
        self.detail = detail
