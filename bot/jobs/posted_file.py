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
        limit_bytes: Largest size for which it was made.
    """

    by: FinishedBy
    size_bytes: int
    original_bytes: int
    limit_bytes: int

    @property
    def compressed_to_fit(self) -> bool:
        """True if the original was compressed for its size, not merely to draw a line into it."""
        return self.by is FinishedBy.COMPRESSED and self.original_bytes > self.limit_bytes
