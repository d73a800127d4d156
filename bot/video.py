"""The video API's options and limits, and the request that keeps them.

Every choice, check and sentence elsewhere derives from this module. Source of the limits: the vendor's
page *Create video generation* (parameters, reference images, combinations of duration and resolution).
This module does no I/O and imports no other module of the bot.
"""

from enum import StrEnum
from math import log
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

MODEL: Final = "grok-imagine-video"

PROMPT_MAX_CHARS: Final = 2500
"""Longest prompt, counted in Unicode code points after trimming."""

REFERENCES_MAX: Final = 7
"""Maximum number of reference images of one request."""

REFERENCE_LIMIT_BYTES: Final = 10_000_000
"""A reference image must be *smaller* than this. The vendor says "10 MB" without saying which megabyte: the
decimal one is the smaller, so a picture that passes here passes under both readings."""


class Seconds(StrEnum):
    """Durations in seconds. They are strings because the API takes strings."""

    S6 = "6"
    S10 = "10"
    S12 = "12"
    S16 = "16"
    S20 = "20"


class Size(StrEnum):
    """Frame sizes, as width x height in pixels."""

    LANDSCAPE = "1280x720"
    PORTRAIT = "720x1280"
    SQUARE = "1024x1024"

    @classmethod
    def nearest(cls, width_px: int, height_px: int) -> "Size":
        """Return the size whose shape is closest to a picture's. Both sides of the picture are above zero."""
        # Logarithms make twice as wide and half as wide equally far away.
        ratio = log(width_px / height_px)
        return min(cls, key=lambda size: abs(log(size.width_px / size.height_px) - ratio))

    @property
    def width_px(self) -> int:
        """Frame width in pixels."""
        return int(self.value.split("x")[0])

    @property
    def height_px(self) -> int:
        """Frame height in pixels."""
        return int(self.value.split("x")[1])


class Resolution(StrEnum):
    """Quality tiers: 720p for finished videos, 480p for quicker previews."""

    P720 = "720p"
    P480 = "480p"


class Preset(StrEnum):
    """Style presets."""

    NORMAL = "normal"
    FUN = "fun"
    SPICY = "spicy"
    CUSTOM = "custom"


class ImageMime(StrEnum):
    """Formats that the API accepts for reference images."""

    PNG = "image/png"
    JPEG = "image/jpeg"
    WEBP = "image/webp"


Prompt = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=PROMPT_MAX_CHARS)]


class VideoRequest(BaseModel):
    """Request for one video, within the API's limits by construction.

    The defaults follow the vendor's advice: start with 6 seconds, landscape, 720p, the normal preset.

    Raises:
        pydantic.ValidationError: A value is outside the API's limits.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    prompt: Prompt
    seconds: Seconds = Seconds.S6
    size: Size = Size.LANDSCAPE
    resolution: Resolution = Resolution.P720
    preset: Preset = Preset.NORMAL
    reference_count: Annotated[int, Field(ge=0, le=REFERENCES_MAX)] = 0
    """Number of reference images. The images themselves are files in the spool (`bot/images/spool.py`)."""
    group: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)] | None = None
    """The vendor's channel group. Left out of the API request unless the operator set one."""
