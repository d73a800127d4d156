"""End of failing downloads of a finished video, and the words that tell of it. No I/O."""

import asyncio
from dataclasses import dataclass
from typing import Final

from bot.dimilinks import DimiLinksError, FaultReason
from bot.jobs.job import FailureReason

_BY_REASON: Final = {
    FaultReason.VIDEO_ABSENT: FailureReason.VIDEO_ABSENT,
    FaultReason.VIDEO_INCOMPLETE: FailureReason.VIDEO_BROKEN,
    FaultReason.VIDEO_BROKEN: FailureReason.VIDEO_UNUSABLE,
    FaultReason.VIDEO_TOO_LARGE: FailureReason.VIDEO_UNUSABLE,
}
_SOON_BELIEVED: Final = frozenset({FailureReason.VIDEO_ABSENT, FailureReason.VIDEO_UNUSABLE})


def failure_reason_of(error: Exception) -> FailureReason:
    """Say why a video was not fetched, by what was seen at the last try."""
    if isinstance(error, DimiLinksError):
        return _BY_REASON.get(error.verdict.reason, FailureReason.VIDEO_UNREACHABLE)
    return (
        FailureReason.VIDEO_UNREACHABLE if isinstance(error, TimeoutError) else FailureReason.VIDEO_NOT_STORED
    )


@dataclass
class ContentPatience:
    """Tells after each failed try if another is worth while.

    Attributes:
        absent_s: How long a service is asked again that says that it has no video, or sends none.
    """

    absent_s: float
    _since_s: float | None = None
    _last: FailureReason | None = None

    def may_pass(self, error: Exception) -> bool:
        """Return True if the fault may pass: downloading is free to repeat, and a full disk may be emptied."""
        if not isinstance(error, (DimiLinksError, OSError)):
            return False
        if isinstance(error, DimiLinksError) and error.verdict.reason is FaultReason.VIDEO_TOO_LARGE:
            return False
        self._last = failure_reason_of(error)
        if self._last not in _SOON_BELIEVED:
            self._since_s = None
            return True
        now_s = asyncio.get_running_loop().time()
        if self._since_s is None:
            self._since_s = now_s
        return now_s - self._since_s < self.absent_s

    def reason_after(self, error: Exception) -> FailureReason:
        """Return why the video was given up: what was seen last, also if time was up in the midst of a try."""
        if isinstance(error, TimeoutError) and self._last is not None:
            return self._last
        return failure_reason_of(error)
