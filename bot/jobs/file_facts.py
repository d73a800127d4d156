"""Facts of the file of a finished video, as its card shows them."""

from dataclasses import dataclass
from pathlib import Path

from bot.video_files.facts import VideoFacts


@dataclass(frozen=True)
class FileFacts:
    """Size, duration and dimensions of the file of a finished video.

    Attributes:
        size_bytes: Its size.
        duration_s: Its duration in seconds; None if that could not be told.
        dimensions_px: Width and height as shown, in pixels; None if they could not be told.
    """

    size_bytes: int
    duration_s: float | None = None
    dimensions_px: tuple[int, int] | None = None


def file_facts_of(path: Path, facts: VideoFacts | None) -> FileFacts:
    """Return the facts of the file at `path`; `facts` is what was read of the video."""
    size_bytes = path.stat().st_size
    if facts is None:
        return FileFacts(size_bytes)
    duration_s = facts.duration_s or facts.claimed_s
    return FileFacts(size_bytes, duration_s, (facts.width_px, facts.height_px))
