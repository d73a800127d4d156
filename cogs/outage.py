"""Discord away at the start: unreachable, failing, or behind a ban. It is asked until it answers."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Final

import aiohttp
import discord
import structlog

from bot.dimilinks.retry_after import retry_after_s
from bot.texts import console, console_start
from cogs.shared.attempt import NETWORK_ERRORS

log: Final = structlog.get_logger(__name__)

_FIRST_WAIT_S: Final = 1.0
_LONGEST_WAIT_S: Final = 30.0
"""Short enough to be back within a minute of Discord, however long it was away."""
_LONGEST_BAN_S: Final = 3_600.0
"""As long as the `Retry-After` of a 429 is obeyed at a time: asking during a ban may prolong it."""
_ANSWER_WITHIN_S: Final = 60.0
_UNREADABLE: Final = (AttributeError, KeyError, TypeError, ValueError)
"""Raised by the library where an answer is not what it expects, such as a page in place of JSON."""


@dataclass(frozen=True)
class Outage:
    """Reason why Discord did not answer as it should, in a few words, and seconds to leave it alone at least."""

    reason: str
    wait_s: float = 0.0

    @classmethod
    def of(cls, error: Exception) -> "Outage":
        """Return what an error of the library or the network tells."""
        if isinstance(error, discord.GatewayNotFound) and isinstance(error.__cause__, discord.HTTPException):
            error = error.__cause__  # the library's name for a failure of GET /gateway/bot
        if isinstance(error, discord.HTTPException):
            asked_s = retry_after_s(error.response.headers.get("Retry-After"), datetime.now(UTC)) or 0.0
            longest_s = _LONGEST_BAN_S if error.status == HTTPStatus.TOO_MANY_REQUESTS else _LONGEST_WAIT_S
            return cls(f"HTTP {error.status}", min(asked_s, longest_s))
        if isinstance(error, aiohttp.ClientConnectorDNSError):
            return cls(console_start.ADDRESS_UNKNOWN)
        if isinstance(error, _UNREADABLE):
            return cls("an answer that cannot be read")
        return cls(type(error).__name__)


async def until_discord_answers(
    ask: Callable[[], Awaitable[None]], *, is_final: Callable[[Exception], bool], say: Callable[[str], None]
) -> None:
    """Call `ask` until it succeeds, with growing pauses, or as long as Discord asks to wait.

    Args:
        ask: Asks Discord; may be repeated.
        is_final: Returns True for an error that waiting does not change; it is raised.
        say: Shows a line to the operator, once for each reason, and once when it is over.
    """
    pause_s = _FIRST_WAIT_S
    told = ""
    while True:
        try:
            async with asyncio.timeout(_ANSWER_WITHIN_S):
                await ask()
        except (discord.DiscordException, *NETWORK_ERRORS, *_UNREADABLE) as error:
            if is_final(error):
                raise
            outage = Outage.of(error)
            wait_s = max(pause_s, outage.wait_s)
            unreadable = error if isinstance(error, _UNREADABLE) else None
            log.warning("discord_away", reason=outage.reason, again_in_s=wait_s, exc_info=unreadable)
            if outage.reason != told:
                told = outage.reason
                say(console.discord_away(outage.reason, wait_s))
            await asyncio.sleep(wait_s)
            pause_s = min(2 * pause_s, _LONGEST_WAIT_S)
        else:
            if told:
                log.info("discord_back")
                say(console.DISCORD_BACK)
            return


def is_wrong_token(error: Exception) -> bool:
    """Return True if Discord does not accept the token."""
    refused = isinstance(error, discord.HTTPException) and error.status == HTTPStatus.UNAUTHORIZED
    return refused or isinstance(error, discord.LoginFailure)


def is_refusal(error: Exception) -> bool:
    """Return True if Discord understood the request and refused it, for another reason than its rate limits."""
    return (
        isinstance(error, discord.HTTPException)
        and HTTPStatus.BAD_REQUEST <= error.status < HTTPStatus.INTERNAL_SERVER_ERROR
        and error.status != HTTPStatus.TOO_MANY_REQUESTS
    )
