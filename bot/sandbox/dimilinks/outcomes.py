"""Outcomes: the ways in which an accepted task ends other than well."""

from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus


class TaskOutcome(StrEnum):
    """Outcomes without parameters."""

    FAILED = "failed"
    BLOCKED = "blocked"
    """Completed and billed, with an `error` of the content filter and without a video."""
    MISSING_VIDEO = "missing_video"
    NEVER_FINISHES = "never_finishes"
    STRANGE_STATUS = "strange_status"
    """A status that the vendor's page does not know, for half of the time; then the task ends well."""
    UNKNOWN_AT_FIRST = "unknown_at_first"
    """The status is `unknown` while the task waits; then it ends well."""


@dataclass(frozen=True)
class FailedWith:
    """The task fails with this error."""

    code: str | int
    message: str


@dataclass(frozen=True)
class FailedAtFirst:
    """The first `polls` answers after the end say `failed`; asked again, the task is completed."""

    polls: int = 1


@dataclass(frozen=True)
class LateContent:
    """The content answers `status` until `seconds` after the task was first told to be completed."""

    seconds: float
    status: int = HTTPStatus.NOT_FOUND


@dataclass(frozen=True)
class LostContent:
    """From `after_s` seconds after the end the content answers `status` for ever.

    With a `task_status` polls answer that from then on, as if the task had never been.
    """

    status: int = HTTPStatus.NOT_FOUND
    after_s: float = 0.0
    task_status: int | None = None


@dataclass(frozen=True)
class OtherVideo:
    """The video is shorter than ordered or of another size, without a word about it."""

    seconds: str | None = None
    size: str | None = None


Outcome = TaskOutcome | FailedWith | FailedAtFirst | LateContent | LostContent | OtherVideo
