"""Reasons to refuse a picture. Imports nothing, as child processes use it too."""

from enum import StrEnum


class ImageProblem(StrEnum):
    """Reason to refuse a picture."""

    EMPTY = "empty"
    TOO_LARGE = "too_large"
    NOT_AN_IMAGE = "not_an_image"
    UNSUPPORTED_FORMAT = "unsupported_format"
    """A picture of a kind that is not taken; the detail is its name, such as `TIFF`."""
    VIDEO = "video"
    """A video where a picture is wanted."""
    TRUNCATED = "truncated"
    """Damaged or incomplete."""
    TOO_MANY_PIXELS = "too_many_pixels"
    """The detail is its dimensions."""
    TOO_SMALL = "too_small"
    TOO_NARROW = "too_narrow"
    TOO_COMPLEX = "too_complex"
    """Made of so many parts, or so hard to read, that reading it would take too much time or memory."""
    FOREIGN_HOST = "foreign_host"
    GONE = "gone"
    UNREACHABLE = "unreachable"
    CONVERSION_FAILED = "conversion_failed"
    NO_FRAME = "no_frame"


class UnusableImageError(Exception):
    """A file cannot be used as a picture. `detail` is a short technical term, for the user or the log."""

    def __init__(self, problem: ImageProblem, detail: str = "") -> None:
        super().__init__(f"{problem}: {detail}" if detail else problem.value)
        self.problem = problem
        self.detail = detail
