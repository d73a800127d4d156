"""The `Retry-After` header: a number from outside, read without surprises and bounded where it is obeyed."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

LONGEST_WAIT_S: Final = 60.0
"""As long as a `Retry-After` is obeyed at a time; then one request tries."""

_LONGEST_READ_S: Final = 86_400.0


def retry_after_s(header: str | None, now: datetime) -> float | None:
    """Seconds asked for by a `Retry-After` header, as a number or a date (RFC 9110, 10.2.3); 0 to one day.

    None when the header is missing or says neither.
    """
    if header is None:
        return None
    text = header.strip()
    if text.isascii() and text.replace(".", "", 1).isdigit():
        seconds = float(text)
    else:
        try:
            moment = parsedate_to_datetime(text)
            seconds = (moment.replace(tzinfo=moment.tzinfo or UTC) - now).total_seconds()
        except (ValueError, OverflowError, TypeError):
            return None
    return min(max(seconds, 0.0), _LONGEST_READ_S)
