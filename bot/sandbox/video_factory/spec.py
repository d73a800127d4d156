"""The specification of a video."""

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

FRAMES_PER_S = Fraction(24)


@dataclass(frozen=True)
class VideoSpec:
    """One video: prompt, length in seconds, frame in pixels, and pictures to pan over, in order.

    Attributes:
        enlarged: By how much the frames are larger than they are drawn.
        notice: Words that are seen throughout, in the upper left corner.
    """

    name: str
    prompt: str
    seconds: int
    width_px: int
    height_px: int
    pictures: tuple[Path, ...] = ()
    frames_per_s: Fraction = FRAMES_PER_S
    enlarged: int = 1
    notice: str = ""

    @classmethod
    def of_request(  # noqa: PLR0917 - the fields of the request, in its order
        cls, name: str, prompt: str, seconds: str, size: str, resolution: str, pictures: tuple[Path, ...]
    ) -> "VideoSpec":
        """Build the specification from the fields of a request; 480p makes the shorter side 480 pixels."""
        width, height = (int(side) for side in size.split("x"))
        if resolution == "480p":
            scale = 480 / min(width, height)
            width, height = round(width * scale / 2) * 2, round(height * scale / 2) * 2
        return cls(name, prompt, int(seconds), width, height, pictures)
