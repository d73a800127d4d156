"""Discord's refusals as the errors of `messages.py`."""

from typing import Final

import discord

from bot.delivery.messages import (
    DeliveryError,
    DiscordUnavailableError,
    NotCarriedOutError,
    PostRefusedError,
    ReplyUnreachableError,
    ThreadClosedError,
    UploadTooLargeError,
    WordsRefusedError,
)

OLD_EDITS_CODE: Final = 30046
"""Too many edits of messages older than an hour: passes by itself (Discord, *JSON error codes*)."""
_TOO_LARGE_STATUS: Final = 413
_TOO_LARGE_CODES: Final = frozenset({40005, 50045})
"""`Request entity too large` and `File uploaded exceeds the maximum size` (Discord, *JSON error codes*)."""
WORDS_REFUSED_CODES: Final = frozenset({200000, 200001, 240000})
"""`Message was blocked by automatic moderation`, the same of a title, and `Message blocked by harmful links filter`
(Discord, *JSON error codes*). That filter holds everywhere, also in direct messages."""
THREAD_ARCHIVED_CODE: Final = 50083
"""`Thread is archived`: its messages can be neither edited nor deleted (Discord, *JSON error codes*)."""
THREAD_CLOSED_CODES: Final = frozenset({THREAD_ARCHIVED_CODE, 160005})
"""The other is `This thread is locked`, for who may not manage threads (*JSON error codes*)."""
CLOSED_STATUS: Final = frozenset({401, 403, 404})
"""By these a place is closed to the bot, whatever it posts."""
_RATE_LIMITED_STATUS: Final = 429
_SERVER_ERRORS_FROM: Final = 500


def is_too_large(status: int | None, code: int | None) -> bool:
    """Return True if Discord refused a message for the size of its files."""
    return status == _TOO_LARGE_STATUS or code in _TOO_LARGE_CODES


def delivery_error_of(error: discord.HTTPException) -> DeliveryError:
    """Return what an error of discord.py means for a delivery."""
    # The library's text may quote the request's address, which holds the token; status and code suffice.
    told = f"HTTP {error.status}, code {error.code}"
    if is_too_large(error.status, error.code):
        return UploadTooLargeError(told)
    if error.code == OLD_EDITS_CODE or error.status == _RATE_LIMITED_STATUS:
        return NotCarriedOutError(told)
    if error.code in THREAD_CLOSED_CODES:
        return ThreadClosedError(told)
    if error.status in CLOSED_STATUS:
        return ReplyUnreachableError(told, status=error.status, code=error.code)
    if error.status >= _SERVER_ERRORS_FROM:
        return DiscordUnavailableError(told)
    return WordsRefusedError(told) if error.code in WORDS_REFUSED_CODES else PostRefusedError(told)
