"""Discord's refusals as the errors of `messages.py`."""

from typing import Final

import discord

from bot.delivery.messages import (
    DeliveryError,
    DiscordUnavailableError,
    NotCarriedOutError,
    PostRefusedError,
    ReplyUnreachableError,
    UploadTooLargeError,
    WordsRefusedError,
)

_OLD_EDITS_CODE: Final = 30046
"""Too many edits of messages older than an hour: passes by itself (Discord, *JSON error codes*)."""
_TOO_LARGE_STATUS: Final = 413
_TOO_LARGE_CODES: Final = frozenset({40005, 50045})
"""`Request entity too large` and `File uploaded exceeds the maximum size` (Discord, *JSON error codes*)."""
AUTOMOD_CODES: Final = frozenset({200000, 200001})
"""`Message was blocked by automatic moderation` and the same of a title (Discord, *JSON error codes*)."""
_CLOSED_STATUS: Final = frozenset({401, 403, 404})
_RATE_LIMITED_STATUS: Final = 429
_SERVER_ERRORS_FROM: Final = 500


def delivery_error_of(error: discord.HTTPException) -> DeliveryError:
    """Return what an error of discord.py means for a delivery."""
    # The library's text may quote the request's address, which holds the token; status and code suffice.
    told = f"HTTP {error.status}, code {error.code}"
    if error.status == _TOO_LARGE_STATUS or error.code in _TOO_LARGE_CODES:
        return UploadTooLargeError(told)
    if error.code == _OLD_EDITS_CODE or error.status == _RATE_LIMITED_STATUS:
        return NotCarriedOutError(told)
    if error.status in _CLOSED_STATUS:
        return ReplyUnreachableError(told, status=error.status, code=error.code)
    if error.status >= _SERVER_ERRORS_FROM:
        return DiscordUnavailableError(told)
    return WordsRefusedError(told) if error.code in AUTOMOD_CODES else PostRefusedError(told)
