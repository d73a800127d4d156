"""Compares a finished video with its request: services answer with less than was asked for, and say nothing."""

from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from bot.video import Resolution, VideoRequest
from bot.video_files.facts import VideoFacts

_SHORTER_SHARE: Final = 0.05
_SHORTER_S: Final = 0.5
"""A video may be shorter than asked by a few frames, as encoders end on whole groups of them."""
_HEIGHT_SHARE: Final = 0.9
_SQUARE_RATIO: Final = 1.1
"""Frames whose sides differ by less than this are square."""
_SHORTER_SIDE_480P_PX: Final = 480


@dataclass(frozen=True)
class Mismatch:
    """What of a finished video is not as asked for; the rest is None.

    Attributes:
        duration_s: Its duration in seconds, if that is too short.
        dimensions_px: Its width and height in pixels, if it has another orientation or is too low.
    """

    duration_s: float | None = None
    dimensions_px: tuple[int, int] | None = None

    @property
    def kinds(self) -> tuple[str, ...]:
        """What differs, as the metric names it."""
        found = {"duration": self.duration_s, "frame": self.dimensions_px}
        return tuple(kind for kind, value in found.items() if value is not None)


def mismatch_of(request: VideoRequest, facts: VideoFacts) -> Mismatch | None:
    """Return how a video differs from its request; None if it is as asked for, or better."""
    asked_s, got_s = int(request.seconds), facts.duration_s or facts.claimed_s
    missing_s = asked_s - got_s if got_s else 0.0
    is_shorter = missing_s > _SHORTER_S and missing_s > asked_s * _SHORTER_SHARE
    asked, got = asked_dimensions(request), (facts.width_px, facts.height_px)
    is_other_frame = _orientation(*asked) is not _orientation(*got) or got[1] < asked[1] * _HEIGHT_SHARE
    if not is_shorter and not is_other_frame:
        return None
    return Mismatch(got_s if is_shorter else None, got if is_other_frame else None)


def asked_dimensions(request: VideoRequest) -> tuple[int, int]:
    """Return the width and height in pixels that a request asks for: its size, scaled down for 480p."""
    width_px, height_px = request.size.width_px, request.size.height_px
    match request.resolution:
        case Resolution.P720:
            return width_px, height_px
        case Resolution.P480:
            scale = _SHORTER_SIDE_480P_PX / min(width_px, height_px)
            # Encoders want even sides.
            return round(width_px * scale / 2) * 2, round(height_px * scale / 2) * 2


class _Orientation(Enum):
    LANDSCAPE = auto()
    PORTRAIT = auto()
    SQUARE = auto()


def _orientation(width_px: int, height_px: int) -> _Orientation:
    if max(width_px, height_px) < min(width_px, height_px) * _SQUARE_RATIO:
        return _Orientation.SQUARE
    return _Orientation.LANDSCAPE if width_px > height_px else _Orientation.PORTRAIT
