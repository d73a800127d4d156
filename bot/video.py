"""What can be asked for: the API's limits, stated once.

Every choice, check and sentence elsewhere derives from this module. Source of the limits: the vendor's
page *Create video generation* (parameters, reference images, combinations of duration and resolution).
This module does no I/O and imports nothing of ours.
"""

from enum import StrEnum
from math import log
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

MODEL: Final = "grok-imagine-video"

PROMPT_MAX_CHARS: Final = 2500
"""Longest prompt, counted in Unicode code points after trimming."""

REFERENCES_MAX: Final = 7
"""Most reference images of one request."""

REFERENCE_LIMIT_BYTES: Final = 10_000_000
"""A reference image must be *smaller* than this. The vendor says "10 MB" without saying which megabyte: the
decimal one is the smaller, so a picture that passes here passes under both readings."""


class Seconds(StrEnum):
    """Durations on offer; the API takes them as strings."""

    S6 = "6"
    S10 = "10"
    S12 = "12"
    S16 = "16"
    S20 = "20"


class Size(StrEnum):
    """Frame shapes on offer, as width x height in pixels."""

    LANDSCAPE = "1280x720"
    PORTRAIT = "720x1280"
    SQUARE = "1024x1024"

    @classmethod
    def nearest(cls, width_px: int, height_px: int) -> "Size":
        """The frame whose shape is most like that of a picture; both sides are above zero."""
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
    """Quality tiers: 720p for the final cut, 480p for quicker previews."""

    P720 = "720p"
    P480 = "480p"


class Preset(StrEnum):
    """Style presets."""

    NORMAL = "normal"
    FUN = "fun"
    SPICY = "spicy"
    CUSTOM = "custom"


class ImageMime(StrEnum):
    """Formats that the API takes as reference images."""

    PNG = "image/png"
    JPEG = "image/jpeg"
    WEBP = "image/webp"


Prompt = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=PROMPT_MAX_CHARS)]


class VideoRequest(BaseModel):
    """One video as somebody asked for it, valid by construction.

    The defaults follow the vendor's advice: start with 6 seconds, landscape, 720p, the normal preset.
    Raises `pydantic.ValidationError` for anything outside the API's limits.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    prompt: Prompt
    seconds: Seconds = Seconds.S6
    size: Size = Size.LANDSCAPE
    resolution: Resolution = Resolution.P720
    preset: Preset = Preset.NORMAL
    reference_count: Annotated[int, Field(ge=0, le=REFERENCES_MAX)] = 0
    """How many reference images go with it; the pictures themselves travel as spooled files."""
    group: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)] | None = None
    """The vendor's channel group; left out of the request unless the operator set one."""
