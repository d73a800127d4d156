"""What a report does, as pure functions: which reasons are grave, and whose report hides a video at once."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from bot.moderation.rules import ServerRules


class ReportReason(StrEnum):
    """Reason of a report. The values are stored and must not change."""

    REAL_PERSON = "real_person"
    MINOR = "minor"
    SEXUAL = "sexual"
    VIOLENT = "violent"
    HATEFUL = "hateful"
    OTHER = "other"

    @property
    def is_grave(self) -> bool:
        """True for a reason that is not left in sight until others agree."""
        return self in _GRAVE


_GRAVE: Final = frozenset({ReportReason.MINOR, ReportReason.REAL_PERSON})
OPEN_HIDINGS: Final = 3
"""Videos that one user's reports alone may keep hidden at the same time."""
DISMISSAL_COUNTS: Final = timedelta(days=30)
"""So long a user whose report was dismissed hides nothing alone."""


@dataclass(frozen=True)
class Reporter:
    """Facts about a user who reports a video in a server."""

    joined_at: datetime | None
    """Moment at which the user joined the server; None if Discord does not say."""
    muted: bool
    """True if moderators have the user's reports not count."""
    barred: bool
    """True if the user is suspended or blocked, by the server or by the operator."""
    open_hidings: int
    """Number of videos that the user's reports alone hide now."""
    dismissed_at: datetime | None
    """Moment at which moderators last brought back a video that such a report had hidden."""


def hides_alone(reason: ReportReason, reporter: Reporter, rules: ServerRules, now: datetime) -> bool:
    """Return True if one report hides a video until moderators have looked.

    Its reason is grave, and the user has been a member for as long as the server's rules say, hides few videos
    already, was right before, and is neither suspended nor blocked.
    """
    if not reason.is_grave or reporter.muted or reporter.barred or reporter.open_hidings >= OPEN_HIDINGS:
        return False
    if reporter.joined_at is None or now - reporter.joined_at < timedelta(hours=rules.grave_report_hours):
        return False
    return reporter.dismissed_at is None or now - reporter.dismissed_at >= DISMISSAL_COUNTS
