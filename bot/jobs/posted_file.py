"""File by which a video was posted, beside the one that came."""

from dataclasses import dataclass

from bot.video_files.finishing import FinishedBy


@dataclass(frozen=True)
class PostedFile:
    """Sizes of a posted file and of its original.

    Attributes:
        by: What was done to the original.
        size_bytes: Size of the posted file.
        original_bytes: Size of the original.
    """

    by: FinishedBy
    size_bytes: int
    original_bytes: int
