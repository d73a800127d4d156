"""Reference images: what they are before and after they were looked at."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from bot.video import ImageMime


@dataclass(frozen=True)
class ImageLimits:
    """What a picture may be before it is even looked at. Conversion brings it below the API's own limit."""

    source_bytes: int = 50_000_000
    video_bytes: int = 200_000_000
    """For a video of which one frame is wanted."""
    pixels: int = 100_000_000


class SourceKind(StrEnum):
    """What lies at a source's address."""

    PICTURE = "picture"
    VIDEO = "video"
    """A video whose last frame is the picture."""


@dataclass(frozen=True)
class ImageSource:
    """A picture as Discord reports an attachment; its name and size are claims."""

    url: str
    filename: str
    size_bytes: int | None = None
    kind: SourceKind = SourceKind.PICTURE
    own_spicy_video: bool = False
    """True for the last frame of a spicy video of the bot's own that no picture from people is behind."""


class ConversionReason(StrEnum):
    """Why a picture could not go to the service as it was."""

    FORMAT = "format"
    TOO_LARGE = "too_large"


@dataclass(frozen=True)
class Conversion:
    """What a picture was before it was converted."""

    reason: ConversionReason
    original_format: str
    original_bytes: int


@dataclass(frozen=True)
class Reference:
    """A picture on disk that the service takes. `filename` is the person's name for it."""

    path: Path
    mime: ImageMime
    size_bytes: int
    width_px: int
    height_px: int
    filename: str
    conversion: Conversion | None = None
    own_spicy_video: bool = False
    """As of the source that it was made from; pictures kept by older versions count as people's."""


class ImageProblem(StrEnum):
    """Why a picture is refused."""

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


class ImageRefusedError(Exception):
    """A picture is refused; `detail` is a short technical word such as `TIFF`, for the person or the log."""

    def __init__(self, filename: str, problem: ImageProblem, detail: str = "") -> None:
        super().__init__(f"{problem}: {detail}" if detail else problem.value)
        self.filename = filename
        self.problem = problem
        self.detail = detail
